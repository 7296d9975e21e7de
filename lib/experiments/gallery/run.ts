/** Runs `gallery`. */
import { relative } from "@std/path";
import type { ClipTokenizer } from "../../clip/tokenizer.ts";
import { InputError } from "../../errors.ts";
import type { SplitFeatures } from "../evaluate.ts";
import type { ExperimentContext } from "../experiment.ts";
import type { PreparedPair } from "../pairs.ts";
import {
  chooseQueries,
  type Chosen,
  dataFolder,
  openChoice,
  rankedModelOf,
  type RankedSplit,
  rankSplit,
  shownRecording,
  topOf,
} from "../qualitative/ranking.ts";
import { choiceName } from "../qualitative/settings.ts";
import type { GalleryAnswer, GalleryQuery, GalleryResult, GallerySettings } from "./experiment.ts";

/**
 * Ranks the split with every model and collects the answers to the chosen queries.
 *
 * @throws {InputError} if data, models or runs are at fault, or a chosen name is unknown.
 * @throws the signal's reason, if it was aborted.
 */
export async function runGallery(
  { models, split, choice, top }: GallerySettings,
  context: ExperimentContext,
): Promise<GalleryResult> {
  const root = dataFolder(models[0]!.config);
  let chosen: Chosen = { speech2image: [], image2speech: [] };
  let result: GalleryResult | undefined;
  let ids = ""; // of the first model's recordings
  for (const model of models) {
    context.signal?.throwIfAborted();
    await using trained = await openChoice(model, split, context);
    const ranked = await rankSplit(trained, split);
    const { features, of } = ranked;
    if (result === undefined) {
      ids = features.ids.join("\n");
      chosen = chooseQueries(choice, ranked);
      const queries = (["speech2image", "image2speech"] as const).flatMap((direction) => {
        const names = direction === "speech2image" ? features.ids : features.imageIds;
        return chosen[direction].map((index): GalleryQuery => ({ direction, id: names[index]!, answers: [] }));
      });
      result = { of, dataFolder: root, models: [], queries, pictures: {}, recordings: {} };
    } else if (features.ids.join("\n") !== ids) {
      throw new InputError(
        `Cannot compare '${choiceName(model)}' as it must have the same recordings as '${
          choiceName(models[0]!)
        }': found ` +
          `${features.ids.length}, expected ${result.of.recordings}. Evaluate both on the same data.`,
      );
    }
    result.models.push(rankedModelOf(model, trained, ranked));
    result.queries.forEach((query, i) => query.answers.push(answerTo(query, chosen, i, ranked, top)));
    addNamed(result, trained.job.data.splits[split], root);
    addKeywords(result, choiceName(model), features, trained.job.frozen.tokenizer);
  }
  if (result === undefined) throw new RangeError("Cannot show a gallery of no models: expected at least 1");
  return result;
}

/** Answers query i of the gallery. */
function answerTo(
  { direction }: GalleryQuery,
  { speech2image, image2speech }: Chosen,
  i: number,
  { features: { ids, imageIds }, imageOf, ranks, similarity }: RankedSplit,
  top: number,
): GalleryAnswer {
  if (direction === "speech2image") {
    const index = speech2image[i]!;
    const to = (image: number) => similarity(index, image);
    return {
      rank: ranks.speech2image[index]!,
      similarity: to(imageOf[index]!),
      top: topOf(imageIds.length, top, to).map((image) => ({ id: imageIds[image]!, similarity: to(image) })),
    };
  }
  const index = image2speech[i - speech2image.length]!;
  const to = (recording: number) => similarity(recording, index);
  const right = imageOf.flatMap((image, recording) => image === index ? [to(recording)] : []);
  return {
    rank: ranks.image2speech[index]!,
    similarity: Math.max(...right),
    top: topOf(ids.length, top, to).map((recording) => ({ id: ids[recording]!, similarity: to(recording) })),
  };
}

/** Adds the words that a model chose for the recordings that are shown. */
function addKeywords(
  { recordings }: GalleryResult,
  model: string,
  { ids, keywords }: Pick<SplitFeatures, "ids" | "keywords">,
  { word }: Pick<ClipTokenizer, "word">,
): void {
  for (const [i, chosen] of keywords?.entries() ?? []) {
    const recording = recordings[ids[i]!];
    if (recording) recording.keywords = { ...recording.keywords, [model]: chosen.map(word) };
  }
}

/** Adds the files and texts of queries, hits and right answers. */
function addNamed(result: GalleryResult, pairs: readonly PreparedPair[], root: string): void {
  const named = (way: GalleryQuery["direction"]) => {
    const queries = result.queries.filter(({ direction }) => direction === way);
    const hits = queries.flatMap(({ answers }) => answers.flatMap(({ top }) => top.map(({ id }) => id)));
    return { queried: new Set(queries.map(({ id }) => id)), found: new Set(hits) };
  };
  const [speech, image] = [named("speech2image"), named("image2speech")];
  for (const prepared of pairs) {
    const { id, imageId, image: file } = prepared.pair;
    if (speech.queried.has(id) || image.found.has(id) || image.queried.has(imageId)) {
      result.recordings[id] ??= shownRecording(prepared, root);
    }
    if (speech.queried.has(id) || speech.found.has(imageId) || image.queried.has(imageId)) {
      result.pictures[imageId] ??= relative(root, file);
    }
  }
}
