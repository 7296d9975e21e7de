/**
 * Findings in words, made from figures and how sure they are.
 *
 * @module
 */
import { figureText } from "../tables/report_table.ts";

/** A difference between two systems on the same queries. */
export interface FoundDifference {
  /** One less the other, in points. */
  points: number;
  /** Its 95 % interval. */
  interval: readonly [low: number, high: number];
  /** Two-sided p of no difference, where there is one. */
  p?: number | undefined;
}

/**
 * `"42.7 % [33.6, 51.8]"`.
 *
 * @param interval the 95 % interval
 */
export function percentWords(value: number, interval?: readonly [number, number]): string {
  return figureText({ value, interval }).replace(/^(\S+)/, "$1 %");
}

/**
 * Whether an interval of a difference tells two systems apart: it does where 0 lies outside.
 *
 * @example
 * ```ts
 * import { verdict } from "./words.ts";
 * if (verdict([0.9, 10]) !== "higher" || verdict([-3, 4]) !== "not told apart") throw new Error("wrong");
 * ```
 */
export function verdict([low, high]: readonly [number, number]): "higher" | "lower" | "not told apart" {
  return low > 0 ? "higher" : high < 0 ? "lower" : "not told apart";
}

/**
 * A difference with its interval and what it tells: `"+21.8 points [+10.9, +32.7], p < 0.001: **higher**"`.
 *
 * @example
 * ```ts
 * import { differenceWords } from "./words.ts";
 * const text = differenceWords({ points: 3.64, interval: [-0.9, 9.1], p: 0.184 });
 * if (text !== "+3.6 points [-0.9, +9.1], p 0.184: **not told apart**") throw new Error(text);
 * ```
 */
export function differenceWords({ points, interval, p }: FoundDifference): string {
  const figure = figureText({ value: points, interval, signed: true }).replace(" [", " points [");
  return `${figure}${p === undefined ? "" : `, ${figureText({ value: 0, p }).replace(/^\S+ /, "")}`}: **${
    verdict(interval)
  }**`;
}

/** A list in Markdown. */
export function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

/** `"a"`, `"a and b"`, `"a, b and c"`. */
export function listWords(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
