/**
 * A split ranked by a model, with every similarity at hand.
 *
 * @module
 */
import type { Split } from "../../data/pair.ts";
import type { Pictures } from "../../training/examples.ts";
import { type RankedFeatures, rankFeatures, type SplitFeatures, splitFeatures } from "../evaluate.ts";
import type { OpenTrained } from "../job.ts";
import { examplesFor } from "../pairs.ts";

/** What a model makes of a split. */
export interface RankedSplit extends RankedFeatures {
  /** Features and names. */
  features: SplitFeatures;
  /** The similarity of a recording and an image. */
  similarity(recording: number, image: number): number;
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
  const { speech, images, width } = features;
  return {
    features,
    ...rankFeatures(features),
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
