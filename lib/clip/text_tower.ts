/** CLIP's text tower. */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { embedding, layerNorm, linear } from "../runtime/operations.ts";
import { recomputes, transformerBlock } from "./block.ts";
import { type Clip, weightOf } from "./clip.ts";
import type { TextConfig } from "./config.ts";
import type { TowerOptions } from "./vision_tower.ts";

/**
 * Encodes texts: features read at EOS, not normalized. Differentiable at the prompts and at every weight.
 *
 * @param ids B rows of L tokens; see {@link TokenIds}
 * @param prompts `[M, H]`: they take positions 1 to M, right after SOS, with the embeddings of those positions; the other
 * tokens move M positions to the right (paper, section 3). Default none.
 * @returns `[B, D]`
 * @throws {InputError} if a row has no EOS or does not fit the tower.
 */
export function encodeText(
  clip: Clip,
  ids: TokenIds,
  prompts?: tf.Tensor,
  { activationHook }: TowerOptions = {},
): tf.Tensor2D {
  const { weights, config: { text } } = clip;
  const get = (name: string) => weightOf(weights, `text_model.${name}`);
  const m = prompts?.shape[0] ?? 0;
  const { ids: flat, batch, tokensPerRow, ends } = textPositions(ids, text, m);
  const length = tokensPerRow + m;

  return tf.tidy(() => {
    const tokens = embedding(
      get("embeddings.token_embedding.weight"),
      tf.tensor2d(flat, [batch, tokensPerRow], "int32"),
    ); // [B, T - M, H]
    const positions = tf.slice(get("embeddings.position_embedding.weight"), [0, 0], [length, text.width]); // [T, H]
    const embedded = tf.add(prompts ? withPrompts(tokens, prompts) : tokens, positions); // [B, T, H]
    return encodeEmbedded(clip, embedded, ends, activationHook);
  });
}

/**
 * Encodes texts whose words are embeddings rather than tokens, between SOS and EOS. Differentiable at them.
 *
 * @param words `[B, K, H]`
 * @returns `[B, D]`
 * @throws {InputError} if K words do not fit the tower.
 */
export function encodeWords({ weights, config }: Pick<Clip, "weights" | "config">, words: tf.Tensor3D): tf.Tensor2D {
  const { text } = config;
  const [batch, count, width] = words.shape;
  if (count + 2 > text.positions) {
    throw new InputError(`Cannot encode ${count} words as the text tower has ${text.positions} positions.`);
  }
  return tf.tidy(() => {
    const table = weightOf(weights, "text_model.embeddings.token_embedding.weight");
    const [first, last] = [text.bos, text.eos].map((id) => {
      return tf.add(tf.slice(table, [id, 0], [1, width]), tf.zeros([batch, 1, 1])); // [B, 1, H]
    }) as [tf.Tensor, tf.Tensor];
    const all = weightOf(weights, "text_model.embeddings.position_embedding.weight");
    const positions = tf.slice(all, [0, 0], [count + 2, width]);
    const embedded = tf.add(tf.concat([first, words, last], 1), positions); // [B, K + 2, H]
    return encodeEmbedded({ weights, config }, embedded, new Int32Array(batch).fill(count + 1));
  });
}

/** The blocks of the tower on embedded positions `[B, T, H]`; reads the feature of each row at its position in `ends`. */
function encodeEmbedded(
  { weights, config: { text } }: Pick<Clip, "weights" | "config">,
  embedded: tf.Tensor,
  ends: Int32Array,
  activationHook?: TowerOptions["activationHook"],
): tf.Tensor2D {
  const get = (name: string) => weightOf(weights, `text_model.${name}`);
  const [batch, length] = embedded.shape as [number, number];
  // The last block computes only the position of EOS, which attends to all positions up to itself.
  const rows = tf.tensor1d(ends.map((end, i) => i * length + end), "int32");
  const read = (y: tf.Tensor) => tf.expandDims(embedding(tf.reshape(y, [batch * length, text.width]), rows), 1); // [B, T, H] -> [B * T, H] -> [B, 1, H]
  const keyLengths = tf.tensor1d(ends.map((end) => end + 1), "int32");
  const recompute = recomputes(text, batch * length);
  let x = embedded;
  for (let i = 0; i < text.layers; i++) {
    const how = i < text.layers - 1 ? { causal: true, recompute } : { read, keyLengths, activationHook };
    const next = transformerBlock(x, weights, `text_model.encoder.layers.${i}`, text, how);
    x.dispose(); // now, not after the last block; the gradient holds its own reference if it needs one
    x = next;
  }
  const final = layerNorm(x, get("final_layer_norm.weight"), get("final_layer_norm.bias"), text.epsilon); // [B, 1, H]
  return linear(tf.reshape(final, [batch, text.width]), weightOf(weights, "text_projection.weight")) as tf.Tensor2D; // [B, D]
}

/** Puts the prompts between the first token and the others: `[B, T - M, H], [M, H] -> [B, T, H]`. */
function withPrompts(tokens: tf.Tensor, prompts: tf.Tensor): tf.Tensor {
  const [batch, length, width] = tokens.shape as [number, number, number];
  const first = tf.slice(tokens, [0, 0, 0], [batch, 1, width]);
  const others = tf.slice(tokens, [0, 1, 0], [batch, length - 1, width]);
  // Adding zeros repeats the prompts for every row, with a sum over the rows as its gradient.
  return tf.concat([first, tf.add(prompts, tf.zeros([batch, 1, 1])), others], 1);
}

/**
 * Token ids on the host: one row a text, all of the same length L, or one flat array of rows of the tower's full length. A
 * row begins with SOS and contains EOS; the tokens after EOS do not matter.
 */
export type TokenIds = readonly ArrayLike<number>[] | Int32Array;

/**
 * Cuts the rows of a batch after the last EOS among them, which changes no result because attention is causal. Prompts take
 * positions 1 to M and move the other tokens M positions to the right. Tokens past the row's length L are cut, and the last
 * position then has EOS (paper, section 3).
 *
 * @param prompts M
 * @returns `ids` `[B * tokensPerRow]`, without the prompts, and `ends`, the position of each row's EOS, prompts counted
 * @throws {InputError} if a row has no EOS or an unknown token, if rows differ in length or are longer than the tower, or if
 * the prompts leave no position.
 */
export function textPositions(
  ids: TokenIds,
  { eos, positions, vocabulary }: Pick<TextConfig, "eos" | "positions" | "vocabulary">,
  prompts: number,
): { ids: Int32Array; batch: number; tokensPerRow: number; ends: Int32Array } {
  const rows = ids instanceof Int32Array ? rowsOf(ids, positions) : ids;
  const length = rows[0]?.length ?? 0;
  const available = length - prompts;
  const wrong = (why: string) => new InputError(`Cannot encode text as ${why}.`);
  if (rows.length === 0) throw wrong("the batch is empty: expected at least 1 row");
  if (length > positions) throw wrong(`a row has ${length} tokens: expected at most ${positions}`);
  if (available < 2) {
    throw wrong(`${prompts} prompts leave ${available} of ${length} positions: expected at least 2`);
  }
  const ends = Int32Array.from(rows, (row, i) => {
    if (row.length !== length) throw wrong(`row ${i} has ${row.length} tokens: expected ${length}, as row 0 has`);
    const end = Array.prototype.indexOf.call(row, eos, prompts > 0 ? 1 : 0);
    if (end < 0 && prompts === 0) throw wrong(`row ${i} has no token ${eos}, which ends a text`);
    return end < 0 || end >= available ? length - 1 : end + prompts;
  });
  const tokensPerRow = Math.max(...ends) + 1 - prompts;
  const flat = new Int32Array(rows.length * tokensPerRow);
  rows.forEach((row, i) => {
    for (let t = 0; t < tokensPerRow; t++) {
      const token = row[t] as number;
      if (!(token >= 0 && token < vocabulary)) {
        throw wrong(`row ${i} has token ${token}: expected one from 0 to ${vocabulary - 1}`);
      }
      flat[i * tokensPerRow + t] = token;
    }
    flat[i * tokensPerRow + (ends[i] as number) - prompts] = eos; // a cut row has another token there
  });
  return { ids: flat, batch: rows.length, tokensPerRow, ends };
}

function rowsOf(flat: Int32Array, length: number): Int32Array[] {
  if (flat.length % length !== 0) {
    throw new InputError(`Cannot encode text as ${flat.length} tokens are no whole number of rows of ${length}.`);
  }
  return Array.from({ length: flat.length / length }, (_, i) => flat.subarray(i * length, (i + 1) * length));
}
