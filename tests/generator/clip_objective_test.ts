import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { Random } from "../../lib/random.ts";
import { FACT_WIDTH, factLoss, factRows, KIND_FACT_WIDTH, sceneFacts } from "../../data/generator/clip_batch.ts";
import { contrastiveLoss } from "../../data/generator/clip_trainer.ts";
import { BACKGROUNDS, COLOURS, KINDS, PLACES, randomScene, SIZES } from "../../data/generator/scene.ts";
import { cosine } from "../../data/generator/clip_evaluation.ts";

const normals = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.normal());
const logSumExp = (values: number[]): number => Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));

Deno.test("the contrastive loss is that of plain loops; true pairs leave the denominator; nothing leaks", async () => {
  await tf.setBackend("cpu");
  const random = new Random(2);
  const [batch, captions, width, scale] = [5, 2, 3, 4];
  const image = Array.from({ length: batch }, () => normals(random, width));
  const text = Array.from({ length: captions * batch }, () => normals(random, width));
  const alsoTrue = text.map((_, t) => image.map((_, i) => i !== t % batch && random.next() < 0.2 ? 1 : 0));
  let expected = 0;
  for (let t = 0; t < text.length; t++) {
    const own = t % batch;
    const logit = (row: number, i: number): number => scale * cosine(text[row]!, image[i]!);
    const others = image.map((_, i) => i).filter((i) => !alsoTrue[t]![i]);
    expected += logSumExp(others.map((i) => logit(t, i))) - logit(t, own);
    const first = t - own; // texts of the same caption number
    const rows = image.map((_, i) => first + i).filter((row) => !alsoTrue[row]![own]);
    expected += logSumExp(rows.map((row) => logit(row, own))) - logit(t, own);
  }
  expected /= 2 * text.length;
  const before = tf.memory().numTensors;
  const inputs = {
    image: tf.tensor2d(image),
    text: tf.tensor2d(text),
    alsoTrue: tf.tensor2d(alsoTrue),
    logitScale: tf.scalar(Math.log(scale)),
  };
  const loss = contrastiveLoss(inputs);
  assert.ok(Math.abs((await loss.data())[0]! - expected) < 1e-4);
  tf.dispose([loss, ...Object.values(inputs)]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("facts of a scene are its kinds and one answer to each question that has one", () => {
  const scene = {
    background: "night" as const,
    things: [{ kind: "cat" as const, colour: "red" as const, size: "small" as const, place: "left" as const }],
  };
  const row = factRows([sceneFacts(scene), { things: [{ kind: "cat" }] }]);
  assert.equal(row.length, 2 * FACT_WIDTH);
  assert.equal(row.slice(0, FACT_WIDTH).reduce((a, b) => a + b), 8);
  assert.equal(row.slice(FACT_WIDTH).reduce((a, b) => a + b), 1);
  const [cat, K] = [KINDS.indexOf("cat"), KINDS.length];
  assert.equal(row[cat], 1);
  assert.equal(row[K + cat * COLOURS.length + COLOURS.indexOf("red")], 1);
  assert.equal(row[KIND_FACT_WIDTH - BACKGROUNDS.length + BACKGROUNDS.indexOf("night")], 1);
  assert.equal(row[KIND_FACT_WIDTH + PLACES.indexOf("left") * K + cat], 1);
  assert.equal(row[KIND_FACT_WIDTH + PLACES.length * K + COLOURS.indexOf("red")], 1);
  assert.equal(KIND_FACT_WIDTH, K * (1 + COLOURS.length + SIZES.length + PLACES.length) + BACKGROUNDS.length);
  assert.equal(FACT_WIDTH, KIND_FACT_WIDTH + PLACES.length * (K + COLOURS.length + SIZES.length));
  assert.deepEqual(factRows([sceneFacts(scene)], KIND_FACT_WIDTH), row.slice(0, KIND_FACT_WIDTH));
});

Deno.test("the loss of facts: known for logits of zero, near nothing for the right answers", async () => {
  await tf.setBackend("cpu");
  const before = tf.memory().numTensors;
  const random = new Random(4);
  const scenes = Array.from({ length: 6 }, () => randomScene(random));
  const targets = tf.tensor2d(factRows(scenes.map(sceneFacts)), [6, FACT_WIDTH]);
  const zero = tf.zeros<tf.Rank.R2>([6, FACT_WIDTH]);
  const sure = tf.tidy(() => tf.sub(tf.mul(targets, 40), 20) as tf.Tensor2D);
  const [unknown, known] = [factLoss(zero, targets), factLoss(sure, targets)];
  const expected = KINDS.length * Math.log(2) + Math.log(COLOURS.length) + Math.log(SIZES.length) +
    Math.log(PLACES.length) + Math.log(BACKGROUNDS.length) + // of each kind, and below of each place
    Math.log(KINDS.length) + Math.log(COLOURS.length) + Math.log(SIZES.length);
  assert.ok(Math.abs((await unknown.data())[0]! - expected) < 1e-4);
  assert.ok((await known.data())[0]! < 1e-4);
  tf.dispose([targets, zero, sure, unknown, known]);
  assert.equal(tf.memory().numTensors, before);
});
