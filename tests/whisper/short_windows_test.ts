/**
 * Encoders on fewer positions than their window has. The expected states are those of onnxruntime in Python, for the fixtures
 * with their position embeddings cut to the first 64 and their sizes halved by Python's `onnx`.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { env, Tensor, WhisperForConditionalGeneration } from "@xenova/transformers";
import { InputError } from "../../lib/errors.ts";
import { createWhisper, replaceEncoder, type SpeechModel } from "../../lib/whisper/inference.ts";
import { readWhisperSettings } from "../../lib/whisper/settings.ts";
import { spread, thinSilence, withGroups } from "../../lib/whisper/short_windows.ts";
import { loadWhisper, openWhisper } from "../../lib/whisper/whisper.ts";
import { randomWhisper } from "./random_whisper.ts";

const FIXTURE = new URL("../fixtures/whisper_reference/", import.meta.url).pathname;
const EXPECTED: [row: number, values: number[]][] = [
  [0, [-0.89507, -1.83734, 0.74292, 0.85662, 1.14689, 0.78945, -0.63224, -0.57973]],
  [63, [-0.49172, -1.55741, 0.83918, 1.85509, 0.11715, 0.48085, -0.63457, -0.6362]],
];

Deno.test("an encoder runs on a part of its window as a graph of that size does", async () => {
  const folder = await randomWhisper();
  env.allowRemoteModels = false;
  const options = { dtype: "fp32", device: "cpu" } as const;
  const model = await WhisperForConditionalGeneration.from_pretrained(folder, options) as unknown as SpeechModel;
  for (const name of ["encoder_opset14.onnx", "encoder_opset18.onnx"]) {
    const graph = withGroups(await Deno.readFile(join(FIXTURE, name)), { window: 32000, width: 8, layers: 3 });
    await replaceEncoder(model, graph.bytes, {});
    const run = async (values: Float32Array, further: Record<string, unknown>): Promise<Tensor> => {
      const mel = new Tensor("float32", values, [1, 80, values.length / 80]).ort_tensor; // [1, 80, T]
      return (await model.sessions.model!.run({ input_features: mel, ...further })).last_hidden_state as Tensor;
    };
    const values = Float32Array.from({ length: 80 * 128 }, (_, i) => 0.3 * Math.sin(i * i * 1e-3) * Math.sin(i / 90));
    const states = await run(values, graph.groups(Array.from({ length: 64 }, () => 1)));
    assert.deepEqual([...states.dims], [1, 64, 8]);
    for (const [row, expected] of EXPECTED) {
      expected.forEach((value, i) => assert.ok(Math.abs(value - (states.data[8 * row + i] as number)) < 1e-4, name));
    }

    // A key that stands for n keys does what n keys with its position do, where all is silent.
    const sizes = [...Array.from({ length: 40 }, () => 1), 7, 2, 15, 1, 35], all = 100;
    const sound = (frames: number) =>
      Float32Array.from(
        { length: 80 * frames },
        (_, i) => i % frames < 70 ? Math.sin(i % frames * (1 + Math.floor(i / frames))) : 0,
      );
    const thinned = await run(sound(2 * sizes.length), graph.groups(sizes));
    const middles = graph.groups(sizes), repeated = graph.groups(Array.from({ length: all }, () => 1));
    for (const [input, tensor] of Object.entries(middles) as [string, Tensor][]) {
      if (tensor.dims.length < 2) continue; // the logarithms
      repeated[input] = new Tensor("float32", spread(tensor.data as Float32Array, sizes, 8), [all, 8]).ort_tensor;
    }
    const expected = await run(sound(2 * all), repeated), found = spread(thinned.data as Float32Array, sizes, 8);
    assert.equal(found.length, all * 8);
    found.forEach((value, i) => assert.ok(Math.abs(value - (expected.data[i] as number)) < 1e-4, `${name} ${i}`));
  }
  await model.dispose();
});

Deno.test("silence is thinned from a second after the recording on, and groups make up the window", () => {
  for (const frames of [1, 84, 225, 800, 1166, 1167, 1500]) {
    const sizes = thinSilence(frames, 1500), kept = sizes.findIndex((size) => size > 1);
    assert.equal(sizes.reduce((sum, size) => sum + size, 0), 1500);
    assert.ok(sizes.every((size) => size >= 1));
    if (frames > 1166) assert.ok(kept < 0 && sizes.length === 1500, "nothing is left to thin");
    else {assert.ok(
        kept >= frames + 50 && kept < frames + 50 + 32 + 256 && sizes.length % 32 === 0,
        `${frames}: ${kept}`,
      );}
  }
  assert.equal(thinSilence(225, 1500).length, 544, "of 1500 for a recording of 4.5 s");
});

Deno.test("a graph without constant positions and padding with short windows are refused", async () => {
  const folder = await randomWhisper(); // computes its positions
  await assert.rejects(
    loadWhisper(folder, { shortWindows: true }),
    /has 0 constants.*where 2 are. Do without '--short-windows'/,
  );
  await assert.rejects(openWhisper(folder, { shortWindows: true, padding: true }), InputError);
  const [short, whole] = [await openWhisper(folder, { shortWindows: true }), await openWhisper(folder)];
  assert.equal(short.key, `${whole.key}-thinned`);
});

Deno.test("the text of a long recording does not hold up those of short ones", async () => {
  const settings = await readWhisperSettings(await randomWhisper());
  const window = 30 * 16000, { width, prompt, ends } = settings, batches: number[] = [];
  const states = new Tensor("float32", new Float32Array(1500 * width), [1, 1500, width]);
  const rows = (count: number) => Array.from({ length: count }, () => [...prompt, ...ends].map(BigInt));
  const model = {
    forward_params: [],
    sessions: { model: { run: () => Promise.resolve({ last_hidden_state: states }) } },
    generate({ inputs: { dims: [count] } }: { inputs: Tensor }) {
      batches.push(count!);
      return Promise.resolve({ tolist: () => rows(count!) });
    },
  } as unknown as SpeechModel;
  const tokenizer = { decode: () => "" };
  const whisper = createWhisper({
    name: "",
    key: "",
    model,
    tokenizer,
    settings: { ...settings, window },
    together: 8,
  });
  const sound = (seconds: number) => new Float32Array(16000 * seconds);
  await whisper.transcribe([4, 59, 5, 3, 6, 4].map(sound));
  assert.deepEqual(batches, [5, 2], "the two windows of the long one go together");
});
