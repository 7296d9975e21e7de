/**
 * The tiny Whisper's folder: vocabulary, tokenizer and configuration as Hugging Face lays them out.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { type Bpe, CLIP_WORD_PATTERN, mergePair, trainBpe, wordSymbols } from "./bpe.ts";
import { whisperDecoderOnnx, whisperEncoderOnnx, type WhisperOnnxOptions, type WhisperValues } from "./whisper_onnx.ts";
import type { WhisperSize } from "./whisper_model.ts";

/** CLIP's marks; their ids follow the vocabulary, the end's is the highest, as CLIP's towers expect. */
export const CLIP_MARKS = ["<|startoftext|>", "<|endoftext|>"] as const;

interface AddedToken {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

function addedToken(id: number, content: string): AddedToken {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

function bpeModel(bpe: Bpe, suffix: string | null, unknown: string | null): Record<string, unknown> {
  return {
    type: "BPE",
    dropout: null,
    unk_token: unknown,
    continuing_subword_prefix: suffix === null ? null : "",
    end_of_word_suffix: suffix,
    fuse_unk: false,
    byte_fallback: false,
    vocab: bpe.vocab,
    merges: bpe.merges.map((pair) => pair.join(" ")),
  };
}

/** Ids of the tokens of a text template: some before, the text, some after. */
function template(before: string[], after: string[], ids: Record<string, number>): Record<string, unknown> {
  const special = (id: string): Record<string, unknown> => ({ SpecialToken: { id, type_id: 0 } });
  const text = (id: string): Record<string, unknown> => ({ Sequence: { id, type_id: 0 } });
  return {
    type: "TemplateProcessing",
    single: [...before.map(special), text("A"), ...after.map(special)],
    pair: [...before.map(special), text("A"), text("B"), ...after.map(special)],
    special_tokens: Object.fromEntries(
      [...new Set([...before, ...after])].map((token) => [token, { id: token, ids: [ids[token]], tokens: [token] }]),
    ),
  };
}

/**
 * The `tokenizer.json` and `tokenizer_config.json` of a CLIP tokenizer: lower case, `</w>`, start and end marks set around
 * the text, padded with the end mark.
 *
 * @param places maximum number of tokens of a text with marks; 77.
 * @throws {RangeError} if the vocabulary was learned in another style.
 */
export function clipTokenizerFiles(bpe: Bpe, places = 77): Record<string, unknown> {
  if (bpe.style !== "clip") {
    throw new RangeError(`Cannot write a CLIP tokenizer of a '${bpe.style}' vocabulary: expected 'clip'`);
  }
  const size = Object.keys(bpe.vocab).length;
  const [start, end] = CLIP_MARKS;
  const ids: Record<string, number> = { [start]: size, [end]: size + 1 };
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: CLIP_MARKS.map((mark) => addedToken(ids[mark] as number, mark)),
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "NFC" },
          { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
          { type: "Lowercase" },
        ],
      },
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: CLIP_WORD_PATTERN }, behavior: "Removed", invert: true },
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
        ],
      },
      post_processor: template([start], [end], ids),
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { ...bpeModel(bpe, "</w>", end), vocab: { ...bpe.vocab, ...ids } },
    },
    "tokenizer_config.json": {
      tokenizer_class: "CLIPTokenizer",
      add_prefix_space: false,
      bos_token: start,
      do_lower_case: true,
      eos_token: end,
      errors: "replace",
      model_max_length: places,
      pad_token: end,
      unk_token: end,
    },
  };
}

/**
 * The two files of a Whisper tokenizer: byte-level, a word carries the space before it. The marks (`<|endoftext|>`,
 * `<|startoftranscript|>`, ..., `<|notimestamps|>`, time marks) get the ids after the vocabulary, in the order given.
 *
 * @param bpe learned in the style `gpt2`.
 * @param marks all special tokens; must hold `<|endoftext|>`, `<|startoftranscript|>` and `<|notimestamps|>`.
 * @throws {RangeError} if the style is another or one of the three is missing.
 */
export function whisperTokenizerFiles(bpe: Bpe, marks: readonly string[]): Record<string, unknown> {
  if (bpe.style !== "gpt2") {
    throw new RangeError(`Cannot write a Whisper tokenizer of a '${bpe.style}' vocabulary: expected 'gpt2'`);
  }
  const size = Object.keys(bpe.vocab).length;
  const ids = Object.fromEntries(marks.map((mark, i) => [mark, size + i]));
  const before = ["<|startoftranscript|>", "<|notimestamps|>"];
  const end = "<|endoftext|>";
  for (const mark of [...before, end]) {
    if (!(mark in ids)) throw new RangeError(`Cannot write a Whisper tokenizer as its marks lack '${mark}'`);
  }
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: marks.map((mark) => addedToken(ids[mark] as number, mark)),
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: template(before, [end], ids),
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: bpeModel(bpe, null, null),
    },
    "tokenizer_config.json": {
      tokenizer_class: "WhisperTokenizer",
      add_prefix_space: false,
      bos_token: end,
      eos_token: end,
      errors: "replace",
      model_max_length: 1024,
      pad_token: end,
      processor_class: "WhisperProcessor",
      unk_token: end,
    },
  };
}

/** Writes each value as a JSON file of that name into the directory. */
export async function writeJsonFiles(directory: string, files: Record<string, unknown>): Promise<void> {
  for (const [name, value] of Object.entries(files)) {
    await writeAtomic(join(directory, name), `${JSON.stringify(value, null, 1)}\n`);
  }
}

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
   * @throws {RangeError} if `merges` is no whole number from 0 on.
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

  /** The text of tokens without marks. Exact for ASCII, which all texts of the sample are. */
  decode(ids: Iterable<number>): string {
    return [...ids].map((id) => this.#tokens[id] ?? "").join("").replaceAll("Ġ", " ").trim();
  }
}

/**
 * Writes both ONNX graphs (`onnx/`) and the JSON files next to them. With `half` the weights are stored as float16.
 *
 * @throws {RangeError} if a weight is missing or misshapen.
 */
export async function writeWhisperDirectory(
  directory: string,
  model: { values: WhisperValues; size: WhisperSize; vocabulary: WhisperVocabulary },
  options: WhisperOnnxOptions = {},
): Promise<void> {
  const { values, size, vocabulary } = model;
  const { endOfText, startOfTranscript, noTimestamps } = vocabulary;
  const ends = endTokens(endOfText, startOfTranscript);
  const samples = 16000 * size.windowSeconds;
  const files: Record<string, unknown> = {
    "config.json": whisperConfig(size, ends),
    "generation_config.json": {
      ...ends,
      no_timestamps_token_id: noTimestamps,
      is_multilingual: false,
      max_length: size.maxTokens,
    },
    "preprocessor_config.json": {
      feature_extractor_type: "WhisperFeatureExtractor",
      processor_class: "WhisperProcessor",
      feature_size: size.mels,
      sampling_rate: 16000,
      hop_length: 160,
      n_fft: 400,
      chunk_length: size.windowSeconds,
      n_samples: samples,
      nb_max_frames: samples / 160,
      padding_side: "right",
      padding_value: 0,
    },
  };
  await writeJsonFiles(directory, { ...files, ...vocabulary.files });
  await writeAtomic(join(directory, "onnx", "encoder_model.onnx"), whisperEncoderOnnx(values, size, options));
  await writeAtomic(join(directory, "onnx", "decoder_model_merged.onnx"), whisperDecoderOnnx(values, size, options));
}

/** The tokens that begin and end a text, as configuration files name them. */
export function endTokens(endOfText: number, startOfTranscript: number): Record<string, number> {
  return {
    bos_token_id: endOfText,
    eos_token_id: endOfText,
    pad_token_id: endOfText,
    decoder_start_token_id: startOfTranscript,
  };
}

/** The content of a Whisper's `config.json`. */
export function whisperConfig(size: WhisperSize, ends: Record<string, number>): Record<string, unknown> {
  return {
    model_type: "whisper",
    architectures: ["WhisperForConditionalGeneration"],
    is_encoder_decoder: true,
    activation_function: "gelu",
    scale_embedding: false,
    vocab_size: size.vocabulary,
    num_mel_bins: size.mels,
    d_model: size.width,
    encoder_layers: size.encoderLayers,
    encoder_attention_heads: size.heads,
    encoder_ffn_dim: size.feedForward,
    decoder_layers: size.decoderLayers,
    decoder_attention_heads: size.heads,
    decoder_ffn_dim: size.feedForward,
    num_hidden_layers: size.encoderLayers,
    max_source_positions: 50 * size.windowSeconds,
    max_target_positions: size.maxTokens,
    ...ends,
  };
}
