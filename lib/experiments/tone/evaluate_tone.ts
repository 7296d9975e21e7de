/**
 * One model on the tone benchmark: can it tell twins apart by the voice?
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { bootstrapGroups } from "../../metrics/classification.ts";
import { featureRanks, recallOf, type TwinAnswer, twinAnswers } from "../../metrics/recall.ts";
import type { TonePair } from "../../data/own_data.ts";
import type { SplitFeatures } from "../evaluate.ts";
import type { ToneScores, TwinRecall } from "./tone_results.ts";

/**
 * Scores features of the benchmark's split: R@1 among twins both ways, with 95 % intervals by bootstrap over groups of twins;
 * which mood was chosen for which; and the usual recall over all of them. A group of which a pair has no feature, as one
 * whose picture cannot be read, is left out: its chance would be another.
 *
 * @param pairs the split's pairs
 * @throws {InputError} where no group is complete.
 */
export function scoreTone(all: SplitFeatures, pairs: readonly TonePair[]): ToneScores {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  const moods = [...new Set(pairs.map(({ mood }) => mood))];
  const usable = Map.groupBy(all.ids, (id) => byId.get(id)!.group);
  const features = select(all, (id) => usable.get(byId.get(id)!.group)!.length === moods.length);
  if (features.ids.length === 0) {
    throw new InputError(
      `Cannot score the tone benchmark as none of ${usable.size} groups has a pair in each of ${
        moods.join(", ")
      } that can ` +
        `be used: expected at least 1. See left_out.jsonl of the run, or take more pictures.`,
    );
  }
  const heard = features.ids.map((id) => byId.get(id) as TonePair);
  const imageAt = new Map(features.imageIds.map((id, place) => [id, place]));
  const twins = Map.groupBy(heard.map((_, place) => place), (place) => heard[place]!.group);
  const images = { values: features.images, width: features.width };
  const speech = { values: features.speech, width: features.width };
  const imageOf = features.speechImageIds.map((id) => imageAt.get(id) as number);
  const groupOf = heard.map(({ group }) => group);
  const placesOf = (place: number) => twins.get(groupOf[place]!) as number[];
  const toImage = twinAnswers(
    speech,
    images,
    imageOf,
    heard.map((_, at) => placesOf(at).map((place) => imageOf[place]!)),
  );
  // In a test split each picture has one recording, so the pictures are asked in the order of the recordings.
  const asked = { values: gather(features.images, features.width, imageOf), width: features.width };
  const toSpeech = twinAnswers(asked, speech, heard.map((_, at) => at), heard.map((_, at) => placesOf(at)));
  const moodOf = new Map(heard.map(({ mood }, at) => [imageOf[at] as number, mood]));
  const ranks = featureRanks(features.speech, features.images, imageOf);
  return {
    recordings: heard.length,
    groups: twins.size,
    chance: 100 / moods.length,
    twins: { speech2image: twinRecall(toImage, groupOf), image2speech: twinRecall(toSpeech, groupOf) },
    recall: { speech2image: recallOf(ranks.speech2image), image2speech: recallOf(ranks.image2speech) },
    moods,
    confusion: moods.map((actual) =>
      moods.map((said) =>
        toImage.filter(({ chosen }, at) => heard[at]!.mood === actual && moodOf.get(chosen) === said).length
      )
    ),
    queries: heard.map(({ id, group, mood }, at) => ({
      id,
      group,
      mood,
      chosen: moodOf.get(toImage[at]!.chosen) as string,
      twinRank: toImage[at]!.rank,
      rank: ranks.speech2image[at] as number,
    })),
  };
}

/** Share of queries whose own twin came first, in percent. */
function twinRecall(answers: readonly TwinAnswer[], groups: readonly string[]): TwinRecall {
  const share = (items: readonly number[]): number =>
    100 * items.filter((item) => answers[item]!.rank === 1).length / items.length;
  return { "R@1": share(answers.map((_, item) => item)), interval: bootstrapGroups(groups, share) };
}

/** The recordings of some pairs, with their pictures. */
function select(features: SplitFeatures, keeps: (id: string) => boolean): SplitFeatures {
  const { width } = features;
  const recordings = [...features.ids.keys()].filter((place) => keeps(features.ids[place]!));
  const seen = new Set(recordings.map((place) => features.speechImageIds[place]!));
  const pictures = [...features.imageIds.keys()].filter((place) => seen.has(features.imageIds[place]!));
  return {
    ids: recordings.map((place) => features.ids[place]!),
    speechImageIds: recordings.map((place) => features.speechImageIds[place]!),
    speech: gather(features.speech, width, recordings),
    imageIds: pictures.map((place) => features.imageIds[place]!),
    images: gather(features.images, width, pictures),
    width,
  };
}

/** Some rows, in the given order. */
function gather(values: Float32Array, width: number, places: readonly number[]): Float32Array {
  const rows = new Float32Array(places.length * width);
  places.forEach((place, row) => rows.set(values.subarray(place * width, (place + 1) * width), row * width));
  return rows;
}
