/**
 * Writes a learnt vocabulary as the two files of Hugging Face's layout, so that transformers.js and Python load it alike.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { type Bpe, CLIP_WORD_PATTERN } from "./bpe.ts";

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
 * @param places how many tokens a text may have, marks included; 77.
 * @throws {RangeError} where the vocabulary was learnt in another style.
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
 * @param bpe learnt in the style `gpt2`.
 * @param marks all special tokens; must hold `<|endoftext|>`, `<|startoftranscript|>` and `<|notimestamps|>`.
 * @throws {RangeError} where the style is another or one of the three is missing.
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
