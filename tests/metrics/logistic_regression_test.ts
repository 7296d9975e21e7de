import assert from "node:assert/strict";
import { deepStrictEqual, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { InputError } from "../../lib/errors.ts";
import { logisticCurve, logisticRegression, separationOf } from "../../lib/metrics/logistic_regression.ts";
import { Random } from "../../lib/random.ts";

const FIXTURE = new URL("../fixtures/metrics.json", import.meta.url);
const { logistic } = JSON.parse(await Deno.readTextFile(FIXTURE));

function close(actual: number, expected: number, what: string): void {
  ok(Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected)), `${what}: ${actual}, expected ${expected}`);
}

Deno.test("logistic regression equals the reference in every figure", () => {
  const fit = logisticRegression({ wer: logistic.wer }, logistic.hit);
  const [intercept, slope] = fit.coefficients;
  close(intercept!.estimate, logistic.intercept, "intercept");
  close(slope!.estimate, logistic.slope, "slope");
  fit.coefficients.forEach((coefficient, i) => {
    close(coefficient.standardError, logistic.standard_errors[i], "standard error");
    close(coefficient.z, logistic.z[i], "z");
    ok(Math.abs(coefficient.p - logistic.p_values[i]) < 1e-9, "p");
    coefficient.confidence95.forEach((end, side) => close(end, logistic.confidence_95[i][side], "interval"));
  });
  close(fit.logLikelihood, logistic.log_likelihood, "log-likelihood");
  close(fit.nullLogLikelihood, logistic.null_log_likelihood, "null log-likelihood");
  close(fit.mcFaddenR2, logistic.mcfadden_r2, "McFadden R2");
  ok(Math.abs(fit.likelihoodRatio.p - logistic.likelihood_ratio_p) < 1e-9, "likelihood-ratio p");
  deepStrictEqual([fit.observations, fit.likelihoodRatio.degrees], [400, 1]);
});

Deno.test("the curve and its band equal the reference", () => {
  const curve = logisticCurve(logisticRegression({ wer: logistic.wer }, logistic.hit), logistic.curve.wer);
  curve.probability.forEach((value, i) => close(value, logistic.curve.probability[i], "probability"));
  curve.lower95.forEach((value, i) => close(value, logistic.curve.lower_95[i], "lower end"));
  curve.upper95.forEach((value, i) => close(value, logistic.curve.upper_95[i], "upper end"));
});

Deno.test("at the maximum the score is zero, with several columns of very different scales", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const random = new Random(seed);
      const a = Array.from({ length: 80 }, () => random.normal());
      const b = Array.from({ length: 80 }, () => 1000 * random.normal() + 5000);
      const hits = a.map((value, i) => random.next() < 1 / (1 + Math.exp(-value - (b[i]! - 5000) / 2000)) ? 1 : 0);
      const { coefficients } = logisticRegression({ a, b }, hits);
      const [b0, b1, b2] = coefficients.map(({ estimate }) => estimate) as [number, number, number];
      const residual = hits.map((hit, i) => hit - 1 / (1 + Math.exp(-(b0 + b1 * a[i]! + b2 * b[i]!))));
      const score = (column: number[]) => residual.reduce((sum, value, i) => sum + value * column[i]!, 0);
      ok(Math.abs(score(a.map(() => 1))) < 1e-6 && Math.abs(score(a)) < 1e-6 && Math.abs(score(b)) < 1e-2);
    }),
    { numRuns: 30 },
  );
});

Deno.test("data without an answer are explained", () => {
  const cases: [Record<string, number[]>, number[], RegExp][] = [
    [{ wer: [0, 0.1, 0.2, 0.8, 0.9] }, [1, 1, 1, 0, 0], /separates hits from misses completely/],
    [{ wer: [0, 0.1, 0.5, 0.5, 0.9] }, [1, 1, 1, 0, 0], /quasi-complete/],
    [{ wer: [0.3, 0.3, 0.3, 0.3] }, [1, 0, 1, 0], /column 'wer' is constant \(0\.3\)/],
    [{ wer: [0, 0.1, 0.2, 0.3] }, [1, 1, 1, 1], /all 4 outcomes are 1/],
    [{ wer: [0, NaN, 0.2, 0.3] }, [1, 0, 1, 0], /'wer' of row 1 is NaN/],
    [{ wer: [0, 0.1, 0.2] }, [1, 0, 1, 0], /column 'wer' has 3 rows: expected 4/],
    [{ wer: [0, 0.1, 0.2, 0.3] }, [1, 0, 2, 0], /outcome 2 is 2/],
    [{ a: [1, 2, 3, 4, 5, 6], b: [2, 4, 6, 8, 10, 12] }, [1, 0, 1, 0, 1, 0], /depend on each other/],
    // Neither column alone separates, their sum does.
    [
      { a: [0, 1, 2, 3, 0, 1, 2, 3], b: [0, -1, -2, -3, 1, 0, -1, -2] },
      [0, 0, 0, 0, 1, 1, 1, 1],
      /columns separate the outcomes/,
    ],
  ];
  for (const [columns, hits, message] of cases) {
    throws(
      () => logisticRegression(columns, hits),
      (error) => error instanceof InputError && message.test(error.message),
    );
  }
});

Deno.test("separation is found by thresholds, as a naive search over all of them finds it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 1 })), {
        minLength: 2,
        maxLength: 9,
      }),
      (rows) => {
        const [x, y] = [rows.map(([value]) => value), rows.map(([, outcome]) => outcome)];
        if (!(y.includes(0) && y.includes(1))) return;
        const parts = (strict: boolean) =>
          [0, 1].some((above) =>
            Array.from({ length: 28 }, (_, i) => i / 4 - 0.125 * Number(strict)).some((t) =>
              rows.every(([value, outcome]) =>
                outcome === above ? (strict ? value > t : value >= t) : (strict ? value < t : value <= t)
              )
            )
          );
        deepStrictEqual(separationOf(x, y), parts(true) ? "complete" : parts(false) ? "quasi-complete" : "none");
      },
    ),
  );
});

Deno.test("errors clustered by image equal numpy's sandwich, and copies of every row change nothing", async () => {
  const { logistic } = JSON.parse(await Deno.readTextFile(FIXTURE)) as { logistic: Record<"wer" | "hit", number[]> };
  const { wer, hit } = logistic;
  // numpy: the coefficients of the fixture, groups of five rows, G / (G - 1) (N - 1) / (N - 2), t of G - 1 degrees.
  const fit = logisticRegression({ wer }, hit, wer.map((_, row) => Math.floor(row / 5)));
  const [intercept, slope] = fit.clustered!.coefficients;
  assert.equal(fit.clustered!.groups, 80);
  const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
  close(intercept!.standardError, 0.16841893524270204);
  close(slope!.standardError, 0.6116814552224659);
  close(slope!.confidence95[0], -2.9368126320863928);
  close(slope!.confidence95[1], -0.5017696698035363);
  close(slope!.p, 0.00622936671438468);
  close(slope!.estimate, fit.coefficients[1]!.estimate);

  const twice = [...wer, ...wer], both = [...hit, ...hit], groups = [...wer.keys(), ...wer.keys()];
  const copied = logisticRegression({ wer: twice }, both, groups),
    single = logisticRegression({ wer }, hit, [...wer.keys()]);
  const [of, plain] = [copied.clustered!.coefficients[1]!, single.clustered!.coefficients[1]!];
  assert.ok(Math.abs(of.standardError / plain.standardError - 1) < 0.01);
  assert.ok(copied.coefficients[1]!.standardError / single.coefficients[1]!.standardError < 0.72, "copies seem to add");
  assert.equal(logisticRegression({ wer }, hit, wer.map(() => "one")).clustered, undefined);
  assert.throws(() => logisticRegression({ wer }, hit, [1]), /by 1 groups/);
});
