/** The parameters that BrewCLIP trains: names, shapes and initial values. */
import type * as tf from "@tensorflow/tfjs-core";
import type { ClipConfig } from "../clip/config.ts";
import type { AcousticConfig, Fusion } from "./acoustic_config.ts";
import { initialize } from "./system.ts";
import { type Variant, VARIANTS } from "./variants.ts";

/** The initial temperature (paper, section 3). */
export const INITIAL_TEMPERATURE = 0.07;

/** Name of the logarithm of the temperature. */
export const LOG_TEMPERATURE = "log_temperature";

/** Name of the logits of the weights of Whisper's layers. */
export const LAYER_WEIGHTS = "acoustic.layers";

/** Name of the bias of the sigmoid loss. */
export const LOSS_BIAS = "loss_bias";

/** Its initial value, as published: nearly all pairs of a batch do not match. */
const INITIAL_BIAS = -10;

/** Name of the linear map of the gate between F_A and F_T. */
export const GATE = "fusion.gate";

/** Name of the gate between F_A and F_T that depends on the transcript's confidence. */
export const CONFIDENCE_GATE = "fusion.confidence";

const PROMPTS = /^prompts\.(text|vision|acoustic)$/;

/** Whether a model needs the confidence of transcripts: if that weighs its two branches. */
export function readsConfidence(variant: Variant, fusion: Fusion | undefined): boolean {
  const { text, acoustic } = VARIANTS[variant];
  return fusion === "confidence" && text && acoustic;
}

/**
 * The shape of each parameter of a variant by name; none for a zero-shot variant. A linear weight is `[out, in]`;
 * `acoustic.layer.attn.in` stacks query, key and value.
 */
export function parameterShapes(variant: Variant, clip: ClipConfig, acoustic: AcousticConfig): Map<string, number[]> {
  const [width, vision, joint] = [clip.text.width, clip.vision.width, clip.projection];
  const {
    whisperWidth,
    layers = 1,
    promptLength,
    feedforward,
    prompts: sharing = "shared",
    fusion = "sum",
    loss = "infonce",
  } = acoustic;
  const linear = (name: string, out: number, into: number): [string, number[]][] => [
    [`${name}.weight`, [out, into]],
    [`${name}.bias`, [out]],
  ];
  const norm = (name: string): [string, number[]][] => [[`${name}.weight`, [width]], [`${name}.bias`, [width]]];
  const parts = VARIANTS[variant];
  if (!parts.prompts) return new Map();
  const shared: [string, number[]][] = [
    ["prompts.text", [promptLength, width]],
    ...linear("prompts.to_vision", vision, width),
  ];
  const separate: [string, number[]][] = [
    ...(parts.text ? [["prompts.text", [promptLength, width]] as [string, number[]]] : []),
    ["prompts.vision", [promptLength, vision]],
    ...(parts.acoustic ? [["prompts.acoustic", [promptLength, width]] as [string, number[]]] : []),
  ];
  const branch: [string, number[]][] = [
    ...(layers > 1 ? [[LAYER_WEIGHTS, [layers]] as [string, number[]]] : []),
    ...linear("acoustic.input", width, whisperWidth),
    ["acoustic.cls", [1, width]],
    ...linear("acoustic.layer.attn.in", 3 * width, width),
    ...linear("acoustic.layer.attn.out", width, width),
    ...norm("acoustic.layer.norm1"),
    ...linear("acoustic.layer.fc1", feedforward, width),
    ...linear("acoustic.layer.fc2", width, feedforward),
    ...norm("acoustic.layer.norm2"),
    ...norm("acoustic.norm"),
    ...linear("acoustic.output", joint, width),
  ];
  return new Map([
    ...(sharing === "shared" ? shared : separate),
    ...(parts.acoustic ? branch : []),
    ...(fusion === "gated" && parts.text && parts.acoustic ? linear(GATE, joint, 2 * joint) : []),
    ...(readsConfidence(variant, fusion) ? linear(CONFIDENCE_GATE, joint, 1) : []),
    [LOG_TEMPERATURE, []],
    ...(loss === "sigmoid" ? [[LOSS_BIAS, []] as [string, number[]]] : []),
  ]);
}

/**
 * Initial values: prompts normal with deviation 0.02 (paper, section 3), linear weights normal with deviation `in ** -0.5`,
 * the class token standard normal, zero biases, unit layer norms, temperature 0.07, a zero gate, which gives the plain sum, and
 * equal weights of Whisper's layers.
 * A parameter's values depend only on the seed and its name, so variants agree in the parameters that they share.
 *
 * @param gain factor on the last linear map of the acoustic branch, whose output is F_A. Default 1.
 */
export function initializeParameters(
  shapes: ReadonlyMap<string, number[]>,
  seed: number | string,
  gain = 1,
): Map<string, tf.Variable> {
  return initialize(shapes, seed, (name, shape) => {
    if (name === LOG_TEMPERATURE) return { value: Math.log(INITIAL_TEMPERATURE) };
    if (name === LOSS_BIAS) return { value: INITIAL_BIAS };
    if (/norm\d?\.weight$/.test(name)) return { value: 1 };
    if (name.endsWith(".bias") || name.startsWith("fusion.") || name === LAYER_WEIGHTS) return { value: 0 };
    if (PROMPTS.test(name)) return { deviation: 0.02 };
    if (name === "acoustic.cls") return { deviation: 1 };
    return { deviation: (name === "acoustic.output.weight" ? gain : 1) * (shape[1] as number) ** -0.5 };
  });
}
