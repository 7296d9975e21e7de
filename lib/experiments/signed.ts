/**
 * Differences as text.
 *
 * @module
 */

/**
 * A number with its sign: `"+1.2"`, `"-0.3"`. What rounds to 0 is `"+0.0"`, never `"-0.0"`.
 *
 * @example
 * ```ts
 * import { signed } from "./signed.ts";
 * if ([1.25, -0.3, -1e-16].map((value) => signed(value)).join() !== "+1.3,-0.3,+0.0") throw new Error("wrong");
 * ```
 */
export function signed(value: number, digits = 1): string {
  const text = value.toFixed(digits);
  return Number(text) < 0 ? text : `+${text.replace("-", "")}`;
}
