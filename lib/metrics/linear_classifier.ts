/**
 * A linear classifier on features: softmax regression with an L2 penalty, at its one optimum.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** Rows of features, all of one width. */
export type FeatureRows = readonly ArrayLike<number>[];

/** A fitted classifier. */
export interface LinearClassifier {
  /** Names of the classes, in the order of their scores. */
  classes: string[];
  /** The most probable class of each row. */
  predict(rows: FeatureRows): string[];
  /** The probability of each class for each row: `[N][classes]`. */
  probabilities(rows: FeatureRows): number[][];
}

/** Options of {@link fitLinearClassifier}. */
export interface LinearClassifierOptions {
  /** Weight of half the sum of squared weights beside the sum of the rows' losses, as 1 / C elsewhere. Default 1. */
  l2?: number;
  /** Whether columns are brought to mean 0 and deviation 1 by those of the rows that are fitted. Default true. */
  standardise?: boolean;
}

/**
 * Fits `softmax(W x + b)` by maximum likelihood with an L2 penalty on W (not on b). The problem is convex, so the result
 * depends on the data only.
 *
 * @param labels the class of each row
 * @throws {InputError} where there are no rows, fewer than two classes, rows of different widths, or a value that is no number.
 *
 * @example
 * ```ts
 * import { fitLinearClassifier } from "./linear_classifier.ts";
 * const low = [[0, 1], [1, 0], [1, 2]], high = [[9, 1], [8, 0], [8, 2]];
 * const classifier = fitLinearClassifier([...low, ...high], ["low", "low", "low", "high", "high", "high"]);
 * if (classifier.predict([[7, 1]])[0] !== "high") throw new Error("expected high");
 * ```
 */
export function fitLinearClassifier(
  rows: FeatureRows,
  labels: readonly string[],
  { l2 = 1, standardise = true }: LinearClassifierOptions = {},
): LinearClassifier {
  const classes = [...new Set(labels)].sort();
  const width = rows[0]?.length ?? 0;
  if (rows.length === 0 || rows.length !== labels.length || classes.length < 2) {
    throw new InputError(
      `Cannot fit a classifier to ${rows.length} rows with ${labels.length} labels of ${classes.length} classes: expected a ` +
        `label for each row and at least 2 classes.`,
    );
  }
  rows.forEach((row, i) => {
    if (row.length !== width || !Array.from(row).every(Number.isFinite)) {
      throw new InputError(`Cannot fit a classifier as row ${i} must have ${width} finite numbers: it has not.`);
    }
  });
  const scale = standardise
    ? scaleOf(rows, width)
    : { mean: new Float64Array(width), factor: new Float64Array(width).fill(1) };
  const inputs = rows.map((row) => scaled(row, scale));
  const targets = labels.map((label) => classes.indexOf(label));
  const stride = width + 1; // a class's weights and its bias
  const { point } = minimise(
    (point) => {
      const gradient = new Float64Array(point.length);
      let value = 0;
      inputs.forEach((input, row) => {
        const p = softmax(scores(point, input, classes.length));
        value -= Math.log(Math.max(1e-300, p[targets[row]!]!));
        p.forEach((probability, c) => {
          const error = probability - Number(c === targets[row]);
          const at = c * stride;
          for (let i = 0; i < width; i++) gradient[at + i]! += error * input[i]!;
          gradient[at + width]! += error;
        });
      });
      for (let c = 0; c < classes.length; c++) {
        for (let at = c * stride; at < c * stride + width; at++) {
          value += 0.5 * l2 * point[at]! ** 2;
          gradient[at]! += l2 * point[at]!;
        }
      }
      return { value, gradient };
    },
    new Float64Array(classes.length * stride),
    { tolerance: 1e-5 * rows.length ** 0.5 },
  );
  const probabilities = (wanted: FeatureRows) =>
    wanted.map((row) => softmax(scores(point, scaled(row, scale), classes.length)));
  return {
    classes,
    probabilities,
    predict: (wanted) => probabilities(wanted).map((p) => classes[p.indexOf(Math.max(...p))]!),
  };
}

interface Scale {
  mean: Float64Array;
  factor: Float64Array;
}

function scaleOf(rows: FeatureRows, width: number): Scale {
  const mean = new Float64Array(width), factor = new Float64Array(width);
  for (let i = 0; i < width; i++) {
    const column = rows.map((row) => row[i]!);
    mean[i] = column.reduce((sum, value) => sum + value, 0) / rows.length;
    const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean[i]!) ** 2, 0) / rows.length);
    factor[i] = deviation > 1e-12 ? 1 / deviation : 0; // a constant column carries no information
  }
  return { mean, factor };
}

function scaled(row: ArrayLike<number>, { mean, factor }: Scale): Float64Array {
  return Float64Array.from(row, (value, i) => (value - mean[i]!) * factor[i]!);
}

function scores(point: Float64Array, input: Float64Array, classes: number): number[] {
  return Array.from({ length: classes }, (_, c) => {
    const at = c * (input.length + 1);
    let sum = point[at + input.length]!;
    for (let i = 0; i < input.length; i++) sum += point[at + i]! * input[i]!;
    return sum;
  });
}

function softmax(values: number[]): number[] {
  const highest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** A function's value and gradient at a point. */
export interface ValueAndGradient {
  /** The value. */
  value: number;
  /** One entry for each variable. */
  gradient: Float64Array;
}

/** Where the search ended. */
export interface Minimum {
  /** The point. */
  point: Float64Array;
  /** The function's value there. */
  value: number;
  /** Steps that were taken. */
  steps: number;
  /** Whether the gradient came below the tolerance. */
  converged: boolean;
}

const MEMORY = 10; // pairs of steps that tell the curvature

/**
 * Searches from a point downhill until the largest entry of the gradient is at most `tolerance`.
 *
 * @param options `steps` at most, default 500; `tolerance`, default 1e-6
 *
 * @example
 * ```ts
 * import { minimise } from "./linear_classifier.ts";
 * const { point } = minimise(
 *   ([x, y]) => ({ value: (x! - 3) ** 2 + 10 * y! ** 2, gradient: Float64Array.of(2 * (x! - 3), 20 * y!) }),
 *   new Float64Array([0, 5]),
 * );
 * if (Math.abs(point[0]! - 3) > 1e-6 || Math.abs(point[1]!) > 1e-6) throw new Error(String(point));
 * ```
 */
export function minimise(
  evaluate: (point: Float64Array) => ValueAndGradient,
  start: Float64Array,
  { steps = 500, tolerance = 1e-6 }: { steps?: number; tolerance?: number } = {},
): Minimum {
  let point: Float64Array = Float64Array.from(start);
  let { value, gradient } = evaluate(point);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let step = 0; step < steps; step++) {
    if (gradient.every((entry) => Math.abs(entry) <= tolerance)) return { point, value, steps: step, converged: true };
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = evaluate(moved(point, direction, length));
    while (!(next.value <= value + 1e-4 * length * slope) && length > 1e-12) {
      length /= 2;
      next = evaluate(moved(point, direction, length));
    }
    if (!(next.value < value)) return { point, value, steps: step, converged: false }; // no better point within rounding
    const to = moved(point, direction, length);
    const s = to.map((entry, i) => entry - point[i]!), y = next.gradient.map((entry, i) => entry - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) {
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > MEMORY) pairs.shift();
    }
    point = to;
    ({ value, gradient } = next);
  }
  return { point, value, steps, converged: false };
}

/** The two-loop recursion: minus the gradient times an estimate of the inverse curvature. */
function descent(gradient: Float64Array, pairs: { s: Float64Array; y: Float64Array; rho: number }[]): Float64Array {
  const q = gradient.map((entry) => -entry);
  const alphas = pairs.toReversed().map(({ s, y, rho }) => {
    const alpha = rho * dot(s, q);
    y.forEach((entry, i) => q[i]! -= alpha * entry);
    return alpha;
  });
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    q.forEach((entry, i) => q[i] = scale * entry);
  }
  alphas.reverse();
  pairs.forEach(({ s, y, rho }, place) => {
    const beta = rho * dot(y, q);
    s.forEach((entry, i) => q[i]! += (alphas[place]! - beta) * entry);
  });
  return q;
}

function moved(point: Float64Array, direction: Float64Array, length: number): Float64Array {
  return point.map((entry, i) => entry + length * direction[i]!);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
