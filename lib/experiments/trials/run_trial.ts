/**
 * One model on one test split.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import { runFolder } from "../../training/run_folder.ts";
import { evaluateSplit, evaluateUntrained } from "../baselines.ts";
import { ensureRun } from "../ensure_run.ts";
import { openJob } from "../open_job.ts";
import { openTrained, placesOf } from "../open_trained.ts";
import type { Report } from "../report.ts";
import type { Evaluation } from "../retrieval.ts";
import type { TestQueries, TrialRow } from "./trial_results.ts";

/** Takes what an experiment tells, and stops it. */
export interface TrialOptions {
  /** Takes lines and progress. */
  report: Report;
  /** Stops; what is trained stays, and the next call goes on. */
  signal?: AbortSignal | undefined;
}

/** A row with the queries that it is of. */
export interface Trial {
  /** The row. */
  row: TrialRow;
  /** Its queries. */
  queries: TestQueries;
}

/** The data of a test split. */
export type TestData = Pick<RunConfig, "dataset" | "dataRoot" | "maxPictures">;

/** What a row is called. */
export interface TrialLabel {
  /** The model. */
  name: string;
  /** The test split. */
  test: string;
}

/**
 * Trains a run, or takes the one that stands there, and asks its best checkpoint on a test split, its own or another data
 * set's. A variant without training is asked as it is, and leaves nothing but the list of what was left out.
 *
 * @param on the data of the split; default the run's own
 * @returns undefined where the signal stopped it
 * @throws {InputError} where data, models or an earlier run are at fault.
 */
export async function runTrial(
  config: RunConfig,
  path: string,
  label: TrialLabel,
  options: TrialOptions & { on?: TestData },
): Promise<Trial | undefined> {
  const { report: outer, signal, on = config } = options;
  const report: Report = { ...outer, result: outer.line };
  const changes = { dataset: on.dataset, dataRoot: on.dataRoot, maxPictures: on.maxPictures };
  const splits = ["test"] as const;
  try {
    if (!VARIANTS[config.variant].prompts) {
      await using job = await openJob({ ...config, ...changes }, runFolder(path), { splits, report, signal });
      requireTest(job.data.splits.test, on);
      const evaluation = await evaluateUntrained(job, config.variant, "test");
      return trialOf(evaluation, { ...label, variant: config.variant, seed: null, step: 0 }, changes);
    }
    if (await ensureRun(config, path, { report, signal }) === undefined) return undefined;
    const places = { ...placesOf(config), ...changes };
    await using trained = await openTrained(path, { splits, report, signal, changes: places });
    requireTest(trained.job.data.splits.test, on);
    const evaluation = await evaluateSplit(trained.job, trained.model, "test", true);
    return trialOf(evaluation, { ...label, variant: config.variant, seed: config.seed, step: trained.step }, changes);
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

function requireTest(pairs: readonly unknown[], { dataset, dataRoot }: Pick<RunConfig, "dataset" | "dataRoot">): void {
  if (pairs.length > 0) return;
  throw new InputError(
    `Cannot use split 'test' of '${dataset}' in '${dataRoot}' as it has no usable pair: expected at least 1.`,
  );
}

function trialOf(
  { result, ranks, ids, imageIds, imageOf }: Evaluation,
  of: TrialLabel & { variant: Variant; seed: number | null; step: number },
  { dataset, dataRoot }: TestData,
): Trial {
  const { speech2image, image2speech, intervals } = result;
  return {
    row: {
      ...of,
      recall: { speech2image, image2speech },
      intervals,
      ranks: { speech2image: [...ranks.speech2image], image2speech: [...ranks.image2speech] },
      pictureOf: [...imageOf],
    },
    queries: { test: of.test, dataset, dataRoot, recordings: [...ids], pictures: [...imageIds] },
  };
}

/**
 * Joins trials.
 *
 * @throws {InputError} where two models of one split were not asked the same queries: pairing needs that.
 */
export function joinTrials(trials: readonly Trial[]): { tests: TestQueries[]; rows: TrialRow[] } {
  const tests = new Map<string, TestQueries>();
  for (const { queries, row } of trials) {
    const known = tests.get(queries.test);
    if (known === undefined) tests.set(queries.test, queries);
    else if (JSON.stringify(known) !== JSON.stringify(queries)) {
      throw new InputError(
        `Cannot compare '${row.name}' on '${queries.test}' as its queries differ from those of the other models: ` +
          `${queries.recordings.length} recordings and ${queries.pictures.length} pictures, expected ` +
          `${known.recordings.length} and ${known.pictures.length}. See left_out.jsonl of the runs.`,
      );
    }
  }
  return { tests: [...tests.values()], rows: trials.map(({ row }) => row) };
}
