/**
 * The tiny Whisper's own vocabulary: byte-level pairs learnt from its texts, and Whisper's marks.
 *
 * @module
 */
import { type Bpe, mergePair, trainBpe, wordSymbols } from "./bpe.ts";
import { whisperTokenizerFiles } from "./tokenizer_files.ts";

/** Whisper's marks of an English model without time stamps; their ids follow the vocabulary. */
const MARKS = ["<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>"];

/** Encodes transcripts as the tiny Whisper's decoder speaks them: every word with the space before it. */
export class WhisperVocabulary {
  /** `<|endoftext|>`: ends a transcript. */
  readonly endOfText: number;
  /** `<|startoftranscript|>`: begins every transcript. */
  readonly startOfTranscript: number;
  /** `<|notimestamps|>`: the second token of every transcript, the last of the vocabulary. */
  readonly noTimestamps: number;
  /** Number of tokens, marks included. */
  readonly size: number;
  /** `tokenizer.json` and `tokenizer_config.json`. */
  readonly files: Record<string, unknown>;
  readonly #bpe: Bpe;
  readonly #tokens: string[];
  readonly #words = new Map<string, number[]>();

  /**
   * Learns `merges` pairs from the texts (250 make a vocabulary of 509 tokens).
   *
   * @throws {RangeError} where `merges` is no whole number from 0 on.
   */
  constructor(texts: Iterable<string>, merges = 250) {
    this.#bpe = trainBpe([...texts].map((text) => ` ${text}`), { style: "gpt2", merges });
    // By id: an object lists keys that look like numbers first.
    this.#tokens = Object.entries(this.#bpe.vocab).sort(([, a], [, b]) => a - b).map(([token]) => token);
    this.endOfText = this.#tokens.length;
    this.startOfTranscript = this.endOfText + 1;
    this.noTimestamps = this.endOfText + 2;
    this.size = this.endOfText + MARKS.length;
    this.files = whisperTokenizerFiles(this.#bpe, MARKS);
  }

  /** The tokens of a text, without marks. */
  encode(text: string): number[] {
    return wordSymbols(` ${text}`, "gpt2").flatMap((symbols) => {
      const key = symbols.join("");
      let ids = this.#words.get(key);
      if (!ids) {
        ids = this.#bpe.merges.reduce(mergePair as (s: string[], p: [string, string]) => string[], symbols)
          .map((symbol) => this.#bpe.vocab[symbol] as number);
        this.#words.set(key, ids);
      }
      return ids;
    });
  }

  /** The text of tokens; marks are left out. Exact for texts of ASCII characters, which all of the sample's are. */
  decode(ids: Iterable<number>): string {
    return [...ids].map((id) => this.#tokens[id] ?? "").join("").replaceAll("Ġ", " ").trim();
  }
}
