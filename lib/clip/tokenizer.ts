/** Turns texts into rows of CLIP's tokens, and long texts into overlapping windows. */
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
   * One row a text: SOS, the text's tokens, EOS, then padding up to L. A text that is too long is cut, and EOS is at the
   * last position.
   */
  encode(texts: readonly string[]): number[][];
  /** All tokens of each text, without SOS and EOS. */
  tokens(texts: readonly string[]): number[][];
  /** The row of a text's tokens: SOS, the tokens, EOS, then padding up to L; cut like a row of `encode`. */
  row(tokens: readonly number[]): number[];
  /** The number of tokens of each text before it is cut, SOS and EOS included. */
  count(texts: readonly string[]): number[];
  /** The text of a single token, such as a word or a part of one. */
  word(token: number): string;
}

/**
 * Loads `tokenizer.json` of a model's folder, and `tokenizer_config.json` if it exists. Reads nothing else.
 *
 * @throws {InputError} if a file is missing or malformed, or the tokenizer belongs to another model.
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
  const isToken = (token: unknown): boolean =>
    Number.isInteger(token) && token as number >= 0 && token as number < vocabulary;
  const pad = tokenizer.pad_token_id ?? eos;
  if (!isToken(pad)) throw wrong(`it pads with token ${pad}, but config.json has ${vocabulary} tokens`);
  const tokensOf = (text: string): number[] => {
    let tokens: number[];
    try {
      tokens = tokenizer.encode(text);
    } catch (error) {
      throw wrong(`it fails at '${text.slice(0, 80)}': ${messageOf(error)}`);
    }
    const beyond = tokens.find((token) => !isToken(token));
    if (beyond !== undefined) {
      throw wrong(`it makes token ${beyond} of '${text.slice(0, 80)}', but config.json has ${vocabulary} tokens`);
    }
    return tokens;
  };
  const tokens = (texts: readonly string[]): number[][] => texts.map((text) => tokensOf(text).slice(1, -1));
  const row = (tokens: readonly number[]): number[] => {
    const cut = tokens.slice(0, positions - 2);
    return [bos, ...cut, eos, ...new Array<number>(positions - 2 - cut.length).fill(pad)];
  };
  return {
    length: positions,
    encode: (texts) => tokens(texts).map(row),
    tokens,
    row,
    count: (texts) => texts.map((text) => tokensOf(text).length),
    word: (token) => tokenizer.decode([token]).trim(),
  };
}

/**
 * The number of text tokens that fit in a row with SOS, EOS and the prompts, which move the text M positions to the right.
 *
 * @param positions L, tokens of a row; 77 in OpenAI's models
 * @param prompts M. Default 0.
 * @throws {RangeError} if no position is left.
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
 * neighbors. All windows have the same length and are evenly spread, so that every word counts about equally. A text that
 * fits is its only window.
 *
 * @param tokens without SOS and EOS
 * @param options `capacity`: see {@link textCapacity}. `overlap`: default a quarter of the capacity.
 * @throws {RangeError} unless the capacity is a whole number from 1 on, and the overlap one from 0 to `capacity - 1`.
 */
export function textWindows(
  tokens: readonly number[],
  { capacity, overlap = Math.floor(capacity / 4) }: { capacity: number; overlap?: number | undefined },
): number[][] {
  const wrong = (name: string, range: string, value: number) =>
    new RangeError(`Cannot cut text as '${name}' must be a whole number from ${range}: current value is ${value}`);
  if (!(Number.isInteger(capacity) && capacity >= 1)) throw wrong("capacity", "1 on", capacity);
  if (!(Number.isInteger(overlap) && overlap >= 0 && overlap < capacity)) {
    throw wrong("overlap", `0 to ${capacity - 1}`, overlap);
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
