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

Deno.test("a state saved at any point continues with the same batches", () => {
  for (let stop = 0; stop < 9; stop++) {
    const whole = new Batches(10, { batchSize: 3, seed: 5 });
    for (let i = 0; i < stop; i++) whole.next();
    const resumed = new Batches(10, { batchSize: 3, seed: 5, state: JSON.parse(JSON.stringify(whole.state)) });
    for (let i = 0; i < 8; i++) assert.deepEqual(resumed.next(), whole.next(), `stopped after ${stop}`);
  }
});

Deno.test("what is peeked at is what comes next, across epochs too, and is not given out by that", () => {
  const [batches, other] = [new Batches(10, { batchSize: 3, seed: 5 }), new Batches(10, { batchSize: 3, seed: 5 })];
  for (let i = 0; i < 9; i++) {
    const before = batches.state;
    const peeked = batches.peek();
    assert.deepEqual(batches.state, before);
    assert.deepEqual(batches.next(), peeked);
    assert.deepEqual(other.next(), peeked);
    assert.deepEqual(batches.state, other.state);
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

Deno.test("examples of one group meet in a batch; all examples are given once an epoch", () => {
  const groups = Array.from({ length: 24 }, (_, i) => `group ${i % 6}`); // 6 groups of 4, scattered
  const batches = new Batches(24, { batchSize: 8, seed: 2, groups });
  const given = Array.from({ length: 3 }, () => batches.next());
  for (const batch of given) assert.equal(new Set(batch.map((index) => groups[index])).size, 2, "two whole groups");
  assert.deepEqual(given.flat().toSorted((a, b) => a - b), [...Array(24).keys()]);
  assert.notDeepEqual(Array.from({ length: 3 }, () => batches.next()), given, "another epoch, another order");
});

Deno.test("examples without a group are shuffled alone; no groups at all leave the order as it was", () => {
  const alone = epoch(new Batches(12, { batchSize: 4, seed: 3 }), 3);
  assert.deepEqual(epoch(new Batches(12, { batchSize: 4, seed: 3, groups: Array(12).fill(undefined) }), 3), alone);
  const some = Array.from({ length: 12 }, (_, i) => i < 4 ? "twins" : undefined);
  const order = epoch(new Batches(12, { batchSize: 12, seed: 3, groups: some }), 1);
  assert.deepEqual(order.toSorted((a, b) => a - b), [...Array(12).keys()]);
  const places = [0, 1, 2, 3].map((index) => order.indexOf(index)).toSorted((a, b) => a - b);
  assert.equal(places[3]! - places[0]!, 3, "the group stands together");
});
