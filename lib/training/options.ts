/**
 * The training options in one table. The flags and the help of `deno task train`, the schema of a run's config, the paper's
 * setting and the documentation in README.md are made from it. A new option is one row here and one field of
 * {@link RunConfig}; the compiler checks that both exist.
 */
import type { PairsName } from "../data/load_pairs.ts";
import type { Fit } from "../image/preprocess.ts";
import type { OptionKind, OptionSpec, OptionTable } from "../options.ts";
import type { BackendChoice } from "../runtime/backend.ts";
import type { Fusion, PromptSharing } from "../systems/acoustic_config.ts";
import { BREWCLIP_VARIANTS, SYSTEM_NAMES, VARIANTS } from "../systems/variants.ts";
import type { WhisperTask } from "../whisper/settings.ts";
import { type AcousticLayers, type LongText, PRESET_NAMES, type TrainingField } from "./run_config.ts";

/** One row: a field of the config, and its option if it has one. */
export interface TrainingOption extends Omit<OptionSpec, "flags" | "default"> {
  /** The flags. Without flags, only presets and programs set the field. */
  flags?: string;
  /** The value of the paper's setting; undefined if the field may be missing. */
  paper: unknown;
  /** What a config may contain, if that is more than the option accepts. */
  stored?: OptionKind;
  /** The config may contain null. */
  nullable?: true;
  /** The field may be missing in stored runs, which then have the paper's value. */
  later?: true;
}

const WHOLE_FROM_1 = { kind: "whole", least: 1 } as const;
const WHOLE_FROM_0 = { kind: "whole", least: 0 } as const;
const ABOVE_0 = { kind: "number", above: 0 } as const;
const FROM_0 = { kind: "number", least: 0 } as const;
const TEXT = { kind: "text" } as const;
const SWITCH = { kind: "switch" } as const;

/** The table, with the paper's setting (section 4). */
export const TRAINING_OPTIONS: Readonly<Record<TrainingField, TrainingOption>> = {
  preset: {
    flags: "--preset <name>",
    help: "settings to start from",
    value: { kind: "choice", of: PRESET_NAMES },
    stored: TEXT,
    unset: "sample; own with --data",
    paper: "own",
  },
  system: {
    flags: "--system <name>",
    help: "what is trained: BrewCLIP, or a published system in our frame",
    value: { kind: "choice", of: SYSTEM_NAMES },
    paper: "brewclip",
    later: true,
  },
  variant: {
    flags: "--variant <name>",
    help: "which parts the speech feature has",
    value: { kind: "choice", of: Object.keys(BREWCLIP_VARIANTS) },
    stored: { kind: "choice", of: Object.keys(VARIANTS) },
    paper: "full",
  },
  size: {
    flags: "--size <name>",
    help: "sizes of a system that is trained from scratch",
    value: { kind: "choice", of: ["small", "published"] },
    unset: "small for presets of the sample, else published",
    paper: null,
    nullable: true,
    later: true,
  },
  dataset: {
    flags: "--dataset <name>",
    help: "layout of the data set",
    value: { kind: "choice", of: ["flickr8k", "spokencoco", "ln-coco", "own"] satisfies PairsName[] },
    paper: "own",
  },
  dataRoot: {
    flags: "--data-root <folder>",
    help: "the data set's folder; with --data a folder with listed files (repeatable)",
    value: { kind: "text", repeats: true },
    stored: TEXT,
    paper: "pairs.jsonl",
  },
  dataRoots: {
    help: "more folders with files of own data, besides the folder of the list",
    value: { kind: "names" },
    unset: "none",
    paper: undefined,
    later: true,
  },
  dataFingerprint: {
    help: "fingerprint of pairs, splits and files when the run started",
    value: TEXT,
    unset: "written by the run",
    paper: undefined,
    later: true,
  },
  maxPictures: {
    flags: "--max-pictures <n>",
    help: "use only the first n images of each split, with all their recordings",
    value: WHOLE_FROM_1,
    unset: "all",
    paper: null,
    nullable: true,
    later: true,
  },
  clip: {
    flags: "--clip <model>",
    help: "the frozen CLIP: a folder, clip-vit-large-patch14 or another name, or a hub id",
    value: TEXT,
    paper: "clip-vit-large-patch14",
  },
  whisper: {
    flags: "--whisper <model>",
    help: "the frozen Whisper: a folder, whisper-base or another name, or a hub id",
    value: TEXT,
    paper: "whisper-base",
  },
  language: {
    flags: "--language <name>",
    help: "the language that a multilingual Whisper transcribes: en, de, german, ...",
    value: TEXT,
    unset: "English, unless the model's files set another",
    paper: null,
    nullable: true,
    later: true,
  },
  task: {
    flags: "--task <name>",
    help: "whether a multilingual Whisper transcribes, or translates into English",
    value: { kind: "choice", of: ["transcribe", "translate"] satisfies WhisperTask[] },
    unset: "transcribe",
    paper: null,
    nullable: true,
    later: true,
  },
  steps: {
    flags: "--steps <n>",
    help: "optimizer steps",
    value: WHOLE_FROM_1,
    stored: { kind: "whole", least: 0 },
    paper: 100_000,
  },
  batchSize: { flags: "--batch-size <n>", help: "pairs per step", value: { kind: "whole", least: 2 }, paper: 32 },
  microBatch: {
    flags: "--micro-batch <n>",
    help: "pairs that are encoded at once; the negatives still come from the whole batch",
    value: WHOLE_FROM_1,
    unset: "the whole batch",
    paper: null,
    nullable: true,
    later: true,
  },
  groupBatches: {
    help: "put pairs of one group of the data set into the same batch, as hard negatives",
    value: SWITCH,
    paper: true,
    later: true,
  },
  learningRate: {
    flags: "--lr <rate>",
    help: "learning rate after the warm-up, of the prompts and of every part without a rate of its own",
    value: ABOVE_0,
    paper: 1e-4,
  },
  acousticLearningRate: {
    flags: "--acoustic-lr <rate>",
    help: "learning rate of the acoustic branch",
    value: ABOVE_0,
    unset: "that of --lr",
    paper: null,
    nullable: true,
    later: true,
  },
  temperatureLearningRate: {
    flags: "--temperature-lr <rate>",
    help: "learning rate of the temperature",
    value: ABOVE_0,
    unset: "that of --lr",
    paper: null,
    nullable: true,
    later: true,
  },
  finalLearningRate: { help: "learning rate of the last step", value: FROM_0, paper: 1e-8 },
  warmupSteps: {
    flags: "--warmup <n>",
    help: "steps over which the learning rate rises",
    value: { kind: "whole", least: 0 },
    paper: 5_000,
  },
  acousticWarmupSteps: {
    flags: "--acoustic-warmup <n>",
    help: "steps over which the learning rate of the acoustic branch rises",
    value: { kind: "whole", least: 0 },
    unset: "those of --warmup",
    paper: null,
    nullable: true,
    later: true,
  },
  promptSteps: {
    flags: "--prompt-steps <n>",
    help: "the step at which the learning rate of the prompts has fallen to its final value",
    value: WHOLE_FROM_1,
    unset: "that of --steps",
    paper: null,
    nullable: true,
    later: true,
  },
  weightDecay: { help: "L2 penalty, added to the gradient", value: FROM_0, paper: 1e-6 },
  clipNorm: { help: "maximum norm of the gradient of all trained parameters", value: ABOVE_0, paper: 4 },
  alpha: {
    flags: "--alpha <weight>",
    help: "weight of the inner loss, 0 to 1 (paper, section 3.4); 0 switches it off",
    value: { kind: "number", least: 0, most: 1 },
    paper: 0.1,
  },
  loss: {
    flags: "--loss <name>",
    help: "contrast each pair with those of its batch (the paper), or ask of each alone whether it matches (SigLIP)",
    value: { kind: "choice", of: ["infonce", "sigmoid"] },
    paper: "infonce",
    later: true,
  },
  queue: {
    flags: "--queue <n>",
    help: "contrast each pair also with the last n of earlier batches, as they were embedded then",
    value: WHOLE_FROM_1,
    unset: "the batch alone",
    paper: null,
    nullable: true,
    later: true,
  },
  temperature: {
    flags: "--temperature <mode>",
    help: "train the temperature, which starts at 0.07 (the paper), or fix it (the published code)",
    value: { kind: "choice", of: ["learned", "fixed"] },
    paper: "learned",
  },
  promptLength: { flags: "--prompt-length <n>", help: "number of prompts", value: WHOLE_FROM_1, paper: 4 },
  prompts: {
    flags: "--prompts <mode>",
    help: "share the prompts between the branches (the paper), or give each branch its own",
    value: { kind: "choice", of: ["shared", "separate"] satisfies PromptSharing[] },
    paper: "shared",
    later: true,
  },
  fusion: {
    flags: "--fusion <mode>",
    help: "F_A + F_T (the paper), or weighed by a gate that reads both, or by one that reads Whisper's confidence",
    value: { kind: "choice", of: ["sum", "gated", "confidence"] satisfies Fusion[] },
    paper: "sum",
    later: true,
  },
  attendPadding: {
    flags: "--attend-padding",
    help: "let the acoustic branch attend to the padding of Whisper's window, as the published code does",
    value: SWITCH,
    paper: false,
    later: true,
  },
  shortWindows: {
    flags: "--short-windows",
    help: "thin out the silence that fills Whisper's window: faster, but a few words may differ",
    value: SWITCH,
    unset: "false",
    paper: undefined,
    later: true,
  },
  acousticLayers: {
    flags: "--acoustic-layers <which>",
    help: "Whisper's states for the acoustic branch: the last (the paper), or those of all layers with learned weights",
    value: { kind: "choice", of: ["last", "all"] satisfies AcousticLayers[] },
    paper: "last",
    later: true,
  },
  "acoustic.heads": { help: "attention heads of the acoustic branch's layer", value: WHOLE_FROM_1, paper: 8 },
  "acoustic.feedforward": { help: "hidden width of the acoustic branch's layer", value: WHOLE_FROM_1, paper: 4096 },
  "acoustic.dropout": {
    help: "dropout of the acoustic branch's layer",
    value: { kind: "number", least: 0, most: 0.9 },
    paper: 0.1,
  },
  "acoustic.gain": { help: "factor on the initial length of F_A", value: ABOVE_0, paper: undefined, later: true },
  seed: { flags: "--seed <n>", help: "seed of initial values, shuffling and dropout", value: WHOLE_FROM_0, paper: 1 },
  longText: {
    flags: "--long-text <mode>",
    help: "truncate a text that is too long for the text tower (the paper), or average overlapping windows",
    value: { kind: "choice", of: ["truncate", "windows"] satisfies LongText[] },
    paper: "truncate",
    later: true,
  },
  transcripts: {
    flags: "--transcripts <n>",
    help: "average the text features of n transcripts: Whisper's best, and others drawn from its token probabilities",
    value: WHOLE_FROM_1,
    paper: 1,
    later: true,
  },
  imageFit: {
    flags: "--image-fit <mode>",
    help: "make an image square: crop its center (the paper), pad it with black bars, or squash it",
    value: { kind: "choice", of: ["crop", "pad", "squash"] satisfies Fit[] },
    paper: "crop",
    later: true,
  },
  audioSeconds: {
    flags: "--audio-seconds <s>",
    help: "the acoustic branch attends to at most the first s seconds of a recording",
    value: ABOVE_0,
    paper: 120,
    later: true,
  },
  cache: {
    flags: "--no-cache",
    help: "do not store encoder states: compute them whenever a batch needs them",
    value: SWITCH,
    paper: true,
    later: true,
  },
  evaluateEvery: {
    flags: "--evaluate-every <n>",
    help: "steps between evaluations on dev",
    value: WHOLE_FROM_1,
    paper: 2_000,
  },
  saveEvery: { flags: "--save-every <n>", help: "steps between checkpoints", value: WHOLE_FROM_1, paper: 500 },
  backend: {
    flags: "--backend <name>",
    help: "where tensors are computed",
    value: { kind: "choice", of: ["auto", "node-gpu", "webgpu", "wasm", "cpu"] satisfies BackendChoice[] },
    paper: "auto",
  },
};

/** Own pairs instead of a published data set. */
export const DATA_OPTION: OptionSpec = {
  flags: "--data <file>",
  help: "your own pairs: a JSON-lines or CSV file of image, audio, text, split, id",
  value: TEXT,
  conflicts: ["dataset"],
};

/** The values of `train`'s options: fields of the config, and how the run starts. */
export type TrainOptions = { [Field in TrainingField]?: unknown } & {
  data?: string;
  out?: string;
  resume?: string | true;
  dryRun?: true;
  stopAfter?: number;
};

/** The options of `train`, in the order of its help. */
export function trainOptions(): OptionTable {
  const fields = Object.entries(TRAINING_OPTIONS).flatMap(([field, { flags }]) =>
    flags === undefined ? [] : [[field, trainingOption(field as TrainingField)] as const]
  );
  const before = ["preset", "system", "variant", "size", "dataset", "dataRoot"];
  return {
    ...Object.fromEntries(fields.filter(([field]) => before.includes(field))),
    data: DATA_OPTION,
    ...Object.fromEntries(fields.filter(([field]) => !before.includes(field))),
    out: { flags: "--out <folder>", help: "the run's folder", value: TEXT, unset: "a new one in runs/" },
    resume: {
      flags: "--resume [folder]",
      help: "continue a stopped run: the one in this folder, in --out, or the newest in runs/",
      value: TEXT,
    },
    dryRun: {
      flags: "--dry-run",
      help: "check data, models, memory and disk, time ten steps, and print the plan; write nothing",
      value: SWITCH,
      conflicts: ["resume", "stopAfter"],
    },
    stopAfter: {
      flags: "--stop-after <n>",
      help: "save and stop after this step, as Ctrl-C would",
      value: WHOLE_FROM_1,
    },
  };
}

/**
 * The option of a field, for the table of another command.
 *
 * @param changes what differs for that command, such as `help` or `unset`.
 * @throws {TypeError} if the field has no flags.
 */
export function trainingOption(field: TrainingField, changes: Partial<OptionSpec> = {}): OptionSpec {
  const { paper: _, nullable: __, later: ___, stored: ____, flags, ...rest } = TRAINING_OPTIONS[field];
  if (flags === undefined) throw new TypeError(`Cannot make an option of '${field}' as it has no flags.`);
  return { flags, ...rest, ...changes };
}
