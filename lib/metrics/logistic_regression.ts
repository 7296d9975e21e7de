/**
 * Logistic regression by maximum likelihood, with standard errors, tests, intervals and bands.
 */
import { inverse, Matrix } from "ml-matrix";
import { InputError } from "../errors.ts";
import { chiSquareTail, normalTails, studentReach, studentTails } from "./distributions.ts";

/** A coefficient with its Wald test. */
export type Coefficient = {
  /** `"intercept"`, or the column's name. */
  name: string;
  /** Change of the log-odds per unit of the column. */
  estimate: number;
  /** From the inverse of the Fisher information. */
  standardError: number;
  /** `estimate / standardError` */
  z: number;
  /** Two-sided p-value. */
  p: number;
  /** 95 % Wald interval. */
  confidence95: [low: number, high: number];
};

/** A fitted model. */
export type LogisticFit = {
  /** The intercept, then one for each column. */
  coefficients: Coefficient[];
  /** Covariance matrix of the coefficients, row by row. */
  covariance: number[][];
  logLikelihood: number;
  /** Log-likelihood of a model with the intercept alone. */
  nullLogLikelihood: number;
  /** McFadden's R2: `1 - logLikelihood / nullLogLikelihood`. */
  mcFaddenR2: number;
  /** Test against the intercept alone. */
  likelihoodRatio: { statistic: number; degrees: number; p: number };
  /** The number of rows. */
  observations: number;
  /** The number of rows whose outcome is 1. */
  positives: number;
  /** The number of Newton steps. */
  iterations: number;
  /** The same coefficients with errors that allow for dependence within groups of rows; absent without groups, or with one. */
  clustered?: { groups: number; coefficients: Coefficient[]; covariance: number[][] } | undefined;
};

/** Predicted probabilities at the values `x` of the column, with a pointwise 95 % band. */
export type LogisticCurve = { x: number[]; probability: number[]; lower95: number[]; upper95: number[] };

/** The most Newton steps; well-posed data needs fewer than ten. */
const MAX_STEPS = 50;
/** Newton's method has converged when no coefficient changes by more than this share. */
const TOLERANCE = 1e-12;

/** The group of each row, such as the image of a recording, whose rows are not independent. */
export type RowGroups = ArrayLike<number | string>;

/**
 * Fits `P(outcome = 1) = 1 / (1 + exp(-(b0 + b1 x1 + ...)))` by Newton's method (iteratively reweighted least squares).
 *
 * @param columns one array for each predictor, by name; all of the outcomes' length
 * @param outcomes 0 or 1
 * @param groups for errors that are clustered (sandwich estimator with the usual correction for few groups, Student's t)
 * @throws {InputError} if lengths differ, a value is not finite, an outcome is neither 0 nor 1, all outcomes are equal, a
 * column is constant, columns depend on each other, or a column separates the outcomes, so that there is no finite maximum.
 */
export function logisticRegression(
  columns: Readonly<Record<string, ArrayLike<number>>>,
  outcomes: ArrayLike<number>,
  groups?: RowGroups,
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
    coefficients: coefficientsOf(names, beta, covariance, Infinity),
    covariance: covariance.to2DArray(),
    logLikelihood,
    nullLogLikelihood,
    mcFaddenR2: 1 - logLikelihood / nullLogLikelihood,
    likelihoodRatio: { statistic, degrees, p: chiSquareTail(statistic, degrees) },
    observations: observed.length,
    positives,
    iterations,
    ...(groups && { clustered: clusteredErrors({ names, design, observed, beta, covariance }, groups) }),
  };
}

/** Wald tests of the coefficients. */
function coefficientsOf(names: readonly string[], beta: Matrix, covariance: Matrix, degrees: number): Coefficient[] {
  return names.map((name, i) => {
    const estimate = beta.get(i, 0), standardError = Math.sqrt(covariance.get(i, i)), z = estimate / standardError;
    const reach = studentReach(degrees) * standardError;
    const p = degrees === Infinity ? normalTails(z) : studentTails(z, degrees);
    return { name, estimate, standardError, z, p, confidence95: [estimate - reach, estimate + reach] };
  });
}

/** Liang and Zeger's covariance: bread times the sum over groups of the squared scores times bread. */
function clusteredErrors(
  { names, design, observed, beta, covariance: bread }: {
    names: readonly string[];
    design: Matrix;
    observed: readonly number[];
    beta: Matrix;
    covariance: Matrix;
  },
  groups: RowGroups,
): LogisticFit["clustered"] {
  if (groups.length !== observed.length) {
    throw new RangeError(
      `Cannot cluster ${observed.length} rows by ${groups.length} groups: expected a group for each row`,
    );
  }
  const fitted = design.mmul(beta).to1DArray().map(sigmoid);
  const members = [...Map.groupBy(observed.keys(), (row) => groups[row]).values()];
  if (members.length < 2) return undefined;
  const scores = new Matrix(members.map((rows) =>
    // [G, C]
    names.map((_, column) =>
      rows.reduce((sum, row) => sum + design.get(row, column) * (observed[row]! - fitted[row]!), 0)
    )
  ));
  const [count, rows] = [members.length, observed.length];
  const correction = count / (count - 1) * (rows - 1) / (rows - names.length);
  const covariance = bread.mmul(scores.transpose().mmul(scores)).mmul(bread).mul(correction); // [C, C]
  return {
    groups: count,
    coefficients: coefficientsOf(names, beta, covariance, count - 1),
    covariance: covariance.to2DArray(),
  };
}

/**
 * Computes the probability along the only column, with its 95 % band from the Wald interval of the log-odds, clustered
 * where groups are known.
 *
 * @throws {RangeError} if the model does not have exactly one column.
 */
export function logisticCurve(
  { coefficients, covariance: independent, clustered }: LogisticFit,
  x: readonly number[],
): LogisticCurve {
  if (coefficients.length !== 2) {
    throw new RangeError(`Cannot draw a curve as the model must have 1 column: it has ${coefficients.length - 1}`);
  }
  const [b0, b1] = coefficients.map(({ estimate }) => estimate) as [number, number];
  const covariance = clustered?.covariance ?? independent,
    reachOfOne = studentReach((clustered?.groups ?? Infinity) - 1);
  const [[v00, v01], [, v11]] = covariance as [[number, number], [number, number]];
  const reach = x.map((value) => reachOfOne * Math.sqrt(v00 + 2 * value * v01 + value * value * v11));
  const at = (sign: number) => x.map((value, i) => sigmoid(b0 + b1 * value + sign * reach[i]!));
  return { x: [...x], probability: at(0), lower95: at(-1), upper95: at(1) };
}

function newton(design: Matrix, outcomes: number[]): { beta: Matrix; covariance: Matrix; iterations: number } {
  const transposed = design.transpose(); // [C, N]
  let beta = Matrix.zeros(design.columns, 1);
  for (let step = 1; step <= MAX_STEPS; step++) {
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
      "maximum of the likelihood. Remove a column, or collect rows of both outcomes over the same range.",
  );
}

/** Computes the log-likelihood, precisely even for probabilities close to 0 or 1. */
function likelihood(logOdds: number[], outcomes: number[]): number {
  return logOdds.reduce((sum, eta, row) => {
    const signed = outcomes[row] === 1 ? -eta : eta;
    return sum - (Math.max(0, signed) + Math.log1p(Math.exp(-Math.abs(signed))));
  }, 0);
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/**
 * Finds out whether a threshold on a column separates the outcomes: completely, or except for rows on the threshold
 * (quasi-complete). The likelihood then has no finite maximum.
 */
export function separationOf(
  column: ArrayLike<number>,
  outcomes: ArrayLike<number>,
): "complete" | "quasi-complete" | "none" {
  const of = (wanted: number) => Array.from(column).filter((_, row) => outcomes[row] === wanted);
  const [zeros, ones] = [of(0), of(1)];
  const ends = (values: number[]): [number, number] =>
    values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const [[low0, high0], [low1, high1]] = [ends(zeros), ends(ones)];
  if (high0 < low1 || high1 < low0) return "complete";
  return high0 === low1 || high1 === low0 ? "quasi-complete" : "none";
}

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
    fail(
      `all ${rows} outcomes are ${outcomes[0]}: nothing distinguishes hits from misses. Use more queries or another K`,
    );
  }
  for (const [name, column] of Object.entries(columns)) {
    if (column.length !== rows) fail(`column '${name}' has ${column.length} rows: expected ${rows}`);
    for (let row = 0; row < rows; row++) {
      if (!Number.isFinite(column[row])) fail(`'${name}' of row ${row} is ${column[row]}: expected a finite number`);
    }
    if (Array.from(column).every((value) => value === column[0])) {
      fail(`column '${name}' is constant (${column[0]}): it cannot explain anything. Remove it`);
    }
    const separation = separationOf(column, outcomes);
    if (separation !== "none") {
      fail(
        `a threshold on column '${name}' separates hits from misses ${
          separation === "complete" ? "completely" : "except for rows on it (quasi-complete separation)"
        }: the slope has no finite estimate. Collect more rows, or report the threshold instead`,
      );
    }
  }
}
