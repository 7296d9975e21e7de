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
