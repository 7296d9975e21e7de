/**
 * Ablations: changes one setting or a grid of settings and keeps everything else.
 */
import { z } from "zod";
import { InputError, messageOf } from "../errors.ts";
import { lazily } from "../lazily.ts";
import { checkConfig, configPart, type RunConfig } from "../training/config.ts";
import { TRAINING_OPTIONS, trainingOption, type TrainOptions } from "../training/options.ts";
import { newSettings } from "../training/settings.ts";
import type { Experiment, PartSchema } from "./experiment.ts";
import { DATA, SEEDS, seedsUpTo, TRAINING, VARIANT } from "./options.ts";
import { type NamedConfig, seedsPart, TRIAL_PARTS, type TrialResult } from "./results.ts";

/** What to compare. */
export interface AblateSettings {
  /** The models. The others are compared with the first. */
  models: NamedConfig[];
  /** Each model is trained once per seed. */
  seeds: number[];
}

/** Every model on the dev split, and the chosen one on test. */
export type AblateResult = TrialResult & {
  /**
   * The model with the highest mean R@1 of both directions on dev, over seeds. Absent in results of an earlier version, whose
   * rows are of the test split.
   */
  chosen?: string | undefined;
  /** The first and the chosen model on the test split. */
  test?: TrialResult | undefined;
};

const SEED_COUNT = 3;

/** Trains each model with each seed, compares it with the first on dev, and tests the best. */
export const ablate: Experiment<AblateSettings, AblateResult> = {
  name: "ablate",
  summary:
    "Change one setting at a time, or a grid of settings, and compare with the default on dev; the best is tested once.",
  options: {
    preset: trainingOption("preset", { unset: "sample; own with --data" }),
    ...DATA,
    ...TRAINING,
    variant: VARIANT,
    seeds: { ...SEEDS, unset: `${SEED_COUNT}` },
    grid: {
      flags: "--grid <settings>",
      help: 'all combinations, such as "alpha=0,0.1,0.5 prompts=shared,separate" (default: one change at a time)',
      value: { kind: "text" },
    },
    changes: {
      flags: "--changes <settings>",
      help:
        'each of these alone, such as "loss=sigmoid queue=128,512" (default: settings that the paper does not state)',
      value: { kind: "text" },
      conflicts: ["grid"],
    },
  },
  settings(
    { grid, changes, seeds = SEED_COUNT, ...run }: TrainOptions & { grid?: string; changes?: string; seeds?: number },
  ) {
    const config = newSettings(run);
    const models = grid === undefined
      ? oneAtATime(config, changes === undefined ? undefined : changesOf(changes))
      : gridOf(config, grid);
    return { models, seeds: seedsUpTo(seeds) };
  },
  schemas: {
    settings: z.strictObject({
      models: z.array(z.strictObject({ name: z.string().min(1), config: configPart })).min(1),
      seeds: seedsPart,
    }) as unknown as PartSchema<AblateSettings>,
    result: z.strictObject({
      ...TRIAL_PARTS,
      chosen: z.string().optional(),
      test: z.strictObject(TRIAL_PARTS).optional(),
    }) as unknown as PartSchema<AblateResult>,
  },
  async run(settings, context) {
    const { runAblation } = await lazily<typeof import("./ablate_run.ts")>("./ablate_run.ts", import.meta.url);
    return await runAblation(settings, context);
  },
};

/** The settings that a grid may name. */
const FIELDS = [
  "alpha",
  "temperature",
  "promptLength",
  "prompts",
  "fusion",
  "loss",
  "queue",
  "acousticLayers",
  "attendPadding",
  "imageFit",
  "longText",
  "transcripts",
  "audioSeconds",
  "learningRate",
  "acousticLearningRate",
  "temperatureLearningRate",
  "batchSize",
  "groupBatches",
] as const satisfies (keyof RunConfig)[];

/** One change at a time: settings that the paper does not state. */
export const ONE_AT_A_TIME: readonly string[] = [
  "alpha=0",
  "alpha=0.5",
  "promptLength=1",
  "promptLength=8",
  "prompts=separate",
  "attendPadding=true",
  "fusion=gated",
  "imageFit=pad",
  "temperature=fixed",
];

/** Parses a value. `checkConfig` refuses one that the field does not accept. */
function valueOf(field: typeof FIELDS[number], text: string): unknown {
  const { kind } = TRAINING_OPTIONS[field].value;
  if (kind === "whole" || kind === "number") return Number(text);
  return kind === "switch" && ["true", "false"].includes(text) ? text === "true" : text;
}

/**
 * The models of a grid: the default first, called `"default"`, then every combination of the values; one that is the
 * default again is skipped.
 *
 * @param grid such as `"alpha=0,0.1 prompts=shared,separate"`
 * @throws {InputError} where a setting is unknown, named twice, or a value out of range; names it.
 *
 * @example
 * ```ts
 * import { sample } from "../training/presets.ts";
 * import { gridOf } from "./ablate.ts";
 * const names = gridOf(sample(), "alpha=0,0.1 prompts=shared,separate").map(({ name }) => name);
 * if (names.join() !== "default,alpha=0 prompts=shared,alpha=0 prompts=separate,alpha=0.1 prompts=separate") {
 *   throw new Error(names.join());
 * }
 * ```
 */
export function gridOf(config: RunConfig, grid: string): NamedConfig[] {
  const axes = grid.trim().split(/\s+/).map(axisOf);
  const twice = axes.find(([name], i) => axes.findIndex(([other]) => other === name) !== i);
  if (twice !== undefined) throw wrong(`setting '${twice[0]}' is named twice, expected each once`);
  const cells = axes.reduce<string[][]>(
    (all, [name, values]) => all.flatMap((cell) => values.map((value) => [...cell, `${name}=${value}`])),
    [[]],
  );
  return withDefault(config, cells);
}

/** The default and one change at a time: {@link ONE_AT_A_TIME}, or the given ones. */
export function oneAtATime(config: RunConfig, changes: readonly string[] = ONE_AT_A_TIME): NamedConfig[] {
  return withDefault(config, changes.map((change) => [change]));
}

/** Splits `"loss=sigmoid queue=128,512"` into three changes. */
function changesOf(list: string): string[] {
  return list.trim().split(/\s+/).map(axisOf).flatMap(([name, values]) => values.map((value) => `${name}=${value}`));
}

function withDefault(config: RunConfig, cells: readonly (readonly string[])[]): NamedConfig[] {
  const base = JSON.stringify(checkConfig(config, "the default"));
  const changed = cells.map((cell) => ({ name: cell.join(" "), config: changedBy(config, cell) }));
  const names = new Set<string>();
  const different = changed.filter(({ name, config }) => {
    const fresh = JSON.stringify(config) !== base && !names.has(name);
    names.add(name);
    return fresh;
  });
  return [{ name: "default", config }, ...different];
}

function changedBy(config: RunConfig, cell: readonly string[]): RunConfig {
  const changes = cell.map((change) => {
    const [name, [value = ""]] = axisOf(change);
    return [name, valueOf(name, value)];
  });
  try {
    return checkConfig({ ...config, ...Object.fromEntries(changes) }, `'${cell.join(" ")}'`);
  } catch (error) {
    throw wrong(messageOf(error));
  }
}

function axisOf(text: string): [name: typeof FIELDS[number], values: string[]] {
  const [name = "", list = "", ...rest] = text.split("=");
  const values = list.split(",");
  const field = FIELDS.find((field) => field === name);
  if (field === undefined || rest.length > 0 || values.some((value) => value === "")) {
    throw wrong(`'${text}' found, expected SETTING=VALUE,VALUE with a setting of ${FIELDS.join(", ")}`);
  }
  return [field, values];
}

function wrong(what: string): InputError {
  return new InputError(`Cannot use the grid: ${what}. Example: --grid "alpha=0,0.5 prompts=separate".`);
}
