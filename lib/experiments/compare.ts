/** All variants on one data set, trained alike (paper, Tables 1 and 2). */
import { z } from "zod";
import { lazily } from "../lazily.ts";
import { BREWCLIP_VARIANTS, SYSTEM_NAMES, type SystemName, type Variant, VARIANTS } from "../systems/variants.ts";
import { configPart, type RunConfig } from "../training/config.ts";
import { trainingOption, type TrainOptions } from "../training/options.ts";
import { withModel } from "../training/presets.ts";
import { checkApplies } from "../training/applies.ts";
import { newSettings } from "../training/settings.ts";
import type { Experiment, PartSchema } from "./experiment.ts";
import { DATA, SEEDS, seedsUpTo, TRAINING, variantsOption } from "./options.ts";
import { comparedPairs, compareRows } from "./comparisons.ts";
import { rowsOf, seedsPart, TRIAL_RESULT, type TrialResult } from "./results.ts";

/** What to compare. */
export type CompareSettings = {
  /** The settings of every run, except variant and seed. */
  config: RunConfig;
  variants: Variant[];
  /** Each variant is trained once per seed. */
  seeds: number[];
};

type CompareValues = TrainOptions & {
  variants?: Variant[];
  systems?: Exclude<SystemName, "brewclip">[];
  seeds?: number;
};

/** Trains the variants with the same seeds and data, tests each on the test split, and compares them in pairs. */
export const compare: Experiment<CompareSettings, TrialResult> = {
  name: "compare",
  summary: "Train the variants with the same seeds and data and compare every two of them (Tables 1 and 2).",
  options: {
    preset: trainingOption("preset", { unset: "sample; own with --data" }),
    ...DATA,
    ...TRAINING,
    variants: variantsOption("all"),
    systems: {
      flags: "--systems <names>",
      help: "published systems in our frame, each compared with BrewCLIP (full)",
      value: { kind: "names", of: SYSTEM_NAMES.filter((name) => name !== "brewclip") },
      unset: "none",
    },
    seeds: SEEDS,
  },
  settings({ variants, systems = [], seeds, ...run }: CompareValues) {
    for (const system of systems) {
      if (run.microBatch !== undefined) checkApplies({ microBatch: run.microBatch }, system);
    }
    return {
      config: newSettings(run),
      variants: [...variants ?? Object.keys(BREWCLIP_VARIANTS) as Variant[], ...systems],
      seeds: seedsUpTo(seeds),
    };
  },
  schemas: {
    settings: z.strictObject({
      config: configPart,
      variants: z.array(z.enum(Object.keys(VARIANTS) as Variant[])).min(1),
      seeds: seedsPart,
    }) as unknown as PartSchema<CompareSettings>,
    result: TRIAL_RESULT,
  },
  async run({ config, variants, seeds }, context) {
    const { trainTrials } = await lazily<typeof import("./trials.ts")>("./trials.ts", import.meta.url);
    const models = variants.map((variant) => ({ name: variant, config: withModel(config, variant) }));
    const { tests, rows } = await trainTrials(models, seeds, context);
    const of = (variant: Variant) => rowsOf(rows, variant, config.dataset);
    const comparisons = comparedPairs(variants).map(([variant, against]) => compareRows(of(variant), of(against)));
    return { tests, rows, comparisons };
  },
};
