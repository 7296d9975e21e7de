/**
 * The minimum of a smooth convex function: L-BFGS with a backtracking line search.
 *
 * @module
 */

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
 * import { minimise } from "./lbfgs.ts";
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
