/**
 * What a run does: a typed object made by a function, validated once, stored with the run.
 *
 * @module
 */
import { z } from "zod";
import type { PairsName } from "../datasets/load_pairs.ts";
import { InputError } from "../errors.ts";
import { readJson } from "../files.ts";
import { type Variant, VARIANTS } from "../model/variants.ts";
import type { BackendChoice } from "../runtime/backend.ts";

/** The data sets by the names of their layouts. */
export const DATASETS: readonly PairsName[] = ["flickr8k", "spokencoco", "ln-coco"];

/** The backends that can be asked for. */
export const BACKEND_CHOICES: readonly BackendChoice[] = ["auto", "node-gpu", "webgpu", "wasm", "cpu"];

/** All that is needed to repeat a run. */
export interface RunConfig {
  /** The function that made it. */
  preset: string;
  /** Layout of the data set. */
  dataset: PairsName;
  /** The data set's folder. */
  dataRoot: string;
  /** Folder of the frozen CLIP. */
  clip: string;
  /** Folder or hub name of the frozen Whisper. */
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
  /** Number of shared prompts. */
  promptLength: number;
  /** The acoustic branch's transformer layer. */
  acoustic: { heads: number; feedforward: number; dropout: number };
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
  acoustic: z.strictObject({ heads: whole(1), feedforward: whole(1), dropout: z.number().min(0).max(0.9) }),
  evaluateEvery: whole(1),
  saveEvery: whole(1),
  backend: z.enum(BACKEND_CHOICES),
});

/**
 * Checks a config, field for field.
 *
 * @param source where it comes from, for the message: a path or "the options".
 * @throws {InputError} one line that names every field that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { checkConfig, sample } from "./config.ts";
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

/**
 * Reads a stored `config.json`.
 *
 * @throws {InputError} where it is missing, no JSON, or not a config.
 */
export async function readConfig(path: string): Promise<RunConfig> {
  return checkConfig(await readJson(path), `'${path}'`);
}

/** The paper's setting (section 4), on which every preset for published data stands. */
function paper(preset: string, dataset: PairsName): RunConfig {
  return {
    preset,
    dataset,
    dataRoot: dataRootOf(preset, dataset),
    clip: "data/models/clip-vit-large-patch14",
    whisper: "data/models/whisper-base",
    variant: "full",
    seed: 1,
    steps: 100_000,
    batchSize: 32,
    learningRate: 1e-4,
    finalLearningRate: 1e-8,
    warmupSteps: 5_000,
    weightDecay: 1e-6,
    clipNorm: 4,
    alpha: 0.1,
    temperature: "learned",
    promptLength: 4,
    acoustic: { heads: 8, feedforward: 4096, dropout: 0.1 },
    evaluateEvery: 2_000,
    saveEvery: 500,
    backend: "auto",
  };
}

/** The bundled narrations with the two tiny models: a few minutes on two cores. */
export function sample(): RunConfig {
  return {
    ...paper("sample", "ln-coco"),
    clip: "data/models/clip-tiny-sample",
    whisper: "data/models/whisper-tiny-sample",
    steps: 200,
    learningRate: 1e-2,
    warmupSteps: 20,
    acoustic: { heads: 4, feedforward: 256, dropout: 0.1 },
    evaluateEvery: 20,
    saveEvery: 20,
  };
}

/** Flickr8k with Flickr Audio Captions (paper, Table 1). */
export function flickr8k(): RunConfig {
  return paper("flickr8k", "flickr8k");
}

/** SpokenCOCO (paper, Tables 1 and 2). */
export function spokenCoco(): RunConfig {
  return paper("spokencoco", "spokencoco");
}

/** The COCO part of Localized Narratives (paper, Tables 1 and 2). */
export function localizedNarratives(): RunConfig {
  return paper("ln-coco", "ln-coco");
}

/** Where a preset looks for a data set of another layout than its own. */
export function dataRootOf(preset: string, dataset: PairsName): string {
  if (preset === "sample") return dataset === "flickr8k" ? "data/sample/flickr8k" : "data/sample/coco";
  return dataset === "flickr8k" ? "data/flickr8k" : "data/coco";
}

/** The presets by the names that the command line takes. */
export const PRESETS: Readonly<Record<string, () => RunConfig>> = {
  "sample": sample,
  "flickr8k": flickr8k,
  "spokencoco": spokenCoco,
  "ln-coco": localizedNarratives,
};
