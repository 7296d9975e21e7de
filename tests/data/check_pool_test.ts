import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { type Outcome, overWorkers, type PoolOptions } from "../../lib/data/check/inspect_files.ts";

const module = import.meta.resolve("./check_pool_worker.ts");

async function outcomes(
  tasks: (number | string)[],
  options: Partial<PoolOptions> = {},
): Promise<Map<unknown, Outcome<number>>> {
  const found = new Map<unknown, Outcome<number>>();
  await overWorkers<number | string, number>(tasks, { module, workers: 2, limit: 60, ...options }, (task, outcome) => {
    strictEqual(found.has(task), false, `${task} was done twice`);
    found.set(task, outcome);
  });
  return found;
}

Deno.test("every task is answered once, however many workers there are", async () => {
  const tasks = Array.from({ length: 50 }, (_, i) => i);
  for (const workers of [1, 3]) {
    const found = await outcomes(tasks, { workers });
    strictEqual(found.size, 50);
    for (const task of tasks) deepStrictEqual(found.get(task), { answer: 2 * task });
  }
});

Deno.test("a task that breaks its worker costs itself only", async () => {
  const found = await outcomes([1, "crash", 2, 3], { workers: 1 });
  strictEqual(found.size, 4);
  deepStrictEqual(found.get(3), { answer: 6 });
  const crashed = found.get("crash") as { failed: string; why: string };
  strictEqual(crashed.failed, "crashed");
  match(crashed.why, /broke down/);
});

Deno.test("a task that never ends is given up after the limit, and the next goes to a fresh worker", async () => {
  const found = await outcomes([1, "hang", 2, 3], { workers: 1, limit: 3 });
  deepStrictEqual(found.get("hang"), { failed: "stuck", why: "it took more than 3 s" });
  deepStrictEqual(found.get(2), { answer: 4 });
  deepStrictEqual(found.get(3), { answer: 6 });
});

Deno.test("a fault of the program ends all", async () => {
  await rejects(outcomes([1, "error", 2]), /a fault of the program/);
});

Deno.test("a worker that cannot be loaded ends all", async () => {
  await rejects(outcomes([1], { module: import.meta.resolve("./no_such_worker.ts") }), /Cannot start the worker/);
});

Deno.test("an abort stops workers that are busy", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  const job = outcomes([1, "wait", "hang"], { workers: 3, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 500);
  await rejects(job, (error) => error === reason);
  await rejects(outcomes([1], { signal: controller.signal }), (error) => error === reason);
});

Deno.test("no task needs no worker", async () => {
  strictEqual((await outcomes([], { workers: 0 })).size, 0);
});
