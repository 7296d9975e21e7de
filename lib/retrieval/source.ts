/** What a model is loaded from: a trained run, or frozen models alone. */
import type { Fit } from "../image/preprocess.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { presetConfig } from "../training/presets.ts";
import type { LongText } from "../training/run_config.ts";
import { openRun } from "../training/run_folder.ts";
import type { WhisperTask } from "../whisper/whisper.ts";

/** Frozen models without any training: Whisper transcribes, and CLIP compares transcripts with images. */
export interface ModelNames {
  /** A folder, a name such as `"clip-vit-large-patch14"`, or a hub id. */
  clip: string;
  /** A folder, a name such as `"whisper-base"`, or a hub id. */
  whisper: string;
  /** The language that a multilingual Whisper transcribes. Default English, unless the model's files set another. */
  language?: string;
  /** Whether a multilingual Whisper transcribes or translates into English. Default `"transcribe"`. */
  task?: WhisperTask;
  /** What to do with a text longer than the text tower's context. Default `"truncate"`. */
  longText?: LongText;
  /** How an image becomes a square. Default `"crop"`. */
  imageFit?: Fit;
}

/** The settings of a model. */
export interface Resolved {
  config: RunConfig;
  /** The file of its trained parameters, if it has any. */
  checkpoint?: string;
  /** The run's folder; relative paths are resolved against its parents. */
  near?: string;
}

/**
 * Finds the settings of a run's folder, or of frozen models.
 *
 * @throws {InputError} if the run is missing or damaged.
 */
export async function resolveSource(
  source: string | ModelNames,
  checkpoint: "best" | "last" = "best",
): Promise<Resolved> {
  if (typeof source === "string") {
    const { folder, config } = await openRun(source);
    const trained = VARIANTS[config.variant].trained;
    return { config, near: source, ...(trained ? { checkpoint: folder[checkpoint] } : {}) };
  }
  const { longText = "truncate", imageFit = "crop", ...models } = source;
  return {
    config: { ...presetConfig("own"), variant: "pip-zero-shot", ...models, longText, imageFit, backend: "auto" },
  };
}
