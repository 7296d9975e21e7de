/** Values that a gradient takes as constants. */
import * as tf from "@tensorflow/tfjs-core";

/** `f(x)`, through which no gradient flows to x. */
export function withoutGradient<X extends tf.Tensor, Y extends tf.Tensor>(x: X, f: (x: X) => Y): Y {
  const constant = tf.customGrad((...values) => {
    const [input] = values as [tf.Tensor];
    const { shape } = input;
    return { value: tf.tidy(() => f(input as X)), gradFunc: () => tf.zeros(shape) };
  });
  return constant(x) as Y;
}
