/**
 * Texts to rows of CLIP's tokens; texts longer than a row in overlapping windows.
 *
 * @module
 */
import { join } from "@std/path";
import { PreTrainedTokenizer } from "@xenova/transformers";
import { InputError, messageOf } from "../errors.ts";
import { exists, readJson } from "../files/read.ts";
import { readClipConfig } from "./config.ts";

/** Turns texts into rows of tokens for one text tower. */
export interface ClipTokenizer {
  /** Tokens of a row, L; 77 in OpenAI's models. */
  length: number;
  /**
   * One row a text: SOS, the text's tokens, EOS, then padding up to L. A text that is too long is cut, and EOS stands at
   * the last place.
   */
  encode(texts: readonly string[]): number[][];
  /** The tokens of each text, as many as there are, without SOS and EOS. */
  tokens(texts: readonly string[]): number[][];
  /** The row of a text's tokens: SOS, the tokens, EOS, then padding up to L; cut like a row of `encode`. */
  row(tokens: readonly number[]): number[];
  /** How many tokens each text has, SOS and EOS included, before anything is cut. */
  count(texts: readonly string[]): number[];
}

/**
 * Loads `tokenizer.json` of a model's folder (`tokenizer_config.json` is used where it is there). Nothing is looked up
 * elsewhere.
 *
 * @throws {InputError} where a file is missing or malformed, or the tokenizer is not one of this model.
 */
export async function loadClipTokenizer(directory: string): Promise<ClipTokenizer> {
  const { text: { positions, eos, bos, vocabulary } } = await readClipConfig(directory);
  const path = join(directory, "tokenizer.json");
  const configPath = join(directory, "tokenizer_config.json");
  const json = await readJson(path) as object;
  const settings = await exists(configPath) ? await readJson(configPath) as object : {};
  const wrong = (why: string) => new InputError(`Cannot use '${path}' as CLIP's tokenizer: ${why}.`);
  let tokenizer: PreTrainedTokenizer;
  let empty: number[];
  try {
    tokenizer = new PreTrainedTokenizer(json, settings);
    empty = tokenizer.encode("");
  } catch (error) {
    throw wrong(messageOf(error));
  }
  if (empty.join() !== [bos, eos].join()) {
    throw wrong(
      `an empty text has the tokens [${empty}], but config.json begins and ends a text with [${bos}, ${eos}]`,
    );
  }
  const pad = tokenizer.pad_token_id ?? eos;
  const tokensOf = (text: string): number[] => {
    let tokens: number[];
    try {
      tokens = tokenizer.encode(text);
    } catch (error) {
      throw wrong(`it fails at '${text.slice(0, 80)}': ${messageOf(error)}`);
    }
    const beyond = tokens.find((token) => !(token >= 0 && token < vocabulary));
    if (beyond !== undefined) {
      throw wrong(`it makes token ${beyond} of '${text.slice(0, 80)}', but config.json tells of ${vocabulary} tokens`);
    }
    return tokens;
  };
  const tokens = (texts: readonly string[]): number[][] => texts.map((text) => tokensOf(text).slice(1, -1));
  const row = (tokens: readonly number[]): number[] => {
    const kept = tokens.slice(0, positions - 2);
    return [bos, ...kept, eos, ...new Array<number>(positions - 2 - kept.length).fill(pad)];
  };
  return {
    length: positions,
    encode: (texts) => tokens(texts).map(row),
    tokens,
    row,
    count(texts: readonly string[]): number[] {
      return texts.map((text) => tokensOf(text).length);
    },
  };
}

/** How a text is cut into windows. */
export interface TextWindowOptions {
  /** Tokens that a window holds at most, SOS and EOS not counted; see {@link textCapacity}. */
  capacity: number;
  /** Tokens that neighbouring windows share at least. Default a quarter of the capacity. */
  overlap?: number | undefined;
}

/**
 * Tokens of a text that a row holds beside SOS, EOS and the prompts, which push the text M positions to the right.
 *
 * @param positions L, tokens of a row; 77 in OpenAI's models
 * @param prompts M. Default 0.
 * @throws {RangeError} where no place is left.
 */
export function textCapacity(positions: number, prompts: number = 0): number {
  const capacity = positions - 2 - prompts;
  if (!(capacity >= 1)) {
    throw new RangeError(
      `Cannot read text as ${prompts} prompts leave ${capacity} of ${positions} positions: expected 1`,
    );
  }
  return capacity;
}

/**
 * Cuts a text's tokens into the fewest windows of at most `capacity` tokens that share at least `overlap` tokens with their
 * neighbours. All windows are equally long and evenly spread, so that every word counts about as much as the others; the
 * last is as long as the first. A text that fits is its only window.
 *
 * @param tokens without SOS and EOS
 * @throws {RangeError} where the capacity is no whole number from 1 on, or the overlap none from 0 to `capacity - 1`.
 *
 * @example
 * ```ts
 * import { textWindows } from "./tokenizer.ts";
 * const windows = textWindows([1, 2, 3, 4, 5, 6, 7], { capacity: 4, overlap: 1 });
 * if (JSON.stringify(windows) !== "[[1,2,3,4],[4,5,6,7]]") throw new Error(JSON.stringify(windows));
 * ```
 */
export function textWindows(tokens: readonly number[], options: TextWindowOptions): number[][] {
  const { capacity, overlap = Math.floor(capacity / 4) } = options;
  if (!(Number.isInteger(capacity) && capacity >= 1)) {
    throw new RangeError(
      `Cannot cut text as 'capacity' must be a whole number from 1 on: current value is ${capacity}`,
    );
  }
  if (!(Number.isInteger(overlap) && overlap >= 0 && overlap < capacity)) {
    throw new RangeError(
      `Cannot cut text as 'overlap' must be a whole number from 0 to ${capacity - 1}: current value is ${overlap}`,
    );
  }
  const total = tokens.length;
  if (total <= capacity) return [[...tokens]];
  const count = Math.ceil((total - overlap) / (capacity - overlap));
  const length = Math.ceil((total + (count - 1) * overlap) / count);
  const step = (total - length) / (count - 1);
  return Array.from({ length: count }, (_, i) => {
    const start = Math.round(i * step);
    return tokens.slice(start, start + length);
  });
}
