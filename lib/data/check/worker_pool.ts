/**
 * Tasks spread over workers, one at a time each; a task that breaks its worker or never ends costs itself only.
 *
 * @module
 */

/** What a worker posts: `"ready"` once it is loaded, then an answer or an error for each task. */
export type WorkerMessage<Answer> = "ready" | { answer: Answer } | { error: string };

/** What became of a task: its answer, or why it has none. */
export type Outcome<Answer> = { answer: Answer } | { failed: "crashed" | "stuck"; why: string };

/** How {@link overWorkers} works. */
export interface PoolOptions {
  /** The worker's module. */
  module: string;
  /** Workers at once. */
  workers: number;
  /** Seconds after which a task counts as stuck, and its worker is replaced. */
  limit: number;
  /** Stops all workers at once. */
  signal?: AbortSignal | undefined;
}

/**
 * Gives each task to the next worker that is free.
 *
 * @param done called for each task in the order in which they end
 * @throws {Error} where a worker cannot be loaded, or posts an error of the program.
 * @throws the signal's reason, where it was aborted.
 */
export async function overWorkers<Task, Answer>(
  tasks: Iterable<Task>,
  { module, workers, limit, signal }: PoolOptions,
  done: (task: Task, outcome: Outcome<Answer>) => void,
): Promise<void> {
  signal?.throwIfAborted();
  const waiting = tasks[Symbol.iterator]();
  const running = new Set<() => void>();
  let over: { error: unknown } | undefined;
  const stop = (error: unknown): void => {
    over ??= { error };
    for (const end of running) end();
  };
  const abort = (): void => stop(signal?.reason);
  signal?.addEventListener("abort", abort);

  const serve = async (): Promise<void> => {
    let worker: LoadedWorker<Task, Answer> | undefined;
    for (let next = waiting.next(); !next.done && !over; next = waiting.next()) {
      if (!worker?.isAlive()) worker = await startWorker(module, running);
      const outcome = await worker.give(next.value, limit);
      if (!over) done(next.value, outcome);
    }
  };

  await Promise.all(Array.from({ length: workers }, () => serve().catch(stop)));
  signal?.removeEventListener("abort", abort);
  for (const end of running) end();
  if (over) throw over.error;
}

interface LoadedWorker<Task, Answer> {
  isAlive(): boolean;
  give(task: Task, limit: number): Promise<Outcome<Answer>>;
}

/** Starts a worker, and adds to `running` what ends it. */
async function startWorker<Task, Answer>(
  module: string,
  running: Set<() => void>,
): Promise<LoadedWorker<Task, Answer>> {
  const worker = new Worker(module, { type: "module" });
  const loaded = Promise.withResolvers<void>();
  let current: PromiseWithResolvers<Outcome<Answer>> | undefined;
  const end = (failed: "crashed" | "stuck", why: string): void => {
    worker.terminate();
    running.delete(endUnasked);
    loaded.reject(new Error(`Cannot start the worker '${module}': ${why}`));
    current?.resolve({ failed, why });
  };
  const endUnasked = (): void => end("crashed", "it was stopped");
  running.add(endUnasked);
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage<Answer>>) => {
    if (data === "ready") loaded.resolve();
    else if ("error" in data) current?.reject(new Error(data.error));
    else current?.resolve(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end("crashed", event.message);
  };
  await loaded.promise;
  return {
    isAlive: () => running.has(endUnasked),
    async give(task, limit) {
      current = Promise.withResolvers<Outcome<Answer>>();
      const timer = setTimeout(() => end("stuck", `it took more than ${limit} s`), limit * 1000);
      worker.postMessage(task);
      try {
        return await current.promise;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
