/** The learned average of the states of all layers of a frozen encoder. */
import * as tf from "@tensorflow/tfjs-core";
import { layerNorm } from "../runtime/operations.ts";

/**
 * The states of a frame, weighed by `softmax(mix)` and summed.
 *
 * @param states `[B, S, L * Z]`: the states of all layers, one after the other. They get no gradient.
 * @param mix `[L]`
 * @param options `normalize`: first layer-norms each state over Z, without gain and bias. Default false.
 * @returns `[B, S, Z]`
 */
export function mixLayers(
  states: tf.Tensor3D,
  mix: tf.Tensor,
  { normalize = false }: { normalize?: boolean | undefined } = {},
): tf.Tensor3D {
  const [batch, frames, all] = states.shape;
  const layers = mix.size;
  const width = all / layers;
  if (!Number.isInteger(width)) {
    throw new RangeError(
      `Cannot mix states of ${all} values a frame as there are ${layers} layers: expected a multiple`,
    );
  }
  return tf.tidy(() => {
    const each = normalize
      ? tf.reshape(
        layerNorm(tf.reshape(states, [batch, frames, layers, width]), tf.ones([width]), tf.zeros([width])),
        states.shape,
      )
      : states;
    const layer = (l: number) => tf.slice(each, [0, 0, l * width], [batch, frames, width]);
    const weigh = tf.customGrad((...values) => {
      const [weights, save] = values as unknown as [tf.Tensor, (tensors: tf.Tensor[]) => void];
      save([each]);
      let sum: tf.Tensor = tf.zeros([batch, frames, width]);
      for (let l = 0; l < layers; l++) sum = tf.add(sum, tf.mul(layer(l), tf.slice(weights, [l], [1])));
      return {
        value: sum,
        gradFunc: (dy) => {
          const dWeights = Array.from({ length: layers }, (_, l) => tf.sum(tf.mul(dy as tf.Tensor, layer(l))));
          return tf.stack(dWeights); // [L]
        },
      };
    });
    return weigh(tf.softmax(mix)) as tf.Tensor3D;
  });
}
