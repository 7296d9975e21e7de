/** Features of transformers 4.57.6 (`CLIPModel`, random weights) and token numbers of its `CLIPTokenizerFast`. */
import assert from "node:assert/strict";
import { brotliDecompressSync } from "node:zlib";
import { join } from "@std/path";
import { loadClip } from "../../lib/clip/load.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { loadClipTokenizer } from "../../lib/clip/tokenizer.ts";
import { encodeImage } from "../../lib/clip/vision_tower.ts";
import { readSafetensors } from "../../lib/files/safetensors.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { inFolder } from "../helpers.ts";

await useBackend("cpu");

const FIXTURES = new URL("../fixtures/", import.meta.url).pathname;

for (const activation of ["quick_gelu", "gelu"]) {
  Deno.test(`features equal those of transformers: ${activation}, a projection unlike both widths`, async () => {
    const folder = join(FIXTURES, "clip_reference", activation);
    const expected = await readSafetensors(join(folder, "expected.safetensors"));
    const values = (name: string) => expected.get(name)!.data as Float32Array;
    const clip = await loadClip(folder);
    assert.equal(clip.config.text.activation, activation);
    assert.deepEqual([clip.config.projection, clip.config.text.width, clip.config.vision.width], [20, 24, 32]);
    const pixels = values("pixels"), size = pixels.length / 2;
    const ids = Array.from(expected.get("ids")!.data as Int32Array);
    const found = {
      image: encodeImage(clip, [pixels.slice(0, size), pixels.slice(size)]),
      text: encodeText(clip, [0, 10, 20].map((at) => ids.slice(at, at + 10))),
    };
    for (const [name, tensor] of Object.entries(found)) {
      const features = tensor.dataSync();
      assert.equal(features.length, values(name).length);
      features.forEach((value, i) => assert.ok(Math.abs(value - values(name)[i]!) < 1e-4, `${name} ${i}: ${value}`));
      tensor.dispose();
    }
    clip.dispose();
  });
}

/** The 49,408 tokens of OpenAI's vocabulary: bytes, bytes that end a word, merges, and two marks. */
function vocabularyOf(merges: readonly string[]): Record<string, number> {
  const printable = (byte: number) => byte >= 33 && byte <= 126 || byte >= 161 && byte <= 172 || byte >= 174;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const shown = [...bytes.filter(printable), ...bytes.filter((byte) => !printable(byte)).map((_, i) => 256 + i)]
    .map((code) => String.fromCodePoint(code));
  const words = shown.map((piece) => `${piece}</w>`);
  const marks = ["<|startoftext|>", "<|endoftext|>"];
  const tokens = [...shown, ...words, ...merges.map((merge) => merge.replace(" ", "")), ...marks];
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

Deno.test("token numbers of the real vocabulary equal those of transformers", async () => {
  const folder = join(FIXTURES, "clip_vocabulary");
  const packed = await Deno.readFile(join(folder, "merges.txt.br"));
  const merges = new TextDecoder().decode(brotliDecompressSync(packed)).split("\n");
  const { tokenizer, texts } = JSON.parse(await Deno.readTextFile(join(folder, "expected.json"))) as {
    tokenizer: { model: object };
    texts: { text: string; ids: number[] }[];
  };
  Object.assign(tokenizer.model, { vocab: vocabularyOf(merges), merges });
  await inFolder(async (model) => {
    await Deno.writeTextFile(join(model, "tokenizer.json"), JSON.stringify(tokenizer));
    // As openai/clip-vit-base-patch32 is published: its marks are of the old kind.
    const text_config = { bos_token_id: 0, eos_token_id: 2, pad_token_id: 1 };
    await Deno.writeTextFile(join(model, "config.json"), JSON.stringify({ text_config, vision_config: {} }));
    const { tokens, row } = await loadClipTokenizer(model);
    for (const { text, ids } of texts) assert.deepEqual(tokens([text])[0], ids.slice(1, -1), text);
    assert.deepEqual(row(tokens(["a photo of a cat"])[0]!).slice(0, 8), [
      49406,
      320,
      1125,
      539,
      320,
      2368,
      49407,
      49407,
    ]);
  });
});
