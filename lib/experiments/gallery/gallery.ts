/**
 * Queries with what each model answers to them (paper, Figures 3, 4 and 6 to 8).
 *
 * @module
 */
import { relative } from "@std/path";
import { InputError } from "../../errors.ts";
import { chooseQueries, type Chosen } from "../qualitative/choose.ts";
import { dataFolder, shownRecording } from "../qualitative/items.ts";
import { choiceName, openChoice } from "../qualitative/model_choice.ts";
import { type RankedSplit, rankSplit, topOf } from "../qualitative/rank_split.ts";
import type { PreparedPair } from "../pairs.ts";
import type { Report } from "../report.ts";
import type { GalleryAnswer, GalleryQuery, GalleryResult, GallerySettings } from "./gallery_results.ts";

/**
 * Ranks the split with every model and keeps the answers to the chosen queries.
 *
 * @param folder where inputs that are left out are listed
 * @returns undefined where the signal stopped it
 * @throws {InputError} where data, models or runs are at fault, or a chosen name is not known.
 */
export async function galleryExperiment(
  { models, split, choice, top }: GallerySettings,
  folder: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<GalleryResult | undefined> {
  let first: { ranked: RankedSplit; chosen: Chosen; result: GalleryResult; root: string } | undefined;
  for (const model of models) {
    if (signal?.aborted) return undefined;
    const opened = await openChoice(model, folder, { split, report, signal });
    if (opened === undefined) return undefined;
    await using trained = opened;
    const ranked = await rankSplit(trained, split);
    const { features } = ranked;
    first ??= begin(ranked);
    if (features.ids.join("\n") !== first.ranked.features.ids.join("\n")) {
      throw new InputError(
        `Cannot compare '${choiceName(model)}' as it must answer the same queries as '${choiceName(models[0]!)}': ` +
          `${features.ids.length} recordings found, ${first.ranked.features.ids.length} expected.`,
      );
    }
    const { result } = first;
    result.models.push({
      name: choiceName(model),
      variant: model.config.variant,
      run: model.run?.path ?? null,
      step: trained.step,
      recall: ranked.recall,
    });
    result.queries.forEach((query, i) => query.answers.push(answerTo(query, first!.chosen, i, ranked, top)));
    const pairs = new Map(trained.job.data.splits[split].map((prepared) => [prepared.pair.id, prepared]));
    name(result, pairs, first.root);
  }
  if (first === undefined) throw new RangeError("Cannot show a gallery of no models: expected at least 1");
  return first.result;

  function begin(ranked: RankedSplit): NonNullable<typeof first> {
    const { features, ranks } = ranked;
    const chosen = chooseQueries(choice, { ...features, ranks });
    const root = dataFolder(models[0]!.config);
    const result: GalleryResult = {
      of: {
        dataset: models[0]!.config.dataset,
        split,
        pictures: features.imageIds.length,
        recordings: features.ids.length,
      },
      dataFolder: root,
      models: [],
      queries: [
        ...chosen.speech2image.map((place) => query("speech2image", features.ids[place]!)),
        ...chosen.image2speech.map((place) => query("image2speech", features.imageIds[place]!)),
      ],
      pictures: {},
      recordings: {},
    };
    return { ranked, chosen, result, root };
  }
}

function query(direction: GalleryQuery["direction"], id: string): GalleryQuery {
  return { direction, id, answers: [] };
}

/** What a model answers to query i of the gallery. */
function answerTo(
  { direction }: GalleryQuery,
  { speech2image, image2speech }: Chosen,
  i: number,
  { features, imageOf, ranks, similarity }: RankedSplit,
  top: number,
): GalleryAnswer {
  const { ids, imageIds } = features;
  if (direction === "speech2image") {
    const place = speech2image[i]!;
    const to = (picture: number) => similarity(place, picture);
    return {
      rank: ranks.speech2image[place]!,
      similarity: to(imageOf[place]!),
      top: topOf(imageIds.length, top, to).map((picture) => ({ id: imageIds[picture]!, similarity: to(picture) })),
    };
  }
  const place = image2speech[i - speech2image.length]!;
  const to = (recording: number) => similarity(recording, place);
  const right = imageOf.flatMap((picture, recording) => picture === place ? [to(recording)] : []);
  return {
    rank: ranks.image2speech[place]!,
    similarity: Math.max(...right),
    top: topOf(ids.length, top, to).map((recording) => ({ id: ids[recording]!, similarity: to(recording) })),
  };
}

/** Adds the files and texts of all that a figure shows: queries, what was found, and the right answers. */
function name(result: GalleryResult, pairs: ReadonlyMap<string, PreparedPair>, root: string): void {
  const [asked, found] = ["speech2image", "image2speech"].map((way) => {
    const queries = result.queries.filter(({ direction }) => direction === way);
    const hits = queries.flatMap(({ answers }) => answers.flatMap(({ top }) => top.map(({ id }) => id)));
    return { ids: new Set(queries.map(({ id }) => id)), hits: new Set(hits) };
  }) as [Shown, Shown];
  for (const [id, prepared] of pairs) {
    const { imageId, image } = prepared.pair;
    const heard = asked.ids.has(id) || found.hits.has(id) || found.ids.has(imageId);
    if (heard) result.recordings[id] ??= shownRecording(prepared, root);
    if (asked.ids.has(id) || asked.hits.has(imageId) || found.ids.has(imageId)) {
      result.pictures[imageId] ??= relative(root, image);
    }
  }
}

/** Names of queries of one way, and of what was found for them. */
interface Shown {
  ids: Set<string>;
  hits: Set<string>;
}
