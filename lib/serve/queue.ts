/** A queue in front of something that does one job at a time. */

/** More jobs wait than the queue holds. */
export class QueueFull extends Error {
  override name = "QueueFull";
}

/** Runs jobs in order, a few at a time. */
export class Queue {
  readonly #atOnce: number;
  readonly #longest: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * @param atOnce jobs that run at the same time
   * @param longest jobs that may wait
   */
  constructor(atOnce: number, longest: number) {
    this.#atOnce = atOnce;
    this.#longest = longest;
  }

  /**
   * Runs a job when it is its turn. After an abort the caller gets the signal's reason at once: a job that waits is skipped, and
   * the next one begins only when a running job has ended.
   *
   * @throws {QueueFull} if too many jobs wait; what the job throws; the signal's reason.
   */
  async run<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#running >= this.#atOnce && this.#waiting.length >= this.#longest) {
      throw new QueueFull(`${this.#longest} jobs are waiting already`);
    }
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      return await Promise.race([this.#inTurn(job, signal), aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #inTurn<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++;
    else await new Promise<void>((start) => this.#waiting.push(start));
    try {
      signal.throwIfAborted();
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
