/**
 * The prompts of the branches: shared, as in the paper, or each branch's own.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { linear } from "../runtime/operations.ts";

/** The prompts as each branch takes them. */
export interface SharedPrompts {
  /** P_T `[M, Ht]`, for the text tower; none where they are separate and the variant reads no text. */
  text?: tf.Tensor | undefined;
  /** P_V `[M, Hv]`, for the vision tower. */
  vision: tf.Tensor;
  /** `[M, Ht]`, for the acoustic branch: P_T itself where they are shared; none where separate and without the branch. */
  acoustic?: tf.Tensor | undefined;
}

/**
 * `P_V = Linear(P_T)` (paper, section 3), or the three free prompts where they are separate; undefined where the parameters
 * hold no prompts.
 */
export function sharedPrompts(parameters: ReadonlyMap<string, tf.Tensor>): SharedPrompts | undefined {
  const text = parameters.get("prompts.text"), own = parameters.get("prompts.vision");
  if (own !== undefined) return { text, vision: own, acoustic: parameters.get("prompts.acoustic") };
  if (text === undefined) return undefined;
  const [weight, bias] = ["weight", "bias"].map((part) => weightOf(parameters, `prompts.to_vision.${part}`));
  return { text, vision: linear(text, weight as tf.Tensor, bias), acoustic: text };
}
