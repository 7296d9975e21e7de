/** SpeechCLIP's keywords: tokens of a vocabulary that stand for what a recording says. */
import * as tf from "@tensorflow/tfjs-core";
import type { Clip } from "../clip/clip.ts";
import { weightOf } from "../clip/clip.ts";
import { embedding, linear } from "../runtime/operations.ts";
import { batchNorm } from "./batch_norm.ts";
import type { Model, Pass } from "./system.ts";

/** What {@link chooseKeywords} reads of a model: `keyword.*` of its parameters, and the running `keyword.norm`. */
type Chooser = Pick<Model, "clip" | "parameters" | "statistics"> & { vocabulary: readonly number[] };

/** The keywords of B recordings. */
export interface Keywords extends tf.NamedTensorMap {
  /** `[B, K, V]`: cosines with the vocabulary's tokens, as they are listed; special tokens have about -1e9. */
  scores: tf.Tensor3D;
  /** `[B, K]`, int32: the ids of the best tokens. */
  chosen: tf.Tensor2D;
  /** `[B, K, H]`: their embeddings. */
  keywords: tf.Tensor3D;
}

/** The temperature of the choice's gradient. */
const TEMPERATURE = 0.1;
/** The least norm of a vector in a cosine. */
const LEAST = 1e-8;
/** Added to the scores of special tokens. */
const NEVER = -1e9;

/**
 * Maps places to CLIP's token embeddings, normalizes them over the batch, and takes for each the token of the vocabulary with
 * the highest cosine. The choice is hard; its gradient is that of `softmax(scores / 0.1)`.
 *
 * @param places `[B, K, Z]`
 * @param pass `training`: the norm uses, and counts, the statistics of this batch
 */
export function chooseKeywords(model: Chooser, places: tf.Tensor3D, { training }: Pass = {}): Keywords {
  const { parameters, vocabulary } = model;
  return tf.tidy(() => {
    const [batch, count] = places.shape;
    const mapped = linear(places, weightOf(parameters, "keyword.weight"), weightOf(parameters, "keyword.bias"));
    const width = mapped.shape.at(-1) as number;
    const channels = tf.reshape(mapped, [batch, count * width]); // one channel per keyword and dimension
    const normed = batchNorm(channels, model, "keyword.norm", { training });
    const table = vocabularyEmbeddings(model); // [V, H]
    const y = tf.reshape(normed, [batch * count, width]) as tf.Tensor2D;
    const cosines = tf.matMul(unit(y), unit(table), false, true); // [B * K, H] x [V, H]^T -> [B * K, V]
    const scores = tf.add(cosines, barred(vocabulary, model.clip)) as tf.Tensor2D;
    const best = tf.argMax(scores, 1) as tf.Tensor1D; // [B * K]
    const keywords = straightThrough(scores, table, best); // [B * K, H]
    const ids = tf.tensor1d([...vocabulary], "int32");
    return {
      scores: tf.reshape(scores, [batch, count, vocabulary.length]) as tf.Tensor3D,
      chosen: tf.reshape(tf.gather(ids, best), [batch, count]) as tf.Tensor2D,
      keywords: tf.reshape(keywords, [batch, count, width]) as tf.Tensor3D,
    };
  });
}

/**
 * The start of the keyword norm: the standard deviation and the mean of the vocabulary's embeddings, the same for every
 * keyword.
 *
 * @returns `[K, H]` each
 */
export function initialKeywordNorm(model: Chooser): { weight: tf.Tensor2D; bias: tf.Tensor2D } {
  const [count] = weightOf(model.parameters, "keyword.norm.weight").shape as [number, number];
  return tf.tidy(() => {
    const table = vocabularyEmbeddings(model); // [V, H]
    const mean = tf.mean(table, 0, true);
    const squares = tf.sum(tf.square(tf.sub(table, mean)), 0, true);
    const deviation = tf.sqrt(tf.div(squares, Math.max(1, model.vocabulary.length - 1)));
    return { weight: tf.tile(deviation, [count, 1]) as tf.Tensor2D, bias: tf.tile(mean, [count, 1]) as tf.Tensor2D };
  });
}

/** `[V, H]`: CLIP's embeddings of the vocabulary. */
function vocabularyEmbeddings({ clip, vocabulary }: Chooser): tf.Tensor2D {
  const table = weightOf(clip.weights, "text_model.embeddings.token_embedding.weight");
  return embedding(table, tf.tensor1d([...vocabulary], "int32")) as tf.Tensor2D;
}

/** `[1, V]`: a large negative number for tokens that are no words: padding, SOS and EOS. */
function barred(vocabulary: readonly number[], { config: { text } }: Clip): tf.Tensor2D {
  const special = [0, text.bos, text.eos];
  return tf.tensor2d([vocabulary.map((id) => special.includes(id) ? NEVER : 0)]);
}

function unit(x: tf.Tensor2D): tf.Tensor2D {
  return tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x), -1, true)), LEAST));
}

/** The chosen rows of a table, `[N, H]`, with the gradient of `softmax(scores / 0.1) table` at the scores `[N, V]`. */
function straightThrough(scores: tf.Tensor2D, table: tf.Tensor2D, best: tf.Tensor1D): tf.Tensor2D {
  const choose = tf.customGrad((...values) => {
    const [x, save] = values as unknown as [tf.Tensor2D, (tensors: tf.Tensor[]) => void];
    save([x, table]);
    return {
      value: tf.gather(table, best),
      gradFunc: (dy, saved) => {
        const [x, table] = saved as [tf.Tensor2D, tf.Tensor2D];
        const soft = tf.softmax(tf.div(x, TEMPERATURE)); // [N, V]
        const dChoice = tf.matMul(dy as tf.Tensor2D, table, false, true); // [N, H] x [V, H]^T
        const along = tf.sum(tf.mul(dChoice, soft), -1, true);
        return tf.div(tf.mul(soft, tf.sub(dChoice, along)), TEMPERATURE);
      },
    };
  });
  return choose(scores) as tf.Tensor2D;
}
