/**
 * What a run does: a typed object made by a function, validated once, stored with the run.
 *
 * @module
 */
import { z } from "zod";
import type { PairsName } from "../data/load_pairs.ts";
import { InputError, messageOf } from "../errors.ts";
import { readJson } from "../files.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import type { Fit } from "../image/preprocess.ts";
import type { Fusion, PromptSharing } from "../systems/acoustic_config.ts";
import type { BackendChoice } from "../runtime/backend.ts";

/** The data sets by the names of their layouts. */
export const DATASETS: readonly PairsName[] = ["flickr8k", "spokencoco", "ln-coco", "own"];

/** What is done with a text that has more tokens than the text tower has places. */
export type LongText = "truncate" | "windows";

/** The ways with long texts. */
export const LONG_TEXTS: readonly LongText[] = ["truncate", "windows"];

/** The ways in which a picture that is not square becomes one. */
export const IMAGE_FITS: readonly Fit[] = ["crop", "pad", "squash"];

/** Whether the branches share their prompts. */
export const PROMPT_SHARINGS: readonly PromptSharing[] = ["shared", "separate"];

/** How the two parts of the speech feature become one. */
export const FUSIONS: readonly Fusion[] = ["sum", "gated"];

/** The backends that can be asked for. */
export const BACKEND_CHOICES: readonly BackendChoice[] = ["auto", "node-gpu", "webgpu", "wasm", "cpu"];

/** All that is needed to repeat a run. */
export interface RunConfig {
  /** The function that made it. */
  preset: string;
  /** Layout of the data set. */
  dataset: PairsName;
  /** The data set's folder; of `"own"` data the JSON-lines or CSV file that lists the pairs. */
  dataRoot: string;
  /** Of each split only the first so many pictures, with all their recordings: for a quick try. Null for all. */
  maxPictures: number | null;
  /** The frozen CLIP: a folder, a preset's name such as `clip-vit-large-patch14`, or a hub id, as the user said. */
  clip: string;
  /** The frozen Whisper, likewise. */
  whisper: string;
  /** What the speech feature is made of (paper, section 3). */
  variant: Variant;
  /** Seed of the initial values, the shuffling and the dropout. */
  seed: number;
  /** Optimizer steps. */
  steps: number;
  /** Pairs a step. */
  batchSize: number;
  /** Learning rate after the warm-up. */
  learningRate: number;
  /** Learning rate of the last step. */
  finalLearningRate: number;
  /** Steps over which the learning rate rises linearly. */
  warmupSteps: number;
  /** Added to the gradient times the parameter, as Adam with L2 does. */
  weightDecay: number;
  /** Highest norm of the gradient of all trained parameters. */
  clipNorm: number;
  /** Weight of the inner loss (paper, section 3.4); 0 switches it off. */
  alpha: number;
  /** Whether the temperature, which starts at 0.07, is trained (as in the paper) or kept (as in its published code). */
  temperature: "learned" | "fixed";
  /** Number of prompts. */
  promptLength: number;
  /** Whether text tower, vision tower and acoustic branch share their prompts, as in the paper, or have their own. */
  prompts: PromptSharing;
  /** How F_A and F_T become F_L: their sum, as in the paper, or a sum that a learned gate weighs. */
  fusion: Fusion;
  /** Whether the acoustic branch attends to the padding of Whisper's window too, as the paper's published code does. */
  attendPadding: boolean;
  /** The acoustic branch's transformer layer, and how many times longer than the paper's F_A starts (default 1). */
  acoustic: { heads: number; feedforward: number; dropout: number; gain?: number | undefined };
  /**
   * A text with more tokens than the text tower has places: cut, as in the paper, or read in overlapping windows whose
   * features are averaged.
   */
  longText: LongText;
  /** How a picture becomes a square: its middle, as in the paper, all of it on black bars, or all of it squeezed. */
  imageFit: Fit;
  /** The acoustic branch attends to at most so many seconds of a recording. */
  audioSeconds: number;
  /** Pairs whose encoders are held at once; null for the whole batch. Negatives are the whole batch's in any case. */
  microBatch: number | null;
  /** Whether pairs of one group (as a data set names them) come into a batch together, as hard negatives. */
  groupBatches: boolean;
  /** Whether encoder states are stored; false computes them whenever a batch wants them. */
  cache: boolean;
  /** Steps between evaluations on dev. */
  evaluateEvery: number;
  /** Steps between checkpoints. */
  saveEvery: number;
  /** Where the tensors are computed. */
  backend: BackendChoice;
}

const whole = (lowest: number): z.ZodNumber => z.number().int().min(lowest);
const positive = (): z.ZodNumber => z.number().positive();

const schema = z.strictObject({
  preset: z.string().min(1),
  dataset: z.enum(DATASETS),
  dataRoot: z.string().min(1),
  clip: z.string().min(1),
  whisper: z.string().min(1),
  variant: z.enum(Object.keys(VARIANTS) as Variant[]),
  seed: whole(0),
  steps: whole(0),
  batchSize: whole(2),
  learningRate: positive(),
  finalLearningRate: z.number().min(0),
  warmupSteps: whole(0),
  weightDecay: z.number().min(0),
  clipNorm: positive(),
  alpha: z.number().min(0).max(1),
  temperature: z.enum(["learned", "fixed"]),
  promptLength: whole(1),
  acoustic: z.strictObject({
    heads: whole(1),
    feedforward: whole(1),
    dropout: z.number().min(0).max(0.9),
    gain: positive().optional(),
  }),
  // Runs that were stored before these fields existed have the defaults.
  prompts: z.enum(PROMPT_SHARINGS).default("shared"),
  fusion: z.enum(FUSIONS).default("sum"),
  attendPadding: z.boolean().default(false),
  maxPictures: whole(1).nullable().default(null),
  longText: z.enum(LONG_TEXTS).default("truncate"),
  imageFit: z.enum(IMAGE_FITS).default("crop"),
  audioSeconds: positive().default(120),
  microBatch: whole(1).nullable().default(null),
  groupBatches: z.boolean().default(true),
  cache: z.boolean().default(true),
  evaluateEvery: whole(1),
  saveEvery: whole(1),
  backend: z.enum(BACKEND_CHOICES),
});

/**
 * Checks a config, field for field. Fields that runs of an earlier version did not have may be missing.
 *
 * @param source where it comes from, for the message: a path or "the options".
 * @throws {InputError} one line that names every field that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { checkConfig } from "./config.ts";
 * import { sample } from "./presets.ts";
 * checkConfig(sample(), "an example");
 * let message = "";
 * try { checkConfig({ ...sample(), stepz: 3 }, "an example"); } catch (error) { message = String(error); }
 * if (!message.includes("stepz")) throw new Error(message);
 * ```
 */
export function checkConfig(value: unknown, source: string): RunConfig {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".") || "the config"}: ${issue.message}`);
  throw new InputError(`Cannot use the config of ${source}: ${faults.join("; ")}. Mend or remove these fields.`);
}

/** A schema that holds a part of another file to {@link checkConfig}, for that file's message. */
export const configPart: z.ZodType<RunConfig> = z.unknown().transform((value, context) => {
  try {
    return checkConfig(value, "its settings");
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
    return z.NEVER;
  }
});

/**
 * Reads a stored `config.json`.
 *
 * @throws {InputError} where it is missing, no JSON, or not a config.
 */
export async function readConfig(path: string): Promise<RunConfig> {
  return checkConfig(await readJson(path), `'${path}'`);
}
