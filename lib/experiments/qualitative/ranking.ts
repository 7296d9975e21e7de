/** Opens a model and ranks its split, for the experiments on single queries. */
import { dirname, relative } from "@std/path";
import type { Split } from "../../data/pair.ts";
import { InputError } from "../../errors.ts";
import { exists } from "../../files/read.ts";
import { findModel } from "../../hub/find_model.ts";
import type { Fit, ImageOptions, PixelOptions } from "../../image/preprocess.ts";
import { readPreprocessorConfig } from "../../image/preprocessor_config.ts";
import type { Ranks } from "../../metrics/recall.ts";
import { Random } from "../../random.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { bareWords } from "../../text/normalize.ts";
import { wordErrors } from "../../text/word_errors.ts";
import type { RunConfig } from "../../training/config.ts";
import type { Images } from "../../training/examples.ts";
import { openRun, runFolder } from "../../training/run_folder.ts";
import { type RankedFeatures, rankFeatures, type SplitFeatures, splitFeatures } from "../evaluate.ts";
import type { ExperimentContext } from "../experiment.ts";
import { type OpenTrained, openWithModel } from "../job.ts";
import { examplesFor, type PreparedPair } from "../pairs.ts";
import { ensureRun } from "../train_run.ts";
import {
  type Choice,
  choiceName,
  type ModelChoice,
  type RankedModel,
  type SeenPart,
  type ShownRecording,
  type SplitSize,
} from "./settings.ts";

/**
 * Opens the data and the model. A run whose checkpoint is gone is trained again.
 *
 * @param context skipped inputs are listed in its folder
 * @throws {InputError} if the run, the data set or a model is at fault.
 * @throws the signal's reason, if it was aborted.
 */
export async function openChoice(
  { config, run }: ModelChoice,
  split: Split,
  { folder, report, signal }: ExperimentContext,
): Promise<OpenTrained> {
  let checkpoint: string | undefined;
  if (run !== null && VARIANTS[config.variant].trained) {
    if (!await exists(runFolder(run.path)[run.checkpoint])) await ensureRun(run.config, run.path, { report, signal });
    checkpoint = (await openRun(run.path)).folder[run.checkpoint];
  }
  return await openWithModel(config, runFolder(folder), checkpoint, { splits: [split], report, signal });
}

/** A split as a model ranks it. */
export interface RankedSplit extends RankedFeatures {
  features: SplitFeatures;
  of: SplitSize;
  /** Computes the similarity of a recording and an image, given by their indices. */
  similarity(recording: number, image: number): number;
}

/**
 * Encodes and ranks a split.
 *
 * @param reader reads the images. By default the job's own.
 * @throws {InputError} if no recording has an image that can be read.
 */
export async function rankSplit(
  { job, model }: Pick<OpenTrained, "job" | "model">,
  split: Split,
  reader: Images = job.data.images,
): Promise<RankedSplit> {
  const features = await splitFeatures(model, examplesFor(job, split, model.variant), reader);
  const { imageIds, ids, images, speech, width } = features;
  return {
    features,
    of: { dataset: job.config.dataset, split, pictures: imageIds.length, recordings: ids.length },
    ...rankFeatures(features),
    similarity(recording, image): number {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += speech[recording * width + d]! * images[image * width + d]!;
      return sum;
    },
  };
}

export function rankedModelOf(model: ModelChoice, { step }: OpenTrained, { recall }: RankedSplit): RankedModel {
  return { name: choiceName(model), variant: model.config.variant, run: model.run?.path ?? null, step, recall };
}

/** Finds the indices of the `top` highest of `count` similarities, highest first; ties in order. */
export function topOf(count: number, top: number, similarity: (index: number) => number): number[] {
  const values = Array.from({ length: count }, (_, index) => similarity(index));
  return [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, top);
}

/** Indices of the chosen recordings (speech2image) and images (image2speech). */
export type Chosen = { speech2image: number[]; image2speech: number[] };

/**
 * Chooses queries in both directions. The name of a pair chooses its recording and its image; the name of an image chooses it
 * and its first recording. The worst queries are those whose right answer has the highest rank; ties in order.
 *
 * @throws {InputError} if a name is unknown.
 */
export function chooseQueries(
  choice: Choice,
  { features: { ids, imageIds, speechImageIds }, ranks }: {
    features: Pick<SplitFeatures, "ids" | "imageIds" | "speechImageIds">;
    ranks: Ranks;
  },
): Chosen {
  if (choice.by === "ids") {
    const recordings = choice.ids.map((id) => {
      const found = ids.includes(id) ? ids.indexOf(id) : speechImageIds.indexOf(id);
      if (found >= 0) return found;
      throw new InputError(
        `Cannot show '${id}' as the split has no usable pair or image of that name: ` +
          `it has ${ids.length} pairs, such as '${ids[0]}' with the image '${speechImageIds[0]}'.`,
      );
    });
    const images = recordings.map((recording) => imageIds.indexOf(speechImageIds[recording] as string));
    return { speech2image: [...new Set(recordings)], image2speech: [...new Set(images)] };
  }
  const pick = (way: keyof Ranks): number[] => {
    const of = ranks[way];
    const answerable = [...of.keys()].filter((query) => of[query]! > 0); // rank 0: no right answer
    if (choice.by === "worst") return answerable.sort((a, b) => of[b]! - of[a]! || a - b).slice(0, choice.count);
    const random = new Random(`${way} ${choice.seed}`);
    const chosen: number[] = [];
    while (chosen.length < choice.count && answerable.length > 0) {
      chosen.push(...answerable.splice(random.integer(answerable.length), 1));
    }
    return chosen.sort((a, b) => a - b);
  };
  return { speech2image: pick("speech2image"), image2speech: pick("image2speech") };
}

/** Reads how a job's images are preprocessed for CLIP, with the run's own fit or another. */
export async function preparationOf(
  { config, clip }: Pick<OpenTrained["job"], "config" | "clip">,
  fit: Fit = config.imageFit,
): Promise<PixelOptions> {
  const folder = await findModel(config.clip, "clip");
  return { ...await readPreprocessorConfig(folder, clip.config.vision.imageSize), fit };
}

/** Computes the part of an upright image that its fit keeps. */
export function seenPart(
  { width, height }: { width: number; height: number },
  { size, fit = "crop", edge = size, exact }: ImageOptions,
): SeenPart {
  const centered = (width: number, height: number): SeenPart => ({
    left: (1 - width) / 2,
    top: (1 - height) / 2,
    width,
    height,
  });
  if (fit === "squash") return centered(1, 1);
  if (fit === "crop" && exact !== undefined) return centered(size / exact[1], size / exact[0]);
  const side = fit === "crop" ? Math.min(width, height) * size / edge : Math.max(width, height);
  return centered(side / width, side / height);
}

/** Computes the share of an image's area that is cut away. */
export function cutAway({ width, height }: SeenPart): number {
  return 1 - Math.min(1, width) * Math.min(1, height);
}

/** The folder that file names in results are relative to. */
export function dataFolder({ dataset, dataRoot }: Pick<RunConfig, "dataset" | "dataRoot">): string {
  return dataset === "own" ? dirname(dataRoot) : dataRoot;
}

export function shownRecording({ pair, transcript }: PreparedPair, folder: string): ShownRecording {
  const spoken = bareWords(pair.text);
  return {
    file: relative(folder, pair.audio),
    imageId: pair.imageId,
    transcript,
    reference: pair.text,
    errors: spoken === "" ? null : wordErrors(spoken, bareWords(transcript)),
  };
}
