/**
 * Work on a list with a few items under way at a time.
 *
 * @module
 */

/**
 * Calls `work` for every item, at most `width` at a time, and returns the results in the items' order. The first failure
 * stops the rest from starting; an abort does the same.
 *
 * @throws whatever `work` or the signal's reason is.
 *
 * @example
 * ```ts
 * import { mapConcurrent } from "./concurrency.ts";
 * const squares = await mapConcurrent([1, 2, 3], 2, (x) => Promise.resolve(x * x));
 * if (squares.join() !== "1,4,9") throw new Error(squares.join());
 * ```
 */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      signal?.throwIfAborted();
      const index = next++;
      try {
        results[index] = await work(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, width) }, worker));
  return results;
}
