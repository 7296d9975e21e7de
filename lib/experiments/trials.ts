/** Models on test splits: the core of the retrieval experiments. */
import type { Ranks } from "../metrics/recall.ts";
import { isDeepStrictEqual } from "node:util";
import { join } from "@std/path";
import { requireSplits } from "../data/load_pairs.ts";
import type { Split } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { findModels } from "../hub/find_model.ts";
import { trainAlike, VARIANTS } from "../systems/variants.ts";
import { normalizeEnglish } from "../text/english.ts";
import { wordErrors } from "../text/word_errors.ts";
import { differences, type RunConfig } from "../training/config.ts";
import { runFolder } from "../training/run_folder.ts";
import { evaluateUntrained, type KnownEvaluations } from "./baselines.ts";
import { evaluateSplit, type Evaluation } from "./evaluate.ts";
import { checkPrompts, type OpenJob, openJob, openTrained, placesOf } from "./job.ts";
import { pairsOf, type PreparedPair } from "./pairs.ts";
import type { Report, Watch } from "./report.ts";
import { ensureTested, type TrainedEvaluation, type TrainRunOptions } from "./train_run.ts";
import type { NamedConfig, TestQueries, TrialRow } from "./results.ts";

export type Trial = { row: TrialRow; queries: TestQueries };

/** The data of a test split. */
export type TestData = Pick<RunConfig, "dataset" | "dataRoot" | "dataRoots" | "maxPictures">;

/** The names of a row's model and test split. */
type TrialLabel = Pick<TrialRow, "name" | "test">;

/**
 * Trains a run, or uses the one in its folder, and evaluates its best checkpoint on a split, its own or another data set's.
 * A variant without training is tested as it is. Besides the run it writes nothing but the list of skipped files.
 *
 * @param context.on the data of the split; default the run's own
 * @param context.split default test. On dev, test is not even opened.
 * @param context.known evaluations that several trials share
 * @param context.twins runs with the same training, which are trained with it
 * @throws {InputError} if data, models or an earlier run are at fault.
 * @throws the signal's reason, if it was aborted.
 */
export async function runTrial(
  config: RunConfig,
  path: string,
  label: TrialLabel,
  context: Pick<TrainRunOptions, keyof Watch | "split" | "known" | "twins"> & { on?: TestData },
): Promise<Trial> {
  const { report: outer, signal, on = config, split = "test", known, twins } = context;
  const report: Report = { ...outer, result: outer.line };
  const { dataset, dataRoot, dataRoots, maxPictures } = on;
  const changes = { dataset, dataRoot, dataRoots, maxPictures };
  const splits = [split];
  const { variant, seed } = config;
  if (!VARIANTS[variant].trained) {
    await using job = await openJob({ ...config, ...changes }, runFolder(path), { splits, report, signal });
    requireSplits(pairsOf(job), splits, on);
    const evaluation = await evaluateUntrained(job, variant, split, known);
    return trialOf(evaluation, { ...label, variant, seed: null, step: 0 }, changes, job.data.splits[split]);
  }
  const finish = async (job: OpenJob, { evaluation, step, nearChance, cost }: TrainedEvaluation): Promise<Trial> => {
    const { result: { speech2image, image2speech, intervals }, ranks } = await evaluateUntrained(
      job,
      variant,
      split,
      known,
    );
    const untrained = { recall: { speech2image, image2speech }, intervals, ranks: listsOf(ranks) };
    return trialOf(
      evaluation,
      { ...label, variant, seed, step, nearChance, cost, untrained },
      changes,
      job.data.splits[split],
    );
  };
  const isOwn = dataset === config.dataset && dataRoot === config.dataRoot;
  const isSame = isOwn && maxPictures === config.maxPictures && String(dataRoots) === String(config.dataRoots);
  let trained: Trial | undefined;
  const { results: { nearChance, cost } } = await ensureTested(config, path, {
    report,
    signal,
    split,
    known,
    twins,
    // A run that has just been trained need not be opened and evaluated again.
    onTested: async (job, tested) => {
      if (isSame) trained = await finish(job, tested);
    },
  });
  if (trained !== undefined) return trained;
  const places = { ...placesOf(config), ...changes, ...(isOwn ? {} : { dataFingerprint: undefined }) };
  await using opened = await openTrained(path, { splits, report, signal, changes: places });
  requireSplits(pairsOf(opened.job), splits, on);
  const evaluation = await evaluateSplit(opened.job, opened.model, split, true);
  return await finish(opened.job, { evaluation, step: opened.step, nearChance, cost });
}

/** The word error rate of each recording, with four digits; null without a written caption. */
function errorRates(ids: readonly string[], pairs: readonly PreparedPair[]): (number | null)[] {
  const byId = new Map(pairs.map((prepared) => [prepared.pair.id, prepared]));
  return ids.map((id) => {
    const { pair, transcript } = byId.get(id)!;
    const { words, wer } = wordErrors(normalizeEnglish(pair.text), normalizeEnglish(transcript));
    return words === 0 ? null : Number(wer.toFixed(4));
  });
}

function trialOf(
  { result, ranks, ids, imageIds, imageOf, itemRanks }: Evaluation,
  of: TrialLabel & Pick<TrialRow, "variant" | "seed" | "step" | "nearChance" | "cost" | "untrained">,
  { dataset, dataRoot }: TestData,
  pairs: readonly PreparedPair[],
): Trial {
  const { speech2image, image2speech, intervals, metrics } = result;
  return {
    row: {
      ...of,
      recall: { speech2image, image2speech },
      intervals,
      metrics,
      ranks: listsOf(ranks),
      pictureOf: [...imageOf],
      ...(itemRanks && { itemRanks: [...itemRanks] }),
    },
    queries: {
      test: of.test,
      dataset,
      dataRoot,
      recordings: [...ids],
      pictures: [...imageIds],
      wer: errorRates(ids, pairs),
    },
  };
}

function listsOf({ speech2image, image2speech }: Ranks): TrialRow["ranks"] {
  return { speech2image: [...speech2image], image2speech: [...image2speech] };
}

/**
 * Joins trials.
 *
 * @throws {InputError} if two models of one split have different queries, which cannot be paired.
 */
export function joinTrials(trials: readonly Trial[]): { tests: TestQueries[]; rows: TrialRow[] } {
  const tests = new Map<string, TestQueries>();
  for (const { queries, row } of trials) {
    const known = tests.get(queries.test);
    if (known === undefined) tests.set(queries.test, queries);
    else if (!isDeepStrictEqual({ ...known, wer: 0 }, { ...queries, wer: 0 })) {
      throw new InputError(
        `Cannot compare '${row.name}' on '${queries.test}' as its queries differ from those of the other models: ` +
          `${queries.recordings.length} recordings and ${queries.pictures.length} images, expected ` +
          `${known.recordings.length} and ${known.pictures.length}. See left_out.jsonl of the runs.`,
      );
    } else if (!isDeepStrictEqual(known.wer, queries.wer)) delete known.wer;
  }
  return { tests: [...tests.values()], rows: trials.map(({ row }) => row) };
}

/**
 * Trains each model with each seed in `FOLDER/NAME-seed-N` and evaluates it on a split of its data. A model without training
 * is evaluated once.
 *
 * @param context.folder of the runs; a complete run is used as it is, a stopped one is continued
 * @throws {InputError} if data, models or earlier runs are at fault, or the models have different queries.
 * @throws the signal's reason, if it was aborted; the next call continues.
 */
export async function trainTrials(
  models: readonly NamedConfig[],
  seeds: readonly number[],
  { folder, ...context }: Watch & { folder: string; split?: Split | undefined },
): Promise<{ tests: TestQueries[]; rows: TrialRow[] }> {
  for (const { config } of models) { // before the first is trained
    await findModels(config);
    await checkPrompts(config);
  }
  const trials: Trial[] = [];
  const known: KnownEvaluations = new Map();
  for (const [index, seed] of seeds.entries()) {
    const pathOf = ({ name, config: { variant } }: NamedConfig) =>
      join(folder, VARIANTS[variant].trained ? `${fileName(name)}-seed-${seed}` : fileName(name));
    for (const model of models) {
      const { name, config } = model;
      if (!VARIANTS[config.variant].trained && index > 0) continue;
      const twins = models.filter((other) => areTwins(model, other))
        .map((twin) => ({ config: { ...twin.config, seed }, path: pathOf(twin) }));
      const label = { name, test: config.dataset };
      const trial = await runTrial({ ...config, seed }, pathOf(model), label, { ...context, known, twins });
      const trainer = trials.find(({ row }) => row.seed === seed && areTwins(model, byName(models, row.name)));
      const seconds = trainer?.row.cost?.secondsPerStep;
      if (trial.row.cost && seconds !== undefined) trial.row.cost.secondsPerStep ??= seconds;
      trials.push(trial);
    }
  }
  const order = models.map(({ name }) => name);
  return joinTrials(trials.toSorted((a, b) => order.indexOf(a.row.name) - order.indexOf(b.row.name)));
}

/** Whether two models have the same training. */
function areTwins({ config, ...one }: NamedConfig, other: NamedConfig): boolean {
  const { system, variant } = other.config;
  return one.name !== other.name && VARIANTS[variant].trained && trainAlike(config.variant, variant) &&
    differences({ ...config, system, variant }, other.config).length === 0;
}

function byName(models: readonly NamedConfig[], wanted: string): NamedConfig {
  return models.find(({ name }) => name === wanted)!;
}

/** Replaces what a folder's name must not have. */
export function fileName(name: string): string {
  return name.replaceAll(/[^\w.=-]+/g, "_");
}

/** A test split, by the name that tables use. */
export type TestSplit = { name: string; on: TestData };

/**
 * Lists the test splits of data sets, each once: named by its layout, or by layout and folder if another one has that name.
 *
 * @example
 * ```ts
 * import { testSplits } from "./trials.ts";
 * const at = (dataRoot: string) => ({ dataset: "flickr8k", dataRoot, maxPictures: null }) as const;
 * const names = testSplits([at("one"), at("two"), at("one")]).map(({ name }) => name);
 * if (names.join() !== "flickr8k,flickr8k two") throw new Error(names.join());
 * ```
 */
export function testSplits(sets: readonly TestData[]): TestSplit[] {
  const splits: TestSplit[] = [];
  for (const { dataset, dataRoot, dataRoots, maxPictures } of sets) {
    const on = { dataset, dataRoot, dataRoots, maxPictures };
    if (splits.some((split) => isSplitOf(split, on))) continue;
    const known = splits.some(({ name }) => name === dataset);
    splits.push({ name: known ? `${dataset} ${dataRoot}` : dataset, on });
  }
  return splits;
}

/** Whether a test split is that of a data set. */
export function isSplitOf({ on }: TestSplit, { dataset, dataRoot }: TestData): boolean {
  return on.dataset === dataset && on.dataRoot === dataRoot;
}
