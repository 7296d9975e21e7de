import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { useBackend } from "../../lib/runtime/backend.ts";
import { brewClipLoss } from "../../lib/losses/brewclip_loss.ts";
import { Random } from "../../lib/random.ts";
import { chanceWarning, nearChance } from "../../lib/training/chance.ts";

await useBackend("cpu");

const run = { inner: false, batchSize: 32, best: 50, devImages: 100 };
const steps = (losses: number[]) => losses.map((loss) => ({ loss }));

Deno.test("the chance of the loss is that of the loss itself on features that are all alike", () => {
  tf.tidy(() => {
    const same = tf.ones([32, 4]) as tf.Tensor2D;
    const features = { image: same, speech: same, acoustic: same, text: same };
    const imageIds = Array.from({ length: 32 }, (_, i) => `${i}`);
    const { loss, inner } = brewClipLoss(features, tf.scalar(Math.log(0.07)), { imageIds });
    const [found] = nearChance({ ...run, steps: steps([loss.dataSync()[0]!]) });
    assert.equal(found!.of, "loss");
    assert.ok(Math.abs(found!.chance - loss.dataSync()[0]!) < 1e-4);
    assert.ok(Math.abs(found!.chance - inner!.dataSync()[0]!) < 1e-4);
  });
});

Deno.test("the chance of a loss with a queue is that of the loss itself, with and without an inner term", () => {
  tf.tidy(() => {
    const [same, queue] = [tf.ones([32, 4]) as tf.Tensor2D, tf.ones([100, 4]) as tf.Tensor2D];
    const name = (_: unknown, i: number) => `${i}`;
    const negatives = { image: queue, speech: queue, imageIds: Array.from({ length: 100 }, (_, i) => `old ${i}`) };
    for (const inner of [false, true]) {
      const features = { image: same, speech: same, ...inner && { acoustic: same, text: same } };
      const options = { imageIds: Array.from({ length: 32 }, name), negatives, alpha: 0.3 };
      const loss = brewClipLoss(features, tf.scalar(0), options).loss.dataSync()[0]!;
      const [found] = nearChance({ ...run, inner, alpha: 0.3, queue: 100, steps: [{ loss, inner: 1 }] });
      assert.ok(Math.abs(found!.chance - loss) < 1e-4, `${found!.chance}, expected ${loss}`);
    }
  });
});

Deno.test("only the last tenth of the steps counts, and the inner loss only where it is trained", () => {
  const falling = steps([...Array(95).fill(6.9), ...Array(5).fill(1)]);
  assert.deepEqual(nearChance({ ...run, steps: falling }), []); // mean of the last ten: 3.95
  assert.deepEqual(nearChance({ ...run, steps: falling.slice(0, 95) }).map(({ of }) => of), ["loss"]);
  const both = Array(20).fill({ loss: 1, inner: 6.8 });
  assert.deepEqual(nearChance({ ...run, steps: both }), []);
  assert.deepEqual(nearChance({ ...run, steps: both, inner: true }).map(({ of }) => of), ["inner"]);
});

Deno.test("guessing is called chance, and a score far above it is not", () => {
  for (const devImages of [20, 60, 150, 1000]) {
    const random = new Random(`dev ${devImages}`);
    const mean = () => {
      const hits = Array.from({ length: 2 * devImages }, () => random.integer(devImages) === 0);
      return 100 * hits.filter(Boolean).length / hits.length;
    };
    const warned = Array.from(
      { length: 200 },
      () => nearChance({ ...run, steps: steps([1]), best: mean(), devImages }),
    );
    assert.ok(warned.filter(({ length }) => length === 1).length >= 198, `${devImages} images`);
    assert.deepEqual(nearChance({ ...run, steps: steps([1]), best: 40, devImages }), [], `${devImages} images`);
  }
  assert.deepEqual(nearChance({ ...run, steps: steps([1]), best: null }), []);
});

Deno.test("the warning has the values, those of chance and a remedy", () => {
  assert.equal(chanceWarning([]), undefined);
  assert.equal(chanceWarning(undefined), undefined);
  const stuck = nearChance({ ...run, steps: steps([6.91]), best: 1.5 });
  assert.equal(
    chanceWarning(stuck),
    "this run has hardly learned anything: its loss ends at 6.91 (chance 6.93); its best mean R@1 on dev is 1.5 % " +
      "(chance 1.0 %). Try another --acoustic-lr or --lr, or more --steps",
  );
  const branch = nearChance(
    { ...run, inner: true, steps: [{ loss: 1, inner: 6.9 }] } as Parameters<typeof nearChance>[0],
  );
  assert.match(chanceWarning(branch)!, /^the acoustic branch has hardly learned anything: its inner loss/);
});
