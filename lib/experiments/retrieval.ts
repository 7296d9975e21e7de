/**
 * Retrieval of a split with one variant (paper, Tables 1, 2 and 4).
 *
 * @module
 */
import { bootstrapDifference, hitsAt, recallInterval } from "../metrics/bootstrap.ts";
import { featureRanks, type Ranks, recallOf } from "../metrics/recall.ts";
import type { BrewClip } from "../systems/brewclip.ts";
import type { Example, Pictures } from "../training/examples.ts";
import { splitFeatures } from "./features.ts";
import type { Gain, Intervals, RetrievalResult } from "./results.ts";

/** What a result is of. */
export interface EvaluationLabel {
  /** The data set's layout. */
  dataset: string;
  /** The split. */
  split: string;
  /** Whether the model's parameters were trained. */
  trained: boolean;
}

/** A result and the ranks behind it. */
export interface Evaluation {
  /** Recall, intervals and counts. */
  result: RetrievalResult;
  /** The rank of every query. */
  ranks: Ranks;
  /** Name of each recording's pair, in the order of `ranks.speech2image`. */
  ids: readonly string[];
  /** Name of each picture, in the order of `ranks.image2speech`. */
  imageIds: readonly string[];
  /** `[N]`: the place of each recording's picture among those names. */
  imageOf: readonly number[];
}

/** An evaluation without the names of its queries. */
export type Ranked = Pick<Evaluation, "result" | "ranks" | "imageOf">;

const KS = [1, 5, 10] as const;

/**
 * Encodes a split, ranks, and gives recall both ways with 95 % intervals by bootstrap over pictures: a picture is
 * drawn with all of its recordings.
 *
 * @throws {InputError} where no recording has a picture that can be read.
 */
export async function evaluateRetrieval(
  model: BrewClip,
  data: { examples: readonly Example[]; pictures: Pictures },
  label: EvaluationLabel,
): Promise<Evaluation> {
  const features = await splitFeatures(model, data.examples, data.pictures);
  const places = new Map(features.imageIds.map((id, index) => [id, index]));
  const imageOf = features.speechImageIds.map((id) => places.get(id) as number);
  const ranks = featureRanks(features.speech, features.images, imageOf);
  const result: RetrievalResult = {
    dataset: label.dataset,
    split: label.split,
    variant: model.variant,
    trained: label.trained,
    speech2image: recallOf(ranks.speech2image),
    image2speech: recallOf(ranks.image2speech),
    images: features.imageIds.length,
    recordings: features.ids.length,
    intervals: {
      speech2image: eachK((k) => recallInterval(ranks.speech2image, k, { groups: imageOf })),
      image2speech: eachK((k) => recallInterval(ranks.image2speech, k)),
    },
  };
  return { result, ranks, ids: features.ids, imageIds: features.imageIds, imageOf };
}

/** Mean R@1 of both directions, in percent: by this the best checkpoint is chosen. */
export function meanRecall(result: Pick<RetrievalResult, "speech2image" | "image2speech">): number {
  return (result.speech2image["R@1"] + result.image2speech["R@1"]) / 2;
}

/** The gain of `a` over `b`. Both must be of the same split, with the same recordings and pictures. */
export function gainOf(a: Ranked, b: Ranked): Gain {
  const difference = (way: keyof Ranks) => (k: number): [number, number] =>
    bootstrapDifference(hitsAt(a.ranks[way], k), hitsAt(b.ranks[way], k), {
      groups: way === "speech2image" ? a.imageOf : undefined,
    });
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
