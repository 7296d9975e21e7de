/** Retrieval at SpokenCOCO's size: 5,000 images with five recordings each, width 512. */
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { retrieval } from "../../../lib/metrics/recall.ts";
import { Random } from "../../../lib/random.ts";
import { readSafetensors, writeSafetensors } from "../../../lib/files/safetensors.ts";
import type { Prepare } from "./case.ts";

const [PICTURES, RECORDINGS, WIDTH, NOISE] = [5000, 25000, 512, 4.5];

/** Writes features of length 1: random images, and recordings near them. Recording n belongs to image n mod 5,000. */
export async function writeRetrievalFiles(folder: string): Promise<void> {
  const random = new Random("retrieval");
  const pool = Float32Array.from({ length: 2 ** 20 }, () => random.normal());
  let place = 0;
  const unit = (rows: number, at: (row: number, d: number, noise: number) => number): Float32Array<ArrayBuffer> => {
    const values = new Float32Array(rows * WIDTH);
    for (let n = 0; n < rows; n++) {
      let squares = 0;
      for (let d = 0; d < WIDTH; d++) {
        place = (place + 7919) % pool.length;
        squares += (values[n * WIDTH + d] = at(n, d, pool[place]!)) ** 2;
      }
      for (let d = 0; d < WIDTH; d++) values[n * WIDTH + d]! /= Math.sqrt(squares);
    }
    return values;
  };
  const image = unit(PICTURES, (_, __, noise) => noise);
  const near = (n: number, d: number, noise: number) =>
    Math.sqrt(WIDTH) * image[(n % PICTURES) * WIDTH + d]! + NOISE * noise;
  const speech = unit(RECORDINGS, near);
  await writeSafetensors(
    join(folder, "features.safetensors"),
    new Map([["image", { shape: [PICTURES, WIDTH], data: image }], [
      "speech",
      { shape: [RECORDINGS, WIDTH], data: speech },
    ]]),
  );
}

const imageOf = Int32Array.from({ length: RECORDINGS }, (_, n) => n % PICTURES);

async function readFeatures(folder: string): Promise<{ image: Float32Array; speech: Float32Array }> {
  const read = await readSafetensors(join(folder, "features.safetensors"));
  return { image: read.get("image")!.data as Float32Array, speech: read.get("speech")!.data as Float32Array };
}

/** R@1, 5 and 10 from recordings to images, then vice versa. */
export const prepareRetrieval: Prepare = async (folder) => {
  const { image, speech } = await readFeatures(folder);
  return {
    run: () => {
      const { speech2image, image2speech } = retrieval(speech, image, imageOf);
      return [...Object.values(speech2image), ...Object.values(image2speech)];
    },
  };
};

const [QUERIES, BEST] = [500, 10];

/** The same by `tf.matMul` and `tf.topk` in blocks. */
export const prepareStockRetrieval: Prepare = async (folder) => {
  const { image, speech } = await readFeatures(folder);
  const recallOf = async (queries: Float32Array, items: tf.Tensor2D, hit: (query: number, item: number) => boolean) => {
    const rows = queries.length / WIDTH;
    const found = [0, 0, 0];
    for (let from = 0; from < rows; from += QUERIES) {
      const block = queries.subarray(from * WIDTH, (from + QUERIES) * WIDTH);
      const best = tf.tidy(() =>
        tf.topk(tf.matMul(tf.tensor2d(block, [QUERIES, WIDTH]), items, false, true), BEST).indices
      );
      const indices = await best.data();
      best.dispose();
      for (let row = 0; row < QUERIES; row++) {
        const at = indices.subarray(row * BEST, (row + 1) * BEST).findIndex((item) => hit(from + row, item));
        [1, 5, 10].forEach((k, i) => at >= 0 && at < k && found[i]!++);
      }
    }
    return found.map((count) => 100 * count / rows);
  };
  return {
    run: async () => {
      const [pictures, recordings] = [tf.tensor2d(image, [PICTURES, WIDTH]), tf.tensor2d(speech, [RECORDINGS, WIDTH])];
      const there = await recallOf(speech, pictures, (query, item) => query % PICTURES === item);
      const back = await recallOf(image, recordings, (query, item) => item % PICTURES === query);
      tf.dispose([pictures, recordings]);
      return [...there, ...back];
    },
  };
};
