/** Runs `ablate`: every setting is judged on dev, and the chosen one is tested once. */
import { textCapacity } from "../clip/tokenizer.ts";
import { openWithSharp, readImageFile } from "../image/decode_image.ts";
import { transcriptsRead, VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { runFolder } from "../training/run_folder.ts";
import type { AblateResult, AblateSettings } from "./ablate.ts";
import { meanRecall } from "./evaluate.ts";
import type { ExperimentContext } from "./experiment.ts";
import { type OpenJob, openJob } from "./job.ts";
import { compareRows } from "./comparisons.ts";
import { type NamedConfig, rowsOf } from "./results.ts";
import { trainTrials } from "./trials.ts";

/**
 * Trains each model with each seed, compares all with the first on dev, chooses the one with the highest mean R@1 of both
 * directions there, and tests it, next to the first. A model whose setting cannot matter on these data is skipped.
 *
 * @throws {InputError} if data, models or earlier runs are at fault.
 * @throws the signal's reason, if it was aborted; the next call continues.
 */
export async function runAblation(
  { models, seeds }: AblateSettings,
  context: ExperimentContext,
): Promise<AblateResult> {
  const kept = models.length === 1 ? models : await withoutIdle(models, context);
  const base = kept[0]!;
  const test = base.config.dataset;
  const dev = await trainTrials(kept, seeds, { ...context, split: "dev" });
  const score = ({ name }: NamedConfig): number => {
    const rows = rowsOf(dev.rows, name, test);
    return rows.reduce((sum, { recall }) => sum + meanRecall(recall), 0) / rows.length;
  };
  const chosen = kept.reduce((best, model) => score(model) > score(best) ? model : best);
  const tested = await trainTrials(chosen === base ? [base] : [base, chosen], seeds, context);
  const against = ({ rows }: typeof dev, { name }: NamedConfig) =>
    compareRows(rowsOf(rows, name, test), rowsOf(rows, base.name, test));
  return {
    ...dev,
    comparisons: kept.slice(1).map((model) => against(dev, model)),
    chosen: chosen.name,
    test: { ...tested, comparisons: chosen === base ? [] : [against(tested, chosen)] },
  };
}

/** The models without those that train exactly as an earlier one does on these data; reports the others. */
async function withoutIdle(models: readonly NamedConfig[], context: ExperimentContext): Promise<NamedConfig[]> {
  const base = models[0]!.config;
  const folder = runFolder(context.folder);
  await using job = await openJob(base, folder, { splits: ["train", "dev"], ...context });
  const facts = await factsOf(job, models);
  const seen = new Set<string>();
  return models.filter(({ name, config }) => {
    const key = JSON.stringify(effective(config, base, facts));
    if (seen.has(key)) context.report.line(`'${name}' is skipped as it cannot change anything on these data`);
    return !seen.has(key) && seen.add(key);
  });
}

/** What decides whether a setting can matter. */
export interface DataFacts {
  /** All images are square: cropping, padding and squashing give the same. */
  square: boolean;
  /** Some pairs belong to a group. */
  grouped: boolean;
  /** Tokens of the longest transcript or caption, and positions of the text tower. */
  longestText: number;
  positions: number;
  /** Seconds of the longest recording, at most the first model's `audioSeconds`. */
  longestAudio: number;
}

async function factsOf({ data, clip }: OpenJob, models: readonly NamedConfig[]): Promise<DataFacts> {
  const pairs = [...data.splits.train, ...data.splits.dev];
  const most = (lengths: number[]) => lengths.reduce((longest, length) => Math.max(longest, length), 0);
  const fits = new Set(models.map(({ config }) => config.imageFit));
  return {
    square: fits.size > 1 && await allSquare(new Set(pairs.map(({ pair }) => pair.image))),
    grouped: pairs.some(({ pair }) => pair.group !== undefined),
    longestText: most(pairs.map((pair) => Math.max(pair.transcriptTokens.length, pair.captionTokens.length))),
    positions: clip.config.text.positions,
    longestAudio: most(pairs.map(({ states }) => states?.frames ?? 0)) / 50, // frames a second
  };
}

async function allSquare(paths: Iterable<string>): Promise<boolean> {
  for (const path of paths) {
    try {
      const { width, height } = await (await openWithSharp(await readImageFile(path), path)).metadata();
      if (width !== height) return false;
    } catch {
      // An image that cannot be read is reported and skipped where it is used.
    }
  }
  return true;
}

/** A config with every field that cannot matter set to that of the first model. */
export function effective(config: RunConfig, base: RunConfig, facts: DataFacts): RunConfig {
  const { text, acoustic } = VARIANTS[config.variant];
  const long = facts.longestText > textCapacity(facts.positions, config.promptLength);
  const whole = Math.min(config.audioSeconds, base.audioSeconds) > facts.longestAudio;
  const idle: [keyof RunConfig, boolean][] = [
    ["imageFit", facts.square],
    ["groupBatches", !facts.grouped],
    ["longText", !text || !long],
    ["transcripts", transcriptsRead(config.variant, 2) === 1],
    ["alpha", !text || !acoustic],
    ["fusion", !text || !acoustic],
    ["queue", config.loss === "sigmoid"],
    ["attendPadding", !acoustic],
    ["audioSeconds", !acoustic || whole],
    ["acousticLearningRate", !acoustic],
    ["acousticLayers", !acoustic],
    ["temperatureLearningRate", config.temperature === "fixed"],
  ];
  return { ...config, ...Object.fromEntries(idle.flatMap(([field, is]) => is ? [[field, base[field]]] : [])) };
}
