import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { accuracyByGroup, classificationScores, jackknifeInterval } from "../../lib/metrics/classification.ts";

const classes = ["neutral", "happy", "angry"];

Deno.test("scores of a case that is counted by hand", () => {
  const actual = ["neutral", "neutral", "neutral", "neutral", "happy", "happy", "angry", "angry"];
  const predicted = ["neutral", "neutral", "neutral", "happy", "happy", "angry", "neutral", "neutral"];
  const scores = classificationScores({ classes, actual, predicted });
  strictEqual(scores.accuracy, 0.5);
  strictEqual(scores.unweightedAverageRecall, (3 / 4 + 1 / 2 + 0) / 3);
  deepStrictEqual(scores.confusion, [[3, 1, 0], [0, 1, 1], [2, 0, 0]]);
  deepStrictEqual(scores.recall, { neutral: 0.75, happy: 0.5, angry: 0 });
});

Deno.test("a class without items counts neither as right nor as wrong", () => {
  const scores = classificationScores({ classes, actual: ["happy", "neutral"], predicted: ["happy", "angry"] });
  strictEqual(scores.unweightedAverageRecall, 0.5);
  ok(Number.isNaN(scores.recall["angry"]));
});

Deno.test("accuracy is the mean of the groups' accuracies weighted by their size", () => {
  const name = fc.constantFrom(...classes);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name, fc.constantFrom("a", "b", "c")), { minLength: 1 }), (items) => {
      const [actual, predicted, groups] = [0, 1, 2].map((i) => items.map((item) => item[i]!)) as string[][];
      const { accuracy } = classificationScores({ classes, actual: actual!, predicted: predicted! });
      const by = accuracyByGroup({ actual: actual!, predicted: predicted! }, groups!);
      const sum = groups!.reduce((total, group) => total + by[group]!, 0);
      ok(Math.abs(sum / items.length - accuracy) < 1e-12);
    }),
  );
});

Deno.test("the jackknife leaves out whole groups, and agrees with the error of a mean", () => {
  const groups = Array.from({ length: 40 }, (_, i) => i < 20 ? "good" : "bad");
  const share = (items: number[]) => items.filter((item) => item < 20).length / items.length;
  const [widest, end] = jackknifeInterval(groups, share);
  ok(widest < 0.001 && end > 0.999, "two groups of all right and all wrong tell nothing");
  // Items as groups of one: share 0.5, error sqrt(0.25 / 39), t of 39 degrees 2.0227, on the log odds.
  const reach = 2.0227 * Math.sqrt(0.25 / 39) / 0.25;
  const [low, high] = jackknifeInterval(groups.map((_, i) => String(i)), share);
  ok(
    Math.abs(low - 1 / (1 + Math.exp(reach))) < 1e-4 && Math.abs(high - 1 / (1 + Math.exp(-reach))) < 1e-4,
    `${low} ${high}`,
  );
  const [some, all] = jackknifeInterval(["a", "a", "b", "c"], () => 1);
  ok(some > 0.4 && some < 0.5 && all === 1, "three speakers that are all right are Wilson's 3 of 3");
  ok(jackknifeInterval(["a", "a"], () => 0.5)[1] > 0.9);
});

Deno.test("unknown classes and unequal lists are refused", () => {
  throws(() => classificationScores({ classes, actual: ["sad"], predicted: ["happy"] }), /'sad' is none of/);
  throws(() => classificationScores({ classes, actual: [], predicted: [] }), /at least 1/);
  throws(() => jackknifeInterval([], () => 0), /0 groups/);
});
