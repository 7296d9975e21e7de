/**
 * Emotion recognition (paper, Table 3): does the speech feature know the mood of the voice?
 *
 * @module
 */
import { join } from "@std/path";
import { exists } from "../../files/read.ts";
import { useBackend } from "../../runtime/backend.ts";
import { openRun } from "../../training/run_folder.ts";
import { ensureRun } from "../ensure_run.ts";
import type { Report } from "../report.ts";
import { baselineFeatures } from "./baseline_features.ts";
import { loadClips } from "./emotion_clips.ts";
import { linearProbe, majority } from "./linear_systems.ts";
import { openEncoder } from "./open_encoder.ts";
import { type Protocol, protocolsOf } from "./protocols.ts";
import { type Said, scoreRow } from "./score_row.ts";
import type { SerClip, SerEncoder, SerResult, SerRow, SerSettings } from "./ser_results.ts";
import { preparedClips } from "./prepared_clips.ts";
import { fineTunedAnswers } from "./fine_tuned_answers.ts";
import { allClipFeatures } from "./clip_features.ts";

/** How the experiment is watched and stopped. */
export interface SerOptions {
  /** Takes lines and progress. */
  report: Report;
  /** Stops it; runs, heard speech and fine-tuned parts are kept. */
  signal?: AbortSignal | undefined;
}

/**
 * Judges the baselines (the most frequent mood, a linear classifier on log-mel statistics) and each encoder, frozen under a
 * linear classifier and fine-tuned, on the data set's split and with speakers left out. Test clips are never seen before
 * they are judged: penalties are chosen over train speakers.
 *
 * @param folder where runs, parts and the list of clips that were left out are kept
 * @returns undefined where the signal stopped it; the next call goes on
 * @throws {InputError} where data, models or earlier runs are at fault.
 */
export async function serExperiment(
  settings: SerSettings,
  folder: string,
  { report, signal }: SerOptions,
): Promise<SerResult | undefined> {
  try {
    return await judge(settings, folder, { report, signal });
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

async function judge(settings: SerSettings, folder: string, options: SerOptions): Promise<SerResult> {
  const { report, signal } = options;
  const listed = await loadClips(settings.data, report);
  const baseline = await baselineFeatures(listed, { folder, ...options });
  const paths = new Map<SerEncoder, string | null>();
  for (const encoder of settings.encoders) paths.set(encoder, await encoderRun(encoder, folder, options));

  const said: Said[] = [];
  const encoderSteps: SerResult["encoderSteps"] = {};
  const usable = new Set(baseline.keys());
  let transcripts = new Map<string, string>();
  const later: (() => Promise<void>)[] = [];
  await using stack = new AsyncDisposableStack();
  let clips: SerClip[] = [], protocols: Protocol[] = [];
  for (const encoder of settings.encoders) {
    await useBackend(encoder.config.backend);
    const open = stack.use(await openEncoder(encoder.config, paths.get(encoder) as string | null));
    encoderSteps[encoder.name] = open.step;
    const prepared = stack.use(await preparedClips(listed, open, encoder, settings.data, { folder, ...options }));
    for (const id of [...usable]) if (!prepared.examples.has(id)) usable.delete(id);
    if (transcripts.size === 0) transcripts = prepared.transcripts;
    later.push(async () => {
      const examples = clips.map(({ id }) => prepared.examples.get(id)!);
      const rows = await allClipFeatures(open.model, examples);
      for (const protocol of protocols) {
        const answers = await watched(`probe ${encoder.name}`, protocol, rows);
        said.push({ system: "probe", encoder: encoder.name, protocol: protocol.name, seed: null, ...answers });
        if (settings.fineTune === null || protocol.name === "speakers-out" && !settings.fineTuneFolds) continue;
        for (const seed of settings.seeds) {
          const job = { encoder, open, prepared, clips, protocol, settings: settings.fineTune, seed };
          const predictions = await fineTunedAnswers(job, { folder, ...options });
          said.push({
            system: "fine-tuned",
            encoder: encoder.name,
            protocol: protocol.name,
            seed,
            l2: null,
            predictions,
          });
        }
      }
    });
  }
  const watched = async (label: string, protocol: Protocol, rows: readonly ArrayLike<number>[]) => {
    const progress = report.progress(`${label}, ${protocol.name}`, protocol.folds.length, "fit");
    try {
      return await linearProbe(rows, clips, protocol, (fold) => {
        signal?.throwIfAborted();
        progress.update(fold);
      });
    } finally {
      progress.stop();
    }
  };
  clips = listed.filter(({ id }) => usable.has(id)).map(({ id, speaker, emotion, split }) => ({
    id,
    speaker,
    emotion,
    split: split === "test" ? "test" : "train",
    transcript: transcripts.get(id) ?? "",
  }));
  protocols = protocolsOf(clips, settings);
  for (const protocol of protocols) {
    const base = { encoder: null, protocol: protocol.name, seed: null };
    said.push({ system: "majority", ...base, ...majority(clips, protocol) });
    const rows = clips.map(({ id }) => baseline.get(id)!);
    said.push({ system: "log-mel", ...base, ...await watched("log-mel", protocol, rows) });
  }
  for (const part of later) await part();
  const classes = [...new Set(clips.map(({ emotion }) => emotion))].sort();
  const rows: SerRow[] = said.map((one) => scoreRow(one, clips, classes));
  return { classes, clips, encoderSteps, rows };
}

/** The folder of an encoder's complete run; trains it where the experiment has to. */
async function encoderRun(
  { name, config, path, trained }: SerEncoder,
  folder: string,
  { report, signal }: SerOptions,
): Promise<string | null> {
  if (!trained) return null;
  if (path !== null && await exists(path)) {
    await openRun(path);
    return path;
  }
  const own = join(folder, `encoder-${name}`);
  const run = await ensureRun(config, own, { report, signal });
  if (run === undefined) throw signal?.reason;
  return own;
}
