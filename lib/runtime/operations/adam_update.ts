/** Adam's update of one parameter. */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs } from "../define_operation.ts";

/** The scalars of a step. */
export type AdamStep = {
  /** Decay of the first moment. */
  beta1: number;
  /** Decay of the second moment. */
  beta2: number;
  /** Added to the root of the second moment. */
  epsilon: number;
  /** This times the parameter is added to its gradient. */
  weightDecay: number;
  /** The learning rate divided by `1 - beta1^t`. */
  rate: number;
  /** `1 / sqrt(1 - beta2^t)`, the factor on the root of the second moment. */
  correction: number;
};

const run = defineOperation<AdamStep>({
  name: "BrewAdamUpdate",
  forward: (inputs: Inputs, { beta1, beta2, epsilon, weightDecay, rate, correction }) => {
    const { x, dy, first, second } = inputs as Record<"x" | "dy" | "first" | "second", tf.Tensor>;
    const g = tf.add(dy, tf.mul(x, weightDecay));
    const m = tf.add(tf.mul(first, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2));
    const divisor = tf.add(tf.mul(tf.sqrt(v), correction), epsilon);
    return [tf.sub(x, tf.mul(tf.div(m, divisor), rate)), m, v];
  },
});

/**
 * One step of Adam for one parameter (Kingma and Ba 2015), with L2 decay added to the gradient. All tensors have the same
 * shape and are left unchanged. Not differentiable.
 *
 * @param x the parameter
 * @param dy the gradient at it
 * @param moments the moments before the step; zeros before the first
 * @returns the parameter and both moments after the step
 */
export function adamUpdate(
  x: tf.Tensor,
  dy: tf.Tensor,
  moments: { first: tf.Tensor; second: tf.Tensor },
  step: AdamStep,
): { x: tf.Tensor; first: tf.Tensor; second: tf.Tensor } {
  const [next, first, second] = run({ x, dy, ...moments }, step) as [tf.Tensor, tf.Tensor, tf.Tensor];
  return { x: next, first, second };
}
