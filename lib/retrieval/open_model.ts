/**
 * Opens the model of a run without a data set.
 */
import type { Clip } from "../clip/clip.ts";
import { loadClip, loadTower } from "../clip/load.ts";
import { type ClipTokenizer, loadClipTokenizer } from "../clip/tokenizer.ts";
import { fingerprint } from "../files/fingerprint.ts";
import { findModel } from "../hub/find_model.ts";
import type { PixelOptions } from "../image/preprocess.ts";
import { readPreprocessorConfig } from "../image/preprocessor_config.ts";
import { systemOf } from "../systems/registry.ts";
import { disposeModel, type Model, type Setup } from "../systems/system.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { restore } from "../training/checkpoint.ts";
import { identityOf, openRunWhisper, setupOf, textRows } from "../training/run_model.ts";
import { readVocabulary, vocabularyPath } from "../training/vocabulary.ts";
import type { WhisperModel } from "../whisper/whisper.ts";

/** A model with what it needs to encode audio, text and images. Disposing of it also frees its CLIP. */
export interface OpenModel extends Disposable {
  model: Model;
  /** Training steps of its checkpoint; 0 if it is not trained. */
  step: number;
  /** Its Whisper, not loaded yet. */
  whisper: WhisperModel;
  /** Tokenizes a text into windows of the text tower. */
  rows(text: string): number[][];
  /** The folder of its CLIP. */
  clipFolder: string;
  /** How its images are preprocessed. */
  pixels: PixelOptions;
  /** Loads the vision tower, which only images need, once. */
  loadVision(): Promise<void>;
}

/** The frozen models of a run, without their weights. */
export type FrozenModels = { clipFolder: string; tokenizer: ClipTokenizer; whisper: WhisperModel };

/**
 * Finds the frozen models of a run's settings.
 *
 * @param near the run's folder; relative paths are resolved against its parents
 * @param opened its Whisper, if that is opened elsewhere
 * @throws {InputError} if one is missing or damaged.
 */
export async function findFrozen(
  config: Pick<
    RunConfig,
    "clip" | "whisper" | "language" | "task" | "attendPadding" | "shortWindows" | "acousticLayers"
  >,
  near?: string,
  opened?: Promise<WhisperModel>,
): Promise<FrozenModels> {
  const clipFolder = await findModel(config.clip, "clip", near);
  const tokenizer = await loadClipTokenizer(clipFolder);
  return { clipFolder, tokenizer, whisper: await (opened ?? openRunWhisper(config, near)) };
}

/**
 * Creates the model of a run's settings from a loaded CLIP, with its initial values or those of a checkpoint. The caller
 * disposes of both.
 *
 * @param checkpoint file of the trained parameters
 * @throws {InputError} if the checkpoint is missing, or its run had another CLIP, Whisper or variant.
 */
export async function createModel(
  config: RunConfig,
  clip: Clip,
  { clipFolder, whisper, vocabulary }: Pick<FrozenModels, "clipFolder" | "whisper"> & Pick<Setup, "vocabulary">,
  checkpoint?: string,
): Promise<{ model: Model; step: number }> {
  const setup = setupOf(config, { clip, whisperWidth: whisper.width, whisperLayers: whisper.layers, vocabulary });
  const model = systemOf(config).create(config.variant, setup);
  if (checkpoint === undefined) return { model, step: 0 };
  try {
    const { modelKey: whisperKey, formerModelKey: formerWhisperKey } = whisper;
    const data = { clipKey: await fingerprint(clipFolder), whisperKey, formerWhisperKey };
    const { step } = await restore({ model, identity: identityOf({ data }, model) }, checkpoint);
    return { model, step };
  } catch (error) {
    disposeModel(model);
    throw error;
  }
}

/**
 * Opens the model of a run's settings. Its CLIP has the text tower alone until `loadVision`.
 *
 * @param options.checkpoint file of the trained parameters. Default their initial values.
 * @param options.near the run's folder; relative paths are resolved against its parents
 * @param options.opened its Whisper, if that is opened elsewhere
 * @throws {InputError} if a model or the checkpoint is missing or does not fit.
 */
export async function openModel(
  config: RunConfig,
  { checkpoint, near, opened }: {
    checkpoint?: string | undefined;
    near?: string | undefined;
    opened?: Promise<WhisperModel> | undefined;
  } = {},
): Promise<OpenModel> {
  const frozen = await findFrozen(config, near, opened);
  const clip = await loadClip(frozen.clipFolder, ["text"]);
  try {
    const pixels = await readPreprocessorConfig(frozen.clipFolder, clip.config.vision.imageSize);
    const vocabulary = VARIANTS[config.variant].keywords && checkpoint !== undefined
      ? await readVocabulary(vocabularyPath(checkpoint))
      : undefined;
    const { model, step } = await createModel(config, clip, { ...frozen, vocabulary }, checkpoint);
    const { tokenizer, whisper } = frozen;
    let vision: Promise<void> | undefined;
    const rows = textRows(config.longText, tokenizer);
    const prompts = VARIANTS[config.variant].prompts ? config.promptLength : 0;
    return {
      model,
      step,
      whisper,
      clipFolder: frozen.clipFolder,
      rows: (text) => rows(tokenizer.tokens([text])[0] ?? [], prompts),
      pixels: { ...pixels, fit: config.imageFit },
      loadVision: () =>
        vision ??= loadTower(clip, frozen.clipFolder, "vision").catch((error) => {
          vision = undefined;
          throw error;
        }),
      [Symbol.dispose](): void {
        disposeModel(model);
        clip.dispose();
      },
    };
  } catch (error) {
    clip.dispose();
    throw error;
  }
}
