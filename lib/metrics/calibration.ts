/**
 * Calibration: observed outcomes against predicted probabilities, by bins.
 */
import { wilsonInterval } from "./distributions.ts";

/** Rows whose predictor is in `[from, to)`; the last bin includes `to`. All means are NaN for an empty bin. */
export type CalibrationBin = {
  from: number;
  to: number;
  /** The number of rows. */
  count: number;
  /** Mean of the predictor. */
  meanX: number;
  /** Share of outcomes that are 1. */
  observed: number;
  /** Mean predicted probability. */
  predicted: number;
  /** 95 % Wilson interval of the observed share. */
  observed95: [low: number, high: number];
};

/**
 * Bins rows by a predictor and compares the observed share with the mean prediction of each bin.
 *
 * @param x predictor, `[N]`
 * @param outcomes 0 or 1, `[N]`
 * @param predicted probabilities, `[N]`
 * @param options.bins the number of bins. Default 10; there are fewer if many predictors are equal.
 * @param options.by bins of equally many rows (default) or of equal width. Rows with equal predictors stay together.
 * @returns bins from low to high
 * @throws {RangeError} if lengths differ, there are no rows, or `bins` is not a positive whole number.
 */
export function calibrationBins(
  x: ArrayLike<number>,
  outcomes: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { bins = 10, by = "count" }: { bins?: number; by?: "count" | "width" } = {},
): CalibrationBin[] {
  const rows = x.length;
  if (rows === 0 || outcomes.length !== rows || predicted.length !== rows) {
    throw new RangeError(
      `Cannot bin ${rows} predictors, ${outcomes.length} outcomes and ${predicted.length} predictions: expected equal numbers, ` +
        `at least 1`,
    );
  }
  if (!(Number.isInteger(bins) && bins >= 1)) {
    throw new RangeError(`Cannot bin as 'bins' must be a positive whole number: it is ${bins}`);
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
    const inside = [...sorted.keys()].filter((row) => x[row]! >= from && (x[row]! < to || last));
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
