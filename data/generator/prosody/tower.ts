/**
 * An encoder that hears prosody: convolutions over the log-mel frames, and statistics of the whole recording.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Random } from "../../../lib/random.ts";
import { gelu, layerNorm, linear } from "../../../lib/runtime/operations.ts";
import { threeFrames, threeFramesHalved } from "../whisper_model.ts";
import { BANDS, FRAME_TARGETS, STATISTICS } from "./statistics.ts";

/** Width of a state: the frame's own prosody, then the whole recording's. */
export const STATE_WIDTH = FRAME_TARGETS + STATISTICS;

/** The sizes that can differ. */
export interface TowerSize {
  /** Width of the convolutions. */
  width: number;
  /** Width of what statistics are taken of. */
  pooled: number;
  /** Width of the layer behind the statistics. */
  inner: number;
}

/** The size that is trained. */
export const TOWER_SIZE: Readonly<TowerSize> = { width: 96, pooled: 64, inner: 192 };
/** Gates: the first two weigh frames, the sums of all tell how long things last. */
export const GATES = 8;

/** Shapes by name; a convolution's kernel is `[out, 3 * in]`: its three taps one after the other. */
export function towerShapes({ width, pooled, inner }: TowerSize): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  const dense = (name: string, out: number, inputs: number): void => {
    shapes.set(`${name}.weight`, [out, inputs]).set(`${name}.bias`, [out]);
  };
  const norm = (name: string, of: number): void => void shapes.set(`${name}.weight`, [of]).set(`${name}.bias`, [of]);
  dense("conv1", width, 3 * BANDS);
  dense("conv2", width, 3 * width);
  norm("norm3", width);
  dense("conv3", width, 3 * width);
  norm("norm4", width);
  dense("conv4", width, 3 * width);
  norm("norm", width);
  dense("gates", GATES, width);
  dense("pooled", pooled, width);
  norm("norm_statistics", 4 * pooled + GATES);
  dense("inner", inner, 4 * pooled + GATES);
  dense("statistics", STATISTICS, inner);
  dense("frames", FRAME_TARGETS, width);
  return shapes;
}

/** First values of a training. */
export function randomTower(size: TowerSize, random: Random): Map<string, Float32Array<ArrayBuffer>> {
  return new Map([...towerShapes(size)].map(([name, shape]) => {
    const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
    if (shape.length === 1) return [name, values.fill(name.startsWith("norm") && name.endsWith("weight") ? 1 : 0)];
    return [name, values.map(() => random.normal() / Math.sqrt(3 * shape[1]!))];
  }));
}

/** What the encoder says of a batch. */
export interface TowerOutput {
  /** `[B, T / 2, 11]`, standardised. */
  frames: tf.Tensor3D;
  /** `[B, 53]`, standardised. */
  statistics: tf.Tensor2D;
}

/**
 * The forward pass. What follows a recording may be silence of any length: gates leave it out.
 *
 * @param weights as {@link towerShapes} names them
 * @param mel `[B, T, 80]`, T even
 */
export function runTower(weights: ReadonlyMap<string, tf.Tensor>, mel: tf.Tensor3D): TowerOutput {
  const get = (name: string): tf.Tensor => {
    const weight = weights.get(name);
    if (weight === undefined) throw new RangeError(`Cannot run the encoder of prosody as '${name}' is missing`);
    return weight;
  };
  const dense = (name: string, x: tf.Tensor): tf.Tensor => linear(x, get(`${name}.weight`), get(`${name}.bias`));
  const norm = (name: string, x: tf.Tensor): tf.Tensor => layerNorm(x, get(`${name}.weight`), get(`${name}.bias`));
  let x = gelu(dense("conv1", threeFrames(mel)));
  x = gelu(dense("conv2", threeFramesHalved(x as tf.Tensor3D))); // [B, S, C]
  for (const i of [3, 4]) {
    x = tf.add(x, gelu(dense(`conv${i}`, threeFrames(norm(`norm${i}`, x) as tf.Tensor3D))));
  }
  const heard = norm("norm", x);
  const gates = tf.sigmoid(dense("gates", heard)) as tf.Tensor3D; // [B, S, gates]
  const pooled = dense("pooled", heard) as tf.Tensor3D; // [B, S, P]
  const [batch, states] = gates.shape;
  const parts: tf.Tensor[] = [];
  for (const place of [0, 1]) {
    const gate = tf.slice(gates, [0, 0, place], [batch, states, 1]);
    const total = tf.add(tf.sum(gate, 1, true), 1e-3); // [B, 1, 1]
    const mean = tf.div(tf.sum(tf.mul(gate, pooled), 1, true), total); // [B, 1, P]
    const variance = tf.div(tf.sum(tf.mul(gate, tf.square(tf.sub(pooled, mean))), 1, true), total);
    parts.push(mean, tf.sqrt(tf.add(variance, 1e-4)));
  }
  parts.push(tf.log(tf.add(tf.sum(gates, 1, true), 1e-3)));
  const joined = norm("norm_statistics", tf.squeeze(tf.concat(parts, 2), [1])); // [B, 4 P + gates]
  return {
    frames: dense("frames", heard) as tf.Tensor3D,
    statistics: dense("statistics", gelu(dense("inner", joined))) as tf.Tensor2D,
  };
}
