/**
 * A split ranked by a model, with every similarity at hand.
 *
 * @module
 */
import type { Split } from "../../data/pair.ts";
import { type Interval, recallInterval } from "../../metrics/bootstrap.ts";
import { featureRanks, type Ranks, type Recall, recallOf } from "../../metrics/recall.ts";
import type { Pictures } from "../../training/examples.ts";
import { type SplitFeatures, splitFeatures } from "../evaluate.ts";
import type { OpenTrained } from "../job.ts";
import { examplesFor } from "../pairs.ts";

/** Recall both ways, in percent, with 95 % intervals by bootstrap over pictures. */
export interface SplitRecall {
  /** A recording asks for its picture. */
  speech2image: Recall;
  /** A picture asks for one of its recordings. */
  image2speech: Recall;
  /** 95 %. */
  intervals: { speech2image: Record<keyof Recall, Interval>; image2speech: Record<keyof Recall, Interval> };
}

/** What a model makes of a split. */
export interface RankedSplit {
  /** Features and names. */
  features: SplitFeatures;
  /** For each recording the place of its picture. */
  imageOf: number[];
  /** Ranks of all queries. */
  ranks: Ranks;
  /** Recall. */
  recall: SplitRecall;
  /** The similarity of a recording and a picture. */
  similarity(recording: number, picture: number): number;
}

/**
 * Encodes and ranks a split.
 *
 * @param pictures reads the pictures. Default as the model's own settings say.
 * @throws {InputError} where no recording has a picture that can be read.
 */
export async function rankSplit(
  { job, model }: Pick<OpenTrained, "job" | "model">,
  split: Split,
  pictures: Pictures = job.data.pictures,
): Promise<RankedSplit> {
  const features = await splitFeatures(model, examplesFor(job, split, model.variant), pictures);
  const places = new Map(features.imageIds.map((id, place) => [id, place]));
  const imageOf = features.speechImageIds.map((id) => places.get(id) as number);
  const { speech, images, width } = features;
  const ranks = featureRanks(speech, images, imageOf);
  const intervals = (way: keyof Ranks): Record<keyof Recall, Interval> => {
    const groups = way === "speech2image" ? imageOf : undefined;
    return {
      "R@1": recallInterval(ranks[way], 1, { groups }),
      "R@5": recallInterval(ranks[way], 5, { groups }),
      "R@10": recallInterval(ranks[way], 10, { groups }),
    };
  };
  return {
    features,
    imageOf,
    ranks,
    recall: {
      speech2image: recallOf(ranks.speech2image),
      image2speech: recallOf(ranks.image2speech),
      intervals: { speech2image: intervals("speech2image"), image2speech: intervals("image2speech") },
    },
    similarity(recording, picture): number {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += speech[recording * width + d]! * images[picture * width + d]!;
      return sum;
    },
  };
}

/**
 * The places of the highest of `count` similarities, highest first, the first of equal ones before the others.
 *
 * @example
 * ```ts
 * import { topOf } from "./rank_split.ts";
 * if (topOf(4, 2, (i) => [0.1, 0.9, 0.3, 0.9][i]!).join() !== "1,3") throw new Error("not the highest");
 * ```
 */
export function topOf(count: number, top: number, similarity: (place: number) => number): number[] {
  const values = Array.from({ length: count }, (_, place) => similarity(place));
  return values.map((_, place) => place).sort((a, b) => values[b]! - values[a]! || a - b).slice(0, top);
}
