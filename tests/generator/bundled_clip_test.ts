import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { useBackend } from "../../lib/runtime/backend.ts";
import type { Clip } from "../../lib/clip/clip.ts";
import { loadClip } from "../../lib/clip/load.ts";
import { loadClipTokenizer } from "../../lib/clip/tokenizer.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { encodeImage } from "../../lib/clip/vision_tower.ts";
import { loadFlickr8k } from "../../lib/data/flickr8k.ts";
import { readPixels } from "../../lib/image/preprocess.ts";
import { Random } from "../../lib/random.ts";
import { normalizeImage } from "../../data/generator/clip_batch.ts";
import { renderSmall } from "../../data/generator/clip_world.ts";
import { FACTS } from "../../data/generator/scene.ts";
import { cosine, twoWayAccuracy, twoWayTrials } from "../../data/generator/clip_evaluation.ts";

const MODEL = new URL("../../data/models/clip-tiny-sample", import.meta.url).pathname;
const CORPUS = new URL("../../data/sample/flickr8k", import.meta.url).pathname;
const TRIALS = 60;

async function rowsOf(tensor: tf.Tensor2D): Promise<Float32Array[]> {
  const [data, width] = [Float32Array.from(await tensor.data()), tensor.shape[1]];
  tensor.dispose();
  return Array.from({ length: data.length / width }, (_, i) => data.subarray(i * width, (i + 1) * width));
}

Deno.test("the bundled CLIP finds the test split's images by their written captions", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const clip = await loadClip(MODEL);
  const tokenizer = await loadClipTokenizer(MODEL);
  const pairs = (await loadFlickr8k(CORPUS)).filter(({ split }) => split === "test");
  const files = [...new Set(pairs.map(({ image }) => image))];
  assert.ok(files.length >= 100);
  const pixels = await Promise.all(files.map((file) => readPixels(file, { size: clip.config.vision.imageSize })));
  const images = await rowsOf(encodeImage(clip, pixels));
  const texts = await rowsOf(encodeText(clip, tokenizer.encode(pairs.map(({ text }) => text))));
  const ranks = texts.map((text, i) => {
    const own = cosine(text, images[files.indexOf(pairs[i]!.image)]!);
    return images.filter((image) => cosine(text, image) > own).length;
  });
  const recall = (k: number): number => 100 * ranks.filter((rank) => rank < k).length / ranks.length;
  console.log(
    `${files.length} pictures, ${texts.length} captions: R@1 ${recall(1)} R@5 ${recall(5)} R@10 ${recall(10)}`,
  );
  assert.ok(recall(1) >= 25 && recall(10) >= 75);
  clip.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("the bundled CLIP distinguishes every fact in two-way tests on unseen scenes", async () => {
  await useBackend("wasm");
  const clip: Clip = await loadClip(MODEL);
  const tokenizer = await loadClipTokenizer(MODEL);
  const size = clip.config.vision.imageSize;
  const random = new Random("two-way tests of the bundled model");
  for (const fact of FACTS) {
    const trials = twoWayTrials(fact, TRIALS, "flickr8k", random);
    const draw = (side: "right" | "wrong"): Promise<Float32Array[]> =>
      Promise.all(
        trials.map(async (trial, i) =>
          normalizeImage(await renderSmall(trial[side], `${fact} ${side} ${i}`, size), size)
        ),
      );
    const accuracy = twoWayAccuracy(
      await rowsOf(encodeText(clip, tokenizer.encode(trials.map(({ text }) => text)))),
      await rowsOf(encodeImage(clip, await draw("right"))),
      await rowsOf(encodeImage(clip, await draw("wrong"))),
    );
    console.log(`${fact}: ${(100 * accuracy).toFixed(1)} % of ${TRIALS} two-way tests`);
    assert.ok(accuracy >= 0.85, fact);
  }
  clip.dispose();
});
