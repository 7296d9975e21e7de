import assert from "node:assert/strict";
import fc from "fast-check";
import { repeatedIn, sentencesOf, windowsOf } from "../../lib/whisper/windows.ts";
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

Deno.test("sentencesOf cuts in the pauses between sentences", () => {
  const sentence = swell(5, 1.4).map((value, i) => value + (i % 2 === 0 ? 0.3 : -0.3));
  const samples = new Float32Array(6 * 28800); // 1.4 s of sound, 0.4 s of silence, six times
  for (let i = 0; i < 6; i++) samples.set(sentence, i * 28800);
  for (const seconds of [1.5, 2, 2.5]) {
    const pieces = sentencesOf(samples, seconds);
    assert.ok(pieces.length >= 3, `${seconds} s`);
    assert.ok(pieces.every(({ length }, i) => i === pieces.length - 1 || length % 320 === 0));
    let start = 0;
    for (const { length } of pieces.slice(0, -1)) {
      start += length;
      assert.ok(start % 28800 >= 22400, `a cut at ${start}`);
    }
    assert.deepEqual(Float32Array.from(pieces.flatMap((piece) => [...piece])), samples);
  }
  assert.deepEqual(sentencesOf(samples, 100), [samples]);
});

Deno.test("repeatedIn finds sentences that are repeated in a row, within a text or from one to the next", () => {
  const one = "A dog runs, fast.";
  assert.deepEqual(repeatedIn([`${one} ${one}`, "A cat sits on the mat."]), [4, 0]);
  assert.deepEqual(repeatedIn([one, "a dog runs fast"]), [4, 4]);
  assert.deepEqual(repeatedIn([`${one} ${one} ${one}`, `${one} and then it sleeps for the rest of the day`]), [4, 0]);
  assert.deepEqual(repeatedIn(["It is very very very cold.", "No, no, yes!"]), [0, 0]);
  assert.deepEqual(repeatedIn(["", "A dog runs. A cat runs.", ""]), [0, 0, 0]);
  assert.deepEqual(repeatedIn([]), []);
});
