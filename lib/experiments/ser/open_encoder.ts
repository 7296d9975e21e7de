/**
 * A BrewCLIP without its training data: the model alone, to be asked about other speech.
 *
 * @module
 */
import { loadClip } from "../../clip/load.ts";
import { loadClipTokenizer } from "../../clip/tokenizer.ts";
import { findModel } from "../../hub/find_model.ts";
import { type BrewClip, createBrewClip, disposeBrewClip } from "../../systems/brewclip.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { type Identity, restore } from "../../training/checkpoint.ts";
import type { RunConfig } from "../../training/config.ts";
import { fingerprint } from "../../files/fingerprint.ts";
import { runFolder } from "../../training/run_folder.ts";
import { openWhisper, type WhisperSource } from "../../whisper/whisper.ts";
import { acousticSizes, textRows } from "../../training/run_model.ts";

/** A model with what turns speech into its inputs. */
export interface OpenEncoder extends Disposable {
  /** The model. */
  model: BrewClip;
  /** Steps of its checkpoint; 0 where it is not trained. */
  step: number;
  /** Its Whisper. */
  whisper: WhisperSource;
  /** The rows of a text for its text tower. */
  rows(text: string): number[][];
  /** Another model of the same parameters, with its own dropout; the caller disposes of it. */
  copy(dropout: number): BrewClip;
}

/**
 * Opens the model of a run's settings.
 *
 * @param path the run's folder, of which the best checkpoint is taken; null for the first values of the settings' seed
 * @throws {InputError} where a model or the checkpoint is missing or another one.
 */
export async function openEncoder(config: RunConfig, path: string | null): Promise<OpenEncoder> {
  const clipFolder = await findModel(config.clip, "clip");
  const tokenizer = await loadClipTokenizer(clipFolder);
  const whisper = await openWhisper(await findModel(config.whisper, "whisper"), { padding: config.attendPadding });
  const clip = await loadClip(clipFolder);
  const acoustic = acousticSizes(config, clip.config.text.width, whisper.width);
  const model = createBrewClip(config.variant, clip, acoustic, config.seed);
  const { prompts } = VARIANTS[config.variant];
  const dispose = (): void => {
    disposeBrewClip(model);
    clip.dispose();
  };
  try {
    let step = 0;
    if (path !== null && prompts) {
      const shapes: Identity["shapes"] = {};
      for (const [name, { shape }] of model.parameters) shapes[name] = shape;
      const identity = {
        variant: config.variant,
        clip: await fingerprint(clipFolder),
        whisper: whisper.key,
        shapes,
      };
      ({ step } = await restore({ model, identity }, runFolder(path).best));
    }
    const rowsOf = textRows(config.longText, tokenizer);
    return {
      model,
      step,
      whisper,
      rows: (text) => rowsOf(tokenizer.tokens([text])[0] ?? [], prompts ? config.promptLength : 0),
      copy(dropout) {
        const other = createBrewClip(config.variant, clip, { ...acoustic, dropout }, config.seed);
        for (const [name, parameter] of other.parameters) parameter.assign(model.parameters.get(name)!);
        return other;
      },
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}
