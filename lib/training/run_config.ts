/**
 * The config of a run.
 */
import type { PairsName } from "../data/load_pairs.ts";
import type { Fit } from "../image/preprocess.ts";
import type { BackendChoice } from "../runtime/backend.ts";
import type { Fusion, PromptSharing } from "../systems/acoustic_config.ts";
import type { Variant } from "../systems/variants.ts";
import type { WhisperTask } from "../whisper/settings.ts";

/** Names of the presets in `presets.ts`. */
export const PRESET_NAMES = [
  "sample",
  "sample-flickr8k",
  "sample-spokencoco",
  "sample-ln-coco",
  "sample-tone",
  "sample-moods",
  "flickr8k",
  "spokencoco",
  "ln-coco",
  "own",
] as const;

/** How a text that exceeds the text tower's context length is encoded. */
export type LongText = "truncate" | "windows";

/** Which states of Whisper's encoder the acoustic branch attends to. */
export type AcousticLayers = "last" | "all";

/** The config of a run, enough to repeat it. The table in `options.ts` describes each field. */
export interface RunConfig {
  /** The preset it started from. */
  preset: string;
  /** What is trained. */
  system: "brewclip" | Variant;
  /** Which of BrewCLIP's variants; the name of any other system. */
  variant: Variant;
  /** The sizes of a system that is trained from scratch; null for small ones on the sample, else published ones. */
  size: "small" | "published" | null;
  /** Layout of the data set. */
  dataset: PairsName;
  /** The data set's folder; for own data the file that lists the pairs. */
  dataRoot: string;
  /** More folders with files of own data, besides the folder of the list. */
  dataRoots?: string[] | undefined;
  /** Fingerprint of the data when the run started. */
  dataFingerprint?: string | undefined;
  /** Maximum number of images per split; null for all. */
  maxPictures: number | null;
  /** The frozen CLIP. */
  clip: string;
  /** The frozen Whisper. */
  whisper: string;
  /** The spoken language. */
  language: string | null;
  /** Whether Whisper transcribes or translates into English. */
  task: WhisperTask | null;
  /** Optimizer steps. */
  steps: number;
  /** Pairs per step. */
  batchSize: number;
  /** Pairs that are encoded at once; null for the whole batch. */
  microBatch: number | null;
  /** Whether pairs of one group are put into the same batch. */
  groupBatches: boolean;
  /** Learning rate of the prompts after the warm-up, and of every part that has no rate of its own. */
  learningRate: number;
  /** Learning rate of the acoustic branch; null for `learningRate`. */
  acousticLearningRate: number | null;
  /** Learning rate of the temperature; null for `learningRate`. */
  temperatureLearningRate: number | null;
  /** Learning rate of the last step. */
  finalLearningRate: number;
  /** Steps over which the learning rate rises. */
  warmupSteps: number;
  /** Those of the acoustic branch; null for `warmupSteps`. */
  acousticWarmupSteps: number | null;
  /** The step at which the prompts' learning rate reaches its final value; null for the last. */
  promptSteps: number | null;
  /** L2 penalty, as in Adam. */
  weightDecay: number;
  /** Maximum norm of the gradient. */
  clipNorm: number;
  /** Weight of the inner loss. */
  alpha: number;
  /** The contrastive loss of its terms. */
  loss: "infonce" | "sigmoid";
  /** Pairs of earlier batches that are further negatives; null for none. */
  queue: number | null;
  /** Whether the temperature is trained. */
  temperature: "learned" | "fixed";
  /** Number of prompts. */
  promptLength: number;
  /** Whether the branches share their prompts. */
  prompts: PromptSharing;
  /** How F_A and F_T are combined. */
  fusion: Fusion;
  /** Whether the acoustic branch attends to padding. */
  attendPadding: boolean;
  /** Whether short recordings are encoded without the silence that fills Whisper's window. */
  shortWindows?: boolean | undefined;
  /** The states that the acoustic branch attends to: Whisper's last, or those of all its layers with learned weights. */
  acousticLayers: AcousticLayers;
  /** The acoustic branch's layer. */
  acoustic: { heads: number; feedforward: number; dropout: number; gain?: number | undefined };
  /** Seed of initial values, shuffling and dropout. */
  seed: number;
  /** How a long text is encoded. */
  longText: LongText;
  /** Transcripts of each recording whose text features are averaged. */
  transcripts: number;
  /** How an image is made square. */
  imageFit: Fit;
  /** Seconds of a recording that the acoustic branch attends to. */
  audioSeconds: number;
  /** Whether encoder states are stored. */
  cache: boolean;
  /** Steps between evaluations on dev. */
  evaluateEvery: number;
  /** Steps between checkpoints. */
  saveEvery: number;
  /** Where tensors are computed. */
  backend: BackendChoice;
}

/** The fields of a config; those of the acoustic branch have the prefix `acoustic.`. */
export type TrainingField = Exclude<keyof RunConfig, "acoustic"> | `acoustic.${keyof RunConfig["acoustic"]}`;
