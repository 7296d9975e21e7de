/**
 * Logistic regression by maximum likelihood, with what a reviewer asks for: standard errors, tests, intervals, bands.
 *
 * @module
 */
import { inverse, Matrix } from "ml-matrix";
import { InputError } from "../errors.ts";
import { chiSquareTail, normalTails, Z95 } from "./distributions.ts";

/** A coefficient and how sure it is. */
export interface Coefficient {
  /** `"intercept"`, or the column's name. */
  name: string;
  /** Change of the log-odds for each unit of the column. */
  estimate: number;
  /** Standard error, from the inverse of the Fisher information. */
  standardError: number;
  /** Wald statistic: estimate over standard error. */
  z: number;
  /** Two-sided probability of such a z where the coefficient is 0. */
  p: number;
  /** Wald interval of 95 %. */
  confidence95: [low: number, high: number];
}

/** A fitted model. */
export interface LogisticFit {
  /** The intercept, then one for each column. */
  coefficients: Coefficient[];
  /** Covariance of the coefficients, row by row. */
  covariance: number[][];
  /** Logarithm of the likelihood. */
  logLikelihood: number;
  /** The same with the intercept alone. */
  nullLogLikelihood: number;
  /** McFadden's R2: `1 - logLikelihood / nullLogLikelihood`. */
  mcFaddenR2: number;
  /** Likelihood-ratio test against the intercept alone. */
  likelihoodRatio: { statistic: number; degrees: number; p: number };
  /** Rows. */
  observations: number;
  /** Rows whose outcome is 1. */
  positives: number;
  /** Newton steps that were taken. */
  iterations: number;
}

/** The model's probability at some points, with a pointwise band of 95 %. */
export interface LogisticCurve {
  /** Values of the column. */
  x: number[];
  /** Probability of an outcome of 1. */
  probability: number[];
  /** Lower end of the band. */
  lower95: number[];
  /** Upper end of the band. */
  upper95: number[];
}

/** Steps after which Newton's method has failed; well-posed data need fewer than ten. */
const MOST_STEPS = 50;
/** Newton steps end when no coefficient changes by more than this part. */
const TOLERANCE = 1e-12;

/**
 * Fits `P(outcome = 1) = 1 / (1 + exp(-(b0 + b1 x1 + ...)))` by Newton's method (iteratively reweighted least squares).
 *
 * @param columns one array for each predictor, by name; all of the outcomes' length
 * @param outcomes 0 or 1
 * @throws {InputError} where lengths differ, a value is no number, an outcome is neither 0 nor 1 or all are alike, a column
 * is constant, columns depend on each other, or a column separates the outcomes, so that there is no finite maximum.
 *
 * @example
 * ```ts
 * import { logisticRegression } from "./logistic_regression.ts";
 * // Two groups: 1 of 4 and 3 of 4 hits. The slope is the difference of their log-odds, 2 ln 3.
 * const fit = logisticRegression({ group: [0, 0, 0, 0, 1, 1, 1, 1] }, [1, 0, 0, 0, 1, 1, 1, 0]);
 * if (Math.abs(fit.coefficients[1]!.estimate - 2 * Math.log(3)) > 1e-9) throw new Error("not 2 ln 3");
 * ```
 */
export function logisticRegression(
  columns: Readonly<Record<string, ArrayLike<number>>>,
  outcomes: ArrayLike<number>,
): LogisticFit {
  checkDesign(columns, outcomes);
  const names = ["intercept", ...Object.keys(columns)];
  const values = Object.values(columns);
  const design = new Matrix(Array.from(outcomes, (_, row) => [1, ...values.map((column) => column[row]!)])); // [N, C]
  const observed = Array.from(outcomes);
  const { beta, covariance, iterations } = newton(design, observed);
  const positives = observed.reduce((sum, outcome) => sum + outcome, 0);
  const share = positives / observed.length;
  const logLikelihood = likelihood(design.mmul(beta).to1DArray(), observed);
  const nullLogLikelihood = positives * Math.log(share) + (observed.length - positives) * Math.log(1 - share);
  const statistic = 2 * (logLikelihood - nullLogLikelihood);
  const degrees = values.length;
  return {
    coefficients: names.map((name, i) => {
      const estimate = beta.get(i, 0), standardError = Math.sqrt(covariance.get(i, i)), z = estimate / standardError;
      return {
        name,
        estimate,
        standardError,
        z,
        p: normalTails(z),
        confidence95: [estimate - Z95 * standardError, estimate + Z95 * standardError],
      };
    }),
    covariance: covariance.to2DArray(),
    logLikelihood,
    nullLogLikelihood,
    mcFaddenR2: 1 - logLikelihood / nullLogLikelihood,
    likelihoodRatio: { statistic, degrees, p: chiSquareTail(statistic, degrees) },
    observations: observed.length,
    positives,
    iterations,
  };
}

/**
 * The fitted probability along the only column, with its band of 95 %: the Wald interval of the log-odds, brought back.
 *
 * @throws {RangeError} where the model has another number of columns than one.
 */
export function logisticCurve({ coefficients, covariance }: LogisticFit, x: readonly number[]): LogisticCurve {
  if (coefficients.length !== 2) {
    throw new RangeError(`Cannot draw a curve as the model must have 1 column: it has ${coefficients.length - 1}`);
  }
  const [b0, b1] = coefficients.map(({ estimate }) => estimate) as [number, number];
  const [[v00, v01], [, v11]] = covariance as [[number, number], [number, number]];
  const reach = x.map((value) => Z95 * Math.sqrt(v00 + 2 * value * v01 + value * value * v11));
  const at = (sign: number) => x.map((value, i) => sigmoid(b0 + b1 * value + sign * reach[i]!));
  return { x: [...x], probability: at(0), lower95: at(-1), upper95: at(1) };
}

function newton(design: Matrix, outcomes: number[]): { beta: Matrix; covariance: Matrix; iterations: number } {
  const transposed = design.transpose(); // [C, N]
  let beta = Matrix.zeros(design.columns, 1);
  for (let step = 1; step <= MOST_STEPS; step++) {
    const fitted = design.mmul(beta).to1DArray().map(sigmoid);
    const residuals = Matrix.columnVector(outcomes.map((outcome, row) => outcome - fitted[row]!));
    const weighted = design.clone();
    fitted.forEach((p, row) => weighted.mulRow(row, p * (1 - p)));
    const information = transposed.mmul(weighted); // [C, N] x [N, C]
    const covariance = invert(information);
    const change = covariance.mmul(transposed.mmul(residuals));
    beta = Matrix.add(beta, change);
    const moved = Math.max(...change.to1DArray().map((value, i) => Math.abs(value) / (1 + Math.abs(beta.get(i, 0)))));
    if (moved < TOLERANCE) return { beta, covariance, iterations: step };
  }
  throw separated();
}

function invert(information: Matrix): Matrix {
  let result: Matrix | undefined;
  try {
    result = inverse(information);
  } catch {
    throw separated();
  }
  if (!result.to1DArray().every(Number.isFinite)) throw separated();
  return result;
}

function separated(): InputError {
  return new InputError(
    "Cannot fit a logistic regression as the columns separate the outcomes or depend on each other: there is no finite " +
      "maximum of the likelihood. Leave out a column, or gather rows of both outcomes over the same range.",
  );
}

/** Sum of the logarithms of the outcomes' probabilities, exact where a probability is close to 0 or 1. */
function likelihood(logOdds: number[], outcomes: number[]): number {
  return logOdds.reduce((sum, eta, row) => {
    const signed = outcomes[row] === 1 ? -eta : eta;
    return sum - (Math.max(0, signed) + Math.log1p(Math.exp(-Math.abs(signed))));
  }, 0);
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** How a column separates the outcomes. */
export type Separation = "complete" | "quasi-complete" | "none";

/**
 * Whether one threshold on a column parts the outcomes: completely, or but for rows that lie on the threshold. The
 * likelihood then grows for ever with the slope.
 *
 * @example
 * ```ts
 * import { separationOf } from "./logistic_regression.ts";
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
function checkDesign(columns: Readonly<Record<string, ArrayLike<number>>>, outcomes: ArrayLike<number>): void {
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
