/**
 * A run tried before it is started: data, models, memory, disk and time. Nothing is written.
 *
 * @module
 */
import { openManifest } from "../data/check/manifest.ts";
import type { Pair } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { VARIANTS } from "../systems/variants.ts";
import { useBackend } from "../runtime/backend.ts";
import type { RunConfig } from "../training/config.ts";
import { planTranscription } from "../whisper/plan.ts";
import { planData } from "./dry_run/data.ts";
import { planDisk } from "./dry_run/disk.ts";
import { heardBefore } from "./dry_run/heard_before.ts";
import { planModels } from "./dry_run/models.ts";
import type { PlanPart } from "./dry_run/plan.ts";
import { trial } from "./dry_run/trial.ts";
import { listPairs } from "./list_pairs.ts";
import type { Report } from "./report.ts";

/** How a dry run is watched and stopped. */
export interface DryRunOptions {
  /** Takes lines and progress. */
  report: Report;
  /** Stops between two steps. */
  signal?: AbortSignal | undefined;
}

/**
 * Tries a run: looks for its files and models, holds the models' sizes against each other, reads free memory and disk space,
 * hears a few recordings where not all were heard before, and takes ten steps of the real batch on the real towers, of which
 * nothing is kept. What stands in the way is collected, not thrown: `lacking` of each part.
 *
 * @throws the signal's reason, where it was aborted.
 */
export async function dryRun(config: RunConfig, { report, signal }: DryRunOptions): Promise<PlanPart[]> {
  const parts: PlanPart[] = [];
  const backend = await attempt(parts, "backend", async () => {
    const backend = await useBackend(config.backend);
    parts.push({ name: "backend", lines: [backend.detail], lacking: [] });
    return backend;
  });
  const data = await attempt(parts, "data", async () => {
    const listed = await listPairs(config, ["train", "dev", "test"], report.line);
    const manifest = await openManifest(config.dataset, config.dataRoot);
    const { part, splits } = await planData(config, listed, manifest);
    parts.push(part);
    const withSeconds = (pair: Pair): Pair => {
      const seconds = manifest.secondsOf(pair.audio) ?? pair.seconds;
      return seconds === undefined ? pair : { ...pair, seconds };
    };
    return { splits, pairs: Object.values(splits).flat().map(withSeconds) };
  });
  const { part, models } = await planModels(config);
  parts.push(part);
  if (data === undefined || models === undefined) return parts;

  signal?.throwIfAborted();
  const { cache, audioSeconds: maxSeconds } = config;
  const states = VARIANTS[config.variant].acoustic && cache;
  const { source: { key, width } } = models;
  const before = await heardBefore(data.pairs, key, { states, maxSeconds }, { cache });
  const folder = cache ? before.folder : undefined;
  const hearing = await planTranscription(before.open, { folder, states, width, maxSeconds });
  parts.push(await planDisk(hearing, { stored: before.lines.size, folder, trained: models.trained }));
  if (backend === undefined || parts.some(({ lacking }) => lacking.length > 0)) return parts;

  const work = { config, backend, models, splits: data.splits, before, hearing, report, signal };
  parts.push(...await attempt(parts, "trial", () => trial(work)) ?? []);
  return parts;
}

/** What an action gives; undefined where an input is at fault, which becomes a part of its own. */
async function attempt<T>(parts: PlanPart[], name: string, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    parts.push({ name, lines: [], lacking: [error.message] });
    return undefined;
  }
}
