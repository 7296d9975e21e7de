/** Word error rate of each recording against whether its image is found (paper, section 5). */
import { basename, join } from "@std/path";
import { z } from "zod";
import type { Split } from "../data/pair.ts";
import { writeJsonLines } from "../files/json_lines.ts";
import { lazily } from "../lazily.ts";
import { configPart, type RunConfig } from "../training/config.ts";
import { trainingOption } from "../training/options.ts";
import { openRun } from "../training/run_folder.ts";
import { evalSettings, newSettings } from "../training/settings.ts";
import type { OptionTable } from "../options.ts";
import type { Experiment, PartSchema } from "./experiment.ts";
import { DATA, MODELS, type ModelValues, SPLIT_AND_CHECKPOINT, zeroShotOptions } from "./options.ts";
import type { CorpusErrors, WerRegression } from "./wer_analysis.ts";

/** How texts are normalized before their words are compared: `raw` lower-cases, as the authors do; `english` is Whisper's. */
export type Normaliser = "raw" | "english";

export const NORMALISERS: readonly Normaliser[] = ["raw", "english"];

/** All that is needed to repeat the experiment. */
export type WerSettings = WerModelSettings | WerTableSettings;

/** A model and the recordings of a split. */
export type WerModelSettings = {
  source: "model";
  /** The data, the frozen models and the variant. */
  config: RunConfig;
  /** The trained run; null for zero-shot. It is trained again if its folder is gone. */
  run: { path: string; config: RunConfig; checkpoint: "best" | "last" } | null;
  split: Split;
  /** An image among the first K is a hit. */
  k: number;
  normalisers: readonly Normaliser[];
  seed: number;
};

/** A table of your own. */
export type WerTableSettings = {
  source: "table";
  /** The file, with columns wer and hit, and optionally words. */
  table: string;
};

/** What was evaluated. */
export type WerSource = {
  dataset: string;
  split: string;
  variant: string;
  trained: boolean;
  step: number;
  images: number;
  recordings: number;
  /** Recordings that were skipped as they have no written caption. */
  withoutCaption: number;
};

/** The findings on one set of rows. */
export type WerFinding = WerRegression & {
  /** How texts were normalized, or `"table"` for given rates. */
  normaliser: Normaliser | "table";
  recordings: number;
  hits: number;
  /** Recordings that were skipped as normalizing leaves no word of their caption. */
  withoutWords: number;
  /** Word errors over all recordings; absent for a table. */
  corpus?: CorpusErrors | undefined;
  /** The rows themselves, for figures. */
  points: { wer: number[]; hit: number[] };
};

/** The result. */
export type WerResult = {
  /** What was evaluated; null for a table. */
  of: WerSource | null;
  findings: WerFinding[];
};

const count = z.number().int().min(0);
const share = z.number().min(0).max(1);
// Empty bins have no mean: JSON holds null there.
const real = z.union([z.number(), z.null().transform(() => NaN)]);
const interval = z.tuple([real, real]);
const text = z.string().min(1);
const settings = z.discriminatedUnion("source", [
  z.strictObject({
    source: z.literal("model"),
    config: configPart,
    run: z.strictObject({ path: text, config: configPart, checkpoint: z.enum(["best", "last"]) }).nullable(),
    split: z.enum(["train", "dev", "test"]),
    k: z.number().int().min(1),
    normalisers: z.array(z.enum(NORMALISERS)).min(1),
    seed: count,
  }),
  z.strictObject({ source: z.literal("table"), table: text }),
]);

const coefficients = z.array(
  z.strictObject({ name: text, estimate: real, standardError: real, z: real, p: real, confidence95: interval }),
);
const fit = z.strictObject({
  coefficients,
  covariance: z.array(z.array(real)),
  logLikelihood: real,
  nullLogLikelihood: real,
  mcFaddenR2: real,
  likelihoodRatio: z.strictObject({ statistic: real, degrees: count, p: real }),
  observations: count,
  positives: count,
  iterations: count,
  clustered: z.strictObject({ groups: count, coefficients, covariance: z.array(z.array(real)) }).optional(),
});
const fitted = z.union([
  z.strictObject({ fitted: z.literal(true), fit, oddsRatioPer10Points: real }),
  z.strictObject({ fitted: z.literal(false), reason: text }),
]);
const reals = z.array(real);
const calibration = z.strictObject({
  from: real,
  to: real,
  count,
  meanX: real,
  observed: real,
  predicted: real,
  observed95: interval,
});
const finding = z.strictObject({
  normaliser: z.enum([...NORMALISERS, "table"]),
  recordings: count,
  hits: count,
  withoutWords: count,
  corpus: z.strictObject({
    words: count,
    substitutions: count,
    deletions: count,
    insertions: count,
    wer: real,
    wer95: interval,
    perfect: count,
  }).optional(),
  regression: fitted,
  curve: z.strictObject({ x: reals, probability: reals, lower95: reals, upper95: reals }).optional(),
  calibration: z.array(calibration).optional(),
  withLength: fitted.optional(),
  bins: z.array(
    z.strictObject({ from: real, to: z.number().nullable(), count, hits: count, recall: share, recall95: interval }),
  ),
  points: z.strictObject({ wer: reals, hit: z.array(z.number().int().min(0).max(1)) }),
});
const result = z.strictObject({
  of: z.strictObject({
    dataset: text,
    split: text,
    variant: text,
    trained: z.boolean(),
    step: count,
    images: count,
    recordings: count,
    withoutCaption: count,
  }).nullable(),
  findings: z.array(finding).min(1),
});

/** Checks of the two parts of the file. */
export const WER_SCHEMAS: { settings: PartSchema<WerSettings>; result: PartSchema<WerResult> } = { settings, result };

/** Options of a model. A table of rows excludes them, as its recordings are neither transcribed nor ranked here. */
const MODEL_OPTIONS: OptionTable = {
  run: {
    flags: "--run <folder>",
    help: "the trained run; without it zero-shot",
    value: { kind: "text" },
    conflicts: ["preset"],
    once: true,
  },
  preset: trainingOption("preset", { unset: "sample" }),
  ...DATA,
  ...MODELS,
  cache: trainingOption("cache"),
  ...SPLIT_AND_CHECKPOINT,
  k: {
    flags: "--k <n>",
    help: "an image among the first n is a hit",
    value: { kind: "whole", least: 1 },
    default: 5,
  },
  normaliser: {
    flags: "--normaliser <name>",
    help: "how texts are normalized",
    value: { kind: "choice", of: ["both", ...NORMALISERS] },
    default: "both",
  },
  seed: { flags: "--seed <n>", help: "seed of the bootstrap", value: { kind: "whole", least: 0 }, default: 0 },
  backend: trainingOption("backend"),
};

type WerValues = Omit<ModelValues, "run"> & {
  run?: string;
  k: number;
  normaliser: string;
  seed: number;
  table?: string;
};

/** Relates word errors to recall, for a model's recordings or for a table of rows. Writes `samples.jsonl` for a model. */
export const wer: Experiment<WerSettings, WerResult> = {
  name: "wer",
  summary: "Relate the word error rate of each recording to whether its image is among the first K: logistic " +
    "regression, calibration, recall by rate. Zero-shot, or with a trained run.",
  options: {
    ...MODEL_OPTIONS,
    table: {
      flags: "--table <file>",
      help: "rows of your own: JSON lines or CSV with columns wer, hit and perhaps words",
      value: { kind: "text" },
      conflicts: Object.keys(MODEL_OPTIONS),
    },
  },
  async settings(values: WerValues) {
    const { run: path, table, split, k, seed, normaliser } = values;
    if (table !== undefined) return { source: "table", table };
    const normalisers = NORMALISERS.filter((name) => ["both", name].includes(normaliser));
    const shared = { split, k, normalisers, seed };
    if (path === undefined) {
      return { source: "model", config: newSettings(zeroShotOptions(values)), run: null, ...shared };
    }
    const { config: stored } = await openRun(path);
    const run = { path, config: stored, checkpoint: values.checkpoint };
    return { source: "model", config: evalSettings(values, stored), run, ...shared };
  },
  folderName(settings) {
    if (settings.source === "table") return "wer-table";
    const { run, config, split } = settings;
    return `wer-${run === null ? "zero-shot" : basename(run.path)}-${config.dataset}-${split}`;
  },
  schemas: WER_SCHEMAS,
  async run(settings, context) {
    const { runWer } = await lazily<typeof import("./wer_job.ts")>("./wer_job.ts", import.meta.url);
    const { result, samples } = await runWer(settings, context.folder, context);
    if (samples.length > 0) await writeJsonLines(join(context.folder, "samples.jsonl"), samples);
    return result;
  },
};
