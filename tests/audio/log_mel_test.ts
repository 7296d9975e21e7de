import assert from "node:assert/strict";
import { WhisperFeatureExtractor } from "@xenova/transformers";
import { Random } from "../../lib/random.ts";
import { logMel } from "../../lib/audio/log_mel.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";

async function reference(samples: Float32Array, frames: number): Promise<Float32Array> {
  const extractor = new WhisperFeatureExtractor({
    feature_size: 80,
    n_fft: 400,
    hop_length: 160,
    sampling_rate: 16000,
    n_samples: 160 * frames,
    nb_max_frames: frames,
  });
  return Float32Array.from((await extractor._call(samples)).input_features.data);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

Deno.test("logMel equals the extractor of transformers.js, padded, exact and cut", async () => {
  const random = new Random(5);
  for (
    const [length, frames] of [[4321, 100], [16000, 100], [15999, 100], [15840, 99], [20000, 101], [300, 20], [7, 4]]
  ) {
    const samples = new Float32Array(length!).map(() => 0.1 * random.normal());
    const difference = largestDifference(logMel(samples, { frames: frames! }), await reference(samples, frames!));
    assert.ok(difference < 2e-5, `${length} samples in ${frames} frames differ by ${difference}`);
  }
});

Deno.test("logMel of a recording equals the extractor of transformers.js", async () => {
  const samples = await readAudio("tests/fixtures/audio/tone.flac");
  assert.ok(largestDifference(logMel(samples, { frames: 300 }), await reference(samples, 300)) < 2e-5);
});

Deno.test("logMel defaults to the 30 s window", () => {
  assert.equal(logMel(new Float32Array(16000).fill(0.1)).length, 80 * 3000);
});

Deno.test("logMel of silence is flat", () => {
  const flat = logMel(new Float32Array(1600), { frames: 10 });
  assert.ok(flat.every((value) => value === Math.fround(-1.5)));
  assert.deepEqual(logMel(new Float32Array(0), { frames: 10 }), flat);
});

Deno.test("logMel of a frame in the middle equals a plain Fourier sum", () => {
  const random = new Random(1);
  const samples = new Float32Array(1600).map(() => random.normal());
  const frames = 10, frame = 5;
  // Energy of all mel bands from Parseval's view: compare differences between two bands, which the maximum cannot shift.
  const power = Array.from({ length: 201 }, (_, k) => {
    let re = 0, im = 0;
    for (let n = 0; n < 400; n++) {
      const value = samples[frame * 160 - 200 + n]! * (0.5 - 0.5 * Math.cos(2 * Math.PI * n / 400));
      re += value * Math.cos(2 * Math.PI * k * n / 400);
      im -= value * Math.sin(2 * Math.PI * k * n / 400);
    }
    return re * re + im * im;
  });
  // On Slaney's scale the first two filters are triangles of 37.2 Hz half width, in steps of 40 Hz.
  const width = 200 / 3 * (15 + Math.log(8) / (Math.log(6.4) / 27)) / 81;
  const band = (b: number) =>
    power.reduce((sum, p, k) => sum + p * Math.max(0, 1 - Math.abs(40 * k / width - (b + 1))) / width, 0);
  const result = logMel(samples, { frames });
  const expected = (Math.log10(band(0)) - Math.log10(band(3))) / 4;
  assert.ok(Math.abs(result[frame]! - result[3 * frames + frame]! - expected) < 1e-5);
});

Deno.test("logMel refuses a window without frames", () => {
  assert.throws(() => logMel(new Float32Array(10), { frames: 0.5 }), /'frames' must be a whole number/);
});
