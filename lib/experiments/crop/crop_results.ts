/**
 * `results.json` of the centre crop.
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import type { Fit } from "../../image/preprocess.ts";
import type { Interval } from "../../metrics/bootstrap.ts";
import type { PartSchema } from "../experiment_file.ts";
import type { ModelChoice } from "../qualitative/model_choice.ts";
import type { SplitRecall } from "../evaluate.ts";
import { count, modelChoice, name, place, real, recall, split } from "../qualitative/schemas.ts";
import type { SeenPart } from "../qualitative/seen_part.ts";

/** The fits that are compared; the first two decide the loss. */
export const CROP_FITS: readonly Fit[] = ["crop", "pad", "squash"];

/** What is compared. */
export interface CropSettings {
  /** The model, whose own fit of pictures does not matter here. */
  model: ModelChoice;
  /** The split. */
  split: Split;
  /** Queries each way that the table and the page show. */
  top: number;
}

/** A query under each fit. */
export interface CropQuery {
  /** A recording asks for its picture, or a picture for one of its recordings. */
  direction: "speech2image" | "image2speech";
  /** The pair's name, or the picture's. */
  id: string;
  /** The picture's name. */
  imageId: string;
  /** Places of the right answer. */
  ranks: Record<Fit, number>;
  /** Rank under `crop` less rank under `pad`: positive where cropping harms. */
  loss: number;
}

/** A picture and what is cut from it. */
export interface CropPicture {
  /** Its file, from the data set's folder. */
  file: string;
  /** In pixels, upright. */
  width: number;
  /** In pixels, upright. */
  height: number;
  /** The part that the crop keeps. */
  kept: SeenPart;
  /** The part of its area that is cut away, in [0, 1]. */
  cut: number;
}

/** What was found. */
export interface CropResult {
  /** What it is of. */
  of: { dataset: string; split: string; pictures: number; recordings: number; notSquare: number };
  /** The model's name. */
  model: string;
  /** Steps of its checkpoint. */
  step: number;
  /** The fit that the model was trained with. */
  trainedWith: Fit;
  /** The folder that files are named from. */
  dataFolder: string;
  /** Recall under each fit. */
  recall: Record<Fit, SplitRecall>;
  /** R@1 and R@5 under `pad` less those under `crop`, in points, with 95 % intervals by paired bootstrap over pictures. */
  gain: Record<"speech2image" | "image2speech", Record<"R@1" | "R@5", { points: number; interval: Interval }>>;
  /** Every query, the greatest loss first. */
  queries: CropQuery[];
  /** Every picture. */
  pictures: Record<string, CropPicture>;
  /** What was heard in the recordings that the page shows. */
  transcripts: Record<string, string>;
}

const ofFits = <T extends z.ZodType>(of: T) => z.strictObject({ crop: of, pad: of, squash: of });
const gain = z.strictObject({ points: real, interval: z.tuple([real, real]) });
const gains = z.strictObject({ "R@1": gain, "R@5": gain });

/** Checks of the two parts of the file. */
export const CROP_SCHEMAS: { settings: PartSchema<CropSettings>; result: PartSchema<CropResult> } = {
  settings: z.strictObject({ model: modelChoice, split, top: place }),
  result: z.strictObject({
    of: z.strictObject({ dataset: name, split: name, pictures: count, recordings: count, notSquare: count }),
    model: name,
    step: count,
    trainedWith: z.enum(["crop", "pad", "squash"]),
    dataFolder: name,
    recall: ofFits(recall),
    gain: z.strictObject({ speech2image: gains, image2speech: gains }),
    queries: z.array(
      z.strictObject({
        direction: z.enum(["speech2image", "image2speech"]),
        id: name,
        imageId: name,
        ranks: ofFits(place),
        loss: z.number().int(),
      }),
    ),
    pictures: z.record(
      z.string(),
      z.strictObject({
        file: name,
        width: place,
        height: place,
        kept: z.strictObject({ left: real, top: real, width: real, height: real }),
        cut: z.number().min(0).max(1),
      }),
    ),
    transcripts: z.record(z.string(), z.string()),
  }),
};
