/**
 * Holm's correction of p-values for a family of comparisons.
 */

/**
 * Corrects p-values so that the probability of any false finding in the family is at most the level (Holm, 1979): the smallest
 * of N is multiplied by N, the next by N - 1 and so on. None is below one that was smaller.
 *
 * @returns in the order of `values`; NaN stays NaN and does not count
 */
export function holm(values: readonly number[]): number[] {
  const order = [...values.keys()].filter((i) => !Number.isNaN(values[i])).sort((a, b) => values[a]! - values[b]!);
  const corrected = values.map(() => NaN);
  let largest = 0;
  order.forEach((i, place) => {
    largest = Math.max(largest, Math.min(1, (order.length - place) * values[i]!));
    corrected[i] = largest;
  });
  return corrected;
}
