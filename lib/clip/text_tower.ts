/**
 * CLIP's text tower.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { embedding, layerNorm, linear } from "../runtime/operations.ts";
import { recomputes, transformerBlock } from "./block.ts";
import { type Clip, weightOf } from "./clip.ts";
import type { TextConfig } from "./config.ts";
import type { TowerOptions } from "./vision_tower.ts";

/**
 * The feature of each text, read at EOS, not normalised. Differentiable at the prompts and at every weight.
 *
 * @param ids B rows of L tokens, on the host, as {@link TokenIds} says
 * @param prompts `[M, H]`: they take positions 1 to M, right after SOS, and those positions' position embeddings; the other
 * tokens move M positions to the right (paper, section 3). Default none.
 * @returns `[B, D]`
 * @throws {InputError} where a row has no EOS or does not fit the tower.
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
  const { ids: flat, batch, kept, ends } = textPositions(ids, text, m);
  const length = kept + m;

  return tf.tidy(() => {
    const tokens = embedding(get("embeddings.token_embedding.weight"), tf.tensor2d(flat, [batch, kept], "int32")); // [B, T - M, H]
    const positions = tf.slice(get("embeddings.position_embedding.weight"), [0, 0], [length, text.width]); // [T, H]
    let x = tf.add(prompts ? withPrompts(tokens, prompts) : tokens, positions); // [B, T, H]

    // The last block computes the place of EOS only, which sees all positions up to itself.
    const rows = tf.tensor1d(ends.map((end, i) => i * length + end), "int32");
    const read = (y: tf.Tensor) => tf.expandDims(embedding(tf.reshape(y, [batch * length, text.width]), rows), 1); // [B, T, H] -> [B * T, H] -> [B, 1, H]
    const keyLengths = tf.tensor1d(ends.map((end) => end + 1), "int32");
    const recompute = recomputes(text, batch * length);
    for (let i = 0; i < text.layers; i++) {
      const how = i < text.layers - 1 ? { causal: true, recompute } : { read, keyLengths, activationHook };
      const next = transformerBlock(x, weights, `text_model.encoder.layers.${i}`, text, how);
      x.dispose(); // now rather than after the last block; a gradient holds what it needs of it
      x = next;
    }
    const final = layerNorm(x, get("final_layer_norm.weight"), get("final_layer_norm.bias"), text.epsilon); // [B, 1, H]
    return linear(tf.reshape(final, [batch, text.width]), weightOf(weights, "text_projection.weight")) as tf.Tensor2D; // [B, D]
  });
}

/** Puts the prompts between the first token and the others: `[B, T - M, H], [M, H] -> [B, T, H]`. */
function withPrompts(tokens: tf.Tensor, prompts: tf.Tensor): tf.Tensor {
  const [batch, kept, width] = tokens.shape as [number, number, number];
  const first = tf.slice(tokens, [0, 0, 0], [batch, 1, width]);
  const others = tf.slice(tokens, [0, 1, 0], [batch, kept - 1, width]);
  // Adding zeros repeats the prompts for every row, with a sum over the rows as its gradient.
  return tf.concat([first, tf.add(prompts, tf.zeros([batch, 1, 1])), others], 1);
}

/**
 * Token numbers on the host: a row a text, all of the same length L; or one array of rows of the tower's full length.
 * A row begins with SOS and holds EOS; what follows EOS does not matter.
 */
export type TokenIds = readonly ArrayLike<number>[] | Int32Array;

/** The rows, cut to what counts. */
export interface TextPositions {
  /** `B * kept` token numbers, without positions for prompts. */
  ids: Int32Array;
  /** B. */
  batch: number;
  /** Tokens of each row that are kept: up to the last place that any row of the batch reads. */
  kept: number;
  /** For each row the place of EOS, prompts counted. */
  ends: Int32Array;
}

/**
 * Cuts the rows of a batch after the last EOS among them, which changes no result since no place looks ahead. With
 * prompts, which take positions 1 to M, the other tokens move M positions to the right; what passes the row's length L is cut,
 * and the last place then holds EOS (paper, section 3).
 *
 * @param prompts M
 * @throws {InputError} where a row has no EOS or a token that the tower does not know, rows differ in length or are longer than the tower, or the prompts leave no place.
 */
export function textPositions(
  ids: TokenIds,
  { eos, positions, vocabulary }: Pick<TextConfig, "eos" | "positions" | "vocabulary">,
  prompts: number,
): TextPositions {
  const rows = ids instanceof Int32Array ? rowsOf(ids, positions) : ids;
  const length = rows[0]?.length ?? 0;
  const kept = length - prompts;
  if (rows.length === 0) throw new InputError("Cannot encode text as the batch is empty: expected at least 1 row.");
  if (length > positions) {
    throw new InputError(`Cannot encode text as a row has ${length} tokens: expected at most ${positions}.`);
  }
  if (kept < 2) {
    throw new InputError(
      `Cannot encode text as ${prompts} prompts leave ${kept} of ${length} positions: expected at least 2.`,
    );
  }
  const ends = Int32Array.from(rows, (row, i) => {
    if (row.length !== length) {
      throw new InputError(
        `Cannot encode text as row ${i} has ${row.length} tokens: expected ${length}, as row 0 has.`,
      );
    }
    const end = Array.prototype.indexOf.call(row, eos, prompts > 0 ? 1 : 0);
    if (end < 0 && prompts === 0) {
      throw new InputError(`Cannot encode text as row ${i} has no token ${eos}, which ends a text.`);
    }
    return end < 0 || end >= kept ? length - 1 : end + prompts;
  });
  const width = Math.max(...ends) + 1 - prompts;
  const flat = new Int32Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let t = 0; t < width; t++) {
      const token = row[t] as number;
      if (!(token >= 0 && token < vocabulary)) {
        throw new InputError(
          `Cannot encode text as row ${i} has token ${token}: expected one from 0 to ${vocabulary - 1}.`,
        );
      }
      flat[i * width + t] = token;
    }
    // Only the token at the row's own end may have to become EOS; for the others this writes what is there.
    flat[i * width + (ends[i] as number) - prompts] = eos;
  });
  return { ids: flat, batch: rows.length, kept: width, ends };
}

function rowsOf(flat: Int32Array, length: number): Int32Array[] {
  if (flat.length % length !== 0) {
    throw new InputError(`Cannot encode text as ${flat.length} tokens are no whole number of rows of ${length}.`);
  }
  return Array.from({ length: flat.length / length }, (_, i) => flat.subarray(i * length, (i + 1) * length));
}
