/**
 * What data must have for a logistic regression to have an answer.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** How a column tells the outcomes apart. */
export type Separation = "complete" | "quasi-complete" | "none";

/**
 * Whether one threshold on a column parts the outcomes: completely, or but for rows that lie on the threshold. The
 * likelihood then grows for ever with the slope.
 *
 * @example
 * ```ts
 * import { separationOf } from "./logistic_design.ts";
 * if (separationOf([1, 2, 3, 4], [0, 0, 1, 1]) !== "complete") throw new Error("expected complete");
 * if (separationOf([1, 2, 2, 4], [0, 0, 1, 1]) !== "quasi-complete") throw new Error("expected quasi-complete");
 * ```
 */
export function separationOf(column: ArrayLike<number>, outcomes: ArrayLike<number>): Separation {
  const of = (wanted: number) => Array.from(column).filter((_, row) => outcomes[row] === wanted);
  const [zeros, ones] = [of(0), of(1)];
  const ends = (values: number[]): [number, number] =>
    values.reduce(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
      [Infinity, -Infinity],
    );
  const [[low0, high0], [low1, high1]] = [ends(zeros), ends(ones)];
  if (high0 < low1 || high1 < low0) return "complete";
  return high0 === low1 || high1 === low0 ? "quasi-complete" : "none";
}

/**
 * Checks columns and outcomes.
 *
 * @throws {InputError} that names the first fault and the remedy.
 */
export function checkDesign(columns: Readonly<Record<string, ArrayLike<number>>>, outcomes: ArrayLike<number>): void {
  const fail = (why: string) => {
    throw new InputError(`Cannot fit a logistic regression as ${why}.`);
  };
  const names = Object.keys(columns);
  const rows = outcomes.length;
  if (names.length === 0) fail("there are no columns: expected at least 1");
  if (rows <= names.length + 1) {
    fail(`there are ${rows} rows for ${names.length + 1} coefficients: expected more rows`);
  }
  for (let row = 0; row < rows; row++) {
    if (outcomes[row] !== 0 && outcomes[row] !== 1) fail(`outcome ${row} is ${outcomes[row]}: expected 0 or 1`);
  }
  const positives = Array.from(outcomes).reduce((sum, outcome) => sum + outcome, 0);
  if (positives === 0 || positives === rows) {
    fail(`all ${rows} outcomes are ${outcomes[0]}: nothing tells hits from misses. Use more queries or another K`);
  }
  for (const [name, column] of Object.entries(columns)) {
    if (column.length !== rows) fail(`column '${name}' has ${column.length} rows: expected ${rows}`);
    for (let row = 0; row < rows; row++) {
      if (!Number.isFinite(column[row])) fail(`'${name}' of row ${row} is ${column[row]}: expected a finite number`);
    }
    if (Array.from(column).every((value) => value === column[0])) {
      fail(`column '${name}' is constant (${column[0]}): it cannot explain anything. Leave it out`);
    }
    const separation = separationOf(column, outcomes);
    if (separation !== "none") {
      fail(
        `a threshold on column '${name}' separates hits from misses ${
          separation === "complete" ? "completely" : "but for rows on it (quasi-complete separation)"
        }: the slope has no finite estimate. Gather more rows, or report the threshold instead`,
      );
    }
  }
}
