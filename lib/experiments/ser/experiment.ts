/**
 * `ser`: speech emotion recognition (paper, Table 3).
 */
import { basename } from "@std/path";
import { InputError } from "../../errors.ts";
import { lazily } from "../../lazily.ts";
import type { OptionTable } from "../../options.ts";
import { checkConfig } from "../../training/config.ts";
import { trainingOption } from "../../training/options.ts";
import { PRESET_NAMES } from "../../training/run_config.ts";
import { openRun } from "../../training/run_folder.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { newSettings, placeOf } from "../../training/settings.ts";
import type { Experiment } from "../experiment.ts";
import { seedsUpTo } from "../options.ts";
import { FINE_TUNE, SER_SCHEMAS, type SerEncoder, type SerResult, type SerSettings } from "./results.ts";

const DATA_ROOT = "data/sample/ravdess";
const PRESET = "sample-moods";
const FOLDS = 6;

/** The values of {@link OPTIONS}. */
type SerValues = {
  dataRoot?: string | string[];
  data?: string;
  calm?: "neutral" | "drop";
  transcript?: "heard" | "known";
  run?: string[];
  preset?: string;
  steps?: number;
  untrained?: boolean;
  baselinesOnly?: boolean;
  clip?: string;
  whisper?: string;
  language?: string;
  task?: string;
  acousticLayers?: string;
  shortWindows?: boolean;
  backend?: string;
  fineTune?: boolean;
  fineTuneSteps?: number;
  fineTuneRate?: number;
  fineTuneFolds?: boolean;
  augment?: number;
  seeds?: number;
  folds?: number;
};

const OPTIONS: OptionTable = {
  dataRoot: {
    flags: "--data-root <folder>",
    help:
      `recordings in RAVDESS's layout (default: ${DATA_ROOT}); with --data, a folder of the listed files (repeatable)`,
    value: { kind: "text", repeats: true },
  },
  data: {
    flags: "--data <file>",
    help: "your own clips: a CSV or JSON-lines file of audio, emotion, speaker, statement, split",
    value: { kind: "text" },
    conflicts: ["calm"],
  },
  calm: {
    flags: "--calm <what>",
    help: "RAVDESS's calm recordings (default: neutral)",
    value: { kind: "choice", of: ["neutral", "drop"] },
  },
  transcript: {
    flags: "--transcript <which>",
    help: "the text for the text branch: what Whisper transcribed (heard, the default), or the known sentence",
    value: { kind: "choice", of: ["heard", "known"] },
  },
  run: {
    flags: "--run <folder>",
    help: "trained runs as encoders (default: a full and a pip run are trained)",
    value: { kind: "names" },
  },
  preset: {
    flags: "--preset <name>",
    help: `what the encoders are trained on (default: ${PRESET})`,
    value: { kind: "choice", of: PRESET_NAMES },
    conflicts: ["run"],
  },
  steps: {
    flags: "--steps <n>",
    help: "optimizer steps of each encoder",
    value: { kind: "whole", least: 1 },
    conflicts: ["run"],
  },
  untrained: {
    flags: "--untrained",
    help: "untrained encoders, with the initial values of seed 1",
    value: { kind: "switch" },
    conflicts: ["run"],
  },
  baselinesOnly: {
    flags: "--baselines-only",
    help: "evaluate the baselines without any encoder",
    value: { kind: "switch" },
    conflicts: ["run", "untrained"],
  },
  clip: trainingOption("clip", { conflicts: ["run"] }),
  whisper: trainingOption("whisper", { conflicts: ["run"] }),
  language: trainingOption("language", { conflicts: ["run"] }),
  task: trainingOption("task", { conflicts: ["run"] }),
  acousticLayers: trainingOption("acousticLayers", { conflicts: ["run"] }),
  shortWindows: trainingOption("shortWindows", { conflicts: ["run"] }),
  backend: trainingOption("backend"),
  fineTune: { flags: "--no-fine-tune", help: "only probe the encoders", value: { kind: "switch" } },
  fineTuneSteps: {
    flags: "--fine-tune-steps <n>",
    help: "optimizer steps of each fine-tuning",
    value: { kind: "whole", least: 1 },
  },
  fineTuneRate: {
    flags: "--fine-tune-rate <rate>",
    help: "highest learning rate of the fine-tuning",
    value: { kind: "number", least: 1e-8, most: 1 },
  },
  fineTuneFolds: {
    flags: "--fine-tune-folds",
    help: "fine-tune in each fold over speakers too, once for each fold",
    value: { kind: "switch" },
  },
  augment: {
    flags: "--augment <n>",
    help: "augmented copies of each train clip (noise, stretch, pitch; default: none)",
    value: { kind: "whole", least: 0 },
  },
  seeds: {
    flags: "--seeds <n>",
    help: "fine-tunings, with seeds 1 to n (default: 1)",
    value: { kind: "whole", least: 1 },
  },
  folds: {
    flags: "--folds <n>",
    help: `folds over speakers; 0 for the split alone (default: ${FOLDS})`,
    value: { kind: "whole", least: 0 },
  },
};

/** Speech emotion recognition. */
export const ser: Experiment<SerSettings, SerResult> = {
  name: "ser",
  summary:
    "Speech emotion recognition: a linear head on the frozen speech feature, and prompts, acoustic layer and head fine-tuned, " +
    "for the full model and PIP-only. The baselines are the majority class and log-mel statistics.",
  options: OPTIONS,
  async settings(values: SerValues) {
    const { data, calm = "neutral", transcript = "heard" } = values;
    const { fineTuneSteps: steps = FINE_TUNE.steps, fineTuneRate: learningRate = FINE_TUNE.learningRate } = values;
    const augment = values.augment ?? FINE_TUNE.augment;
    return {
      data: {
        dataset: data === undefined ? "ravdess" : "own",
        ...{ dataRoot: DATA_ROOT, ...placeOf(values) },
        calm,
        transcript,
      },
      encoders: values.baselinesOnly ? [] : await encodersOf(values),
      fineTune: values.fineTune === false ? null : { ...FINE_TUNE, steps, learningRate, augment },
      seeds: seedsUpTo(values.seeds),
      folds: values.folds ?? FOLDS,
      fineTuneFolds: values.fineTuneFolds ?? false,
    };
  },
  schemas: SER_SCHEMAS,
  async run(settings, context) {
    const { runSer } = await lazily<typeof import("./run.ts")>("./run.ts", import.meta.url);
    return await runSer(settings, context);
  },
};

async function encodersOf(
  { run, preset = PRESET, untrained = false, steps, data, transcript, ...models }: SerValues,
): Promise<SerEncoder[]> {
  const { clip, whisper, language, task, acousticLayers, shortWindows, backend } = models;
  if (run === undefined) {
    const encoder = (variant: "full" | "pip", trained: boolean): SerEncoder => ({
      name: variant,
      config: newSettings({
        preset,
        variant,
        steps,
        clip,
        whisper,
        language,
        task,
        acousticLayers,
        shortWindows,
        backend,
      }),
      path: null,
      trained,
    });
    return [
      encoder("full", !untrained),
      ...(untrained ? [] : [{ ...encoder("full", false), name: "full-untrained" }]),
      encoder("pip", !untrained),
      ...(data === undefined && transcript !== "known"
        ? [{ ...encoder("pip", !untrained), name: "pip-known", transcript: "known" as const }]
        : []),
    ];
  }
  const encoders: SerEncoder[] = [];
  for (const path of run) {
    const { config } = await openRun(path);
    if (!VARIANTS[config.variant].prompts) {
      throw new InputError(
        `Cannot use the run '${path}' as an encoder must have prompts to train: its variant is '${config.variant}'. ` +
          `Give a run of full, pip, pip-gt or e2e.`,
      );
    }
    const same = encoders.filter(({ config: { variant } }) => variant === config.variant).length;
    const name = same === 0 ? config.variant : `${config.variant}-${basename(path)}`;
    const here = checkConfig({ ...config, backend: backend ?? config.backend }, path);
    encoders.push({ name, config: here, path, trained: true });
  }
  return encoders;
}
