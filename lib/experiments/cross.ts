/** Trained on one data set, tested on another (paper, Table 5). */
import { basename, join } from "@std/path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { lazily } from "../lazily.ts";
import { configPart, type RunConfig } from "../training/config.ts";
import type { TrainOptions } from "../training/options.ts";
import { openRun } from "../training/run_folder.ts";
import { dataSetName, evalSettings, newSettings, type PlaceOptions } from "../training/settings.ts";
import type { KnownEvaluations } from "./baselines.ts";
import type { Experiment, PartSchema } from "./experiment.ts";
import { setsOf, type SetValues, SEVERAL_SETS, TRAINING, VARIANT } from "./options.ts";
import type { Trial } from "./trials.ts";
import { compareRows } from "./comparisons.ts";
import { namesOf, rowsOf, TRIAL_RESULT, type TrialResult } from "./results.ts";

/** A model of one data set. */
export type CrossModel = {
  name: string;
  config: RunConfig;
  /** The folder of an existing run; null for one in the experiment's folder. */
  run: string | null;
};

/** The models. Each is tested on the data sets of all. */
export type CrossSettings = {
  models: CrossModel[];
};

/**
 * Trains the missing models, and tests each on the test split of every model's data set. Each is compared with the first
 * model that was trained on the split's own data set.
 */
export const cross: Experiment<CrossSettings, TrialResult> = {
  name: "cross",
  summary: "Evaluate the models of several data sets on each other's test split (Table 5).",
  options: {
    ...SEVERAL_SETS,
    ...TRAINING,
    variant: VARIANT,
    seed: { flags: "--seed <n>", help: "seed of the trainings (default: 1)", value: { kind: "whole", least: 0 } },
    runs: {
      flags: "--runs <folders>",
      help: "trained runs to use instead of training, separated by commas",
      value: { kind: "names" },
      conflicts: ["presets", "data", "preset", "variant", "steps", "batchSize", "seed", "maxPictures"],
    },
  },
  async settings(
    { presets, data, preset, dataRoot, runs, variant = "full", ...run }: TrainOptions & SetValues & { runs?: string[] },
  ) {
    const sets = setsOf({ presets, data, preset, dataRoot } as SetValues);
    const models = runs === undefined
      ? sets.map((set) => {
        const config = newSettings({ ...run, ...set, variant });
        return {
          name: config.dataset,
          longName: set.data === undefined ? config.preset : dataSetName(config),
          config,
          run: null,
        };
      })
      : await Promise.all(runs.map((path) => modelOfRun(path, { ...run, dataRoot } as PlaceOptions)));
    return { models: named(models) };
  },
  schemas: {
    settings: z.strictObject({
      models: z.array(
        z.strictObject({ name: z.string().min(1), config: configPart, run: z.string().min(1).nullable() }),
      ).min(1),
    }) as unknown as PartSchema<CrossSettings>,
    result: TRIAL_RESULT,
  },
  async run({ models }, { folder, ...context }) {
    const { isSplitOf, joinTrials, runTrial, testSplits } = await lazily<typeof import("./trials.ts")>(
      "./trials.ts",
      import.meta.url,
    );
    const twice = models.find(({ name }, i) => models.findIndex((other) => other.name === name) !== i);
    if (twice !== undefined) {
      throw new InputError(
        `Cannot distinguish the models as two are called '${twice.name}': expected different names. Give each model once.`,
      );
    }
    const splits = testSplits(models.map(({ config }) => config));
    const trials: Trial[] = [];
    const known: KnownEvaluations = new Map();
    for (const { name, config, run } of models) {
      for (const test of splits) {
        const path = run ?? join(folder, name);
        trials.push(await runTrial(config, path, { name, test: test.name }, { ...context, known, on: test.on }));
      }
    }
    const joined = joinTrials(trials);
    const comparisons = splits.flatMap((split) => {
      const home = models.find(({ config }) => isSplitOf(split, config))!.name;
      const of = (name: string) => rowsOf(joined.rows, name, split.name);
      return namesOf(joined.rows).filter((name) => name !== home).map((name) => compareRows(of(name), of(home)));
    });
    return { ...joined, comparisons };
  },
};

/** Gives models their longer names if several have the same short one. */
function named(models: readonly (CrossModel & { longName: string })[]): CrossModel[] {
  return models.map(({ name, longName, config, run }) => {
    const shared = models.filter((other) => other.name === name).length > 1;
    return { name: shared ? longName : name, config, run };
  });
}

async function modelOfRun(
  path: string,
  { dataRoot, clip, whisper, language, task, backend, cache }: PlaceOptions,
): Promise<CrossModel & { longName: string }> {
  const { config } = await openRun(path);
  const longName = path.replace(/\/+$/, "");
  const here = evalSettings({ dataRoot, clip, whisper, language, task, backend, cache }, config);
  return { name: basename(longName), longName, config: here, run: path };
}
