/** Runs `crop`. */
import { relative } from "@std/path";
import { InputError } from "../../errors.ts";
import { inspectImage, readImageFile } from "../../image/decode_image.ts";
import { type Fit, readPixels } from "../../image/preprocess.ts";
import { bootstrapTest, hitsAt } from "../../metrics/bootstrap.ts";
import { Images } from "../../training/examples.ts";
import type { ExperimentContext } from "../experiment.ts";
import type { OpenTrained } from "../job.ts";
import {
  cutAway,
  dataFolder,
  openChoice,
  preparationOf,
  type RankedSplit,
  rankSplit,
  seenPart,
} from "../qualitative/ranking.ts";
import { choiceName } from "../qualitative/settings.ts";
import {
  CROP_FITS,
  type CropPicture,
  type CropQuery,
  type CropResult,
  type CropSettings,
  worstOf,
} from "./experiment.ts";

/** Images in memory: each image is read once for each fit. */
const MAX_IMAGES = 64;

/**
 * Ranks the split under each fit of the images.
 *
 * @throws {InputError} if data, a model or the run is at fault.
 * @throws the signal's reason, if it was aborted.
 */
export async function runCrop(
  { model, split, top }: CropSettings,
  context: ExperimentContext,
): Promise<CropResult> {
  await using trained = await openChoice(model, split, context);
  const { job, step } = trained;
  const ranked = {} as Record<Fit, RankedSplit>;
  const progress = context.report.progress("rank", CROP_FITS.length, "fit");
  try {
    for (const [i, fit] of CROP_FITS.entries()) {
      context.signal?.throwIfAborted();
      ranked[fit] = await rankSplit(trained, split, await imagesWith(job, fit));
      progress.update(i + 1);
    }
  } finally {
    progress.stop();
  }
  const { features, of } = ranked.crop;
  const queries = queryLosses(ranked);
  const root = dataFolder(model.config);
  const crop = await preparationOf(job, "crop");
  const pictures: Record<string, CropPicture> = {};
  const transcripts: Record<string, string> = {};
  const shown = new Set(worstOf(queries, top).map(({ id }) => id));
  for (const { pair: { id, imageId, image }, transcript } of job.data.splits[split]) {
    if (shown.has(id) || shown.has(imageId)) transcripts[id] = transcript;
    if (pictures[imageId] !== undefined || !features.imageIds.includes(imageId)) continue;
    const { width, height } = await inspectImage(await readImageFile(image), image);
    const kept = seenPart({ width, height }, crop);
    pictures[imageId] = { file: relative(root, image), width, height, kept, cut: cutAway(kept) };
  }
  return {
    of: { ...of, notSquare: Object.values(pictures).filter(({ width, height }) => width !== height).length },
    model: choiceName(model),
    step,
    trainedWith: model.config.imageFit,
    dataFolder: root,
    recall: { crop: ranked.crop.recall, pad: ranked.pad.recall, squash: ranked.squash.recall },
    gain: { speech2image: gainOf(ranked, "speech2image"), image2speech: gainOf(ranked, "image2speech") },
    queries,
    pictures,
    transcripts,
  };
}

/** Reads a job's images with another fit. An image that was skipped under one fit is skipped under the others too. */
async function imagesWith(job: OpenTrained["job"], fit: Fit): Promise<Images> {
  const { skipped } = job.data;
  const preparation = await preparationOf(job, fit);
  const refused = new Map(skipped.entries.map(({ path, reason }) => [path, reason]));
  const read = (path: string): Promise<Float32Array> => {
    const reason = refused.get(path);
    return reason === undefined ? readPixels(path, preparation) : Promise.reject(new InputError(reason));
  };
  return new Images({ read, skipped, limit: MAX_IMAGES });
}

/** Lists all queries by their loss, greatest first; ties in the order of the split, recordings first. */
function queryLosses(ranked: Record<Fit, RankedSplit>): CropQuery[] {
  const { ids, imageIds, speechImageIds } = ranked.crop.features;
  const query = (direction: CropQuery["direction"], index: number, id: string, imageId: string): CropQuery => {
    const rank = (fit: Fit) => ranked[fit].ranks[direction][index]!;
    const ranks = { crop: rank("crop"), pad: rank("pad"), squash: rank("squash") };
    return { direction, id, imageId, ranks, loss: ranks.crop - ranks.pad };
  };
  return [
    ...ids.map((id, index) => query("speech2image", index, id, speechImageIds[index]!)),
    ...imageIds.map((id, index) => query("image2speech", index, id, id)),
  ].sort((a, b) => b.loss - a.loss);
}

function gainOf(
  { crop, pad }: Record<Fit, RankedSplit>,
  way: "speech2image" | "image2speech",
): CropResult["gain"]["speech2image"] {
  const at = (k: 1 | 5) => ({
    points: pad.recall[way][`R@${k}`] - crop.recall[way][`R@${k}`],
    interval: bootstrapTest([hitsAt(pad.ranks[way], k)], [hitsAt(crop.ranks[way], k)], {
      groups: way === "speech2image" ? crop.imageOf : undefined,
    }).interval,
  });
  return { "R@1": at(1), "R@5": at(5) };
}
