/**
 * The states of all layers, against `output_hidden_states` of transformers 4.57.6. `encoder_opset14.onnx` and `..18.onnx` are
 * its `WhisperEncoder` (random weights) as `torch.onnx.export` writes it: the first has layer norms in parts.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { withLayerOutputs } from "../../lib/whisper/encoder_layers.ts";
import { loadWhisper, openWhisper } from "../../lib/whisper/whisper.ts";
import { WhisperVocabulary, writeWhisperDirectory } from "../../data/generator/whisper_directory.ts";
import { randomWhisperWeights } from "../../data/generator/whisper_model.ts";
import { Random } from "../../lib/random.ts";
import { inFolder } from "../helpers.ts";
import { randomWhisper, swell } from "./random_whisper.ts";

const FIXTURE = new URL("../fixtures/whisper_reference/", import.meta.url).pathname;

/** A Whisper whose encoder is that of the fixture. */
async function withEncoder(folder: string, encoder: string): Promise<void> {
  const vocabulary = new WhisperVocabulary(["a dog runs"], 20);
  const size = {
    mels: 80,
    width: 8,
    heads: 2,
    feedForward: 16,
    encoderLayers: 3,
    decoderLayers: 1,
    windowSeconds: 2,
    maxTokens: 24,
    vocabulary: vocabulary.size,
  };
  await writeWhisperDirectory(folder, { values: randomWhisperWeights(size, new Random(1)), size, vocabulary });
  await Deno.copyFile(join(FIXTURE, encoder), join(folder, "onnx/encoder_model.onnx"));
}

for (const encoder of ["encoder_opset14.onnx", "encoder_opset18.onnx"]) {
  Deno.test(`the states of all layers equal those of transformers (${encoder})`, () =>
    inFolder(async (folder) => {
      await withEncoder(folder, encoder);
      const expected = JSON.parse(await Deno.readTextFile(join(FIXTURE, "layers.json"))) as {
        samples: number;
        frames: number;
        layers: { first: number[]; last: number[] }[];
      };
      const whisper = await loadWhisper(folder, { layers: true });
      assert.equal(whisper.layers, 4);
      const samples = Float32Array.from(
        { length: expected.samples },
        (_, i) => 0.3 * Math.sin(i * i * 2e-6) * Math.sin(i / 900),
      );
      const [found] = await whisper.encode([samples]);
      assert.equal(found!.frames, expected.frames);
      assert.equal(found!.width, 4 * 8);
      for (const [layer, { first, last }] of expected.layers.entries()) {
        for (const [frame, values] of [[0, first], [expected.frames - 1, last]] as const) {
          const own = found!.states.subarray((4 * frame + layer) * 8);
          values.forEach((value, i) =>
            assert.ok(Math.abs(value - own[i]!) < 2e-3, `${layer}, ${i}: ${value}, ${own[i]}`)
          );
        }
      }
      await whisper.dispose();
    }));
}

Deno.test("with all layers the transcript and the last states stay, in windows too; the store's key differs", async () => {
  const folder = await randomWhisper();
  const [plain, all] = [await loadWhisper(folder), await loadWhisper(folder, { layers: true })];
  const batch = [swell(1, 1.3), swell(2, 5.1)];
  const expected = await plain.transcribe(batch), found = await all.transcribe(batch);
  for (const [i, { text, states, frames, width }] of expected.entries()) {
    assert.equal(found[i]!.text, text);
    assert.equal(found[i]!.frames, frames);
    assert.equal(found[i]!.width, 3 * width);
    for (let f = 0; f < frames; f++) {
      const last = found[i]!.states.subarray((3 * f + 2) * width, (3 * f + 3) * width);
      assert.deepEqual(last, states.subarray(f * width, (f + 1) * width));
    }
  }
  assert.equal(all.key, `${plain.key}-layers`);
  const { width, layers } = await openWhisper(folder, { layers: true });
  assert.deepEqual([width, layers], [3 * plain.width, 3]);
  await plain.dispose();
  await all.dispose();
});

Deno.test("a graph without that structure, or with fewer layers, is refused", async () => {
  const graph = await Deno.readFile(join(FIXTURE, "encoder_opset18.onnx"));
  assert.equal(withLayerOutputs(graph, 3).names.length, 3);
  assert.throws(() => withLayerOutputs(graph, 4), InputError);
  assert.throws(() => withLayerOutputs(new Uint8Array(10), 1), InputError);
  assert.throws(() => withLayerOutputs(graph.subarray(0, 5000), 3), InputError);
});
