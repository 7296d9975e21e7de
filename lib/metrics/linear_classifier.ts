/**
 * A linear classifier: softmax regression with an L2 penalty.
 */
import { InputError } from "../errors.ts";

/** Rows of features, all of one width. */
export type FeatureRows = readonly ArrayLike<number>[];

/** A fitted classifier. */
interface LinearClassifier {
  classes: string[];
  /** Returns the most probable class of each row. */
  predict(rows: FeatureRows): string[];
  /** Returns the probabilities `[N][classes]`. */
  probabilities(rows: FeatureRows): number[][];
}

/**
 * Fits `softmax(W x + b)` to standardized columns by maximum likelihood with an L2 penalty on W (not on b). The problem is
 * convex, so the result depends on the data only.
 *
 * @param labels the class of each row
 * @param options.l2 weight of half the sum of squared weights, relative to the sum of the rows' losses (scikit-learn's 1 / C)
 * @throws {InputError} if there are no rows, fewer than two classes, rows of different widths, or a value that is not finite.
 */
export function fitLinearClassifier(
  rows: FeatureRows,
  labels: readonly string[],
  { l2 = 1 }: { l2?: number } = {},
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
      throw new InputError(`Cannot fit a classifier as row ${i} must have ${width} finite numbers: it does not.`);
    }
  });
  const scale = computeScale(rows, width);
  const inputs = rows.map((row) => scaled(row, scale));
  const targets = labels.map((label) => classes.indexOf(label));
  const stride = width + 1; // a class's weights and its bias
  const { point } = minimize(
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

type Scale = { mean: Float64Array; factor: Float64Array };

function computeScale(rows: FeatureRows, width: number): Scale {
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

/** The point with the lowest value, and whether the gradient there is below the tolerance. */
type Minimum = { point: Float64Array; value: number; steps: number; converged: boolean };

const MEMORY = 10; // step pairs for the estimate of the curvature

/**
 * Minimizes a function by L-BFGS until the largest entry of the gradient is at most `tolerance`.
 *
 * @param evaluate computes the value and the gradient at a point
 * @param options.steps the most steps. Default 500.
 * @param options.tolerance Default 1e-6.
 */
export function minimize(
  evaluate: (point: Float64Array) => { value: number; gradient: Float64Array },
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

/** Computes minus the gradient times an estimate of the inverse curvature, by the two-loop recursion. */
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
  pairs.forEach(({ s, y, rho }, index) => {
    const beta = rho * dot(y, q);
    s.forEach((entry, i) => q[i]! += (alphas[index]! - beta) * entry);
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
