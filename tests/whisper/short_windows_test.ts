/**
 * Encoders on less than the whole window. The expected states are those of onnxruntime in Python, for the fixtures with their
 * position embeddings cut to the first 64 and their sizes halved by Python's `onnx`.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { env, Tensor, WhisperForConditionalGeneration } from "@xenova/transformers";
import { InputError } from "../../lib/errors.ts";
import { createWhisper, replaceEncoder, type SpeechModel } from "../../lib/whisper/inference.ts";
import { readWhisperSettings } from "../../lib/whisper/settings.ts";
import { shortWindow, withPositionsInput } from "../../lib/whisper/short_windows.ts";
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
    const graph = withPositionsInput(await Deno.readFile(join(FIXTURE, name)), { window: 32000, width: 8 });
    await replaceEncoder(model, graph.bytes, {});
    const values = Float32Array.from({ length: 80 * 128 }, (_, i) => 0.3 * Math.sin(i * i * 1e-3) * Math.sin(i / 90));
    const mel = new Tensor("float32", values, [1, 80, 128]).ort_tensor;
    const states = (await model.sessions.model!.run({ input_features: mel, ...graph.positions(64) }))
      .last_hidden_state as Tensor;
    assert.deepEqual([...states.dims], [1, 64, 8]);
    for (const [row, expected] of EXPECTED) {
      expected.forEach((value, i) => assert.ok(Math.abs(value - (states.data[8 * row + i] as number)) < 1e-4, name));
    }
  }
  await model.dispose();
});

Deno.test("a short window has 6 s of silence, and is never longer than the whole one", () => {
  const seconds = [0.1, 1.68, 1.69, 4.5, 23, 30].map((length) => shortWindow(16000 * length, 480000) / 16000);
  assert.deepEqual(seconds, [7.68, 7.68, 10.24, 12.8, 30, 30]);
});

Deno.test("a graph without constant positions and padding with short windows are refused", async () => {
  const folder = await randomWhisper(); // computes its positions
  await assert.rejects(loadWhisper(folder, { shortWindows: true }), /has 0 constants.*Do without '--short-windows'/);
  await assert.rejects(openWhisper(folder, { shortWindows: true, padding: true }), InputError);
  const [short, whole] = [await openWhisper(folder, { shortWindows: true }), await openWhisper(folder)];
  assert.equal(short.key, `${whole.key}-short`);
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
