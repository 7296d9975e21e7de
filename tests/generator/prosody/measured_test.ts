import assert from "node:assert/strict";
import { Random } from "../../../lib/random.ts";
import { changedVoice } from "../../../data/generator/prosody/changed_voice.ts";
import { prosodyFrames } from "../../../data/generator/prosody/frames.ts";
import { transform } from "../../../data/generator/prosody/spectrum.ts";
import { FRAME_TARGETS, prosodyLesson, STATISTICS } from "../../../data/generator/prosody/statistics.ts";

/** A voice: a pulse train through a resonance, whose pitch glides from one value to another. */
function voice(seconds: number, from: number, to = from, gain = 0.3): Float32Array {
  let phase = 0, a = 0, b = 0;
  const samples = new Float32Array(16000 * seconds);
  for (let i = 0; i < samples.length; i++) {
    phase += from * (to / from) ** (i / samples.length) / 16000;
    const pulse = phase >= 1 ? 1 : 0;
    if (phase >= 1) phase -= 1;
    [a, b] = [pulse + 1.6 * a - 0.75 * b, a];
    samples[i] = gain * a / 4;
  }
  return samples;
}

Deno.test("the transform is the sum that defines it, and refuses other lengths", () => {
  const random = new Random(1), size = 64;
  const [x, y] = [0, 1].map(() => Float64Array.from({ length: size }, () => random.normal())) as [
    Float64Array,
    Float64Array,
  ];
  const [re, im] = [x.slice(), y.slice()];
  transform(re, im);
  for (let k = 0; k < size; k++) {
    let real = 0, imaginary = 0;
    for (let n = 0; n < size; n++) {
      const angle = -2 * Math.PI * k * n / size;
      real += x[n]! * Math.cos(angle) - y[n]! * Math.sin(angle);
      imaginary += x[n]! * Math.sin(angle) + y[n]! * Math.cos(angle);
    }
    assert.ok(Math.abs(re[k]! - real) < 1e-9 && Math.abs(im[k]! - imaginary) < 1e-9, `place ${k}`);
  }
  assert.throws(() => transform(new Float64Array(6), new Float64Array(6)), /6 and 6 values/);
  assert.throws(() => transform(new Float64Array(8), new Float64Array(4)), /8 and 4 values/);
});

for (const hertz of [90, 140, 220, 350, 500]) {
  Deno.test(`a voice of ${hertz} Hz is heard as one`, () => {
    const { pitch, voiced, active } = prosodyFrames(voice(1, hertz));
    const places = [...voiced.keys()].filter((i) => voiced[i] === 1);
    assert.ok(places.length > 0.9 * voiced.length, `${places.length} of ${voiced.length} voiced`);
    assert.ok(active.every((value) => value === 1));
    const middle = places.map((i) => 2 ** pitch[i]!).sort((a, b) => a - b)[places.length >> 1]!;
    assert.ok(Math.abs(middle / hertz - 1) < 0.03, `heard ${middle}`);
  });
}

Deno.test("level, tilt and voicing follow what is changed in the sound", () => {
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const plain = prosodyFrames(voice(1, 200));
  const loud = prosodyFrames(voice(1, 200, 200, 0.6));
  assert.ok(Math.abs(mean(loud.level) - mean(plain.level) - 20 * Math.log10(2)) < 0.01);
  assert.ok(Math.abs(mean(loud.tilt) - mean(plain.tilt)) < 0.01);
  const bright = voice(1, 200).map((value, i, all) => value - 0.9 * (all[i - 1] ?? 0));
  assert.ok(mean(prosodyFrames(bright).tilt) > mean(plain.tilt) + 6);
  const random = new Random(2);
  const noise = prosodyFrames(new Float32Array(16000).map(() => 0.1 * random.normal()));
  assert.ok(noise.voiced.filter((value) => value === 1).length < 0.05 * noise.voiced.length);
  const pause = new Float32Array(16000);
  pause.set(voice(0.4, 200));
  const { active } = prosodyFrames(pause);
  assert.ok(Math.abs(active.filter((value) => value === 1).length - 20) <= 3, active.join(""));
});

Deno.test("statistics tell a glide from a level voice, and a lesson is laid out as it says", () => {
  const level = prosodyLesson(voice(1, 200))!, glide = prosodyLesson(voice(1, 150, 300))!;
  assert.equal(level.statistics.length, STATISTICS);
  assert.equal(level.mel.length, 100 * 80);
  assert.equal(level.frames.length, 50 * FRAME_TARGETS);
  const octaves = ({ statistics }: typeof level): number => statistics[4]! - statistics[0]!; // percentiles 95 and 5
  assert.ok(octaves(level) < 0.05, String(octaves(level)));
  assert.ok(Math.abs(octaves(glide) - 0.85) < 0.15, String(octaves(glide))); // 90 % of an octave, without the ends
  assert.ok(Math.abs(level.statistics[2]! - Math.log2(200)) < 0.04);
  assert.ok(level.silence <= Math.min(...level.mel) + 1e-3);
  for (const values of [level.mel, level.frames, level.statistics]) assert.ok(values.every(Number.isFinite));
  assert.equal(prosodyLesson(new Float32Array(16000)), undefined);
  assert.equal(prosodyLesson(new Float32Array(100)), undefined);
});

Deno.test("a changed voice is another speaker's: faster means shorter and higher, and the seed says how", () => {
  const samples = voice(1, 200);
  for (let seed = 0; seed < 8; seed++) {
    const changed = changedVoice(samples, new Random(seed));
    assert.deepEqual(changed, changedVoice(samples, new Random(seed)));
    const speed = samples.length / changed.length;
    assert.ok(speed > 0.78 && speed < 1.28, String(speed));
    const middle = 2 ** prosodyLesson(changed)!.statistics[2]!;
    assert.ok(Math.abs(middle / (200 * speed) - 1) < 0.04, `seed ${seed}: ${middle} Hz at speed ${speed}`);
  }
});
