import assert from "node:assert/strict";
import { Batches } from "../../lib/training/batches.ts";

function epoch(batches: Batches, count: number): number[] {
  return Array.from({ length: count }, () => batches.next()).flat();
}

Deno.test("an epoch gives each example at most once, and all where the batch size divides their number", () => {
  assert.deepEqual(epoch(new Batches(12, { batchSize: 4, seed: 3 }), 3).toSorted((a, b) => a - b), [
    ...Array(12).keys(),
  ]);
  assert.equal(new Set(epoch(new Batches(13, { batchSize: 4, seed: 3 }), 3)).size, 12);
});

Deno.test("orders differ between epochs and seeds, and repeat for the same seed", () => {
  const batches = new Batches(40, { batchSize: 8, seed: 1 });
  const [first, second] = [epoch(batches, 5), epoch(batches, 5)];
  assert.notDeepEqual(first, second);
  assert.deepEqual(epoch(new Batches(40, { batchSize: 8, seed: 1 }), 5), first);
  assert.notDeepEqual(epoch(new Batches(40, { batchSize: 8, seed: 2 }), 5), first);
});

Deno.test("a state taken anywhere continues with the same batches", () => {
  for (let stop = 0; stop < 9; stop++) {
    const whole = new Batches(10, { batchSize: 3, seed: 5 });
    for (let i = 0; i < stop; i++) whole.next();
    const resumed = new Batches(10, { batchSize: 3, seed: 5, state: JSON.parse(JSON.stringify(whole.state)) });
    for (let i = 0; i < 8; i++) assert.deepEqual(resumed.next(), whole.next(), `stopped after ${stop}`);
  }
});

Deno.test("fewer examples than a batch holds make whole-set batches", () => {
  const batches = new Batches(3, { batchSize: 32, seed: 1 });
  assert.deepEqual(batches.next().toSorted(), [0, 1, 2]);
  assert.deepEqual(batches.next().toSorted(), [0, 1, 2]);
});

Deno.test("no examples are refused", () => {
  assert.throws(() => new Batches(0, { batchSize: 2, seed: 1 }), /from 0 examples/);
});
