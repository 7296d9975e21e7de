import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import assert from "node:assert/strict";
import { brewClipLoss } from "../../lib/losses/brewclip_loss.ts";
import { infoNce } from "../../lib/losses/info_nce.ts";
import { sigmoidLoss } from "../../lib/losses/sigmoid_loss.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";

await useBackend("cpu");

type Rows = number[][];

function unitRows(random: Random, count: number, width: number): Rows {
  return Array.from({ length: count }, () => {
    const row = Array.from({ length: width }, () => random.normal());
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
}

/** The definition, pair by pair. */
function naive(a: Rows, b: Rows, temperature: number, ids?: number[]): number {
  const similarity = (i: number, j: number) =>
    a[i]!.reduce((sum, value, d) => sum + value * b[j]![d]!, 0) / temperature;
  const terms = a.map((_, i) => {
    const denominator = b.reduce(
      (sum, _, j) => sum + (ids && i !== j && ids[i] === ids[j] ? 0 : Math.exp(similarity(i, j))),
      0,
    );
    return -Math.log(Math.exp(similarity(i, i)) / denominator);
  });
  return terms.reduce((sum, term) => sum + term, 0) / a.length;
}

async function read(scalar: tf.Tensor): Promise<number> {
  assert.deepEqual(scalar.shape, []);
  const [value] = await scalar.data();
  scalar.dispose();
  return value!;
}

Deno.test("InfoNCE equals its definition, pair by pair", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.integer({ min: 1, max: 7 }),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
      async (seed, n, tau) => {
        const random = new Random(seed);
        const [a, b] = [unitRows(random, n, 5), unitRows(random, n, 5)];
        const ids = Array.from({ length: n }, () => random.integer(4));
        const before = tf.memory().numTensors;
        const [x, y, t] = [tf.tensor2d(a), tf.tensor2d(b), tf.tensor1d([Math.log(tau)])];
        for (const imageIds of [undefined, ids]) {
          const value = await read(infoNce(x, y, t, imageIds));
          const expected = naive(a, b, tau, imageIds);
          assert.ok(Math.abs(value - expected) < 1e-5 * Math.max(1, expected), `${value}, expected ${expected}`);
        }
        tf.dispose([x, y, t]);
        assert.equal(tf.memory().numTensors, before, "leaked tensors");
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("a queue adds its rows to the denominators, except those of the pair's own image; the inner term has none", async () => {
  const random = new Random(6);
  const [n, m] = [5, 9];
  const rows = () => unitRows(random, n + m, 6);
  const [image, speech] = [rows(), rows()];
  const [text, acoustic] = [unitRows(random, n, 6), unitRows(random, n, 6)];
  const ids = Array.from({ length: n + m }, () => random.integer(6));
  const t = tf.scalar(Math.log(0.2));
  const first = (all: Rows) => tf.tensor2d(all.slice(0, n));
  const last = (all: Rows) => tf.tensor2d(all.slice(n));
  const features = {
    ...{ image: first(image), speech: first(speech) },
    ...{ text: tf.tensor2d(text), acoustic: tf.tensor2d(acoustic) },
  };
  const negatives = { image: last(image), speech: last(speech), imageIds: ids.slice(n) };
  const found = brewClipLoss(features, t, { imageIds: ids.slice(0, n), negatives });
  const outer = naive(image.slice(0, n), speech, 0.2, ids) + naive(speech.slice(0, n), image, 0.2, ids);
  const inner = naive(acoustic, text, 0.2, ids) + naive(text, acoustic, 0.2, ids);
  assert.ok(Math.abs(await read(found.outer) - outer) < 1e-4);
  assert.ok(Math.abs(await read(found.inner!) - inner) < 1e-4);
  assert.ok(Math.abs(await read(found.loss) - (0.1 * inner + 0.9 * outer)) < 1e-4);
  assert.throws(() => brewClipLoss(features, t, { negatives }), /the batch has no 'imageIds'/);
  assert.throws(() => brewClipLoss(features, t, { imageIds: ids, negatives }), /23 image ids are given: expected 14/);
  tf.dispose([features, negatives, t]);
});

Deno.test("with a queue the keys are constants: those of the batch would run away from it", async () => {
  const random = new Random(7);
  const [n, m, tau] = [4, 6, 0.2];
  const [image, speech] = [unitRows(random, n + m, 5), unitRows(random, n + m, 5)];
  const imageIds = Array.from({ length: n + m }, (_, i) => i);
  const t = tf.scalar(Math.log(tau));
  const negatives = {
    image: tf.tensor2d(image.slice(n)),
    speech: tf.tensor2d(speech.slice(n)),
    imageIds: imageIds.slice(n),
  };
  const [queries, other] = [image, speech].map((all) => tf.tensor2d(all.slice(0, n))) as [tf.Tensor2D, tf.Tensor2D];
  const found = tf.grad((x) =>
    brewClipLoss({ image: x as tf.Tensor2D, speech: other }, t, { imageIds: imageIds.slice(0, n), negatives }).loss
  )(queries);
  const values = await found.array() as Rows;
  for (let i = 0; i < n; i++) {
    // Of -log softmax(q . k / tau)[i] at q: (the mean of the keys by their shares - the own key) / tau.
    const weights = speech.map((key) => Math.exp(key.reduce((sum, value, d) => sum + value * image[i]![d]!, 0) / tau));
    const total = weights.reduce((sum, weight) => sum + weight);
    for (let d = 0; d < 5; d++) {
      const mean = weights.reduce((sum, weight, j) => sum + weight / total * speech[j]![d]!, 0);
      assert.ok(Math.abs(values[i]![d]! - (mean - speech[i]![d]!) / tau / n) < 1e-5);
    }
  }
  tf.dispose([negatives, queries, other, found, t]);
});

Deno.test("a perfect match costs nothing, no information costs log N", async () => {
  const t = tf.scalar(Math.log(0.01));
  const eye = tf.eye(8) as tf.Tensor2D;
  assert.ok(await read(infoNce(eye, eye, t)) < 1e-6);
  const same = tf.fill([8, 4], 0.5) as tf.Tensor2D;
  assert.ok(Math.abs(await read(infoNce(same, same, t)) - Math.log(8)) < 1e-5);
  assert.ok(Math.abs(await read(infoNce(same, same, t, [1, 1, 1, 1, 2, 2, 2, 2])) - Math.log(5)) < 1e-5);
  assert.ok(
    Math.abs(await read(infoNce(same, same, t, Array(8).fill("a")))) < 1e-6,
    "all of one picture: no negatives",
  );
  assert.throws(() => infoNce(same, same, t, [1]), /1 image ids are given: expected 8/);
  tf.dispose([t, eye, same]);
});

Deno.test("the loss weighs its terms, and leaves out the inner one where a branch is missing", async () => {
  const random = new Random(5);
  const [image, speech, text, acoustic] = [0, 1, 2, 3].map(() => tf.tensor2d(unitRows(random, 6, 4))) as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const scaled = { text: tf.mul(text, 3) as tf.Tensor2D, acoustic: tf.mul(acoustic, 7) as tf.Tensor2D };
  const t = tf.scalar(Math.log(0.2));
  const rows = await Promise.all([image, speech, text, acoustic].map((tensor) => tensor.array())) as [
    Rows,
    Rows,
    Rows,
    Rows,
  ];
  const both = (a: Rows, b: Rows, ids?: number[]) => naive(a, b, 0.2, ids) + naive(b, a, 0.2, ids);
  const ids = [1, 2, 1, 3, 3, 4];
  const before = tf.memory().numTensors;
  for (const [alpha, imageIds] of [[0.1, ids], [0.5, undefined], [1, ids]] as const) {
    const terms = brewClipLoss({ image, speech, ...scaled }, t, { alpha, imageIds });
    const [outer, inner] = [both(rows[0], rows[1], imageIds?.slice()), both(rows[2], rows[3], imageIds?.slice())];
    assert.ok(Math.abs(await read(terms.outer) - outer) < 1e-4);
    assert.ok(Math.abs(await read(terms.inner!) - inner) < 1e-4);
    assert.ok(Math.abs(await read(terms.loss) - (alpha * inner + (1 - alpha) * outer)) < 1e-4);
  }
  const cases: [tf.Tensor2D | undefined, tf.Tensor2D | undefined, number][] = [[text, undefined, 0.1], [
    undefined,
    acoustic,
    0.1,
  ], [text, acoustic, 0]];
  for (const [text, acoustic, alpha] of cases) {
    const terms = brewClipLoss({ image, speech, ...(text ? { text } : {}), ...(acoustic ? { acoustic } : {}) }, t, {
      alpha,
    });
    assert.deepEqual(Object.keys(terms).sort(), ["loss", "outer"]);
    assert.equal(await read(terms.loss), await read(terms.outer));
  }
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
  assert.throws(
    () => brewClipLoss({ image, speech }, t, { alpha: 2 }),
    /'alpha' must be in \[0, 1\]: current value is 2/,
  );
  tf.dispose([image, speech, text, acoustic, scaled.text, scaled.acoustic, t]);
});

Deno.test("the sigmoid loss is the sum over pairs, without other pairs of an image, and has its gradient", async () => {
  const random = new Random(4);
  const [a, b] = [unitRows(random, 5, 3), unitRows(random, 5, 3)];
  const ids = ["x", "y", "x", "z", "w"];
  const expected = (tau: number, bias: number): number => {
    let sum = 0;
    a.forEach((row, i) =>
      b.forEach((other, j) => {
        if (i !== j && ids[i] === ids[j]) return;
        const score = row.reduce((dot, value, d) => dot + value * other[d]!, 0) / tau + bias;
        sum += Math.log(1 + Math.exp(i === j ? -score : score));
      })
    );
    return sum / 5;
  };
  const [x, y, logTemperature, bias] = [tf.tensor2d(a), tf.tensor2d(b), tf.scalar(Math.log(0.3)), tf.scalar(-2)];
  const { value, grads } = tf.valueAndGrads((...inputs: tf.Tensor[]) =>
    sigmoidLoss(x, y, { logTemperature: inputs[0]!, bias: inputs[1]!, imageIds: ids })
  )([logTemperature, bias]);
  assert.ok(Math.abs(await read(value) - expected(0.3, -2)) < 1e-5);
  const slope = (expected(0.3, -2 + 1e-5) - expected(0.3, -2 - 1e-5)) / 2e-5;
  assert.ok(Math.abs(await read(grads[1]!) - slope) < 1e-4);
  assert.throws(
    () => sigmoidLoss(x, y, { logTemperature, bias, imageIds: ["x"] }),
    /1 image ids are given: expected 5/,
  );
  tf.dispose([x, y, logTemperature, bias, grads[0]!]);
});
