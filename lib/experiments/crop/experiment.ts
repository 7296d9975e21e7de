/**
 * `crop`: what CLIP's centre crop costs (paper, Figures 5 and 9).
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import type { Fit } from "../../image/preprocess.ts";
import { lazily } from "../../lazily.ts";
import type { Interval } from "../../metrics/bootstrap.ts";
import type { SplitRecall } from "../evaluate.ts";
import type { Experiment, PartSchema } from "../experiment.ts";
import { modelFolderName, modelOptions, modelsOf, type ModelValues } from "../options.ts";
import {
  count,
  type ModelChoice,
  modelChoice,
  name,
  positive,
  real,
  type SeenPart,
  seenPartSchema,
  split,
  splitRecall,
  type SplitSize,
  splitSize,
} from "../qualitative/settings.ts";
import { bothWays } from "../results.ts";

/** The fits that are compared; the first two decide the loss. */
export const CROP_FITS: readonly Fit[] = ["crop", "pad", "squash"];

/** What is compared. */
export interface CropSettings {
  /** The model, whose own fit of images does not matter here. */
  model: ModelChoice;
  /** The split. */
  split: Split;
  /** Queries each way that the table and the page show. */
  top: number;
}

/** A query under each fit. */
export interface CropQuery {
  /** A recording asks for its image, or an image for one of its recordings. */
  direction: "speech2image" | "image2speech";
  /** The pair's name, or the image's. */
  id: string;
  /** The image's name. */
  imageId: string;
  /** Ranks of the right answer. */
  ranks: Record<Fit, number>;
  /** Rank under `crop` less rank under `pad`: positive if cropping harms. */
  loss: number;
}

/** An image and what is cut from it. */
export interface CropPicture {
  /** Its file, relative to the data set's folder. */
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
  of: SplitSize & { notSquare: number };
  /** The model's name. */
  model: string;
  /** Steps of its checkpoint. */
  step: number;
  /** The fit that the model was trained with. */
  trainedWith: Fit;
  /** The folder that files are relative to. */
  dataFolder: string;
  /** Recall under each fit. */
  recall: Record<Fit, SplitRecall>;
  /** R@1 and R@5 under `pad` less those under `crop`, in points, with 95 % intervals by paired bootstrap over images. */
  gain: Record<"speech2image" | "image2speech", Record<"R@1" | "R@5", { points: number; interval: Interval }>>;
  /** Every query, the greatest loss first. */
  queries: CropQuery[];
  /** Every image. */
  pictures: Record<string, CropPicture>;
  /** The transcripts of the recordings that the page shows. */
  transcripts: Record<string, string>;
}

/** The queries each way that lose most by the crop, of a list with the greatest loss first; none that do not lose. */
export function worstOf(queries: readonly CropQuery[], top: number): CropQuery[] {
  return (["speech2image", "image2speech"] as const).flatMap((way) =>
    queries.filter(({ direction, loss }) => direction === way && loss > 0).slice(0, top)
  );
}

const ofFits = <T extends z.ZodType>(of: T) => z.strictObject({ crop: of, pad: of, squash: of });
const gain = z.strictObject({ points: real, interval: z.tuple([real, real]) });

/** The schemas of `results.json`. */
export const CROP_SCHEMAS: { settings: PartSchema<CropSettings>; result: PartSchema<CropResult> } = {
  settings: z.strictObject({ model: modelChoice, split, top: positive }),
  result: z.strictObject({
    of: z.strictObject({ ...splitSize, notSquare: count }),
    model: name,
    step: count,
    trainedWith: z.enum(["crop", "pad", "squash"]),
    dataFolder: name,
    recall: ofFits(splitRecall),
    gain: bothWays(z.strictObject({ "R@1": gain, "R@5": gain })),
    queries: z.array(
      z.strictObject({
        direction: z.enum(["speech2image", "image2speech"]),
        id: name,
        imageId: name,
        ranks: ofFits(positive),
        loss: z.number().int(),
      }),
    ),
    pictures: z.record(
      z.string(),
      z.strictObject({
        file: name,
        width: positive,
        height: positive,
        kept: seenPartSchema,
        cut: z.number().min(0).max(1),
      }),
    ),
    transcripts: z.record(z.string(), z.string()),
  }),
};

/** What the centre crop of the images costs. */
export const crop: Experiment<CropSettings, CropResult> = {
  name: "crop",
  summary:
    "Ranks of each query with images cropped to their middle, on black bars, and squeezed, sorted by what the crop loses, " +
    "with what it cuts away. Writes results.json, table.md and crop.html.",
  options: {
    ...modelOptions("one run"),
    top: {
      flags: "--top <n>",
      help: "queries each way that are shown",
      value: { kind: "whole", least: 1 },
      default: 12,
    },
  },
  async settings(values: ModelValues & { top: number }) {
    const [model] = await modelsOf(values);
    return { model: model!, split: values.split, top: values.top };
  },
  folderName: ({ model }) => modelFolderName("crop", model),
  schemas: CROP_SCHEMAS,
  async run(settings, context) {
    const { runCrop } = await lazily<typeof import("./run.ts")>("./run.ts", import.meta.url);
    return await runCrop(settings, context);
  },
};
