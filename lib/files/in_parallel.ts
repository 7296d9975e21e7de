/** Work on many items, a limited number of them at a time. */

/**
 * Maps items, at most `limit` of them at a time.
 *
 * @returns the results in the order of the items
 * @throws the first error, after the work that had begun has ended; no further item is begun.
 */
export async function inParallel<T, R>(items: Iterable<T>, limit: number, of: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items].entries();
  let failed: { error: unknown } | undefined;
  await Promise.all(Array.from({ length: limit }, async () => {
    for (const [i, item] of waiting) {
      try {
        results[i] = await of(item);
      } catch (error) {
        failed ??= { error };
      }
      if (failed) return;
    }
  }));
  if (failed) throw failed.error;
  return results;
}
