/**
 * Which tokens stand where, with and without prompts.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { TextConfig } from "./config.ts";

/**
 * Token numbers on the host: a row a text, all of the same length L; or one array of rows of the tower's full length.
 * A row begins with SOS and holds EOS; what follows EOS does not matter.
 */
export type TokenIds = readonly ArrayLike<number>[] | Int32Array;

/** The rows, cut to what counts. */
export interface TextPlaces {
  /** `B * kept` token numbers, without places for prompts. */
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
 * prompts, which take places 1 to M, the other tokens move M places to the right; what passes the row's length L is cut,
 * and the last place then holds EOS (paper, section 3).
 *
 * @param prompts M
 * @throws {InputError} where a row has no EOS or a token that the tower does not know, rows differ in length or are longer than the tower, or the prompts leave no place.
 */
export function textPlaces(
  ids: TokenIds,
  { eos, places, vocabulary }: Pick<TextConfig, "eos" | "places" | "vocabulary">,
  prompts: number,
): TextPlaces {
  const rows = ids instanceof Int32Array ? rowsOf(ids, places) : ids;
  const length = rows[0]?.length ?? 0;
  const kept = length - prompts;
  if (rows.length === 0) throw new InputError("Cannot encode text as the batch is empty: expected at least 1 row.");
  if (length > places) {
    throw new InputError(`Cannot encode text as a row has ${length} tokens: expected at most ${places}.`);
  }
  if (kept < 2) {
    throw new InputError(
      `Cannot encode text as ${prompts} prompts leave ${kept} of ${length} places: expected at least 2.`,
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
