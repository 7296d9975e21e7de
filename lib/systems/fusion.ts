/**
 * How the two parts of the speech feature become one.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { linear } from "../runtime/operations.ts";
import { GATE } from "./parameters.ts";

/**
 * F_L of the parts that there are: the one; the sum `F_A + F_T` (paper, section 3); or, where the parameters hold a gate,
 * `2 (g * F_A + (1 - g) * F_T)` with `g = sigmoid(W [F_A, F_T] + b)`, one gate for each of the D places. With W and b of
 * zero, as they start, that is the sum.
 *
 * @param features `[B, D]` each, not normalised; at least one
 * @returns `[B, D]`, not normalised
 */
export function fuse(
  { text, acoustic }: { text?: tf.Tensor; acoustic?: tf.Tensor },
  parameters: ReadonlyMap<string, tf.Tensor>,
): tf.Tensor2D {
  if (text === undefined || acoustic === undefined) return (text ?? acoustic) as tf.Tensor2D;
  if (!parameters.has(`${GATE}.weight`)) return tf.add(acoustic, text);
  return tf.tidy(() => {
    const [weight, bias] = ["weight", "bias"].map((part) => weightOf(parameters, `${GATE}.${part}`));
    const gate = tf.sigmoid(linear(tf.concat([acoustic, text], 1), weight as tf.Tensor, bias)); // [B, D]
    return tf.mul(2, tf.add(tf.mul(gate, acoustic), tf.mul(tf.sub(1, gate), text))) as tf.Tensor2D;
  });
}
