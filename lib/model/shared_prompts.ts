/**
 * The prompts that all branches share.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { linear } from "../runtime/operations.ts";

/** The same prompts as each branch takes them. */
export interface SharedPrompts {
  /** P_T `[M, Ht]`, for the text tower and the acoustic branch. */
  text: tf.Tensor;
  /** P_V `[M, Hv]`, for the vision tower. */
  vision: tf.Tensor;
}

/** `P_V = Linear(P_T)` (paper, section 3), or undefined where the parameters hold no prompts. */
export function sharedPrompts(parameters: ReadonlyMap<string, tf.Tensor>): SharedPrompts | undefined {
  const text = parameters.get("prompts.text");
  if (text === undefined) return undefined;
  const [weight, bias] = ["weight", "bias"].map((part) => weightOf(parameters, `prompts.to_vision.${part}`));
  return { text, vision: linear(text, weight as tf.Tensor, bias) };
}
