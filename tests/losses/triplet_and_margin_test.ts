/** The losses of ResDAVEnet, MILAN and FaST-VGS, against plain loops. */
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { marginSoftmaxLoss } from "../../lib/losses/margin_softmax.ts";
import { softmaxLoss, softmaxLossBothWays } from "../../lib/losses/softmax_loss.ts";
import { drawImpostors, tripletLoss } from "../../lib/losses/triplet_loss.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";

await useBackend("cpu");
const IDS = ["a", "b", "a", "c"];
const SCORES = [[1, 0.5, 3, -1], [0.2, 2, 2.5, 1.9], [4, -1, 1, 0.9], [-2, -3, -2.5, -1]];
const OTHER = SCORES.map((row, i) => row.map((value, j) => i !== j && IDS[i] === IDS[j] ? 7 * value - 2 : value));

const transposed = (scores: number[][]): number[][] => scores.map((_, i) => scores.map((row) => row[i]!));
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The value of a loss, without tensors left over. */
function valueOf(loss: () => tf.Tensor): number {
  const before = tf.memory().numTensors;
  const value = tf.tidy(() => loss().dataSync()[0]!);
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
  return value;
}

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-5, `${actual}, expected ${expected}`);
}

Deno.test("the triplet loss is the sum of four hinges, without impostors of the same image", () => {
  const impostors = { images: [1, 3, 3, 0], speech: [3, 0, 1, 2] };
  const semiHard = (scores: number[][]): number =>
    mean(scores.map((row, i) => {
      const below = row.filter((value, j) => IDS[i] !== IDS[j] && value < row[i]!);
      return below.length === 0 ? 0 : Math.max(0, 1 + Math.max(...below) - row[i]!);
    }));
  const sampled = (scores: number[][], rows: number[]): number =>
    mean(scores.map((row, i) => Math.max(0, 1 + row[rows[i]!]! - row[i]!)));
  for (const scores of [SCORES, OTHER]) {
    const term = (name: "loss" | "sampledLoss" | "semiHardLoss") =>
      valueOf(() => tripletLoss(tf.tensor2d(scores), { imageIds: IDS, impostors })[name]);
    const drawn = sampled(SCORES, impostors.images) + sampled(transposed(SCORES), impostors.speech);
    const hard = semiHard(SCORES) + semiHard(transposed(SCORES));
    assertNear(term("sampledLoss"), drawn);
    assertNear(term("semiHardLoss"), hard);
    assertNear(term("loss"), drawn + hard);
  }
});

Deno.test("impostors are drawn from all other images, never the same one; a batch of one image has none", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const { images, speech } = drawImpostors(IDS, new Random(seed));
    for (const rows of [images, speech]) {
      rows.forEach((row, i) => {
        assert.notEqual(IDS[row], IDS[i]);
        seen.add(`${i} ${row}`);
      });
    }
    assert.deepEqual(drawImpostors(IDS, new Random(seed)), { images, speech });
  }
  assert.equal(seen.size, 2 + 3 + 2 + 3);
  assert.deepEqual(drawImpostors(["a", "a"], new Random(1)), { images: [-1, -1], speech: [-1, -1] });
  const alone = { imageIds: ["a", "a"], impostors: { images: [-1, -1], speech: [-1, -1] } };
  assert.equal(valueOf(() => tripletLoss(tf.tensor2d([[1, 2], [3, 4]]), alone).loss), 0);
  assert.throws(
    () => tripletLoss(tf.eye(2), { imageIds: ["a", "b"], impostors: { images: [1], speech: [1, 0] } }),
    /Cannot use 1 impostors: expected 2/,
  );
});

/** The softmax loss of rows, the plain way. */
function naive(scores: number[][], margins: number[]): number {
  return mean(scores.map((row, i) => {
    const kept = row.map((value, j) => j === i ? value - margins[i]! : IDS[i] === IDS[j] ? -Infinity : value);
    return Math.log(kept.reduce((sum, value) => sum + Math.exp(value), 0)) - kept[i]!;
  }));
}

Deno.test("the softmax loss takes a margin off the diagonal, and leaves out other pairs of the image", () => {
  const zeros = [0, 0, 0, 0];
  for (const scores of [SCORES, OTHER]) {
    assertNear(valueOf(() => softmaxLoss(tf.tensor2d(scores), { imageIds: IDS })), naive(SCORES, zeros));
    const ones = naive(SCORES, [1, 1, 1, 1]) + naive(transposed(SCORES), [1, 1, 1, 1]);
    assertNear(valueOf(() => softmaxLossBothWays(tf.tensor2d(scores), { imageIds: IDS, margin: 1 })), ones);
  }
  assert.throws(() => softmaxLoss(tf.eye(2), { imageIds: ["a"] }), /1 image ids are given: expected 2/);
});

Deno.test("a margin in units of the cosine is fixed, or follows how far a match is above other images", () => {
  const tau = 0.5;
  const scaled = SCORES.map((row) => row.map((value) => value / tau));
  const loss = (scores: number[][], margin: number | { alpha: number }) =>
    valueOf(() => marginSoftmaxLoss(tf.tensor2d(scores), tf.scalar(Math.log(tau)), { imageIds: IDS, margin }));
  const fixed = Array(4).fill(0.3 / tau) as number[];
  const adaptive = (scores: number[][]): number[] =>
    scores.map((row, i) => 0.5 * (row[i]! - mean(row.filter((_, j) => IDS[i] !== IDS[j]))) / tau);
  for (const scores of [SCORES, OTHER]) {
    assertNear(loss(scores, 0.3), naive(scaled, fixed) + naive(transposed(scaled), fixed));
    const rows = naive(scaled, adaptive(SCORES));
    const columns = naive(transposed(scaled), adaptive(transposed(SCORES)));
    assertNear(loss(scores, { alpha: 0.5 }), rows + columns);
  }
});
