/** The cost of recognition errors: zero-shot on transcripts and on written captions (paper, Table 4). */
import { join } from "@std/path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { lazily } from "../lazily.ts";
import type { Variant } from "../systems/variants.ts";
import { configPart, type RunConfig } from "../training/config.ts";
import { trainingOption, type TrainOptions } from "../training/options.ts";
import { newSettings } from "../training/settings.ts";
import type { Experiment, PartSchema } from "./experiment.ts";
import { MODELS, setsOf, type SetValues, SEVERAL_SETS } from "./options.ts";
import type { Trial } from "./trials.ts";
import { compareRows } from "./comparisons.ts";
import { rowsOf, TRIAL_RESULT, type TrialResult } from "./results.ts";

/** The data sets, with the frozen models. */
export type ZeroShotSettings = {
  /** One per data set. Settings of training do not count. */
  configs: RunConfig[];
};

const TEXTS: readonly Variant[] = ["pip-zero-shot", "pip-zero-shot-gt"];

/** Tests the frozen models on transcripts and on written captions, on each data set's test split. */
export const zeroShot: Experiment<ZeroShotSettings, TrialResult> = {
  name: "zero-shot",
  summary:
    "Evaluate the frozen models on transcripts and on written captions, on the test split of one or several data sets (Table 4).",
  options: {
    ...SEVERAL_SETS,
    maxPictures: trainingOption("maxPictures"),
    ...MODELS,
    cache: trainingOption("cache"),
    backend: trainingOption("backend"),
  },
  settings({ presets, data, preset, dataRoot, ...run }: TrainOptions & SetValues) {
    const sets = setsOf({ presets, data, preset, dataRoot } as SetValues);
    return { configs: sets.map((set) => newSettings({ ...run, ...set, variant: "pip-zero-shot" })) };
  },
  schemas: {
    settings: z.strictObject({ configs: z.array(configPart).min(1) }) as unknown as PartSchema<ZeroShotSettings>,
    result: TRIAL_RESULT,
  },
  async run({ configs }, { folder, ...context }) {
    const { fileName, isSplitOf, joinTrials, runTrial, testSplits } = await lazily<typeof import("./trials.ts")>(
      "./trials.ts",
      import.meta.url,
    );
    const { hasCaptions, listPairs } = await lazily<typeof import("./pairs.ts")>("./pairs.ts", import.meta.url);
    const splits = testSplits(configs);
    const twice = splits.find((split) => configs.filter((config) => isSplitOf(split, config)).length > 1);
    if (twice !== undefined) {
      throw new InputError(
        `Cannot test the frozen models twice on the test split of '${twice.on.dataset}' in '${twice.on.dataRoot}': expected ` +
          `each data set once. Remove one of them.`,
      );
    }
    const trials: Trial[] = [];
    for (const [i, config] of configs.entries()) {
      const test = splits[i]!.name;
      const written = hasCaptions(await listPairs(config, ["test"], () => {}));
      if (!written) context.report.line(`${test}: a pair has no written caption, so captions are not compared`);
      for (const variant of written ? TEXTS : TEXTS.slice(0, 1)) {
        const label = { name: variant, test };
        trials.push(await runTrial({ ...config, variant }, join(folder, fileName(test)), label, context));
      }
    }
    const { tests, rows } = joinTrials(trials);
    const comparisons = tests.flatMap(({ test }) => {
      const captions = rowsOf(rows, "pip-zero-shot-gt", test);
      return captions.length === 0 ? [] : [compareRows(captions, rowsOf(rows, "pip-zero-shot", test))];
    });
    return { tests, rows, comparisons };
  },
};
