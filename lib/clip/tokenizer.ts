/**
 * Text to CLIP's tokens.
 *
 * @module
 */
import { join } from "@std/path";
import { PreTrainedTokenizer } from "@xenova/transformers";
import { InputError, messageOf } from "../errors.ts";
import { exists, readJson } from "../files.ts";
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
  const { text: { places, eos, bos, vocabulary } } = await readClipConfig(directory);
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
    const kept = tokens.slice(0, places - 2);
    return [bos, ...kept, eos, ...new Array<number>(places - 2 - kept.length).fill(pad)];
  };
  return {
    length: places,
    encode: (texts) => tokens(texts).map(row),
    tokens,
    row,
    count(texts: readonly string[]): number[] {
      return texts.map((text) => tokensOf(text).length);
    },
  };
}
