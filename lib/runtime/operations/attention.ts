/** Multi-head attention. */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs } from "../define_operation.ts";

/** Number of heads and masks. */
export interface AttentionOptions {
  /** The number of heads; divides the width. */
  heads: number;
  /** Query t attends to the keys up to t only; T must equal S. Default false. */
  causal?: boolean;
  /** `[B]`, int32: number of keys per row; later keys are masked. Default: no mask. */
  keyLengths?: tf.Tensor1D;
}

type Attributes = { heads: number; causal: boolean };

/** Added to masked scores. */
const NEVER = -1e9;

/** `[B, T, D] -> [B, H, T, D / H]` */
function split(x: tf.Tensor, heads: number): tf.Tensor4D {
  const [batch, positions, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, positions, heads, width / heads]), [0, 2, 1, 3]);
}

/** `[B, H, T, D / H] -> [B, T, D]` */
function join(x: tf.Tensor4D): tf.Tensor {
  const [batch, heads, positions, part] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, positions, heads * part]);
}

/** The attention weights `[B, H, T, S]`. */
function weightsOf(q: tf.Tensor4D, k: tf.Tensor4D, lengths: tf.Tensor, causal: boolean): tf.Tensor4D {
  const [batch, , queries, part] = q.shape;
  const keys = k.shape[2];
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(part)); // [B, H, T, S]
  const positions = tf.range(0, keys);
  const lasts = tf.reshape(tf.cast(lengths, "float32"), [batch, 1, 1, 1]);
  const past = tf.greaterEqual(tf.reshape(positions, [1, 1, 1, keys]), lasts);
  const hidden = tf.mul(tf.cast(past, "float32"), NEVER); // [B, 1, 1, S]
  if (!causal) return tf.softmax(tf.add(scores, hidden));
  const later = tf.greater(tf.reshape(positions, [1, keys]), tf.reshape(tf.range(0, queries), [queries, 1])); // [T, S]
  return tf.softmax(tf.add(tf.add(scores, hidden), tf.mul(tf.cast(later, "float32"), NEVER)));
}

const gradients = defineOperation<Attributes>({
  name: "BrewAttentionGradient",
  forward: ({ q, k, v, lengths, dy }: Inputs, { heads, causal }) => {
    const [qs, ks, vs, ds] = [q, k, v, dy].map((x) => split(x as tf.Tensor, heads)) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const p = weightsOf(qs, ks, lengths as tf.Tensor, causal);
    const dp = tf.matMul(ds, vs, false, true);
    const scale = 1 / Math.sqrt(qs.shape[3]);
    const dScores = tf.mul(scale, tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), -1, true)))) as tf.Tensor4D;
    return [
      join(tf.matMul(dScores, ks)),
      join(tf.matMul(dScores, qs, true, false)),
      join(tf.matMul(p, ds, true, false)),
    ];
  },
});

const run = defineOperation<Attributes>({
  name: "BrewAttention",
  forward: ({ q, k, v, lengths }: Inputs, { heads, causal }) => {
    const [qs, ks, vs] = [q, k, v].map((x) => split(x as tf.Tensor, heads)) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    return [join(tf.matMul(weightsOf(qs, ks, lengths as tf.Tensor, causal), vs))];
  },
  savedInputs: ["q", "k", "v", "lengths"],
  gradient: (dy, saved, attributes) => {
    const [q, k, v, lengths] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const [dq, dk, dv] = gradients({ q, k, v, lengths, dy }, attributes) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return { q: () => dq, k: () => dk, v: () => dv };
  },
});

/**
 * Multi-head scaled dot-product attention: in each head `softmax(q k^T / sqrt(D / heads)) v`.
 *
 * @param q `[B, T, D]`
 * @param k `[B, S, D]`
 * @param v `[B, S, D]`
 * @returns `[B, T, D]`, the heads concatenated
 * @throws {RangeError} if the heads do not divide the width, or `causal` is set and T differs from S.
 */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, options: AttentionOptions): tf.Tensor {
  const { heads, causal = false, keyLengths } = options;
  const [[batch, queries, width], keys] = [q.shape as [number, number, number], k.shape[1] as number];
  if (width % heads !== 0) {
    throw new RangeError(`Cannot attend as 'heads' must divide the width ${width}: current value is ${heads}`);
  }
  if (causal && queries !== keys) {
    throw new RangeError(
      `Cannot attend causally as there are ${queries} queries and ${keys} keys: expected equal numbers`,
    );
  }
  return tf.tidy(() => {
    const lengths = keyLengths ?? tf.fill([batch], keys, "int32");
    return run({ q, k, v, lengths }, { heads, causal })[0];
  });
}

/** The gradients of {@link attention} at q, k and v. Recomputes the attention weights. */
export function attentionGradients(
  [q, k, v]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  dy: tf.Tensor,
  { heads, causal = false, keyLengths }: AttentionOptions,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  return tf.tidy(() => {
    const lengths = keyLengths ?? tf.fill([k.shape[0] as number], k.shape[1] as number, "int32");
    return gradients({ q, k, v, lengths, dy }, { heads, causal }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  });
}
