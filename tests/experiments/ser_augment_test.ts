import assert from "node:assert/strict";
import { addNoise, augment, shiftPitch, stretch } from "../../lib/experiments/ser/augment.ts";
import { Random } from "../../lib/random.ts";

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
