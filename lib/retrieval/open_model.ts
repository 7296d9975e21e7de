/**
 * The model of a run with all that its inputs need, but without a data set.
 *
 * @module
 */
import { loadClip } from "../clip/load.ts";
import { loadClipTokenizer } from "../clip/tokenizer.ts";
import { fingerprint } from "../files/fingerprint.ts";
import { findModel } from "../hub/find_model.ts";
import type { PixelOptions } from "../image/preprocess.ts";
import { readPreprocessorConfig } from "../image/preprocessor_config.ts";
import { type BrewClip, createBrewClip, disposeBrewClip } from "../systems/brewclip.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { restore } from "../training/checkpoint.ts";
import { acousticSizes, identityOf, textRows } from "../training/run_model.ts";
import { openWhisper, type WhisperSource } from "../whisper/whisper.ts";

/** A model that can encode; disposing of it frees its CLIP too. */
export interface OpenModel extends Disposable {
  /** The model. */
  model: BrewClip;
  /** Steps of its checkpoint; 0 if it is not trained. */
  step: number;
  /** Its Whisper, not loaded yet. */
  whisper: WhisperSource;
  /** The rows of a text for its text tower. */
  rows(text: string): number[][];
  /** How its images are prepared. */
  pixels: PixelOptions;
}

/**
 * Opens the model of a run's settings.
 *
 * @param options.checkpoint file of the trained parameters; without it they have their first values
 * @param options.near the run's folder, above which relative paths are looked for
 * @throws {InputError} if a model or the checkpoint is missing or does not fit.
 */
export async function openModel(
  config: RunConfig,
  { checkpoint, near }: { checkpoint?: string | undefined; near?: string | undefined } = {},
): Promise<OpenModel> {
  const clipFolder = await findModel(config.clip, "clip", near);
  const tokenizer = await loadClipTokenizer(clipFolder);
  const whisperFolder = await findModel(config.whisper, "whisper", near);
  const whisper = await openWhisper(whisperFolder, { padding: config.attendPadding });
  const clip = await loadClip(clipFolder);
  let model: BrewClip | undefined;
  const free = (): void => {
    if (model !== undefined) disposeBrewClip(model);
    clip.dispose();
  };
  try {
    const pixels = await readPreprocessorConfig(clipFolder, clip.config.vision.imageSize);
    model = createBrewClip(
      config.variant,
      clip,
      acousticSizes(config, clip.config.text.width, whisper.width),
      config.seed,
    );
    let step = 0;
    if (checkpoint !== undefined) {
      const data = { clipKey: await fingerprint(clipFolder), whisperKey: whisper.key };
      ({ step } = await restore({ model, identity: identityOf({ data }, model) }, checkpoint));
    }
    const rows = textRows(config.longText, tokenizer);
    const prompts = VARIANTS[config.variant].prompts ? config.promptLength : 0;
    return {
      model,
      step,
      whisper,
      rows: (text) => rows(tokenizer.tokens([text])[0] ?? [], prompts),
      pixels: { ...pixels, fit: config.imageFit },
      [Symbol.dispose]: free,
    };
  } catch (error) {
    free();
    throw error;
  }
}
