/** The post-norm transformer layer of the published systems, whose weights are trained. */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { attention, dropout, gelu, layerNorm, linear } from "../runtime/operations.ts";

/** Named parameters. */
type Parameters = ReadonlyMap<string, tf.Tensor>;

/** Dropout of a training pass. */
export interface Drop {
  /** The share that is dropped. */
  rate: number;
  /** Decides which. */
  seed: number | string;
}

/** How positions attend. */
export interface AttendOptions {
  /** The number of heads; divides the width. */
  heads: number;
  /** `[B]`, int32: number of positions per row that are attended to; later ones are masked. Default all. */
  lengths?: tf.Tensor1D | undefined;
  /** Drops attention weights. Default none. */
  drop?: Drop | undefined;
}

/** Applies the linear map `NAME.weight`, `NAME.bias`. */
export function applyLinear(parameters: Parameters, name: string, x: tf.Tensor): tf.Tensor {
  return linear(x, weightOf(parameters, `${name}.weight`), weightOf(parameters, `${name}.bias`));
}

/** Applies the layer norm `NAME.weight`, `NAME.bias`. */
export function applyNorm(parameters: Parameters, name: string, x: tf.Tensor): tf.Tensor {
  return layerNorm(x, weightOf(parameters, `${name}.weight`), weightOf(parameters, `${name}.bias`));
}

/** Shapes of a linear map. */
export function linearShapes(name: string, out: number, into: number): [string, number[]][] {
  return [[`${name}.weight`, [out, into]], [`${name}.bias`, [out]]];
}

/** Shapes of a norm. */
export function normShapes(name: string, width: number): [string, number[]][] {
  return [[`${name}.weight`, [width]], [`${name}.bias`, [width]]];
}

/** Shapes of {@link encoderLayer}. */
export function encoderLayerShapes(name: string, width: number, feedforward: number): [string, number[]][] {
  return [
    ...linearShapes(`${name}.attn.in`, 3 * width, width),
    ...linearShapes(`${name}.attn.out`, width, width),
    ...linearShapes(`${name}.fc1`, feedforward, width),
    ...linearShapes(`${name}.fc2`, width, feedforward),
    ...normShapes(`${name}.norm1`, width),
    ...normShapes(`${name}.norm2`, width),
  ];
}

/**
 * Multi-head attention of `asking` `[B, T, d]` to `asked` `[B, S, d]` by the packed map `NAME.in` (rows of queries, keys and
 * values, `d` each), without a map of the output.
 *
 * @returns `[B, T, d]`
 */
export function attend(
  parameters: Parameters,
  name: string,
  asking: tf.Tensor,
  asked: tf.Tensor,
  { heads, lengths, drop }: AttendOptions,
): tf.Tensor {
  const width = asking.shape.at(-1) as number;
  const [weight, bias] = [weightOf(parameters, `${name}.in.weight`), weightOf(parameters, `${name}.in.bias`)];
  return tf.tidy(() => {
    const map = (x: tf.Tensor, first: number, count: number) =>
      linear(
        x,
        tf.slice(weight, [first * width, 0], [count * width, width]),
        tf.slice(bias, [first * width], [count * width]),
      );
    const [q, k, v] = asking === asked
      ? tf.split(linear(asking, weight, bias), 3, -1) // [B, T, 3 d]
      : [map(asking, 0, 1), ...tf.split(map(asked, 1, 2), 2, -1)];
    const options = { heads, ...(lengths ? { keyLengths: lengths } : {}) };
    if (drop === undefined) return attention(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor, options);
    return attendWithDropout([q, k, v] as [tf.Tensor, tf.Tensor, tf.Tensor], options, drop);
  });
}

/** Added to masked scores. */
const NEVER = -1e9;

/** Attention whose weights are dropped at random. */
function attendWithDropout(
  qkv: [q: tf.Tensor, k: tf.Tensor, v: tf.Tensor],
  { heads, keyLengths }: { heads: number; keyLengths?: tf.Tensor1D },
  { rate, seed }: Drop,
): tf.Tensor {
  const split = (x: tf.Tensor): tf.Tensor => {
    const [batch, positions, width] = x.shape as [number, number, number];
    return tf.transpose(tf.reshape(x, [batch, positions, heads, width / heads]), [0, 2, 1, 3]); // [B, heads, T, d / heads]
  };
  const [q, k, v] = qkv.map(split) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const [batch, , queries, part] = q.shape as [number, number, number, number];
  const keys = k.shape[2] as number;
  const scores = tf.mul(tf.matMul(q, k, false, true), part ** -0.5); // [B, heads, T, S]
  const past = keyLengths &&
    tf.greaterEqual(
      tf.reshape(tf.range(0, keys, 1, "int32"), [1, 1, 1, keys]),
      tf.reshape(keyLengths, [batch, 1, 1, 1]),
    );
  const masked = past ? tf.add(scores, tf.mul(tf.cast(past, "float32"), NEVER)) : scores;
  const weights = dropout(tf.softmax(masked), rate, seed);
  return tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [batch, queries, heads * part]);
}

/** The feed-forward part of a layer: two maps with the exact GELU between them, a residual connection and a norm. */
export function feedForward(
  parameters: Parameters,
  name: string,
  x: tf.Tensor,
  { norm = "norm2", drop }: { norm?: string; drop?: ((x: tf.Tensor, place: string) => tf.Tensor) | undefined } = {},
): tf.Tensor {
  const inner = gelu(applyLinear(parameters, `${name}.fc1`, x)); // [B, T, feedforward]
  const out = applyLinear(parameters, `${name}.fc2`, inner);
  return applyNorm(parameters, `${name}.${norm}`, tf.add(x, drop ? drop(out, "feedforward") : out));
}

/**
 * A post-norm encoder layer: `y = norm1(x + attention(x))`, then `norm2(y + feedforward(y))`.
 *
 * @param x `[B, T, d]`
 * @param name prefix of the parameters of {@link encoderLayerShapes}
 * @param options `drop`: of attention weights and after the two output maps
 * @returns `[B, T, d]`
 */
export function encoderLayer(
  parameters: Parameters,
  name: string,
  x: tf.Tensor,
  options: AttendOptions,
): tf.Tensor {
  const drop = dropper(options.drop, name);
  return tf.tidy(() => {
    const attended = attend(parameters, `${name}.attn`, x, x, {
      ...options,
      drop: seeded(options.drop, `${name}:weights`),
    });
    const out = drop(applyLinear(parameters, `${name}.attn.out`, attended), "attention");
    return feedForward(parameters, name, applyNorm(parameters, `${name}.norm1`, tf.add(x, out)), { drop });
  });
}

/** The same dropout with a seed for one place. */
export function seeded(drop: Drop | undefined, place: string): Drop | undefined {
  return drop && { rate: drop.rate, seed: `${drop.seed}:${place}` };
}

/** Drops with a seed for each place; without dropout the identity. */
export function dropper(drop: Drop | undefined, name: string): (x: tf.Tensor, place: string) => tf.Tensor {
  return (x, place) => drop ? dropout(x, drop.rate, `${drop.seed}:${name}:${place}`) : x;
}
