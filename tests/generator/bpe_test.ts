import assert from "node:assert/strict";
import { AutoTokenizer, env } from "@xenova/transformers";
import { basename, dirname } from "@std/path";
import { bpeEncoder, byteCharacters, trainBpe, wordSymbols } from "../../data/generator/bpe.ts";
import { clipTokenizerFiles, whisperTokenizerFiles, writeJsonFiles } from "../../data/generator/whisper_directory.ts";
import { Random } from "../../lib/random.ts";
import { temporaryFolder } from "../temporary.ts";

const TEXTS = [
  "a large red car stands left of a small blue cup on the beach",
  "um, there is a cat, no, not a cat, it is a small green tree",
  "The RED car's wheel isn't red!",
];

async function inDirectory<T>(files: Record<string, unknown>, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await temporaryFolder();
  try {
    await writeJsonFiles(directory, files);
    env.allowRemoteModels = false;
    env.useBrowserCache = false;
    env.useFSCache = false;
    env.localModelPath = dirname(directory);
    return await use(basename(directory));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Encoding by definition: applies the earliest merge at its leftmost position until none applies. */
function naiveEncode(text: string, bpe: ReturnType<typeof trainBpe>): number[] {
  return wordSymbols(text, bpe.style).flatMap((symbols) => {
    for (;;) {
      let best = Infinity;
      let place = -1;
      for (let i = 0; i + 1 < symbols.length; i++) {
        const rank = bpe.merges.findIndex(([a, b]) => a === symbols[i] && b === symbols[i + 1]);
        if (rank >= 0 && rank < best) [best, place] = [rank, i];
      }
      if (place < 0) return symbols.map((symbol) => bpe.vocab[symbol] as number);
      symbols.splice(place, 2, symbols[place]! + symbols[place + 1]!);
    }
  });
}

Deno.test("the merges are those of the textbook example", () => {
  // Sennrich et al. 2016, figure 1: low x5, lower x2, newest x6, widest x3; ties by the alphabet.
  const text = [["low", 5], ["lower", 2], ["newest", 6], ["widest", 3]] as const;
  const texts = text.flatMap(([word, count]) => Array<string>(count).fill(word));
  const { merges, vocab } = trainBpe(texts, { style: "clip", merges: 4, alphabet: "seen" });
  assert.deepEqual(merges, [["e", "s"], ["es", "t</w>"], ["l", "o"], ["e", "w"]]);
  assert.deepEqual(Object.values(vocab), Array.from({ length: Object.keys(vocab).length }, (_, i) => i));
  assert.equal(Object.keys(vocab).length, 11 + 4); // d e i l n o s w, and r t w at an end
});

Deno.test("256 bytes have 256 stand-ins, a space is Ġ", () => {
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const text = new TextDecoder("latin1").decode(new Uint8Array(all.slice(0, 128)));
  assert.equal(new Set(byteCharacters(text)).size, 128);
  assert.deepEqual(byteCharacters(" a"), ["Ġ", "a"]);
  assert.equal(Object.keys(trainBpe([], { style: "gpt2", merges: 5 }).vocab).length, 256);
});

Deno.test("transformers.js loads the CLIP files and encodes as the plain loop does", async () => {
  const bpe = trainBpe(TEXTS, { style: "clip", merges: 60 });
  const size = Object.keys(bpe.vocab).length;
  await inDirectory(clipTokenizerFiles(bpe), async (directory) => {
    const tokenizer = await AutoTokenizer.from_pretrained(directory);
    const random = new Random(5);
    const encode = bpeEncoder(bpe);
    const words = TEXTS.join(" ").split(" ");
    const texts = [...TEXTS, "Zebra, 42 naïve — café!"];
    for (let i = 0; i < 40; i++) texts.push(random.shuffled(words).slice(0, 12).join(random.choice([" ", "  ", ", "])));
    for (const text of texts) {
      assert.deepEqual(tokenizer.encode(text), [size, ...naiveEncode(text, bpe), size + 1], text);
      assert.deepEqual(encode(text), naiveEncode(text, bpe));
    }
    const ids = tokenizer.encode("a large RED car");
    assert.equal(tokenizer.decode(ids, { skip_special_tokens: true }).trim(), "a large red car");
    const padded = tokenizer(["a car", TEXTS[0]!], { padding: "max_length", truncation: true, max_length: 77 });
    assert.deepEqual(padded.input_ids.dims, [2, 77]);
  });
});

Deno.test("transformers.js loads the Whisper files, encodes as the plain loop and decodes back to the text", async () => {
  const bpe = trainBpe(TEXTS.map((text) => ` ${text}`), { style: "gpt2", merges: 60 });
  const size = Object.keys(bpe.vocab).length;
  const marks = ["<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>", "<|0.00|>"];
  await inDirectory(whisperTokenizerFiles(bpe, marks), async (directory) => {
    const tokenizer = await AutoTokenizer.from_pretrained(directory);
    assert.equal(tokenizer.constructor.name, "WhisperTokenizer");
    for (const text of [...TEXTS, "Zebra, 42 naïve — café!"]) {
      const spaced = ` ${text}`;
      const ids = tokenizer.encode(spaced);
      assert.deepEqual(ids, [size + 1, size + 2, ...naiveEncode(spaced, bpe), size]);
      assert.equal(tokenizer.decode(ids, { skip_special_tokens: true }), spaced);
    }
  });
});

Deno.test("a vocabulary of the other style is refused", () => {
  assert.throws(() => clipTokenizerFiles(trainBpe([], { style: "gpt2", merges: 0 })), /expected 'clip'/);
  assert.throws(() => whisperTokenizerFiles(trainBpe([], { style: "clip", merges: 0 }), []), /expected 'gpt2'/);
  assert.throws(() => trainBpe([], { style: "clip", merges: -1 }), /whole number/);
});
