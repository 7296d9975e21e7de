/**
 * Runs the tone benchmark: can a model tell twins apart by the voice?
 *
 * @module
 */
import { join } from "@std/path";
import { loadClipTokenizer } from "../../clip/tokenizer.ts";
import { loadTone, type TonePair } from "../../data/own_data.ts";
import { InputError } from "../../errors.ts";
import { findModel } from "../../hub/find_model.ts";
import { bootstrapGroups } from "../../metrics/classification.ts";
import { featureRanks, recallOf, type TwinAnswer, twinAnswers } from "../../metrics/recall.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { openRunWhisper } from "../../training/run_model.ts";
import { type SplitFeatures, splitFeatures } from "../evaluate.ts";
import type { ExperimentContext } from "../experiment.ts";
import { type OpenTrained, openTrained, placesOf } from "../job.ts";
import { examplesFor, hearPairs, type PreparedPair } from "../pairs.ts";
import type { Watch } from "../report.ts";
import { ensureRun } from "../train_run.ts";
import {
  TONE_CONDITIONS,
  type ToneCondition,
  type ToneResult,
  type ToneRow,
  type ToneScores,
  type ToneSettings,
  type TwinRecall,
} from "./experiment.ts";

/**
 * Trains each variant with each seed on the benchmark, or reads the runs that are there. On the test split it asks which of
 * the twins is right: with the recordings as they are, with the same words on one note, and with the written caption in
 * place of the transcript.
 *
 * @param context its folder keeps the runs: `VARIANT-seed-N`
 * @throws {InputError} if data, models or earlier runs are at fault.
 * @throws the signal's reason, if it was aborted; the next call continues.
 */
export async function runTone(
  { config, variants, seeds }: ToneSettings,
  { folder, report, signal }: ExperimentContext,
): Promise<ToneResult> {
  const tone = (await loadTone(config.dataRoot, { roots: config.dataRoots ?? [] })).filter(({ split }) =>
    split === "test"
  );
  const rows: ToneRow[] = [];
  for (const seed of seeds) {
    for (const variant of variants) {
      const path = join(folder, `${variant}-seed-${seed}`);
      await ensureRun({ ...config, variant, seed }, path, { report, signal });
      await using trained = await openTrained(path, { splits: ["test"], report, signal, changes: placesOf(config) });
      for (const condition of TONE_CONDITIONS) {
        if (condition === "flat" && tone.some(({ flat }) => flat === undefined)) continue;
        const scores = await scoreCondition(trained, tone, condition, { report, signal });
        rows.push({ variant, seed, condition, scores });
      }
    }
  }
  return { rows };
}

async function scoreCondition(
  { job, model }: OpenTrained,
  tone: readonly TonePair[],
  condition: ToneCondition,
  watch: Watch,
): Promise<ToneRow["scores"]> {
  await using changed = await underCondition(job, tone, condition, watch);
  const examples = examplesFor(
    { config: job.config, data: { ...job.data, splits: changed.splits } },
    "test",
    model.variant,
  );
  const scores = scoreTone(await splitFeatures(model, examples, job.data.pictures), tone);
  const groups = new Set(tone.map(({ group }) => group)).size;
  if (scores.groups < groups) {
    watch.report.line(
      `${condition}: ${groups - scores.groups} of ${groups} groups are skipped as a twin is missing`,
    );
  }
  return scores;
}

/** The test pairs with speech and text of a condition. */
async function underCondition(
  job: OpenTrained["job"],
  tone: readonly TonePair[],
  condition: ToneCondition,
  watch: Watch,
): Promise<{ splits: Record<"train" | "dev" | "test", PreparedPair[]> } & AsyncDisposable> {
  const { splits } = job.data;
  const kept = { async [Symbol.asyncDispose]() {} };
  if (condition === "spoken") return { splits, ...kept };
  if (condition === "caption") {
    const test = splits.test.map((pair) => ({ ...pair, transcriptTokens: pair.captionTokens }));
    return { splits: { ...splits, test }, ...kept };
  }
  const { config, data: { leftOut } } = job;
  const flat = new Map(tone.map((pair) => [pair.id, pair.flat as string]));
  const source = await openRunWhisper(config);
  const tokenizer = await loadClipTokenizer(await findModel(config.clip, "clip"));
  const asked = new Set(splits.test.map(({ pair }) => pair.id));
  const heard = await hearPairs(
    tone.filter(({ id }) => asked.has(id)).map((pair) => ({ ...pair, audio: flat.get(pair.id) as string })),
    source,
    {
      states: VARIANTS[config.variant].acoustic,
      maxSeconds: config.audioSeconds,
      cache: config.cache,
      leftOut,
      manifest: { secondsOf: () => undefined },
      ...watch,
    },
  );
  const test = splits.test.flatMap((pair): PreparedPair[] => {
    const { id } = pair.pair;
    const transcript = heard.transcripts.get(id);
    if (transcript === undefined) return [];
    const [transcriptTokens = []] = tokenizer.tokens([transcript.text]);
    const states = pair.states && { frames: transcript.frames, width: heard.width, values: () => heard.states(id) };
    return [{ ...pair, transcript: transcript.text, transcriptTokens, states }];
  });
  return {
    splits: { ...splits, test },
    async [Symbol.asyncDispose](): Promise<void> {
      await heard.close();
    },
  };
}

/**
 * Scores features of the benchmark's split: R@1 among twins both ways, with 95 % intervals by bootstrap over groups of twins;
 * which emotion was chosen for which; and the usual recall over all of them. A group with a pair that has no feature (its
 * image cannot be read) is skipped, as its chance would differ.
 *
 * @param pairs the split's pairs
 * @throws {InputError} if no group is complete.
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
  const twinsOf = (place: number) => twins.get(groupOf[place]!) as number[];
  const toImage = twinAnswers(
    speech,
    images,
    imageOf,
    heard.map((_, at) => twinsOf(at).map((place) => imageOf[place]!)),
  );
  // In a test split each image has one recording, so the images are asked in the order of the recordings.
  const asked = { values: gather(features.images, features.width, imageOf), width: features.width };
  const toSpeech = twinAnswers(asked, speech, heard.map((_, at) => at), heard.map((_, at) => twinsOf(at)));
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
