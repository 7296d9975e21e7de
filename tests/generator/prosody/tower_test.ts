import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { logMel } from "../../../lib/audio/log_mel.ts";
import { readAudio } from "../../../lib/audio/read_audio.ts";
import { exists } from "../../../lib/files.ts";
import { Random } from "../../../lib/random.ts";
import { useBackend } from "../../../lib/runtime/backend.ts";
import { loadRavdess } from "../../../lib/data/ravdess.ts";
import { onnxParts } from "../../../data/generator/prosody/onnx_parts.ts";
import { prosodyWhisper } from "../../../data/generator/prosody/prosody_whisper.ts";
import { type ProsodyLesson, prosodyLesson } from "../../../data/generator/prosody/statistics.ts";
import { addedHeads } from "../../../data/generator/prosody/tower_onnx.ts";
import {
  randomTower,
  runTower,
  STATE_WIDTH,
  type TowerOutput,
  towerShapes,
  type TowerSize,
} from "../../../data/generator/prosody/tower.ts";
import { scalesOf, towerBatch, towerLoss, trainTower } from "../../../data/generator/prosody/training.ts";
import { type Heard, loadWhisper } from "../../../lib/whisper/whisper.ts";
import { inFolder } from "../../helpers.ts";

await useBackend("wasm");

const WHISPER = "data/models/whisper-tiny-sample";
const size: TowerSize = { width: 24, pooled: 12, inner: 20 };
const recordings = (await loadRavdess("data/sample/ravdess", { calm: "neutral", onOddity: () => {} }))
  .filter((_, i) => i % 29 === 0).slice(0, 12);
const lessons: ProsodyLesson[] = [];
for (const { audio } of recordings) {
  const lesson = prosodyLesson(await readAudio(audio));
  if (lesson !== undefined) lessons.push(lesson);
}

function tensorsOf(values: ReadonlyMap<string, Float32Array>): Map<string, tf.Tensor> {
  return new Map([...towerShapes(size)].map(([name, shape]) => [name, tf.tensor(values.get(name)!, shape)]));
}

Deno.test("silence behind a recording changes none of its frames but the last", () => {
  tf.tidy(() => {
    const weights = tensorsOf(randomTower(size, new Random(1)));
    const scales = scalesOf(lessons);
    const [plain, longer] = [0, 400].map((padding) =>
      runTower(weights, towerBatch(lessons.slice(0, 2), scales, padding).mel)
    ) as [ReturnType<typeof runTower>, ReturnType<typeof runTower>];
    const states = plain.frames.shape[1];
    const apart = tf.max(tf.abs(
      tf.sub(plain.frames, tf.slice(longer.frames, [0, 0, 0], [2, states, -1])).slice([0, 0, 0], [2, states - 3, -1]),
    ));
    assert.ok(apart.dataSync()[0]! < 1e-4);
    assert.deepEqual(longer.frames.shape, [2, states + 200, 11]);
    assert.deepEqual(longer.statistics.shape, [2, 53]);
  });
});

Deno.test("the loss is 0 where all is said rightly, and that of a loop elsewhere", () => {
  const scales = scalesOf(lessons);
  const batch = towerBatch(lessons.slice(0, 3), scales);
  const weights = tensorsOf(randomTower(size, new Random(2)));
  const said = tf.tidy(() => ({ ...runTower(weights, batch.mel) })) as unknown as TowerOutput;
  const right = tf.tidy(() => towerLoss(weights, { ...batch, ...said }).dataSync()[0]!);
  assert.ok(Math.abs(right) < 1e-6);
  const [s, t] = [said.statistics.dataSync(), batch.statistics.dataSync()];
  let ofStatistics = 0;
  s.forEach((value, i) => {
    const off = Math.abs(value - t[i]!);
    ofStatistics += (off < 1 ? off * off / 2 : off - 0.5) / s.length;
  });
  const [f, g, c] = [said.frames.dataSync(), batch.frames.dataSync(), batch.counts.dataSync()];
  const sums = [0, 0], counts = [0, 0];
  f.forEach((value, i) => {
    const part = i % 11 === 0 ? 0 : 1;
    sums[part]! += c[i]! * (value - g[i]!) ** 2;
    counts[part]! += c[i]!;
  });
  const expected = 2 * ofStatistics + 0.5 * (sums[0]! / counts[0]! + sums[1]! / counts[1]!);
  const actual = tf.tidy(() => towerLoss(weights, batch).dataSync()[0]!);
  assert.ok(Math.abs(actual - expected) < 1e-4 * expected, `${actual} and ${expected}`);
  tf.dispose([
    ...weights.values(),
    said.frames,
    said.statistics,
    batch.mel,
    batch.frames,
    batch.counts,
    batch.statistics,
  ]);
});

Deno.test("a training lowers the loss, and one that was stopped ends with the same numbers", async () => {
  await inFolder(async (folder) => {
    const training = { size, steps: 120, batchSize: 6 };
    const losses: number[] = [];
    const whole = await trainTower(lessons, {
      ...training,
      checkpoint: join(folder, "a"),
      onStep: (_, loss) => loss !== undefined && losses.push(loss),
    });
    assert.ok(losses.at(-1)! < 0.8 * losses[0]!, losses.join());
    const stop = new AbortController();
    const stopped = await trainTower(lessons, {
      ...training,
      checkpoint: join(folder, "b"),
      onStep: (step) => step === 17 && stop.abort(),
      signal: stop.signal,
    });
    assert.equal(stopped, undefined);
    const steps: number[] = [];
    const resumed = await trainTower(lessons, {
      ...training,
      checkpoint: join(folder, "b"),
      onStep: (step) => void steps.push(step),
    });
    assert.equal(steps[0], 18);
    for (const [name, values] of whole!) {
      const other = resumed!.get(name)!;
      values.forEach((value, i) => assert.ok(Math.abs(value - other[i]!) < 1e-5, `${name} ${i}`));
    }
  });
});

Deno.test("the wider Whisper says the same words, keeps its states and adds what TensorFlow.js computes", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "wide");
    const audio = recordings.slice(0, 4).map((clip) => clip.audio);
    const options = { whisper: WHISPER, out, audio, copies: 1, steps: 5, size };
    assert.equal(await prosodyWhisper(options), true);
    let steps = 0;
    assert.equal(await prosodyWhisper({ ...options, onStep: () => steps++ }), true);
    assert.equal(steps, 0); // what is complete is kept
    const sounds = await Promise.all(audio.map((path) => readAudio(path)));
    await using stack = new AsyncDisposableStack();
    const [narrow, wide] = await Promise.all([WHISPER, out].map(async (name) => {
      const whisper = await loadWhisper(name);
      stack.defer(() => whisper.dispose());
      return await whisper.transcribe(sounds);
    })) as [Heard[], Heard[]];
    const trained = await trainedValues(out);
    for (const [i, heard] of wide.entries()) {
      const before = narrow[i]!;
      assert.equal(heard.text, before.text);
      assert.notEqual(heard.text, "");
      assert.equal(heard.width, 128 + STATE_WIDTH);
      const bands = logMel(sounds[i]!, { frames: 2000 });
      const expected = tf.tidy(() => {
        const mel = tf.transpose(tf.tensor3d(bands, [1, 80, 2000]), [0, 2, 1]) as tf.Tensor3D;
        const said = runTower(tensorsOf(trained), mel);
        const repeated = tf.tile(tf.expandDims(said.statistics, 1), [1, 1000, 1]);
        return tf.concat([said.frames, repeated], 2).dataSync();
      });
      for (let frame = 0; frame < heard.frames; frame++) {
        for (let k = 0; k < 128; k++) {
          const [a, b] = [heard.states[frame * 192 + k]!, before.states[frame * 128 + k]!];
          assert.ok(Math.abs(a - b) < 1e-5, `Whisper's state ${frame}, ${k}: ${a} and ${b}`);
        }
        for (let k = 0; k < STATE_WIDTH; k++) {
          const [a, b] = [heard.states[frame * 192 + 128 + k]!, expected[frame * STATE_WIDTH + k]!];
          assert.ok(Math.abs(a - b) < 2e-3, `prosody ${frame}, ${k}: ${a} and ${b}`);
        }
      }
    }
    // Other recordings: begins anew.
    await prosodyWhisper({ ...options, audio: audio.slice(1), onStep: () => steps++ });
    assert.equal(steps, 5);
  });
});

async function trainedValues(folder: string): Promise<Map<string, Float32Array>> {
  const { readSafetensors } = await import("../../../lib/files/safetensors.ts");
  const file = await readSafetensors(join(folder, "tower.safetensors"));
  return new Map([...towerShapes(size).keys()].map((name) => [name, file.get(name)!.data as Float32Array]));
}

Deno.test("a stopped one is not taken for a whole one; what cannot be widened is refused", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "wide");
    const options = { whisper: WHISPER, out, audio: [recordings[0]!.audio], copies: 0, steps: 5, size };
    const stop = new AbortController();
    const onStep = (step: number): void => void (step === 2 && stop.abort());
    assert.equal(await prosodyWhisper({ ...options, onStep, signal: stop.signal }), false);
    assert.equal(await exists(join(out, "config.json")), false);
    const steps: number[] = [];
    assert.equal(await prosodyWhisper({ ...options, onStep: (step) => void steps.push(step) }), true);
    assert.deepEqual(steps, [3, 4, 5]);
    const silence = join(folder, "silence.wav");
    await Deno.writeFile(silence, wave(new Int16Array(16000)));
    await assert.rejects(prosodyWhisper({ ...options, out: join(folder, "none"), audio: [silence] }), /none of 1 rec/);
  });
  assert.throws(() => addedHeads(96, 2), /width 96 and 2 heads/);
  assert.equal(addedHeads(512, 8), 1);
  const bytes = await Deno.readFile(join(WHISPER, "onnx", "encoder_model.onnx"));
  assert.throws(() => onnxParts(bytes.subarray(0, bytes.length - 1000), "half.onnx"), /half\.onnx.*ends in the middle/);
});

/** 16 kHz mono. */
function wave(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(44 + samples.byteLength), view = new DataView(bytes.buffer);
  const tell = (at: number, name: string): void => bytes.set(new TextEncoder().encode(name), at);
  tell(0, "RIFF"), tell(8, "WAVEfmt "), tell(36, "data");
  view.setUint32(4, bytes.length - 8, true), view.setUint32(16, 16, true), view.setUint16(20, 1, true);
  view.setUint16(22, 1, true), view.setUint32(24, 16000, true), view.setUint32(28, 32000, true);
  view.setUint16(32, 2, true), view.setUint16(34, 16, true), view.setUint32(40, samples.byteLength, true);
  bytes.set(new Uint8Array(samples.buffer), 44);
  return bytes;
}
