import assert from "node:assert/strict";
import { Queue, QueueFull } from "../../lib/serve/queue.ts";

const NEVER = new AbortController().signal;

/** A job that ends when it is let go, and whether it has begun. */
function gate<T>(value: T): { job: () => Promise<T>; open: () => void; started: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<T>();
  let started = false;
  return { job: () => (started = true, promise), open: () => resolve(value), started: () => started };
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("jobs run in order, as many at a time as the queue allows, and too many are refused", async () => {
  for (const atOnce of [1, 2]) {
    const queue = new Queue(atOnce, 2);
    const gates = Array.from({ length: atOnce + 2 }, (_, i) => gate(i));
    const results = gates.map(({ job }) => queue.run(job, NEVER));
    await soon();
    const started = () => gates.filter((one) => one.started()).length;
    assert.equal(started(), atOnce);
    await assert.rejects(queue.run(() => Promise.resolve(), NEVER), QueueFull);
    for (const [i, result] of results.entries()) {
      gates[i]!.open();
      assert.equal(await result, i);
      await soon();
      assert.equal(started(), Math.min(gates.length, atOnce + i + 1));
    }
    assert.equal(await queue.run(() => Promise.resolve("again"), NEVER), "again");
  }
});

Deno.test("a job that fails does not stop the next", async () => {
  const queue = new Queue(1, 5);
  const failed = queue.run(() => Promise.reject(new Error("no")), NEVER);
  const next = queue.run(() => Promise.resolve(2), NEVER);
  await assert.rejects(failed, /no/);
  assert.equal(await next, 2);
});

Deno.test("an abort answers at once; a waiting job is skipped, a running one is waited for", async () => {
  const queue = new Queue(1, 5);
  const [first, second, third] = [gate(1), gate(2), gate(3)];
  const [stopFirst, stopSecond] = [new AbortController(), new AbortController()];
  const results = [
    queue.run(first.job, stopFirst.signal),
    queue.run(second.job, stopSecond.signal),
    queue.run(third.job, NEVER),
  ];
  stopSecond.abort(new Error("second"));
  await assert.rejects(results[1]!, /second/);
  stopFirst.abort(new Error("first"));
  await assert.rejects(results[0]!, /first/);
  await soon();
  assert.equal(third.started(), false, "the first job still runs");
  first.open();
  third.open();
  assert.equal(await results[2], 3);
  assert.equal(second.started(), false);
});
