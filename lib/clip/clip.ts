/**
 * A CLIP model in memory.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { ClipConfig } from "./config.ts";

/** Configuration and weights of a CLIP model (Radford et al. 2021). */
export interface Clip {
  /** Sizes of both towers. */
  config: ClipConfig;
  /** By the names of {@link clipShapes}. Constants where the model is frozen, variables where it is trained. */
  weights: Map<string, tf.Tensor>;
  /** Frees the weights. */
  dispose(): void;
}

/** Joins a configuration and weights. */
export function clipOf(config: ClipConfig, weights: Map<string, tf.Tensor>): Clip {
  return {
    config,
    weights,
    dispose(): void {
      for (const weight of weights.values()) weight.dispose();
      weights.clear();
    },
  };
}

/** A weight by name. Throws RangeError where there is none. */
export function weightOf(weights: ReadonlyMap<string, tf.Tensor>, name: string): tf.Tensor {
  const weight = weights.get(name);
  if (weight === undefined) throw new RangeError(`Cannot compute as weight '${name}' is missing`);
  return weight;
}
