/** A tower of residual convolutions along time or over a picture, in which padding never changes a result. */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { batchNorm, type Norms } from "./batch_norm.ts";
import { INITIAL_TEMPERATURE, LOG_TEMPERATURE } from "./parameters.ts";
import type { Initial } from "./system.ts";

/** Sizes of a tower. */
export interface TowerSizes {
  /** Width of the stem, then of each stage. */
  widths: readonly number[];
  /** Kernel of the stages' convolutions, odd. */
  kernel: number;
  /** Residual blocks per stage; the first halves the length. */
  blocks: number;
  /** Kernel of the stem, odd. */
  stemKernel: number;
  stemStride: number;
}

/** What a tower convolves over. */
export interface TowerInput {
  /** 1: along time; 2: over rows and columns. */
  dimensions: 1 | 2;
  /** Channels of the input. */
  channels: number;
  /** Whether the stem has a bias. Default false. */
  bias?: boolean;
}

/**
 * Shapes of a tower's parameters by name, and its norms with their channels. A convolution's weight is `[out, in, k]` or
 * `[out, in, k, k]`.
 */
export function convTowerShapes(
  name: string,
  { widths, kernel, blocks, stemKernel }: TowerSizes,
  { dimensions, channels, bias = false }: TowerInput,
): { parameters: Map<string, number[]>; norms: Map<string, number> } {
  const [parameters, norms] = [new Map<string, number[]>(), new Map<string, number>()];
  const conv = (part: string, out: number, into: number, k: number) => {
    parameters.set(`${part}.weight`, [out, into, ...Array<number>(dimensions).fill(k)]);
    for (const value of ["weight", "bias"]) parameters.set(`${part}.norm.${value}`, [out]);
    norms.set(`${part}.norm`, out);
  };
  const [stem = 0] = widths;
  if (bias) parameters.set(`${name}.stem.bias`, [stem]);
  conv(`${name}.stem`, stem, channels, stemKernel);
  widths.slice(1).forEach((width, stage) => {
    for (let block = 0; block < blocks; block++) {
      const [part, into] = [`${name}.stages.${stage}.${block}`, block === 0 ? widths[stage] as number : width];
      conv(`${part}.conv1`, width, into, kernel);
      conv(`${part}.conv2`, width, width, kernel);
      if (block === 0) conv(`${part}.skip`, width, into, 1);
    }
  });
  return { parameters, norms };
}

/**
 * The initial value of a parameter of a system with towers: convolutions normal with variance 2 / (kernel x out), norms 1
 * and 0, biases and the layers' mix 0, class tokens standard normal, temperature 0.07.
 *
 * @param deviation of linear weights; null for `in ** -0.5`
 */
export function initialValue(name: string, shape: readonly number[], deviation: number | null = null): Initial {
  const [out = 1, into = 1, ...kernel] = shape;
  if (name === LOG_TEMPERATURE) return { value: Math.log(INITIAL_TEMPERATURE) };
  if (/norm\d?\.weight$/.test(name)) return { value: 1 };
  if (name.endsWith(".cls")) return { deviation: 1 };
  if (shape.length === 1) return { value: 0 };
  if (shape.length === 2) return { deviation: deviation ?? into ** -0.5 };
  return { deviation: Math.sqrt(2 / (out * kernel.reduce((product, size) => product * size, 1))) };
}

/** Features of a tower. */
export interface TowerFeatures {
  /** `[B, H', W', C]`, 0 past a row's length. */
  features: tf.Tensor4D;
  /** Valid columns of each row. Undefined if all are. */
  lengths?: number[] | undefined;
}

/**
 * Runs a tower: stem convolution, norm, ReLU; then stages of residual blocks, of which the first of each stage has stride 2
 * in its first convolution and a shortcut of a 1-wide convolution with stride 2 and norm. What is past a row's length is
 * set to 0 at the input and after every norm, and does not count in the batch's statistics. A stride keeps places
 * 0, 2, 4, ..., so a length n becomes ceil(n / 2).
 *
 * @param x `[B, H, W, C]`; H is 1 for a tower along time
 * @param model parameters and running statistics
 * @param name of the tower, the prefix of its parameters
 * @param options `lengths`: valid columns of each row, default all; `training`: see {@link batchNorm}
 * @throws {RangeError} if a length is out of range.
 */
export function convTower(
  x: tf.Tensor4D,
  model: Norms,
  name: string,
  { widths, blocks, stemStride }: TowerSizes,
  { lengths, training }: { lengths?: ArrayLike<number> | undefined; training?: boolean | undefined } = {},
): TowerFeatures {
  let level: Level = { lengths: lengths && Array.from(lengths) };
  const conv = (from: tf.Tensor4D, part: string, stride: number): tf.Tensor4D =>
    batchNorm(convolve(from, model.parameters, part, stride), model, `${part}.norm`, { training, mask: level.mask });
  const features = tf.tidy(() => {
    level = levelOf(x.shape, level.lengths, 1);
    const input: tf.Tensor4D = level.mask ? tf.mul(x, level.mask) : x;
    level = levelOf(x.shape, level.lengths, stemStride);
    let y = tf.relu(conv(input, `${name}.stem`, stemStride)); // [B, H', W', C0]
    widths.slice(1).forEach((_, stage) => {
      for (let block = 0; block < blocks; block++) {
        const [part, stride] = [`${name}.stages.${stage}.${block}`, block === 0 ? 2 : 1];
        if (stride === 2) level = levelOf(y.shape, level.lengths, stride);
        const inner = tf.relu(conv(y, `${part}.conv1`, stride)); // [B, H'', W'', C]
        const shortcut = stride === 2 ? conv(y, `${part}.skip`, stride) : y;
        y = tf.relu(tf.add(conv(inner, `${part}.conv2`, 1), shortcut));
      }
    });
    return y;
  });
  return { features, lengths: level.lengths };
}

/** A convolution with zero padding, of a weight in PyTorch's layout: `[B, H, W, C] -> [B, H / stride, W / stride, O]`. */
function convolve(
  x: tf.Tensor4D,
  parameters: ReadonlyMap<string, tf.Tensor>,
  name: string,
  stride: number,
): tf.Tensor4D {
  const weight = weightOf(parameters, `${name}.weight`);
  const [out, into, ...kernel] = weight.shape as number[];
  const [high = 1, wide = 1] = kernel.length === 1 ? [1, kernel[0]] : kernel;
  const filter = tf.transpose(tf.reshape(weight, [out, into, high, wide] as never), [2, 3, 1, 0]) as tf.Tensor4D;
  const [rows, columns] = [high >> 1, wide >> 1];
  const pad: tf.backend_util.ExplicitPadding = [[0, 0], [rows, rows], [columns, columns], [0, 0]];
  const y = tf.conv2d(x, filter, stride, pad, "NHWC", 1, "floor");
  const bias = parameters.get(`${name}.bias`);
  return bias ? tf.add(y, bias) : y;
}

/** Valid columns, and their mask `[B, 1, W, 1]`. */
interface Level {
  lengths?: number[] | undefined;
  mask?: tf.Tensor4D;
}

/** The valid columns after a stride. */
function levelOf(
  [batch, _, columns]: [number, number, number, number],
  before: readonly number[] | undefined,
  stride: number,
): Level {
  if (before === undefined) return {};
  if (before.length !== batch) {
    throw new RangeError(`Cannot mask frames as ${before.length} lengths are given: expected ${batch}, one per row`);
  }
  const wrong = before.find((length) => !(Number.isInteger(length) && length >= 1 && length <= columns));
  if (wrong !== undefined) {
    throw new RangeError(`Cannot mask frames as a length must be in [1, ${columns}]: current value is ${wrong}`);
  }
  const width = Math.ceil(columns / stride);
  const lengths = before.map((length) => Math.ceil(length / stride));
  const mask = new Float32Array(batch * width);
  lengths.forEach((length, row) => mask.fill(1, row * width, row * width + length));
  return { lengths, mask: tf.tensor4d(mask, [batch, 1, width, 1]) };
}

/**
 * The mean over all valid positions.
 *
 * @param features `[B, H, W, C]`, 0 past a row's length, as {@link convTower} gives them
 * @returns `[B, C]`
 */
export function meanOverPositions({ features, lengths }: TowerFeatures): tf.Tensor2D {
  const [batch, rows, columns] = features.shape;
  return tf.tidy(() => {
    const counts = Float32Array.from({ length: batch }, (_, row) => rows * (lengths?.[row] ?? columns));
    return tf.div(tf.sum(features, [1, 2]), tf.tensor2d(counts, [batch, 1])) as tf.Tensor2D;
  });
}
