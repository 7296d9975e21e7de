/**
 * How sure a share is.
 *
 * @module
 */

const Z95 = 1.959963984540054;

/**
 * Wilson's interval of 95 % of a share: it stays within [0, 1] and is of use for few rows.
 *
 * @param share from 0 to 1
 * @param count rows behind it
 * @returns [NaN, NaN] without rows
 *
 * @example
 * ```ts
 * import { wilsonInterval } from "./wilson.ts";
 * const [low, high] = wilsonInterval(0.5, 100);
 * if (low.toFixed(3) !== "0.404" || high.toFixed(3) !== "0.596") throw new Error("wrong");
 * ```
 */
export function wilsonInterval(share: number, count: number): [low: number, high: number] {
  const z2 = Z95 * Z95;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const reach = Z95 / (1 + z2 / count) * Math.sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  return [Math.max(0, centre - reach), Math.min(1, centre + reach)]; // rounding can lead out of [0, 1]
}
