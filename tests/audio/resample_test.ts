import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { resample } from "../../lib/audio/resample.ts";
import { tone } from "./wav.ts";

const RATES = [8000, 11025, 22050, 24000, 44100, 48000, 96000];

Deno.test("resample keeps a tone below the edge, in amplitude and phase", () => {
  for (const rate of RATES) {
    const result = resample(tone(1000, rate, 0.4), rate, 16000);
    const expected = tone(1000, 16000, 0.4);
    assert.equal(result.length, expected.length, `${rate} Hz`);
    for (let i = 400; i < 6000; i++) {
      assert.ok(Math.abs(result[i]! - expected[i]!) < 2e-4, `${rate} Hz, sample ${i}: ${result[i]} for ${expected[i]}`);
    }
  }
});

Deno.test("every tone above the new Nyquist frequency vanishes by more than 90 dB", () => {
  for (const rate of [22050, 44100, 48000, 96000, 192000]) {
    for (let hertz = 8050; hertz < rate / 2; hertz += rate / 40) {
      const result = resample(tone(hertz, rate, 0.1, 1), rate, 16000).subarray(300, 1300);
      const loudest = 20 * Math.log10(result.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
      assert.ok(loudest < -90, `${hertz} Hz at ${rate} Hz is left at ${loudest} dB`);
    }
  }
});

Deno.test("resample takes rates that have nothing in common with 16 kHz", () => {
  for (const rate of [44101, 383999]) {
    const result = resample(tone(1000, rate, 0.1), rate, 16000);
    const expected = tone(1000, 16000, 0.1);
    for (let i = 300; i < 1300; i++) assert.ok(Math.abs(result[i]! - expected[i]!) < 1e-5, `${rate} Hz, sample ${i}`);
  }
});

Deno.test("resample equals a band-limited signal at the new times", () => {
  const random = new Random(2);
  const partials = Array.from({ length: 12 }, () => [random.uniform(50, 3500), random.uniform(0, 6), random.next()]);
  const signal = (t: number) =>
    partials.reduce((sum, [f, phase, a]) => sum + a! * Math.sin(2 * Math.PI * f! * t + phase!), 0);
  const input = new Float32Array(11025).map((_, i) => signal(i / 11025));
  const result = resample(input, 11025, 16000);
  for (let i = 1000; i < 15000; i++) assert.ok(Math.abs(result[i]! - signal(i / 16000)) < 2e-3);
});

Deno.test("resample returns the same array for equal rates and keeps the tail", () => {
  const samples = tone(440, 16000, 0.1);
  assert.equal(resample(samples, 16000, 16000), samples);
  assert.equal(resample(new Float32Array(48001), 48000, 16000).length, 16001);
  assert.equal(resample(new Float32Array(0), 48000, 16000).length, 0);
});

Deno.test("resample refuses a rate that is no rate", () => {
  for (const rate of [0, -1, NaN, 0.5]) {
    assert.throws(() => resample(new Float32Array(3), rate, 16000), { name: "InputError" });
  }
});

/** Output n by the formula, in double precision: a Kaiser-windowed sinc around the time `n / to`, whose weights sum to 1. */
function plainly(samples: Float32Array, from: number, to: number, n: number): number {
  const [zeros, cutoff, beta] = [64, 0.945, 10];
  const bessel = (x: number): number => {
    let sum = 1;
    for (let k = 60; k > 0; k--) sum = 1 + sum * (x / (2 * k)) ** 2;
    return sum;
  };
  const rate = Math.min(1, to / from);
  const time = n * from / to; // in input samples
  let [sum, weights] = [0, 0];
  for (let i = Math.floor(time - zeros / rate) + 1; i < time + zeros / rate; i++) {
    const part = (i - time) * rate / zeros; // of the window's reach
    const angle = Math.PI * cutoff * zeros * part;
    const weight = (angle === 0 ? 1 : Math.sin(angle) / angle) * bessel(beta * Math.sqrt(Math.max(0, 1 - part ** 2)));
    sum += weight * (samples[i] ?? 0);
    weights += weight;
  }
  return sum / weights;
}

Deno.test("resample equals the plain sums, at the ends, across its blocks, and for rates with many phases", () => {
  const random = new Random(4);
  for (
    const [from, to, length] of [[48000, 16000, 200_003], [44100, 16000, 9001], [8000, 16000, 40_000], [
      7,
      5,
      33,
    ]] as const
  ) {
    const samples = Float32Array.from({ length }, () => random.normal());
    const made = resample(samples, from, to);
    const all = made.length;
    for (const n of [0, 1, 2, 3, 5, all >> 1, 65535, 65536, 65537, all - 2, all - 1].filter((n) => n < all)) {
      const expected = plainly(samples, from, to, n);
      assert.ok(
        Math.abs(made[n]! - expected) < 3e-6,
        `${from} to ${to}, ${n} of ${all}: ${made[n]}, expected ${expected}`,
      );
    }
  }
});
