/** Retrieval of a split with one variant (paper, Tables 1, 2 and 4): features, ranks, recall, and the baselines. */
import * as tf from "@tensorflow/tfjs-core";
import type { Split } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { bootstrapTest, hitsAt, recallInterval } from "../metrics/bootstrap.ts";
import { queryMetrics, rankIntervals, type RankMetrics, rankMetrics, ranksByImage } from "../metrics/rank_metrics.ts";
import { type ItemRanks, itemRanks, type Ranks, recallOf } from "../metrics/recall.ts";
import { systemOf } from "../systems/registry.ts";
import type { Model } from "../systems/system.ts";
import type { Variant } from "../systems/variants.ts";
import { type Example, type Images, joinSpeech } from "../training/examples.ts";
import { imagesFor } from "../training/frozen_images.ts";
import { setupOf } from "../training/run_model.ts";
import type { OpenJob } from "./job.ts";
import { examplesFor } from "./pairs.ts";
import { type HostRow, hostRows, rerank, type Reranked } from "./rerank.ts";
import type { Gain, Intervals, RetrievalResult } from "./results.ts";

/** Features on the host, one row per image and per recording. The score of a pair is their dot product. */
export interface SplitFeatures {
  /** `[I, D]`, row-major. */
  images: Float32Array;
  imageIds: string[];
  /** `[R, D]`, row-major. */
  speech: Float32Array;
  speechImageIds: string[];
  ids: string[];
  /** Width D. */
  width: number;
  /** The ids of the tokens that the model chose for each recording, if it chooses keywords. */
  keywords?: number[][];
  /** The order of the best candidates, if the model has a second stage. */
  reranked?: Reranked;
  /** Seconds to encode a recording, without Whisper, and to score it again, if there is a second stage. */
  secondsPerQuery?: number;
}

/** Rows per pass through a tower: enough to keep a machine busy, few enough to fit. */
const ROWS = 32;

/**
 * Encodes each different image and each recording once. Recordings whose image cannot be read are skipped.
 *
 * @throws {InputError} if no recording remains, or a feature is not a finite number.
 */
export async function splitFeatures(
  model: Model,
  examples: readonly Example[],
  reader: Images,
): Promise<SplitFeatures> {
  const system = systemOf(model);
  const second = system.rerank?.(model);
  const files = new Map(examples.map((example) => [example.imageId, example.image]));
  const inputs = imagesFor(model, reader);
  const imageIds: string[] = [];
  const images: Float32Array[] = [], imageRows: HostRow[] = [];
  const imageGroups = groups([...files]);
  for (const [g, group] of imageGroups.entries()) {
    const read = await Promise.all(group.map(([, file]) => inputs.get(file)));
    inputs.readAhead((imageGroups[g + 1] ?? []).map(([, file]) => file));
    const usable = read.filter((image) => image !== undefined);
    group.forEach(([id], index) => read[index] !== undefined && imageIds.push(id));
    if (usable.length === 0) continue;
    const { image, ...others } = system.encodeImages(model, usable);
    images.push(await values(image));
    if (second) imageRows.push(...await hostRows(others));
    tf.dispose(others);
  }
  const seen = new Set(imageIds);
  const usableSpeech = examples.filter((example) => seen.has(example.imageId));
  if (usableSpeech.length === 0) {
    throw new InputError(
      `Cannot compute features as none of ${examples.length} recordings has an image that can be read: expected at least 1.`,
    );
  }
  const spoken: Float32Array[] = [], speechRows: HostRow[] = [], keywords: number[][] = [];
  let seconds = 0;
  for (const group of groups(usableSpeech)) {
    const inputs = await joinSpeech(group);
    const start = performance.now();
    const { speech, ...others } = system.encodeSpeech(model, inputs);
    inputs.states?.dispose();
    spoken.push(await values(speech));
    seconds += (performance.now() - start) / 1000;
    if (second) speechRows.push(...await hostRows(others));
    if (others["chosen"]) keywords.push(...await others["chosen"].array() as number[][]);
    tf.dispose(others);
  }
  const features = { images: joined(images), imageIds, speech: joined(spoken) };
  const again = second &&
    await rerank(model, second, {
      ...features,
      imageRows,
      speechRows,
      width: features.images.length / imageIds.length,
    });
  return {
    ...features,
    speechImageIds: usableSpeech.map((example) => example.imageId),
    ids: usableSpeech.map((example) => example.id),
    width: features.images.length / imageIds.length,
    ...(keywords.length > 0 && { keywords }),
    ...(again && { reranked: again }),
    secondsPerQuery: seconds / usableSpeech.length +
      (again && second ? again.secondsPerPair * Math.min(second.top, imageIds.length) : 0),
  };
}

function groups<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / ROWS) }, (_, g) => items.slice(g * ROWS, (g + 1) * ROWS));
}

async function values(tensor: tf.Tensor2D): Promise<Float32Array> {
  const copy = Float32Array.from(await tensor.data<"float32">());
  tensor.dispose();
  if (!copy.every(Number.isFinite)) {
    throw new InputError(
      "Cannot rank as a feature is not a finite number: the weights of CLIP or of the checkpoint are damaged.",
    );
  }
  return copy;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** A result and the ranks behind it. */
export interface Evaluation {
  result: RetrievalResult;
  ranks: Ranks;
  /** The pair of each recording, in the order of `ranks.speech2image`. */
  ids: readonly string[];
  /** The images, in the order of `ranks.image2speech`. */
  imageIds: readonly string[];
  /** For each recording the index of its image. */
  imageOf: readonly number[];
  /** For each recording its rank among all recordings for its own image; absent if each image has one. */
  itemRanks?: readonly number[] | undefined;
  /** See {@link SplitFeatures}. */
  secondsPerQuery?: number | undefined;
}

const KS = [1, 5, 10] as const;

/** Recall both ways, in percent, with 95 % intervals by bootstrap over images. */
export type SplitRecall = Pick<RetrievalResult, "speech2image" | "image2speech" | "intervals">;

/** The ranks of a split, and recall. */
export interface RankedFeatures {
  /** For each recording the index of its image. */
  imageOf: number[];
  ranks: ItemRanks;
  recall: SplitRecall;
}

/** Ranks a split; the intervals are by bootstrap over images, each drawn with all of its recordings. */
export function rankFeatures(features: SplitFeatures): RankedFeatures {
  const imageOf = imagesOf(features);
  const ranks = ranksOf(features, imageOf);
  const recall = {
    speech2image: recallOf(ranks.speech2image),
    image2speech: recallOf(ranks.image2speech),
    intervals: {
      speech2image: eachK((k) => recallInterval(ranks.speech2image, k, { groups: imageOf })),
      image2speech: eachK((k) => recallInterval(ranks.image2speech, k)),
    },
  };
  return { imageOf, ranks, recall };
}

/** For each recording the index of its image. */
function imagesOf({ imageIds, speechImageIds }: SplitFeatures): number[] {
  const positions = new Map(imageIds.map((id, index) => [id, index]));
  return speechImageIds.map((id) => positions.get(id) as number);
}

/** The ranks of queries, by the second stage if there is one. */
function ranksOf({ speech, images, reranked }: SplitFeatures, imageOf: readonly number[]): ItemRanks {
  const first = itemRanks(speech, images, imageOf);
  return reranked ? ranksAgain(first, reranked, imageOf) : first;
}

/** Ranks by the second stage. A correct item that is not among its candidates keeps its first rank. */
function ranksAgain(first: ItemRanks, { speech2image, image2speech }: Reranked, imageOf: readonly number[]): ItemRanks {
  const rank = (found: number, before: number): number => found < 0 ? before : found + 1;
  return {
    speech2image: first.speech2image.map((before, n) => rank(speech2image[n]!.indexOf(imageOf[n]!), before)),
    image2speech: first.image2speech.map((before, i) =>
      rank(image2speech[i]!.findIndex((n) => imageOf[n] === i), before)
    ),
    recordings: first.recordings.map((before, n) => rank(image2speech[imageOf[n]!]!.indexOf(n), before)),
  };
}

/**
 * Encodes and ranks a split.
 *
 * @throws {InputError} if no recording has an image that can be read.
 */
export async function evaluateRetrieval(
  model: Model,
  data: { examples: readonly Example[]; images: Images },
  { dataset, split, trained }: Pick<RetrievalResult, "dataset" | "split" | "trained">,
): Promise<Evaluation> {
  const features = await splitFeatures(model, data.examples, data.images);
  const { imageOf, ranks: { recordings, ...ranks }, recall: { speech2image, image2speech, intervals } } = rankFeatures(
    features,
  );
  const { ids, imageIds } = features;
  const label = { dataset, split, variant: model.variant, trained };
  const counts = { images: imageIds.length, recordings: ids.length };
  const metrics = {
    speech2image: withIntervals(Array.from(ranks.speech2image, (rank) => [rank]), imageOf),
    image2speech: withIntervals(ranksByImage(recordings, imageOf)),
  };
  const result: RetrievalResult = { ...label, speech2image, image2speech, ...counts, intervals, metrics };
  const { secondsPerQuery } = features;
  const items = ids.length > imageIds.length && { itemRanks: [...recordings] };
  return { result, ranks, ids, imageIds, imageOf, secondsPerQuery, ...items };
}

function withIntervals(queries: readonly ArrayLike<number>[], groups?: readonly number[]): RankMetrics {
  return { ...rankMetrics(queries), intervals: rankIntervals([queryMetrics(queries)], groups) };
}

/** Computes the mean R@1 of both directions of a model on a split of the job's data. */
export async function scoreSplit(job: OpenJob, model: Model, split: Split): Promise<number> {
  const features = await splitFeatures(model, examplesFor(job, split, model.variant), job.data.images);
  const ranks = ranksOf(features, imagesOf(features));
  return meanRecall({ speech2image: recallOf(ranks.speech2image), image2speech: recallOf(ranks.image2speech) });
}

/** Mean R@1 of both directions, in percent. It selects the best checkpoint. */
export function meanRecall(result: Pick<RetrievalResult, "speech2image" | "image2speech">): number {
  return (result.speech2image["R@1"] + result.image2speech["R@1"]) / 2;
}

/** Computes the gain of `a` over `b`. Both must be of the same split, with the same recordings and images. */
export function gainOf(
  a: Pick<Evaluation, "result" | "ranks" | "imageOf">,
  b: Pick<Evaluation, "result" | "ranks">,
): Gain {
  const difference = (way: keyof Ranks) => (k: number): [number, number] =>
    bootstrapTest([hitsAt(a.ranks[way], k)], [hitsAt(b.ranks[way], k)], {
      groups: way === "speech2image" ? a.imageOf : undefined,
    }).interval;
  const mean = (way: keyof Ranks) => ({
    "R@1": a.result[way]["R@1"] - b.result[way]["R@1"],
    "R@5": a.result[way]["R@5"] - b.result[way]["R@5"],
    "R@10": a.result[way]["R@10"] - b.result[way]["R@10"],
  });
  return {
    speech2image: mean("speech2image"),
    image2speech: mean("image2speech"),
    intervals: {
      speech2image: eachK(difference("speech2image")),
      image2speech: eachK(difference("image2speech")),
    },
  };
}

function eachK(interval: (k: number) => [number, number]): Intervals {
  const [one, five, ten] = KS.map(interval) as [[number, number], [number, number], [number, number]];
  return { "R@1": one, "R@5": five, "R@10": ten };
}

/** Creates a model with its initial values, by default the one of the job's config. */
export function untrainedModel({ config, clip, data }: OpenJob, variant: Variant = config.variant): Model {
  return systemOf({ variant }).create(variant, setupOf({ ...config, variant }, { clip, ...data }));
}

/** Evaluates a model on a split of the job's data. */
export function evaluateSplit(
  job: OpenJob,
  model: Model,
  split: Split,
  trained: boolean,
): Promise<Evaluation> {
  const { config: { dataset }, data: { images } } = job;
  const examples = examplesFor(job, split, model.variant);
  return evaluateRetrieval(model, { examples, images }, { dataset, split, trained });
}
