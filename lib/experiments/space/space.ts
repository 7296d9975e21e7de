/**
 * The joint space: where pictures and recordings lie.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { Random } from "../../random.ts";
import { choiceName, openChoice } from "../qualitative/model_choice.ts";
import { type RankedSplit, rankSplit } from "../qualitative/rank_split.ts";
import type { Report } from "../report.ts";
import { firstWord, moodsOf } from "./labels.ts";
import { distance, principalComponents, stochasticNeighbours, trustworthiness } from "./maps.ts";
import type { Point, SpaceMap, SpaceModel, SpacePair, SpaceResult, SpaceSettings } from "./space_results.ts";

/**
 * Draws each model's features of the same pairs, by principal components and by t-SNE.
 *
 * @param folder where inputs that are left out are listed
 * @returns undefined where the signal stopped it
 * @throws {InputError} where data, models or runs are at fault, or there are fewer than 3 pairs.
 */
export async function spaceExperiment(
  settings: SpaceSettings,
  folder: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<SpaceResult | undefined> {
  const { models, split } = settings;
  let result: SpaceResult | undefined;
  const progress = report.progress("map", models.length, "model");
  try {
    for (const [i, model] of models.entries()) {
      if (signal?.aborted) return undefined;
      const opened = await openChoice(model, folder, { split, report, signal });
      if (opened === undefined) return undefined;
      await using trained = opened;
      const ranked = await rankSplit(trained, split);
      const { features } = ranked;
      if (result === undefined) {
        const moods = await moodsOf(model.config);
        const texts = new Map(trained.job.data.splits[split].map(({ pair }) => [pair.id, pair.text]));
        const label = (id: string) => moods === undefined ? firstWord(texts.get(id)!, settings.words) : moods.get(id)!;
        result = {
          of: {
            dataset: model.config.dataset,
            split,
            pictures: features.imageIds.length,
            recordings: features.ids.length,
          },
          labelledBy: moods === undefined ? "word" : "mood",
          pairs: choosePairs(ranked, settings).map((pair) => ({ ...pair, label: label(pair.id) })),
          models: [],
        };
      }
      result.models.push({
        name: choiceName(model),
        variant: model.config.variant,
        run: model.run?.path ?? null,
        step: trained.step,
        recall: ranked.recall,
        ...mapPairs(ranked, result.pairs, settings),
      });
      progress.update(i + 1);
    }
  } finally {
    progress.stop();
  }
  return result;
}

/** Each picture with its first recording; at random so many of them as are wanted, in their own order. */
function choosePairs(
  { features: { ids, speechImageIds } }: RankedSplit,
  { pairs, seed }: SpaceSettings,
): Omit<SpacePair, "label">[] {
  const first = new Map(ids.map((id, place) => [speechImageIds[place]!, id] as const).reverse());
  const all = [...first].reverse().map(([imageId, id]) => ({ id, imageId }));
  if (all.length < 3) throw new InputError(`Cannot draw a space as it needs at least 3 pictures: ${all.length} found.`);
  const chosen = new Set(new Random(seed).shuffled(all.map((_, place) => place)).slice(0, pairs));
  return all.filter((_, place) => chosen.has(place));
}

/** The maps of a model and how its pairs lie. */
function mapPairs(
  { features: { images, imageIds, speech, ids, width } }: RankedSplit,
  pairs: readonly SpacePair[],
  { perplexity, seed }: SpaceSettings,
): Pick<SpaceModel, "modalityGap" | "pairDistance" | "otherDistance" | "explained" | "pca" | "tsne"> {
  const row = (values: Float32Array, place: number) => Array.from(values.subarray(place * width, (place + 1) * width));
  const find = (names: readonly string[], name: string, model: string): number => {
    const place = names.indexOf(name);
    if (place < 0) {
      throw new InputError(`Cannot compare models as each must read the same ${model}: '${name}' is missing.`);
    }
    return place;
  };
  const pictures = pairs.map(({ imageId }) => row(images, find(imageIds, imageId, "pictures")));
  const recordings = pairs.map(({ id }) => row(speech, find(ids, id, "recordings")));
  const rows = [...pictures, ...recordings];
  const map = (points: Point[]): SpaceMap => ({
    pictures: points.slice(0, pairs.length),
    recordings: points.slice(pairs.length),
    trustworthiness: trustworthiness(rows, points),
  });
  const { points, explained } = principalComponents(rows);
  const own = pictures.map((picture, i) => distance(picture, recordings[i]!));
  const others = pictures.flatMap((picture, i) =>
    recordings.filter((_, j) => j !== i).map((r) => distance(picture, r))
  );
  return {
    modalityGap: distance(meanRow(pictures), meanRow(recordings)),
    pairDistance: mean(own),
    otherDistance: mean(others),
    explained,
    pca: map(points),
    tsne: map(stochasticNeighbours(rows, perplexity, seed)),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanRow(rows: readonly number[][]): number[] {
  return rows[0]!.map((_, d) => mean(rows.map((row) => row[d]!)));
}
