/**
 * Word error rate of each recording against whether its image is found (paper, section 5).
 *
 * @module
 */
import { basename, join } from "@std/path";
import { lazily } from "../lazily.ts";
import { trainingOption } from "../training/options.ts";
import { writeJsonLines } from "../files/json_lines.ts";
import { openRun } from "../training/run_folder.ts";
import { evalSettings, newSettings } from "../training/settings.ts";
import type { Experiment } from "./experiment.ts";
import { DATA, MODELS, type ModelValues, SPLIT_AND_CHECKPOINT, zeroShotOptions } from "./options.ts";
import { NORMALISERS, WER_SCHEMAS, type WerResult, type WerSettings } from "./wer/wer_results.ts";

/** What a table of rows excludes: its recordings are neither transcribed nor ranked here. */
const OF_A_MODEL = [
  "run",
  "preset",
  "dataset",
  "dataRoot",
  "data",
  "clip",
  "whisper",
  "language",
  "task",
  "cache",
  "split",
  "checkpoint",
  "k",
  "normaliser",
  "seed",
  "backend",
];

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
  summary: "Word error rate of each recording against whether its picture is among the first K: logistic regression, " +
    "calibration, recall by rate. Zero-shot, or of a trained run.",
  options: {
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
      help: "a hit is a picture among the first so many",
      value: { kind: "whole", least: 1 },
      default: 5,
    },
    normaliser: {
      flags: "--normaliser <name>",
      help: "how texts are made alike",
      value: { kind: "choice", of: ["both", ...NORMALISERS] },
      default: "both",
    },
    seed: { flags: "--seed <n>", help: "seed of the bootstrap", value: { kind: "whole", least: 0 }, default: 0 },
    backend: trainingOption("backend"),
    table: {
      flags: "--table <file>",
      help: "rows of your own: JSON lines or CSV with columns wer, hit and perhaps words",
      value: { kind: "text" },
      conflicts: OF_A_MODEL,
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
