/**
 * One model on the tone benchmark: can it tell twins apart by the voice?
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { bootstrapGroups } from "../../metrics/classification.ts";
import { featureRanks, recallOf } from "../../metrics/recall.ts";
import { type TwinAnswer, twinAnswers } from "../../metrics/twin_recall.ts";
import type { TonePair } from "../../datasets/tone.ts";
import type { SplitFeatures } from "../features.ts";
import type { ToneScores, TwinRecall } from "./tone_results.ts";

/**
 * Scores features of the benchmark's split: R@1 among twins both ways, with 95 % intervals by bootstrap over groups of twins;
 * which mood was chosen for which; and the usual recall over the whole split.
 *
 * @param pairs the split's pairs; those without features are left out
 * @throws {InputError} where a twin's picture has no feature, so that chance would not be the same for all.
 */
export function scoreTone(features: SplitFeatures, pairs: readonly TonePair[]): ToneScores {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  const heard = features.ids.map((id) => byId.get(id) as TonePair);
  const imageAt = new Map(features.imageIds.map((id, place) => [id, place]));
  const twins = Map.groupBy(heard.map((_, place) => place), (place) => heard[place]!.group);
  const moods = [...new Set(pairs.map(({ mood }) => mood))];
  for (const [group, places] of twins) {
    if (places.length !== moods.length) {
      throw new InputError(
        `Cannot score group '${group}' as it must have a pair in each of ${
          moods.join(", ")
        }: ${places.length} can be used. ` +
          `See left_out.jsonl of the run.`,
      );
    }
  }
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
  const asked = { values: gather(features, imageOf), width: features.width };
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

/** The pictures' features, one a recording. */
function gather({ images, width }: SplitFeatures, imageOf: readonly number[]): Float32Array {
  const rows = new Float32Array(imageOf.length * width);
  imageOf.forEach((image, at) => rows.set(images.subarray(image * width, (image + 1) * width), at * width));
  return rows;
}
