import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { initializeClip } from "../../lib/clip/clip.ts";
import {
  addNoise,
  augment,
  cropped,
  pooled,
  shiftPitch,
  standardizer,
  stretch,
} from "../../lib/experiments/ser/augment.ts";
import { allClipFeatures, clipFeatures } from "../../lib/experiments/ser/encoder.ts";
import { digestOf, fineTune, keptPart, MovingAverage } from "../../lib/experiments/ser/fine_tune.ts";
import { FINE_TUNE } from "../../lib/experiments/ser/results.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { createBrewClip, disposeBrewClip, encodeSpeech } from "../../lib/systems/brewclip.ts";
import { joinSpeech } from "../../lib/training/examples.ts";
import { inFolder } from "../helpers.ts";
import { tinyClipConfig, tinyExamples } from "../training/tiny.ts";

await useBackend("wasm");

const RATE = 16000;

/** A tone that swells, so that its length can be heard too. */
function tone(hertz: number, samples = RATE): Float32Array {
  return Float32Array.from(
    { length: samples },
    (_, i) => Math.sin(2 * Math.PI * hertz * i / RATE) * Math.sin(Math.PI * i / samples),
  );
}

/** Periods a second, counted between upward zero crossings of the middle. */
function pitch(samples: Float32Array): number {
  const [from, to] = [Math.round(samples.length / 4), Math.round(samples.length * 3 / 4)];
  const crossings: number[] = [];
  for (let i = from; i < to; i++) if (samples[i - 1]! < 0 && samples[i]! >= 0) crossings.push(i);
  return (crossings.length - 1) * RATE / (crossings.at(-1)! - crossings[0]!);
}

Deno.test("stretching changes the length, not the pitch nor the loudness", () => {
  for (const factor of [0.6, 0.85, 1, 1.15, 1.7]) {
    const result = stretch(tone(220), factor);
    assert.equal(result.length, Math.round(RATE * factor));
    assert.ok(Math.abs(pitch(result) - 220) < 2.5, `${factor}: ${pitch(result)} Hz`);
    assert.ok(Math.abs(Math.max(...result) - 1) < 0.05);
  }
  assert.throws(() => stretch(tone(220), 3), /'factor' must be in \[0.5, 2\]: current value is 3/);
});

Deno.test("a shift of pitch keeps the length", () => {
  for (const semitones of [-2, -1, 0, 1.5, 2]) {
    const result = shiftPitch(tone(220), semitones);
    assert.equal(result.length, RATE);
    const expected = 220 * 2 ** (semitones / 12);
    assert.ok(Math.abs(pitch(result) - expected) < 3, `${semitones}: ${pitch(result)} Hz, expected ${expected}`);
  }
});

Deno.test("noise lies as far below the recording as is said", () => {
  const clean = tone(300);
  const noisy = addNoise(clean, 20, new Random(1));
  const level = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0) / values.length;
  const ratio = 10 * Math.log10(level(clean) / level(noisy.map((value, i) => value - clean[i]!)));
  assert.ok(Math.abs(ratio - 20) < 0.3, `${ratio} dB`);
});

Deno.test("a changed copy is repeatable, differs from the recording, and bears the shortest", () => {
  const once = augment(tone(250), new Random(5));
  assert.deepEqual(once, augment(tone(250), new Random(5)));
  assert.notDeepEqual(once, augment(tone(250), new Random(6)));
  assert.ok(once.length >= 0.85 * RATE - 1 && once.length <= 1.15 * RATE + 1);
  assert.ok(augment(tone(250, 40), new Random(1)).every(Number.isFinite));
  assert.equal(augment(new Float32Array(0), new Random(1)).length, 0);
});

Deno.test("a piece of a clip is a run of its frames", async () => {
  const values = Float32Array.from({ length: 20 }, (_, i) => i);
  const example = {
    id: "a",
    imageId: "a",
    image: "",
    states: { frames: 10, width: 2, values: () => Promise.resolve(values) },
  };
  const random = new Random(1);
  assert.equal(cropped(example, 1, random), example);
  const lengths = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const { frames, values } = cropped(example, 0.4, random).states!;
    const piece = await values();
    lengths.add(frames);
    assert.equal(piece.length, 2 * frames);
    assert.ok(frames >= 4 && piece[0]! % 2 === 0);
    piece.forEach((value, i) => assert.equal(value, piece[0]! + i));
  }
  assert.ok(lengths.size >= 4);
});

Deno.test("pooled frames are means of groups; standardized ones have mean 0 and deviation 1 over the train clips", async () => {
  const random = new Random(4);
  const clip = (frames: number) => {
    const values = Float32Array.from(
      { length: 2 * frames },
      (_, i) => i % 2 === 0 ? 100 + 5 * random.normal() : random.normal(),
    );
    return { id: "", imageId: "", image: "", states: { frames, width: 2, values: () => Promise.resolve(values) } };
  };
  const one = clip(7);
  assert.equal(pooled(one, 1), one);
  const halves = pooled(one, 3).states!; // frames 0 to 3, and 4 to 6
  assert.equal(halves.frames, 2);
  const [all, means] = [await one.states.values(), await halves.values()];
  for (const i of [0, 1]) {
    assert.ok(Math.abs(means[i]! - (all[i]! + all[2 + i]! + all[4 + i]! + all[6 + i]!) / 4) < 1e-5);
    assert.ok(Math.abs(means[2 + i]! - (all[8 + i]! + all[10 + i]! + all[12 + i]!) / 3) < 1e-5);
  }
  assert.equal(pooled(clip(2), 5).states!.frames, 1);
  const train = [clip(40), clip(25)];
  const standard = await standardizer(train);
  const rows = (await Promise.all(train.map((example) => standard(example).states!.values()))).flatMap((
    row,
  ) => [...row]);
  for (const i of [0, 1]) {
    const column = rows.filter((_, at) => at % 2 === i);
    const mean = column.reduce((sum, value) => sum + value, 0) / 65;
    assert.ok(Math.abs(mean) < 1e-4);
    assert.ok(Math.abs(column.reduce((sum, value) => sum + value ** 2, 0) / 65 - 1) < 1e-3);
  }
  const other = await standard(one).states!.values();
  const ratio = (other[0]! - other[2]!) / (other[1]! - other[3]!);
  assert.ok(Math.abs(ratio / ((all[0]! - all[2]!) / (all[1]! - all[3]!))) < 1); // the first column is five times as wide
});

Deno.test("a kept part is made once for the same inputs, and again for others", () =>
  inFolder(async (folder) => {
    let made = 0;
    const part = (key: string) => keptPart(`${folder}/part.json`, key, () => Promise.resolve(++made));
    const [a, b] = [await digestOf(["x", new Float32Array([1])]), await digestOf(["x", new Float32Array([2])])];
    assert.notEqual(a, b);
    assert.deepEqual([await part(a), await part(a), await part(b), await part(a)], [1, 1, 2, 3]);
    await assert.rejects(keptPart(`${folder}/other.json`, a, () => Promise.reject(new Error("stopped"))), /stopped/);
    assert.equal(await keptPart(`${folder}/other.json`, a, () => Promise.resolve("later")), "later");
  }));

Deno.test("the average is that of a plain loop, and frees what it holds", async () => {
  for (const decay of [0, 0.5, 0.98]) {
    const weight = tf.tidy(() => tf.variable(tf.tensor2d([[0, 0]])));
    const before = tf.memory().numTensors;
    const average = new MovingAverage(decay);
    let expected: number[] = [];
    for (let step = 1; step <= 40; step++) {
      const value = [Math.sin(step), step];
      tf.tidy(() => weight.assign(tf.tensor2d([value])));
      average.add(new Map([["w", weight]]));
      const kept = Math.min(decay, step / (step + 9));
      expected = step === 1 ? value : expected.map((mean, i) => kept * mean + (1 - kept) * value[i]!);
    }
    average.assignTo(new Map([["w", weight]]));
    const found = [...await weight.data()];
    found.forEach((value, i) =>
      assert.ok(Math.abs(value - expected[i]!) < 1e-4, `${decay}: ${found}, not ${expected}`)
    );
    if (decay === 0) assert.deepEqual(found, [Math.fround(Math.sin(40)), 40]);
    average[Symbol.dispose]();
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([...await weight.data()], found, "the weight outlives the average");
    weight.dispose();
  }
});

Deno.test("a decay outside [0, 1) is refused", () => {
  for (const decay of [-0.1, 1, NaN]) assert.throws(() => new MovingAverage(decay), /'decay' must be in \[0, 1\)/);
});

const acoustic = { whisperWidth: 6, promptLength: 3, heads: 2, feedforward: 24, dropout: 0.3 };

Deno.test("features of clips are those of encodeSpeech, though each text is read once", async () => {
  const clip = initializeClip(tinyClipConfig, 3);
  const { examples } = tinyExamples(6);
  for (const variant of ["full", "pip", "e2e"] as const) {
    const model = createBrewClip(variant, clip, acoustic, 2);
    const doubled = [...examples, examples[2]!].map((example, i) => ({
      ...example,
      texts: i === 1 ? [...example.texts!, ...examples[0]!.texts!] : example.texts,
    }));
    const before = tf.memory().numTensors;
    const speech = await joinSpeech(doubled);
    const [features, expected] = [clipFeatures(model, speech), encodeSpeech(model, speech)];
    const [found, right] = [await features.data(), await expected.speech.data()];
    found.forEach((value, i) => assert.ok(Math.abs(value - right[i]!) < 1e-5, `${variant} ${i}`));
    tf.dispose([features, ...Object.values(expected), ...(speech.states ? [speech.states] : [])]);
    const rows = await allClipFeatures(model, doubled);
    assert.equal(tf.memory().numTensors, before);
    rows.flatMap((row) => [...row]).forEach((value, i) => assert.ok(Math.abs(value - found[i]!) < 1e-5));
    disposeBrewClip(model);
  }
  clip.dispose();
});

Deno.test("fine-tuning learns emotions from the sound, repeats, leaks no tensor and keeps the vision parameters", async () => {
  const clip = initializeClip(tinyClipConfig, 3);
  const { examples: made } = tinyExamples(48);
  const examples = made.map((example) => ({ ...example, texts: made[0]!.texts }));
  const labels = examples.map((_, i) => i % 12 < 6 ? "low" : "high");
  const settings = { ...FINE_TUNE, steps: 120, learningRate: 1e-2, dropout: 0.1, crop: 1 };
  const tune = async (seed: number): Promise<{ said: string[]; vision: number[] }> => {
    const model = createBrewClip("full", clip, acoustic, 2);
    const before = tf.memory().numTensors;
    const train = { examples: examples.slice(0, 36), labels: labels.slice(0, 36) };
    const losses: number[] = [];
    const onStep = (_: number, loss?: number): void => void (loss === undefined || losses.push(loss));
    const tuned = await fineTune(model, train, settings, { classes: ["high", "low"], seed, onStep });
    assert.equal(losses.length, 12, "the loss is told every 10 steps");
    assert.ok(losses.at(-1)! < losses[0]! && losses[0]! < 2 * Math.LN2, losses.join(", "));
    const said = await tuned.predict(examples.slice(36));
    tuned.dispose();
    assert.equal(tf.memory().numTensors, before);
    const vision = [...await model.parameters.get("prompts.to_vision.weight")!.data()];
    disposeBrewClip(model);
    return { said, vision };
  };
  const first = await tune(1);
  // The moods meet at a value of 0, where noise decides.
  const right = first.said.filter((said, i) => said === labels[36 + i]).length;
  assert.ok(right >= 10, `${right} of 12 are right`);
  assert.deepEqual(await tune(1), first);
  const fresh = createBrewClip("full", clip, acoustic, 2);
  assert.deepEqual(first.vision, [...await fresh.parameters.get("prompts.to_vision.weight")!.data()]);
  const stopped = AbortSignal.abort(new Error("stop"));
  const job = fineTune(fresh, { examples, labels }, settings, { classes: ["high", "low"], seed: 1, signal: stopped });
  await assert.rejects(job, /stop/);
  await assert.rejects(fineTune(fresh, { examples, labels }, settings, { classes: ["high"], seed: 1 }), /'low'/);
  disposeBrewClip(fresh);
  clip.dispose();
});
