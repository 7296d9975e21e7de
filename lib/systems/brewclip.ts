/**
 * BrewCLIP: pictures and spoken descriptions in one space (Lu and Sethi, section 3).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Clip } from "../clip/clip.ts";
import { encodeImage, type Pixels, type TowerOptions } from "../clip/vision_tower.ts";
import { encodeText, type TokenIds } from "../clip/text_tower.ts";
import { embedding } from "../runtime/operations.ts";
import { unitLength } from "../runtime/operations/unit_length.ts";
import { encodeAcoustic } from "./acoustic_branch.ts";
import type { AcousticConfig } from "./acoustic_config.ts";
import { initialiseParameters, parameterShapes } from "./parameters.ts";
import { fuse } from "./fusion.ts";
import { meanOfWindows } from "./mean_of_windows.ts";
import { sharedPrompts } from "./shared_prompts.ts";
import { type Variant, VARIANTS } from "./variants.ts";

/** A frozen CLIP and the parameters that are trained on top of it. */
export interface BrewClip {
  /** What the speech feature is made of. */
  variant: Variant;
  /** The frozen towers. */
  clip: Clip;
  /** Sizes of the acoustic branch. */
  acoustic: AcousticConfig;
  /** By the names of {@link parameterShapes}; none for a zero-shot variant. */
  parameters: Map<string, tf.Variable>;
}

/** Spoken descriptions, as the frozen Whisper prepared them. */
export interface Speech {
  /**
   * Tokens of the transcript, or of the caption; not needed by the variant `"e2e"`. A row a recording, or several one after
   * the other where `windows` says so.
   */
  ids?: TokenIds | undefined;
  /**
   * For each recording the number of its rows in `ids`, at least 1: the windows of a long text, whose features are averaged.
   * Default 1 each.
   */
  windows?: ArrayLike<number> | undefined;
  /** `[B, S, Z]`: states of Whisper's encoder; needed by `"e2e"` and `"full"`. */
  states?: tf.Tensor3D | undefined;
  /** For each recording the number of its frames; those from there on are masked. Default all are attended to. */
  lengths?: ArrayLike<number> | undefined;
}

/** Features of speech. */
export interface SpeechFeatures {
  /** F_L `[B, D]`, of length 1. */
  speech: tf.Tensor2D;
  /** F_T `[B, D]`, not normalised, where the variant has it. */
  text?: tf.Tensor2D;
  /** F_A `[B, D]`, not normalised, where the variant has it. */
  acoustic?: tf.Tensor2D;
}

/** Makes a model with first parameters from a seed. The CLIP stays the caller's. */
export function createBrewClip(
  variant: Variant,
  clip: Clip,
  acoustic: AcousticConfig,
  seed: number | string,
): BrewClip {
  const parameters = initialiseParameters(parameterShapes(variant, clip.config, acoustic), seed, acoustic.gain);
  return { variant, clip, acoustic, parameters };
}

/** Frees the model's parameters, not the CLIP below it. */
export function disposeBrewClip({ parameters }: BrewClip): void {
  for (const parameter of parameters.values()) parameter.dispose();
  parameters.clear();
}

/**
 * F_L = F_A + F_T, or gated (see {@link fuse}), of which a variant may have one part only, then brought to length 1 (paper,
 * section 3).
 *
 * @param options `dropoutSeed`: drops out as in training, repeatably; default no dropout. `activationHook`: of the text tower
 * @throws {RangeError} where the variant needs an input that is not given, or the windows are not the rows of `ids`.
 */
export function encodeSpeech(
  { variant, clip, acoustic: config, parameters }: BrewClip,
  { ids, windows, states, lengths }: Speech,
  { dropoutSeed, activationHook }: TowerOptions & { dropoutSeed?: number | string | undefined } = {},
): SpeechFeatures {
  const parts = VARIANTS[variant];
  if (parts.text && ids === undefined) throw new RangeError(`Cannot encode speech as variant '${variant}' needs 'ids'`);
  if (parts.acoustic && states === undefined) {
    throw new RangeError(`Cannot encode speech as variant '${variant}' needs 'states'`);
  }
  return tf.tidy(() => {
    const prompts = sharedPrompts(parameters);
    const features: Partial<SpeechFeatures> = {};
    if (parts.text) {
      features.text = meanOfWindows(encodeText(clip, ids as TokenIds, prompts?.text, { activationHook }), windows);
    }
    if (parts.acoustic) {
      features.acoustic = encodeAcoustic(states as tf.Tensor3D, prompts?.acoustic as tf.Tensor, parameters, config, {
        lengths,
        dropoutSeed,
      });
    }
    return { ...features, speech: unitLength(fuse(features, parameters)) };
  });
}

/**
 * F_V of length 1. A picture that is given twice, as the same array, is computed once.
 *
 * @returns `[B, D]`
 */
export function encodePictures(
  { clip, parameters }: BrewClip,
  pixels: Pixels,
  options: TowerOptions = {},
): tf.Tensor2D {
  return tf.tidy(() => {
    const prompts = sharedPrompts(parameters)?.vision;
    if (pixels instanceof tf.Tensor) return unitLength(encodeImage(clip, pixels, prompts, options));
    const different = [...new Set(pixels)];
    const features = unitLength(encodeImage(clip, different, prompts, options));
    if (different.length === pixels.length) return features;
    return embedding(
      features,
      tf.tensor1d(pixels.map((picture) => different.indexOf(picture)), "int32"),
    ) as tf.Tensor2D;
  });
}
