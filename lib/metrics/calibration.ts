/**
 * Whether predicted probabilities are what is observed, by bins.
 *
 * @module
 */
import { wilsonInterval } from "./distributions.ts";

/** Rows whose predictor lies within one bin. */
export interface CalibrationBin {
  /** Lower end of the bin. */
  from: number;
  /** Upper end; belongs to the bin in the last one only. */
  to: number;
  /** Rows in it. */
  count: number;
  /** Mean of the predictor; NaN for an empty bin. */
  meanX: number;
  /** Share of outcomes that are 1; NaN for an empty bin. */
  observed: number;
  /** Mean predicted probability; NaN for an empty bin. */
  predicted: number;
  /** Wilson interval of 95 % of the observed share; NaN for an empty bin. */
  observed95: [low: number, high: number];
}

/** Options of {@link calibrationBins}. */
export interface CalibrationOptions {
  /** Number of bins. Default 10. */
  bins?: number;
  /** Bins of equally many rows (default) or of equal width. Rows with equal predictors stay together. */
  by?: "count" | "width";
}

/**
 * Puts rows into bins along a predictor and compares the observed share with the mean prediction of each.
 *
 * @param x predictor, `[N]`
 * @param outcomes 0 or 1, `[N]`
 * @param predicted probabilities, `[N]`
 * @returns bins from low to high; fewer than asked for where many predictors are equal
 * @throws {RangeError} where lengths differ, there are no rows, or `bins` is no positive whole number.
 *
 * @example
 * ```ts
 * import { calibrationBins } from "./calibration.ts";
 * const bins = calibrationBins([0, 1, 2, 3], [1, 1, 0, 1], [0.9, 0.8, 0.6, 0.5], { bins: 2 });
 * if (bins[1]!.observed !== 0.5 || bins[1]!.predicted !== 0.55) throw new Error("not 1 of 2");
 * ```
 */
export function calibrationBins(
  x: ArrayLike<number>,
  outcomes: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { bins = 10, by = "count" }: CalibrationOptions = {},
): CalibrationBin[] {
  const rows = x.length;
  if (rows === 0 || outcomes.length !== rows || predicted.length !== rows) {
    throw new RangeError(
      `Cannot make bins of ${rows} predictors, ${outcomes.length} outcomes and ${predicted.length} predictions: expected as ` +
        `many of each, at least 1`,
    );
  }
  if (!(Number.isInteger(bins) && bins >= 1)) {
    throw new RangeError(`Cannot make bins as 'bins' must be a positive whole number: it is ${bins}`);
  }
  const sorted = Float64Array.from(x).sort();
  const [low, high] = [sorted[0]!, sorted[rows - 1]!];
  const inner = Array.from({ length: bins - 1 }, (_, i) => {
    const part = (i + 1) / bins;
    return by === "width" ? low + part * (high - low) : sorted[Math.floor(part * rows)]!;
  });
  const edges = [...new Set([low, ...inner, high])];
  if (edges.length === 1) edges.push(low);
  return edges.slice(0, -1).map((from, i) => {
    const to = edges[i + 1]!;
    const last = i === edges.length - 2;
    const inside = Array.from({ length: rows }, (_, row) => row)
      .filter((row) => x[row]! >= from && (x[row]! < to || last));
    const mean = (values: ArrayLike<number>) => inside.reduce((sum, row) => sum + values[row]!, 0) / inside.length;
    const observed = mean(outcomes);
    return {
      from,
      to,
      count: inside.length,
      meanX: mean(x),
      observed,
      predicted: mean(predicted),
      observed95: wilsonInterval(observed, inside.length),
    };
  });
}
