import assert from "node:assert/strict";
import fc from "fast-check";
import { windowsOf } from "../../lib/whisper/windows.ts";
import { swell } from "./random_whisper.ts";

Deno.test("windowsOf cuts a recording into pieces that fit and make it up", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100000 }), fc.integer({ min: 10000, max: 40000 }), (length, window) => {
      const samples = swell(length, 0).length === 0
        ? new Float32Array(length).map((_, i) => Math.sin(i * i))
        : swell(1, 1);
      const pieces = windowsOf(samples, window);
      assert.ok(pieces.every((piece) => piece.length <= window));
      assert.deepEqual(Float32Array.from(pieces.flatMap((piece) => [...piece])), samples);
    }),
    { numRuns: 10 },
  );
});

Deno.test("windowsOf cuts in the pause", () => {
  const samples = swell(3, 3).map((value) => value + 0.3);
  samples.fill(0, 30000, 31000);
  const [first, second] = windowsOf(samples, 32000);
  assert.ok(first!.length >= 30000 && first!.length <= 31000, String(first!.length));
  assert.equal(first!.length + second!.length, 48000);
});
