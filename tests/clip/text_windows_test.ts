import fc from "fast-check";
import assert from "node:assert/strict";
import { textCapacity, textWindows } from "../../lib/clip/tokenizer.ts";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

Deno.test("a text that fits is its only window; one token more makes two of equal length", () => {
  assert.deepEqual(textWindows([], { capacity: 4 }), [[]]);
  assert.deepEqual(textWindows(upTo(4), { capacity: 4 }), [upTo(4)]);
  assert.deepEqual(textWindows(upTo(5), { capacity: 4, overlap: 1 }), [[0, 1, 2], [2, 3, 4]]);
  assert.deepEqual(textWindows(upTo(6), { capacity: 4, overlap: 0 }), [[0, 1, 2], [3, 4, 5]]);
  assert.deepEqual(textWindows(upTo(8), { capacity: 4, overlap: 2 }), [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]]);
});

Deno.test("windows hold every token in order, share the overlap, are equally long, and are the fewest", () => {
  const cases = fc.integer({ min: 1, max: 80 }).chain((capacity) =>
    fc.record({
      capacity: fc.constant(capacity),
      overlap: fc.option(fc.integer({ min: 0, max: capacity - 1 }), { nil: undefined }),
      total: fc.integer({ min: 0, max: 700 }),
    })
  );
  fc.assert(fc.property(cases, ({ capacity, overlap, total }) => {
    const windows = textWindows(upTo(total), { capacity, overlap });
    const shared = overlap ?? Math.floor(capacity / 4);
    assert.deepEqual([...new Set(windows.flat())], upTo(total), "all, in order");
    for (const window of windows) {
      assert.deepEqual(window, upTo(window.length).map((i) => i + window[0]!), "a stretch of the text");
      assert.equal(window.length, windows[0]!.length);
      assert.ok(window.length <= capacity);
    }
    const starts = windows.map((window) => window[0] ?? 0);
    const steps = starts.slice(1).map((start, i) => start - starts[i]!);
    for (const step of steps) assert.ok(step >= 1 && windows[0]!.length - step >= shared, `${step}`);
    if (steps.length > 0) assert.ok(Math.max(...steps) - Math.min(...steps) <= 1, "evenly spread");
    // One window fewer could not hold the text: n windows with this overlap reach over n * (c - o) + o tokens.
    const n = windows.length - 1;
    if (n > 0) assert.ok(n * (capacity - shared) + shared < total);
  }));
});

Deno.test("prompts take positions of the text", () => {
  assert.equal(textCapacity(77), 75);
  assert.equal(textCapacity(77, 4), 71);
  assert.equal(textCapacity(7, 4), 1);
  assert.throws(() => textCapacity(6, 4), /4 prompts leave 0 of 6 positions/);
});

Deno.test("impossible options are named", () => {
  for (const capacity of [0, -1, 2.5, NaN]) {
    assert.throws(() => textWindows([1], { capacity, overlap: 0 }), /'capacity' must be/);
  }
  for (const overlap of [-1, 4, 1.5]) {
    assert.throws(() => textWindows([1], { capacity: 4, overlap }), /'overlap' must be .* from 0 to 3/);
  }
});
