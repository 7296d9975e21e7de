import { join } from "@std/path";
import assert from "node:assert/strict";
import { loadClipTokenizer } from "../../lib/clip/tokenizer.ts";
import { InputError } from "../../lib/errors.ts";
import { temporaryFolder } from "../temporary.ts";

/** A tokenizer of four words' worth of merges, in the layout of openai/clip-vit-large-patch14. */
function tokenizerJson(): Record<string, unknown> {
  const pieces = ["a", "b", "c", "a</w>", "b</w>", "c</w>", "ab", "ab</w>", "abc</w>"];
  const vocab: Record<string, number> = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  const marks = ["<|startoftext|>", "<|endoftext|>"].map((content, i) => ({ content, id: pieces.length + i }));
  for (const { content, id } of marks) vocab[content] = id;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: marks.map((mark) => ({
      ...mark,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "Sequence",
      normalizers: [{ type: "NFC" }, { type: "Replace", pattern: { Regex: "\\s+" }, content: " " }, {
        type: "Lowercase",
      }],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: "[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["<|endoftext|>", 10],
      cls: ["<|startoftext|>", 9],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: "<|endoftext|>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab,
      merges: ["a b", "a b</w>", "ab c</w>"],
    },
  };
}

async function inModel(
  files: Record<string, unknown>,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await temporaryFolder();
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeTextFile(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
    }
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const config = (change: object = {}) => ({
  bos_token_id: 9,
  eos_token_id: 10,
  text_config: { vocab_size: 11, max_position_embeddings: 6, ...change },
  vision_config: {},
});

Deno.test("texts become padded rows with SOS and EOS; a long text ends with EOS", async () => {
  const settings = { tokenizer_class: "CLIPTokenizer", pad_token: "<|endoftext|>", eos_token: "<|endoftext|>" };
  const files = { "config.json": config(), "tokenizer.json": tokenizerJson(), "tokenizer_config.json": settings };
  await inModel(files, async (directory) => {
    const tokenizer = await loadClipTokenizer(directory);
    assert.equal(tokenizer.length, 6);
    const texts = ["abc  AB", "", "a b c", "a b c a", "c c c c c c c c"];
    assert.deepEqual(tokenizer.encode(texts), [
      [9, 8, 7, 10, 10, 10],
      [9, 10, 10, 10, 10, 10],
      [9, 3, 4, 5, 10, 10],
      [9, 3, 4, 5, 3, 10],
      [9, 5, 5, 5, 5, 10],
    ]);
    assert.deepEqual(tokenizer.count(texts), [4, 2, 5, 6, 10]);
    assert.deepEqual(tokenizer.tokens(texts), [[8, 7], [], [3, 4, 5], [3, 4, 5, 3], Array(8).fill(5)]);
    assert.deepEqual(tokenizer.tokens(texts).map(tokenizer.row), tokenizer.encode(texts));
  });
});

Deno.test("without tokenizer_config.json, EOS pads", async () => {
  await inModel({ "config.json": config(), "tokenizer.json": tokenizerJson() }, async (directory) => {
    assert.deepEqual((await loadClipTokenizer(directory)).encode(["c"]), [[9, 5, 10, 10, 10, 10]]);
  });
});

Deno.test("a tokenizer that is missing, broken or of another model is refused", async () => {
  const refuse = (files: Record<string, unknown>, pattern: RegExp) =>
    inModel(files, async (directory) => {
      await assert.rejects(loadClipTokenizer(directory), (error: Error) => {
        assert.match(error.message, pattern);
        return error instanceof InputError && error.message.includes(directory);
      });
    });
  await refuse({ "config.json": config() }, /tokenizer\.json' as it does not exist/);
  await refuse({ "config.json": config(), "tokenizer.json": "{" }, /not JSON/);
  await refuse({ "config.json": config(), "tokenizer.json": {} }, /CLIP's tokenizer/);
  const other = { ...config(), eos_token_id: 7 };
  await refuse({ "config.json": other, "tokenizer.json": tokenizerJson() }, /\[9,10\].*\[9, 7\]/);
  const files = { "config.json": { ...config({ vocab_size: 11 }) }, "tokenizer.json": tokenizerJson() };
  await inModel(files, async (directory) => {
    const tokenizer = await loadClipTokenizer(directory);
    assert.deepEqual(tokenizer.encode(["a"])[0]!.slice(0, 3), [9, 3, 10]);
  });
});
