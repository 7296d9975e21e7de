/** `crop`: what CLIP's center crop costs (paper, Figures 5 and 9). */
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

/** The model, which is evaluated under each fit, and how many queries each way the table and the page show. */
export type CropSettings = { model: ModelChoice; split: Split; top: number };

/** A query under each fit. */
export type CropQuery = {
  direction: "speech2image" | "image2speech";
  /** The name of the pair (speech2image) or of the image. */
  id: string;
  imageId: string;
  /** Ranks of the right answer. */
  ranks: Record<Fit, number>;
  /** Rank under `crop` minus rank under `pad`: positive if cropping harms. */
  loss: number;
};

/** An upright image: its file, its size in pixels, the part that the crop keeps, and the share of its area that is cut. */
export type CropPicture = { file: string; width: number; height: number; kept: SeenPart; cut: number };

/** The recall of one model under each fit, and the rank of each query. */
export type CropResult = {
  of: SplitSize & { notSquare: number };
  model: string;
  /** Training steps of its checkpoint. */
  step: number;
  trainedWith: Fit;
  /** The folder that file names are relative to. */
  dataFolder: string;
  recall: Record<Fit, SplitRecall>;
  /** R@1 and R@5 under `pad` minus those under `crop`, with 95 % intervals by paired bootstrap over images. */
  gain: Record<"speech2image" | "image2speech", Record<"R@1" | "R@5", { points: number; interval: Interval }>>;
  /** All queries, the greatest loss first. */
  queries: CropQuery[];
  pictures: Record<string, CropPicture>;
  /** Transcripts of the recordings that the page shows. */
  transcripts: Record<string, string>;
};

/** Selects the queries each way that lose most by the crop from a list with the greatest loss first. */
export function worstOf(queries: readonly CropQuery[], top: number): CropQuery[] {
  return (["speech2image", "image2speech"] as const).flatMap((way) =>
    queries.filter(({ direction, loss }) => direction === way && loss > 0).slice(0, top)
  );
}

const ofFits = <T extends z.ZodType>(of: T) => z.strictObject({ crop: of, pad: of, squash: of });
const gain = z.strictObject({ points: real, interval: z.tuple([real, real]) });

export const CROP_SCHEMAS: { settings: PartSchema<CropSettings>; result: PartSchema<CropResult> } = {
  settings: z.strictObject({ model: modelChoice, split, top: positive }),
  result: z.strictObject({
    of: z.strictObject({ ...splitSize, notSquare: count }),
    model: name,
    step: count,
    trainedWith: z.enum(CROP_FITS),
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

/** What the center crop of the images costs. */
export const crop: Experiment<CropSettings, CropResult> = {
  name: "crop",
  summary:
    "Ranks of each query with images cropped to their center, padded with black bars, and squeezed; sorted by the loss from " +
    "cropping, with the part that the crop cuts away. Writes results.json, table.md and crop.html.",
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
