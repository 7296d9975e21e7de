/** BrewCLIP: images and spoken descriptions in one space (Lu and Sethi, section 3). */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { type Clip, weightOf } from "../clip/clip.ts";
import { encodeImage, type Pixels, type TowerOptions } from "../clip/vision_tower.ts";
import { encodeText, type TokenIds } from "../clip/text_tower.ts";
import { brewClipLoss, type PairFeatures } from "../losses/brewclip_loss.ts";
import { embedding, linear, unitLength } from "../runtime/operations.ts";
import { encodeAcoustic } from "./acoustic_branch.ts";
import type { AcousticConfig } from "./acoustic_config.ts";
import {
  CONFIDENCE_GATE,
  GATE,
  initializeParameters,
  LOG_TEMPERATURE,
  LOSS_BIAS,
  parameterShapes,
} from "./parameters.ts";
import { disposeModel, type Losses, type Model, type Speech, type System } from "./system.ts";
import { type Variant, VARIANTS } from "./variants.ts";

export type { Speech };

/** A frozen CLIP and the parameters that are trained on top of it; none for a zero-shot variant. */
export interface BrewClip {
  /** Its name. */
  variant: Variant;
  /** The frozen towers. */
  clip: Clip;
  /** Trained parameters by name. */
  parameters: Map<string, tf.Variable>;
  /** Running `NORM.mean` and `NORM.variance` of batch norms, which other systems have. */
  statistics?: Map<string, tf.Variable>;
  /** Sizes of the acoustic branch. */
  acoustic: AcousticConfig;
}

/** Features of speech. */
export interface SpeechFeatures {
  /** F_L `[B, D]`, of length 1. */
  speech: tf.Tensor2D;
  /** F_T `[B, D]`, not normalized, if the variant has it. */
  text?: tf.Tensor2D;
  /** F_A `[B, D]`, not normalized, if the variant has it. */
  acoustic?: tf.Tensor2D;
}

/** Creates a model whose parameters are initialized from a seed. The caller keeps the CLIP. */
export function createBrewClip(
  variant: Variant,
  clip: Clip,
  acoustic: AcousticConfig,
  seed: number | string,
): BrewClip {
  const parameters = initializeParameters(parameterShapes(variant, clip.config, acoustic), seed, acoustic.gain);
  return { variant, clip, acoustic, parameters };
}

/** Frees the model's parameters, but not its CLIP. */
export const disposeBrewClip: (model: Omit<BrewClip, "acoustic">) => void = disposeModel;

/**
 * A model as a BrewCLIP, for what only its branches have.
 *
 * @throws {InputError} if it is another system.
 */
export function asBrewClip(model: Model): BrewClip {
  if ("acoustic" in model) return model as BrewClip;
  throw new InputError(`Cannot use '${model.variant}' here as it has no branches of BrewCLIP: use a run of BrewCLIP.`);
}

/**
 * F_L = F_A + F_T (paper, section 3), or the gated sum of {@link fuse}, or the one part that the variant has, normalized to
 * length 1.
 *
 * @param options `dropoutSeed`: seed of the dropout, default no dropout; `activationHook`: of the text tower
 * @throws {RangeError} if an input of the variant is missing, or `windows` does not match the rows of `ids`; {InputError} if the
 * model is another system.
 */
export function encodeSpeech(
  model: Omit<BrewClip, "acoustic">,
  { ids, windows, confidence, states, lengths }: Speech,
  { dropoutSeed, activationHook }: TowerOptions & { dropoutSeed?: number | string | undefined } = {},
): SpeechFeatures {
  const { variant, clip, acoustic: config, parameters } = asBrewClip(model);
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
    return { ...features, speech: unitLength(fuse({ ...features, confidence }, parameters)) };
  });
}

/**
 * F_V, normalized to length 1. An array that occurs several times is encoded once.
 *
 * @returns `[B, D]`
 */
export function encodeImages(
  model: Omit<BrewClip, "acoustic">,
  pixels: Pixels,
  options: TowerOptions = {},
): tf.Tensor2D {
  const { clip, parameters } = asBrewClip(model);
  return tf.tidy(() => {
    const prompts = sharedPrompts(parameters)?.vision;
    if (pixels instanceof tf.Tensor) return unitLength(encodeImage(clip, pixels, prompts, options));
    const different = [...new Set(pixels)];
    const features = unitLength(encodeImage(clip, different, prompts, options));
    if (different.length === pixels.length) return features;
    return embedding(
      features,
      tf.tensor1d(pixels.map((image) => different.indexOf(image)), "int32"),
    ) as tf.Tensor2D;
  });
}

/** The prompts of each branch. */
export interface SharedPrompts {
  /** P_T `[M, Ht]`; undefined if the prompts are separate and the variant has no text. */
  text?: tf.Tensor | undefined;
  /** P_V `[M, Hv]`. */
  vision: tf.Tensor;
  /** `[M, Ht]`: P_T if the prompts are shared; undefined if they are separate and the variant has no acoustic branch. */
  acoustic?: tf.Tensor | undefined;
}

/**
 * `P_V = Linear(P_T)` (paper, section 3), or independent prompts for each branch; undefined if there are none.
 */
export function sharedPrompts(parameters: ReadonlyMap<string, tf.Tensor>): SharedPrompts | undefined {
  const text = parameters.get("prompts.text"), separate = parameters.get("prompts.vision");
  if (separate !== undefined) return { text, vision: separate, acoustic: parameters.get("prompts.acoustic") };
  if (text === undefined) return undefined;
  const [weight, bias] = ["weight", "bias"].map((part) => weightOf(parameters, `prompts.to_vision.${part}`));
  return { text, vision: linear(text, weight as tf.Tensor, bias), acoustic: text };
}

/**
 * Averages the rows of each recording; differentiable. Returns the features themselves if each recording has one row.
 *
 * @param features `[W, D]`: the rows of the first recording, then those of the second, and so on
 * @param windows number of rows of each of the B recordings, at least 1, with sum W. Default 1 each.
 * @returns `[B, D]`
 * @throws {RangeError} if a number is below 1 or not whole, or the sum differs.
 */
export function meanOfWindows(features: tf.Tensor2D, windows?: ArrayLike<number>): tf.Tensor2D {
  const [rows] = features.shape;
  const counts = Array.from(windows ?? []);
  if (windows === undefined || counts.length === rows && counts.every((count) => count === 1)) return features;
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum !== rows || !counts.every((count) => Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`Cannot average ${rows} rows of text by 'windows' [${counts}]: expected counts with that sum`);
  }
  const weights = new Float32Array(counts.length * rows);
  let row = 0;
  counts.forEach((count, i) => {
    for (let w = 0; w < count; w++) weights[i * rows + row++] = 1 / count;
  });
  return tf.tidy(() => tf.matMul(tf.tensor2d(weights, [counts.length, rows]), features)); // [B, W] x [W, D] -> [B, D]
}

/** Mean log-probabilities of recordings differ by about this much, so a gate reads them in this unit. */
const NATS = 0.1;

/**
 * F_L before normalization: the only part, the sum `F_A + F_T` (paper, section 3), or, if the parameters have a gate,
 * `2 (g * F_A + (1 - g) * F_T)` with `g = sigmoid(W x + b)`, one gate per dimension. x is `[F_A, F_T]`, or the transcript's
 * confidence in tenths of a nat. W and b start at zero, which gives exactly the sum.
 *
 * @param features `[B, D]` each, not normalized; at least one. `confidence`: see {@link Speech}
 * @returns `[B, D]`, not normalized
 * @throws {RangeError} if the gate reads the confidence and there is not one for each recording.
 */
export function fuse(
  { text, acoustic, confidence }: { text?: tf.Tensor; acoustic?: tf.Tensor } & Pick<Speech, "confidence">,
  parameters: ReadonlyMap<string, tf.Tensor>,
): tf.Tensor2D {
  if (text === undefined || acoustic === undefined) return (text ?? acoustic) as tf.Tensor2D;
  const name = [GATE, CONFIDENCE_GATE].find((name) => parameters.has(`${name}.weight`));
  if (name === undefined) return tf.add(acoustic, text);
  const rows = text.shape[0] as number;
  if (name === CONFIDENCE_GATE && confidence?.length !== rows) {
    throw new RangeError(
      `Cannot weigh ${rows} transcripts as 'confidence' has ${confidence?.length ?? 0}: expected each`,
    );
  }
  return tf.tidy(() => {
    const x = name === GATE
      ? tf.concat([acoustic, text], 1) // [B, 2 D]
      : tf.tensor2d(Float32Array.from(confidence!, (value) => value / NATS), [rows, 1]);
    const [weight, bias] = ["weight", "bias"].map((part) => weightOf(parameters, `${name}.${part}`));
    const gate = tf.sigmoid(linear(x, weight as tf.Tensor, bias)); // [B, D]
    return tf.mul(2, tf.add(tf.mul(gate, acoustic), tf.mul(tf.sub(1, gate), text))) as tf.Tensor2D;
  });
}

/** BrewCLIP and its variants as a system. */
export const brewClip: System<BrewClip> = {
  shapes: (name, { clip, acoustic }) => parameterShapes(name, clip.config, acoustic),
  create: (name, { clip, acoustic, seed }) => createBrewClip(name, clip, acoustic, seed),
  encodeImages: (model, images, options) => ({ image: encodeImages(model, images, options) }),
  encodeSpeech: (model, speech, options) => ({ ...encodeSpeech(model, speech, options) }),
  loss: ({ parameters }, features, options) =>
    brewClipLoss(features as PairFeatures, weightOf(parameters, LOG_TEMPERATURE), {
      ...options,
      bias: parameters.get(LOSS_BIAS),
    }) as Losses,
};
