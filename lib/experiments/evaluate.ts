/** Retrieval of a split with one variant (paper, Tables 1, 2 and 4): features, ranks, recall, and the baselines. */
import type * as tf from "@tensorflow/tfjs-core";
import type { Split } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { bootstrapTest, hitsAt, recallInterval } from "../metrics/bootstrap.ts";
import { queryMetrics, rankIntervals, type RankMetrics, rankMetrics, ranksByImage } from "../metrics/rank_metrics.ts";
import { featureRanks, type Ranks, ranksForImages, recallOf } from "../metrics/recall.ts";
import { type BrewClip, createBrewClip, disposeBrewClip, encodeImages, encodeSpeech } from "../systems/brewclip.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import { type Example, type Images, joinSpeech } from "../training/examples.ts";
import { acousticOf } from "../training/run_model.ts";
import type { RunConfig } from "../training/config.ts";
import type { OpenJob } from "./job.ts";
import { examplesFor, hasCaptions } from "./pairs.ts";
import type { Gain, Intervals, RetrievalResult } from "./results.ts";

/** Features of length 1 on the host, one row per image and per recording. */
export interface SplitFeatures {
  /** `[I, D]`, row-major. */
  images: Float32Array;
  imageIds: string[];
  /** `[R, D]`, row-major. */
  speech: Float32Array;
  speechImageIds: string[];
  ids: string[];
  /** Joint width D. */
  width: number;
}

/** Rows per pass through a tower: enough to keep a machine busy, few enough to fit. */
const ROWS = 32;

/**
 * Encodes each different image and each recording once. Recordings whose image cannot be read are skipped.
 *
 * @throws {InputError} if no recording remains, or a feature is not a finite number.
 */
export async function splitFeatures(
  model: BrewClip,
  examples: readonly Example[],
  reader: Images,
): Promise<SplitFeatures> {
  const files = new Map(examples.map((example) => [example.imageId, example.image]));
  const imageIds: string[] = [];
  const images: Float32Array[] = [];
  const imageGroups = groups([...files]);
  for (const [g, group] of imageGroups.entries()) {
    const read = await Promise.all(group.map(([, file]) => reader.get(file)));
    reader.readAhead((imageGroups[g + 1] ?? []).map(([, file]) => file));
    const usable = read.filter((image) => image !== undefined);
    group.forEach(([id], index) => read[index] !== undefined && imageIds.push(id));
    if (usable.length > 0) images.push(await values(encodeImages(model, usable)));
  }
  const seen = new Set(imageIds);
  const usableSpeech = examples.filter((example) => seen.has(example.imageId));
  if (usableSpeech.length === 0) {
    throw new InputError(
      `Cannot compute features as none of ${examples.length} recordings has an image that can be read: expected at least 1.`,
    );
  }
  const speech: Float32Array[] = [];
  for (const group of groups(usableSpeech)) {
    const inputs = await joinSpeech(group);
    const features = encodeSpeech(model, inputs);
    inputs.states?.dispose();
    features.text?.dispose();
    features.acoustic?.dispose();
    speech.push(await values(features.speech));
  }
  return {
    images: joined(images),
    imageIds,
    speech: joined(speech),
    speechImageIds: usableSpeech.map((example) => example.imageId),
    ids: usableSpeech.map((example) => example.id),
    width: model.clip.config.projection,
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
}

const KS = [1, 5, 10] as const;

/** Recall both ways, in percent, with 95 % intervals by bootstrap over images. */
export type SplitRecall = Pick<RetrievalResult, "speech2image" | "image2speech" | "intervals">;

/** The ranks of a split, and recall. */
export interface RankedFeatures {
  /** For each recording the index of its image. */
  imageOf: number[];
  ranks: Ranks;
  recall: SplitRecall;
}

/** Ranks a split; the intervals are by bootstrap over images, each drawn with all of its recordings. */
export function rankFeatures(features: SplitFeatures): RankedFeatures {
  const { images, speech } = features, imageOf = imagesOf(features);
  const ranks = featureRanks(speech, images, imageOf);
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

/**
 * Encodes and ranks a split.
 *
 * @throws {InputError} if no recording has an image that can be read.
 */
export async function evaluateRetrieval(
  model: BrewClip,
  data: { examples: readonly Example[]; images: Images },
  { dataset, split, trained }: Pick<RetrievalResult, "dataset" | "split" | "trained">,
): Promise<Evaluation> {
  const features = await splitFeatures(model, data.examples, data.images);
  const { imageOf, ranks, recall: { speech2image, image2speech, intervals } } = rankFeatures(features);
  const { ids, imageIds } = features;
  const label = { dataset, split, variant: model.variant, trained };
  const counts = { images: imageIds.length, recordings: ids.length };
  const itemRanks = [...ranksForImages(features.speech, features.images, imageOf)];
  const metrics = {
    speech2image: withIntervals(Array.from(ranks.speech2image, (rank) => [rank]), imageOf),
    image2speech: withIntervals(ranksByImage(itemRanks, imageOf)),
  };
  const result: RetrievalResult = { ...label, speech2image, image2speech, ...counts, intervals, metrics };
  return { result, ranks, ids, imageIds, imageOf, ...(ids.length > imageIds.length && { itemRanks }) };
}

function withIntervals(queries: readonly ArrayLike<number>[], groups?: readonly number[]): RankMetrics {
  return { ...rankMetrics(queries), intervals: rankIntervals([queryMetrics(queries)], groups) };
}

/** Computes the mean R@1 of both directions of a model on a split of the job's data. */
export async function scoreSplit(job: OpenJob, model: BrewClip, split: Split): Promise<number> {
  const features = await splitFeatures(model, examplesFor(job, split, model.variant), job.data.images);
  const ranks = featureRanks(features.speech, features.images, imagesOf(features));
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

/** What a run is compared with. */
export interface Baselines {
  /** Transcripts, no prompts. */
  zeroShot: Evaluation;
  /** Written captions, no prompts; absent if a pair of the split has none. */
  zeroShotCaption?: Evaluation;
  /** Transcripts, randomly initialized prompts: the effect of prompts alone, without training. */
  control: Evaluation;
  /** The variant with its own initial values, if these are more than the control's prompts. */
  untrained?: Evaluation;
}

export async function evaluateBaselines(job: OpenJob, split: Split, known?: KnownEvaluations): Promise<Baselines> {
  const of = (variant: Variant) => evaluateUntrained(job, variant, split, known);
  return {
    zeroShot: await of("pip-zero-shot"),
    ...(hasCaptions(job.data.splits[split].map(({ pair }) => pair))
      ? { zeroShotCaption: await of("pip-zero-shot-gt") }
      : {}),
    control: await of("pip"),
    ...(VARIANTS[job.config.variant].acoustic ? { untrained: await of(job.config.variant) } : {}),
  };
}

/** Evaluations of models with their initial parameters, by everything they depend on. The runs of an experiment share them. */
export type KnownEvaluations = Map<string, Evaluation>;

/**
 * Evaluates a variant with its initial parameters.
 *
 * @param known is searched first, and extended
 * @throws {InputError} if no recording of the split has an image that can be read.
 */
export async function evaluateUntrained(
  job: OpenJob,
  variant: Variant,
  split: Split,
  known: KnownEvaluations = new Map(),
): Promise<Evaluation> {
  const key = untrainedKey(job, variant, split);
  const found = known.get(key);
  if (found !== undefined) return found;
  const model = createBrewClip(variant, job.clip, acousticOf(job), job.config.seed);
  try {
    const evaluation = await evaluateSplit(job, model, split, false);
    known.set(key, evaluation);
    return evaluation;
  } finally {
    disposeBrewClip(model);
  }
}

/** What initial parameters do not depend on. */
const OF_TRAINING: ReadonlySet<string> = new Set<keyof RunConfig>([
  "preset",
  "variant",
  "dataFingerprint",
  "steps",
  "batchSize",
  "microBatch",
  "groupBatches",
  "learningRate",
  "acousticLearningRate",
  "temperatureLearningRate",
  "finalLearningRate",
  "warmupSteps",
  "acousticWarmupSteps",
  "promptSteps",
  "weightDecay",
  "clipNorm",
  "alpha",
  "temperature",
  "evaluateEvery",
  "saveEvery",
  "cache",
]);

/** Further settings that only a variant with prompts or an acoustic branch has. */
const OF_PARAMETERS: ReadonlySet<string> = new Set<keyof RunConfig>([
  "seed",
  "promptLength",
  "prompts",
  "fusion",
  "attendPadding",
  "acousticLayers",
  "acoustic",
]);

function untrainedKey({ config, data }: OpenJob, variant: Variant, split: Split): string {
  const { prompts } = VARIANTS[variant];
  const settings = Object.entries(config).filter(([name]) =>
    !OF_TRAINING.has(name) && (prompts || !OF_PARAMETERS.has(name))
  );
  const { fingerprint, clipKey, whisperKey, splits } = data;
  const recordings = splits[split].map(({ pair: { id, text }, transcript }) => [id, text, transcript]);
  return JSON.stringify([variant, split, settings, fingerprint, clipKey, whisperKey, recordings]);
}

/** Evaluates a model on a split of the job's data. */
export function evaluateSplit(
  job: OpenJob,
  model: BrewClip,
  split: Split,
  trained: boolean,
): Promise<Evaluation> {
  const { config: { dataset }, data: { images } } = job;
  const examples = examplesFor(job, split, model.variant);
  return evaluateRetrieval(model, { examples, images }, { dataset, split, trained });
}

/** The zero-shot variant that a variant is compared with. */
export function baselineOf(variant: Variant): Variant {
  return VARIANTS[variant].source === "caption" ? "pip-zero-shot-gt" : "pip-zero-shot";
}
