/**
 * States and transcripts of transformers 4.57.6 (`WhisperForConditionalGeneration`, random weights), which suppresses some
 * tokens everywhere and others at the beginning.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { whisperDecoderOnnx, whisperEncoderOnnx } from "../../data/generator/whisper_onnx.ts";
import { readSafetensors } from "../../lib/files/safetensors.ts";
import { loadWhisper } from "../../lib/whisper/whisper.ts";
import { inFolder } from "../helpers.ts";

const FIXTURE = new URL("../fixtures/whisper_reference/", import.meta.url).pathname;
const TOKENIZER = "data/models/whisper-tiny-sample";
const size = {
  mels: 80,
  width: 16,
  heads: 2,
  feedForward: 32,
  encoderLayers: 1,
  decoderLayers: 1,
  windowSeconds: 2,
  maxTokens: 24,
  vocabulary: 509,
};

Deno.test("states and transcripts equal those of transformers", async () => {
  const expected = JSON.parse(await Deno.readTextFile(join(FIXTURE, "expected.json"))) as {
    samples: number;
    text: string;
    first: number[];
    states: number[];
  }[];
  const weights = await readSafetensors(join(FIXTURE, "weights.safetensors"));
  const values = new Map([...weights].map(([name, { data }]) => [name, data as Float32Array]));
  await inFolder(async (folder) => {
    const write = (name: string, json: object) => Deno.writeTextFile(join(folder, name), JSON.stringify(json));
    await Deno.mkdir(join(folder, "onnx"));
    await Deno.writeFile(join(folder, "onnx/encoder_model.onnx"), whisperEncoderOnnx(values, size));
    await Deno.writeFile(join(folder, "onnx/decoder_model_merged.onnx"), whisperDecoderOnnx(values, size));
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
      await Deno.copyFile(join(TOKENIZER, name), join(folder, name));
    }
    const config = JSON.parse(await Deno.readTextFile(join(TOKENIZER, "config.json")));
    await write("config.json", {
      ...config,
      d_model: size.width,
      max_source_positions: 100,
      max_target_positions: size.maxTokens,
      encoder_layers: 1,
      decoder_layers: 1,
      decoder_attention_heads: size.heads,
      encoder_attention_heads: size.heads,
    });
    await write("generation_config.json", { suppress_tokens: [10, 11, 12], begin_suppress_tokens: [220, 506] });
    await write("preprocessor_config.json", { feature_size: 80, chunk_length: 2, n_samples: 32000 });
    const whisper = await loadWhisper(folder, { together: 4 });
    const batch = expected.map(({ samples }, k) =>
      Float32Array.from(
        { length: samples },
        (_, i) => 0.3 * Math.sin(i * i * (k + 1) * 2e-6) * Math.sin(i / (900 * (k + 1))),
      )
    );
    const found = await whisper.transcribe(batch);
    for (const [i, { samples, text, first, states }] of expected.entries()) {
      const { frames, states: own } = found[i]!;
      assert.equal(frames, Math.ceil(samples / 320));
      const last = own.subarray((frames - 1) * size.width);
      first.forEach((value, j) => assert.ok(Math.abs(value - own[j]!) < 5e-3, `${i}: ${value}, ${own[j]}`));
      states.forEach((value, j) => assert.ok(Math.abs(value - last[j]!) < 5e-3, `${i}: ${value}, ${last[j]}`));
      assert.equal(found[i]!.text, text);
    }
    await whisper.dispose();
  });
});
