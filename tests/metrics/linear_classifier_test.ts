import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { fitLinearClassifier, minimize } from "../../lib/metrics/linear_classifier.ts";
import { logisticRegression } from "../../lib/metrics/logistic_regression.ts";
import { Random } from "../../lib/random.ts";

Deno.test("with two classes and no penalty, softmax regression is the logistic regression of the reference method", () => {
  const random = new Random(4);
  const x = Array.from({ length: 200 }, () => 3 * random.normal());
  const hits = x.map((value) => random.next() < 1 / (1 + Math.exp(0.4 - 0.5 * value)) ? 1 : 0);
  const classifier = fitLinearClassifier(x.map((value) => [value]), hits.map(String), { l2: 0 });
  const [b0, b1] = logisticRegression({ x }, hits).coefficients.map(({ estimate }) => estimate) as [number, number];
  for (const value of [-5, -1, 0, 2, 6]) {
    const expected = 1 / (1 + Math.exp(-b0 - b1 * value));
    const [[, found]] = classifier.probabilities([[value]]) as [[number, number]];
    ok(Math.abs(found - expected) < 1e-4, `${found} at ${value}, expected ${expected}`);
  }
});

Deno.test("three clusters are separated on held-out rows, whatever the scale of the columns", () => {
  const random = new Random(1);
  const centres: Record<string, number[]> = { a: [0, 0], b: [4, 0], c: [0, 4] };
  const draw = (count: number) =>
    Object.entries(centres).flatMap(([label, centre]) =>
      Array.from({ length: count }, () => ({
        label,
        row: [1000 * (centre[0]! + random.normal()), centre[1]! + random.normal(), 7],
      }))
    );
  const [train, test] = [draw(50), draw(200)];
  const classifier = fitLinearClassifier(train.map(({ row }) => row), train.map(({ label }) => label));
  deepStrictEqual(classifier.classes, ["a", "b", "c"]);
  const right = classifier.predict(test.map(({ row }) => row)).filter((label, i) => label === test[i]!.label).length;
  ok(right / test.length > 0.93, `${right} of ${test.length}`);
});

Deno.test("a strong penalty leaves the shares of the classes only", () => {
  const classifier = fitLinearClassifier([[1], [2], [3], [4]], ["a", "b", "b", "b"], { l2: 1e9 });
  const [[a, b]] = classifier.probabilities([[100]]) as [[number, number]];
  ok(Math.abs(a - 0.25) < 1e-3 && Math.abs(b - 0.75) < 1e-3, `${a} ${b}`);
});

Deno.test("the search finds the minimum of Rosenbrock's valley", () => {
  const { point, converged } = minimize(([x, y]) => ({
    value: (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2,
    gradient: Float64Array.of(-2 * (1 - x!) - 400 * x! * (y! - x! * x!), 200 * (y! - x! * x!)),
  }), new Float64Array([-1.2, 1]));
  ok(converged && Math.abs(point[0]! - 1) < 1e-4 && Math.abs(point[1]! - 1) < 1e-4, String(point));
});

Deno.test("rows that do not fit are refused", () => {
  throws(() => fitLinearClassifier([[1], [2, 3]], ["a", "b"]), /row 1 must have 1 finite numbers/);
  throws(() => fitLinearClassifier([[1], [NaN]], ["a", "b"]), /row 1/);
  throws(() => fitLinearClassifier([[1], [2]], ["a", "a"]), /1 classes/);
});
