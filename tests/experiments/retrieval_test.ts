import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../lib/errors.ts";
import { evaluateRetrieval, gainOf, meanRecall, splitFeatures } from "../../lib/experiments/evaluate.ts";
import { checkResults, type RetrievalResult, type RunResults } from "../../lib/experiments/results.ts";
import { presentRun } from "../../lib/report/present.ts";
import { sample } from "../../lib/training/presets.ts";
import { encodeImages, encodeSpeech } from "../../lib/systems/brewclip.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { joinSpeech } from "../../lib/training/examples.ts";
import { tinyTraining } from "../training/tiny.ts";

await useBackend("wasm");

const label = { dataset: "ln-coco", split: "test", trained: true };

Deno.test("a split's features are those of its rows one by one, over several runs of the towers, and leak nothing", async () => {
  const training = await tinyTraining();
  const twice = [...training.examples, ...training.examples, ...training.examples].map((example, index) => ({
    ...example,
    id: `again ${index}`,
  }));
  const before = tf.memory().numTensors;
  const features = await splitFeatures(training.model, twice, training.images);
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([features.ids.length, features.imageIds.length, features.width], [60, 20, 12]);
  for (const row of [0, 19, 59]) {
    const example = twice[row]!;
    const inputs = await joinSpeech([example]);
    const alone = await encodeSpeech(training.model, inputs).speech.data();
    const picture = await encodeImages(training.model, [(await training.images.get(example.image))!]).data();
    for (let d = 0; d < 12; d++) {
      assert.ok(Math.abs(features.speech[row * 12 + d]! - alone[d]!) < 1e-4);
      assert.ok(Math.abs(features.images[(row % 20) * 12 + d]! - picture[d]!) < 1e-4);
    }
  }
  training.dispose();
});

Deno.test("retrieval counts images and recordings, and equals a search by hand", async () => {
  const training = await tinyTraining();
  const { result, ranks } = await evaluateRetrieval(training.model, training, label);
  assert.deepEqual([result.images, result.recordings, result.variant, result.split], [20, 20, "full", "test"]);
  const { speech, images } = await splitFeatures(training.model, training.examples, training.images);
  let hits = 0;
  for (let n = 0; n < 20; n++) {
    const similarity = Array.from({ length: 20 }, (_, i) => {
      let sum = 0;
      for (let d = 0; d < 12; d++) sum += speech[n * 12 + d]! * images[i * 12 + d]!;
      return sum;
    });
    const better = similarity.filter((value) => value > similarity[n]!).length;
    if (better < 5) hits++;
    assert.ok(Math.abs(ranks.speech2image[n]! - 1 - better) <= 1);
  }
  assert.ok(Math.abs(result.speech2image["R@5"] - 5 * hits) <= 5);
  const { speech2image: { "R@5": [low, high] } } = result.intervals;
  assert.ok(low <= result.speech2image["R@5"] && result.speech2image["R@5"] <= high);
  assert.equal(meanRecall(result), (result.speech2image["R@1"] + result.image2speech["R@1"]) / 2);
  training.dispose();
});

Deno.test("a split without a usable image, and damaged weights, are clear errors", async () => {
  const none = await tinyTraining({}, { read: () => Promise.reject(new InputError("it is empty")) });
  await assert.rejects(
    splitFeatures(none.model, none.examples, none.images),
    /none of 20 recordings has an image that can be read/,
  );
  none.dispose();
  const training = await tinyTraining();
  training.model.parameters.get("prompts.text")!.assign(tf.fill([4, 16], NaN));
  await assert.rejects(splitFeatures(training.model, training.examples, training.images), (error: unknown) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /weights .* are damaged/);
    return true;
  });
  training.dispose();
});

Deno.test("a gain is a paired difference with its interval", () => {
  const of = (speech2image: number[], image2speech: number[]) => {
    const recall = (ranks: number[]) => {
      const within = (k: number) => 100 * ranks.filter((rank) => rank <= k).length / ranks.length;
      return { "R@1": within(1), "R@5": within(5), "R@10": within(10) };
    };
    const result = { speech2image: recall(speech2image), image2speech: recall(image2speech) } as RetrievalResult;
    return {
      result,
      ranks: { speech2image: Int32Array.from(speech2image), image2speech: Int32Array.from(image2speech) },
      imageOf: speech2image.map((_, recording) => recording % image2speech.length),
    };
  };
  const all = Array(50).fill(1);
  const half = all.map((_, index) => index % 2 === 0 ? 1 : 3);
  const gain = gainOf(of(all, half), of(half, half));
  assert.equal(gain.speech2image["R@1"], 50);
  assert.equal(gain.speech2image["R@5"], 0);
  const [low, high] = gain.intervals.speech2image["R@1"];
  assert.ok(low > 30 && low < 50 && high > 50 && high < 70);
  const [from, to] = gain.intervals.image2speech["R@1"]; // nothing differs: Wilson's reach, not a width of zero
  assert.ok(from < 0 && to === -from && to < 10, `${from} ${to}`);
  // Four recordings a picture that share their luck tell no more than one.
  const four = (ranks: number[]) => [...ranks, ...ranks, ...ranks, ...ranks];
  assert.deepEqual(gainOf(of(four(all), half), of(four(half), half)), gain);
});

const recall = { "R@1": 12.5, "R@5": 50, "R@10": 75 };
const ends: [number, number] = [5, 20];
const intervals = { "R@1": ends, "R@5": ends, "R@10": ends };
const result: RetrievalResult = {
  dataset: "ln-coco",
  split: "test",
  variant: "full",
  trained: true,
  speech2image: recall,
  image2speech: recall,
  images: 100,
  recordings: 100,
  intervals: { speech2image: intervals, image2speech: intervals },
};
const gain = {
  speech2image: recall,
  image2speech: recall,
  intervals: { speech2image: intervals, image2speech: intervals },
};
const results: RunResults = {
  ...result,
  step: 7,
  baselines: [{ ...result, variant: "pip-zero-shot", trained: false }],
  gain,
};

Deno.test("results are checked field for field", () => {
  assert.deepEqual(checkResults(JSON.parse(JSON.stringify(results)), "a test"), results);
  for (
    const [change, message] of [
      [{ speech2image: { ...recall, "R@1": 101 } }, /speech2image\.R@1/],
      [{ image2speech: undefined }, /image2speech/],
      [{ accuracy: 3 }, /accuracy/],
      [{ images: 0 }, /images/],
    ] as const
  ) {
    assert.throws(() => checkResults({ ...results, ...change }, "a test"), message);
  }
});

Deno.test("the table has a row for each result with its intervals, columns aligned, and the gain", () => {
  const control = { ...result, variant: "pip", trained: false };
  const config = { ...sample(), variant: "full" as const };
  const table = presentRun(config, { ...results, baselines: [...results.baselines, control] });
  const lines = table.split("\n");
  const body = lines.slice(2, lines.indexOf("", 2));
  assert.equal(body.length, 2 + 2 * 4);
  assert.match(body[2]!, /^zero-shot \(transcript\) +12\.5 +50\.0 +75\.0 +12\.5 +50\.0 +75\.0$/);
  assert.match(body[3]!, /^ +5-20 +5-20/);
  assert.match(body[4]!, /^untrained random prompts \(control\)/);
  assert.match(body[6]!, /^BrewCLIP \(full\)/);
  assert.match(body[8]!, /^gain over zero-shot +\+12\.5 +\+50\.0/);
  assert.match(body[9]!, /^ +\+5\.0 to \+20\.0/);
  assert.equal(new Set(body.filter((_, index) => index !== 1).map((line) => line.length)).size, 1);
  const e2e = presentRun({ ...config, variant: "e2e" }, { ...results, variant: "e2e" });
  assert.match(e2e, /^E2E-only +12\.5/m);
});
