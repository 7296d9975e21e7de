/** Whether a transform of colors that is the same for all images, with nothing trained, lifts zero-shot retrieval. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { renderSmall } from "../../data/generator/clip_world.ts";
import { randomSceneFor } from "../../data/generator/scene.ts";
import type { Clip } from "../../lib/clip/clip.ts";
import { loadClip } from "../../lib/clip/load.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { loadClipTokenizer } from "../../lib/clip/tokenizer.ts";
import { encodeImage } from "../../lib/clip/vision_tower.ts";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import { CLIP_MEAN, CLIP_STD, readPixels } from "../../lib/image/preprocess.ts";
import { bootstrapTest, hitsAt } from "../../lib/metrics/bootstrap.ts";
import { retrievalRanks } from "../../lib/metrics/recall.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";

const DATA = new URL("../../data/", import.meta.url).pathname;
const CHANNELS = [0, 1, 2] as const;

/** A transform of each channel: `gain * value ** gamma + offset` of values within [0, 1], cut to [0, 1]. */
type Transform = { gain: number[]; offset: number[]; gamma: number };

/** Applies a transform to normalized pixels `[3 * S * S]`. */
function transformed(pixels: Float32Array, { gain, offset, gamma }: Transform): Float32Array {
  const area = pixels.length / 3;
  return pixels.map((value, i) => {
    const c = Math.floor(i / area), [mean, std] = [CLIP_MEAN[c]!, CLIP_STD[c]!];
    const level = gain[c]! * Math.max(0, value * std + mean) ** gamma + offset[c]!;
    return (Math.min(1, Math.max(0, level)) - mean) / std;
  });
}

/** The light of a low sun, which the sample's COCO images once had: a control that the search below undoes. */
const EVENING: Transform = { gain: [0.6, 0.6, 0.6], offset: [240, 130, 40].map((v) => 0.4 * v / 255), gamma: 1 };

/** Mean and standard deviation of each channel within [0, 1]. */
function moments(images: readonly Float32Array[]): [mean: number, std: number][] {
  return CHANNELS.map((c) => {
    let [n, sum, squares] = [0, 0, 0];
    for (const pixels of images) {
      const area = pixels.length / 3;
      for (const value of pixels.subarray(c * area, (c + 1) * area)) {
        const level = value * CLIP_STD[c]! + CLIP_MEAN[c]!;
        [n, sum, squares] = [n + 1, sum + level, squares + level * level];
      }
    }
    return [sum / n, Math.sqrt(squares / n - (sum / n) ** 2)];
  });
}

/** The affine transform that gives `from` the moments of `to`, done by a share. */
function matching(from: [number, number][], to: [number, number][], share: number): Transform {
  const gain = CHANNELS.map((c) => 1 + share * (to[c]![1] / from[c]![1] - 1));
  const offset = CHANNELS.map((c) => share * (to[c]![0] - from[c]![0] * to[c]![1] / from[c]![1]));
  return { gain, offset, gamma: 1 };
}

Deno.test("no fixed transform of the colors, chosen on dev, lifts zero-shot retrieval on narrations", async () => {
  await useBackend("wasm");
  const clip: Clip = await loadClip(`${DATA}models/clip-tiny-sample`);
  const tokenizer = await loadClipTokenizer(`${DATA}models/clip-tiny-sample`);
  const size = clip.config.vision.imageSize;
  const split = async (name: "dev" | "test") => {
    const pairs = (await loadPairs("ln-coco", `${DATA}sample/coco`)).filter((pair) => pair.split === name);
    const images: Float32Array[] = [];
    for (const { image } of pairs) images.push(await readPixels(image, { size }));
    return { images, texts: tf.tidy(() => unit(encodeText(clip, tokenizer.encode(pairs.map(({ text }) => text))))) };
  };
  const hits = async (images: readonly Float32Array[], texts: tf.Tensor2D): Promise<number[]> => {
    const similarity = tf.tidy(() => tf.matMul(texts, unit(encodeImage(clip, images)), false, true));
    const data = Float32Array.from(await similarity.data());
    similarity.dispose();
    const { speech2image } = retrievalRanks(data, images.map((_, i) => i), images.length);
    return hitsAt(speech2image, 1);
  };
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  const [dev, test] = [await split("dev"), await split("test")];
  const scenes = new Random("daylight");
  const daylight: Float32Array[] = [];
  for (let i = 0; i < 150; i++) {
    const rgb = await renderSmall(randomSceneFor("pretraining", scenes), `daylight ${i}`, size);
    daylight.push(Float32Array.from({ length: rgb.length }, (_, at) => {
      const c = Math.floor(at / (size * size));
      return (rgb[(at % (size * size)) * 3 + c]! / 255 - CLIP_MEAN[c]!) / CLIP_STD[c]!;
    }));
  }

  /** The gain in R@1 on test of the transform that is best on dev, and the half width of its 95 % interval; points. */
  const lift = async (before: Transform): Promise<[gain: number, half: number]> => {
    const [devImages, testImages] = [dev, test].map(({ images }) => images.map((image) => transformed(image, before)));
    const [from, to] = [moments(devImages!), moments(daylight)];
    const random = new Random("transforms");
    const candidates = [0, 0.5, 1].flatMap((share) =>
      [0.7, 1, 1.4].map((gamma): Transform => ({ ...matching(from, to, share), gamma }))
    );
    const around = candidates.flatMap(({ gain, offset, gamma }): Transform[] =>
      [0, 1].map(() => ({
        gain: gain.map((value) => value * random.uniform(0.8, 1.25)),
        offset: offset.map((value) => value + random.uniform(-0.1, 0.1)),
        gamma,
      }))
    );
    let best: Transform = matching(from, to, 0), score = -1;
    for (const candidate of [best, ...candidates, ...around]) {
      const found = mean(await hits(devImages!.map((image) => transformed(image, candidate)), dev.texts));
      if (found > score) [best, score] = [candidate, found];
    }
    const plain = await hits(testImages!, test.texts);
    const changed = await hits(testImages!.map((image) => transformed(image, best)), test.texts);
    const { difference, interval } = bootstrapTest([changed], [plain]);
    console.log(
      `R@1 ${mean(plain).toFixed(1)} -> ${mean(changed).toFixed(1)} with ${JSON.stringify(best)}`,
    );
    return [difference, (interval[1] - interval[0]) / 2];
  };
  const none: Transform = { gain: [1, 1, 1], offset: [0, 0, 0], gamma: 1 };
  const [gain, half] = await lift(none);
  assert.ok(gain <= half, `a fixed transform gains ${gain} points, more than ${half}`);
  const [undone, width] = await lift(EVENING);
  assert.ok(undone > width, `the search does not even undo a tint: ${undone} points, ${width}`);
  for (const { texts } of [dev, test]) texts.dispose();
  clip.dispose();
});

/** Rows of length 1: `[N, D] -> [N, D]`. */
function unit(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.div(rows, tf.norm(rows, 2, 1, true)) as tf.Tensor2D);
}
