/** The two activations of CLIP, and dropout that is the same for a seed on every backend. */
import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../../random.ts";
import { defineOperation, type Inputs } from "../define_operation.ts";

/** The exact GELU, or CLIP's approximation by a sigmoid. */
type Kind = { quick: boolean };

/** Slope of the sigmoid in CLIP's approximation. */
const QUICK = 1.702;

const normalCdf = (x: tf.Tensor): tf.Tensor => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
const normalPdf = (x: tf.Tensor): tf.Tensor => tf.mul(1 / Math.sqrt(2 * Math.PI), tf.exp(tf.mul(-0.5, tf.square(x))));

const inputGradient = defineOperation<Kind>({
  name: "BrewGeluGradient",
  forward: ({ x, dy }: Inputs, { quick }) => {
    const input = x as tf.Tensor;
    if (!quick) return [tf.mul(dy as tf.Tensor, tf.add(normalCdf(input), tf.mul(input, normalPdf(input))))];
    const s = tf.sigmoid(tf.mul(QUICK, input));
    return [tf.mul(dy as tf.Tensor, tf.mul(s, tf.add(1, tf.mul(tf.mul(QUICK, input), tf.sub(1, s)))))];
  },
});

const run = defineOperation<Kind>({
  name: "BrewGelu",
  forward: ({ x }: Inputs, { quick }) => {
    const input = x as tf.Tensor;
    return [tf.mul(input, quick ? tf.sigmoid(tf.mul(QUICK, input)) : normalCdf(input))];
  },
  savedInputs: ["x"],
  gradient: (dy, [x], { quick }) => ({ x: () => geluGradient(x as tf.Tensor, dy, quick) }),
});

/** The gradient of {@link gelu} at x, or with `quick` that of {@link quickGelu}. */
export function geluGradient(x: tf.Tensor, dy: tf.Tensor, quick: boolean): tf.Tensor {
  return inputGradient({ x, dy }, { quick })[0];
}

/** `x Phi(x)`, exactly, element by element; any shape. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return run({ x }, { quick: false })[0];
}

/** `x sigmoid(1.702 x)`, the activation of OpenAI's CLIP, element by element; any shape. */
export function quickGelu(x: tf.Tensor): tf.Tensor {
  return run({ x }, { quick: true })[0];
}

/**
 * Sets a share of the elements to zero and scales the others up, which preserves the expected value.
 *
 * @param x any shape
 * @param rate share set to zero, in [0, 1); 0 returns `x` itself
 * @param seed determines the choice
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, seed: number | string): T {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`Cannot drop out as 'rate' must be in [0, 1): current value is ${rate}`);
  }
  if (rate === 0) return x;
  const random = new Random(seed);
  const kept = Float32Array.from({ length: x.size }, () => random.next() < rate ? 0 : 1 / (1 - rate));
  return tf.tidy(() => tf.mul(x, tf.tensor(kept, x.shape)) as T);
}
