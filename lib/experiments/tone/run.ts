/**
 * Runs `tone`: can a model distinguish twins by the voice?
 */
import { join } from "@std/path";
import { loadClipTokenizer } from "../../clip/tokenizer.ts";
import { loadTone, type TonePair } from "../../data/own_data.ts";
import { InputError } from "../../errors.ts";
import { findModel } from "../../hub/find_model.ts";
import { hitsAt, hitsInterval } from "../../metrics/bootstrap.ts";
import { featureRanks, recallOf, type TwinAnswer, twinAnswers } from "../../metrics/recall.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { openRunWhisper } from "../../training/run_model.ts";
import type { KnownEvaluations } from "../baselines.ts";
import { type SplitFeatures, splitFeatures } from "../evaluate.ts";
import type { ExperimentContext } from "../experiment.ts";
import { type OpenTrained, openTrained, placesOf } from "../job.ts";
import { decodingOf, examplesFor, type PreparedPair, transcribePairs } from "../pairs.ts";
import type { Watch } from "../report.ts";
import { ensureTested } from "../train_run.ts";
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
 * Trains each variant with each seed on the benchmark, or continues the runs in the folder. Then it ranks the twins of the test
 * split under each condition.
 *
 * @param context its folder has the runs: `VARIANT-seed-N`
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
  const known: KnownEvaluations = new Map();
  for (const seed of seeds) {
    for (const variant of variants) {
      const path = join(folder, `${variant}-seed-${seed}`);
      const { results: { nearChance } } = await ensureTested({ ...config, variant, seed }, path, {
        report,
        signal,
        known,
      });
      await using trained = await openTrained(path, { splits: ["test"], report, signal, changes: placesOf(config) });
      for (const condition of TONE_CONDITIONS) {
        if (condition === "flat" && tone.some(({ flat }) => flat === undefined)) continue;
        if (condition === "caption" && !VARIANTS[variant].text) continue; // it reads no text
        const scores = await scoreCondition(trained, tone, condition, { report, signal });
        rows.push({ variant, seed, condition, ...(nearChance && { nearChance }), scores });
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
  const scores = scoreTone(await splitFeatures(model, examples, job.data.images), tone);
  const groups = new Set(tone.map(({ group }) => group)).size;
  if (scores.groups < groups) {
    watch.report.line(
      `${condition}: ${groups - scores.groups} of ${groups} groups are skipped as a twin is missing`,
    );
  }
  return scores;
}

/** Returns the pairs with the test split's speech and text under a condition. */
async function underCondition(
  job: OpenTrained["job"],
  tone: readonly TonePair[],
  condition: ToneCondition,
  watch: Watch,
): Promise<{ splits: Record<"train" | "dev" | "test", PreparedPair[]> } & AsyncDisposable> {
  const { splits } = job.data;
  const close = { async [Symbol.asyncDispose]() {} };
  if (condition === "spoken") return { splits, ...close };
  if (condition === "caption") {
    const test = splits.test.map((pair) => ({
      ...pair,
      transcriptTokens: pair.captionTokens,
      otherTokens: [],
      confidence: undefined,
    }));
    return { splits: { ...splits, test }, ...close };
  }
  const { config, data: { skipped } } = job;
  const flat = new Map(tone.map((pair) => [pair.id, pair.flat as string]));
  const source = await openRunWhisper(config);
  const tokenizer = await loadClipTokenizer(await findModel(config.clip, "clip"));
  const usable = new Set(splits.test.map(({ pair }) => pair.id));
  const prepared = await transcribePairs(
    tone.filter(({ id }) => usable.has(id)).map((pair) => ({ ...pair, audio: flat.get(pair.id) as string })),
    source,
    {
      states: VARIANTS[config.variant].acoustic,
      ...decodingOf(config),
      maxSeconds: config.audioSeconds,
      cache: config.cache,
      skipped,
      manifest: { secondsOf: () => undefined },
      ...watch,
    },
  );
  const test = splits.test.flatMap((pair): PreparedPair[] => {
    const { id } = pair.pair;
    const transcript = prepared.transcripts.get(id);
    if (transcript === undefined) return [];
    const { text, others = [], confidence } = transcript;
    const [transcriptTokens = [], ...otherTokens] = tokenizer.tokens([text, ...others]);
    const states = pair.states &&
      { frames: transcript.frames, width: prepared.width, values: () => prepared.states(id) };
    return [{ ...pair, transcript: text, confidence, transcriptTokens, otherTokens, states }];
  });
  return {
    splits: { ...splits, test },
    [Symbol.asyncDispose]: () => prepared.close(),
  };
}

/**
 * Scores the features of a split: R@1 among twins both ways, with 95 % intervals over groups of twins; the
 * confusion of emotions; and recall over the whole split. A group with a pair that has no feature (its image cannot be read) is
 * skipped, as its chance would differ.
 *
 * @throws {InputError} if no group is complete.
 */
export function scoreTone(all: SplitFeatures, pairs: readonly TonePair[]): ToneScores {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  const emotions = [...new Set(pairs.map(({ emotion }) => emotion))];
  const usable = Map.groupBy(all.ids, (id) => byId.get(id)!.group);
  const features = select(all, (id) => usable.get(byId.get(id)!.group)!.length === emotions.length);
  if (features.ids.length === 0) {
    throw new InputError(
      `Cannot score the tone benchmark as at least 1 group must have a usable pair for each emotion (${
        emotions.join(", ")
      }): ` +
        `none of ${usable.size} groups has one. See left_out.jsonl of the run, or use more images.`,
    );
  }
  const recordings = features.ids.map((id) => byId.get(id) as TonePair);
  const imageAt = new Map(features.imageIds.map((id, index) => [id, index]));
  const twins = Map.groupBy(recordings.keys(), (index) => recordings[index]!.group);
  const images = { values: features.images, width: features.width };
  const speech = { values: features.speech, width: features.width };
  const imageOf = features.speechImageIds.map((id) => imageAt.get(id) as number);
  const groups = recordings.map(({ group }) => group);
  const twinsOf = (index: number) => twins.get(groups[index]!) as number[];
  const toImage = twinAnswers(
    speech,
    images,
    imageOf,
    recordings.map((_, index) => twinsOf(index).map((twin) => imageOf[twin]!)),
  );
  // In a test split each image has one recording, so the images are queries in the order of the recordings.
  const queries = { values: gather(features.images, features.width, imageOf), width: features.width };
  const toSpeech = twinAnswers(queries, speech, [...recordings.keys()], recordings.map((_, index) => twinsOf(index)));
  const imageEmotions = new Map(recordings.map(({ emotion }, index) => [imageOf[index] as number, emotion]));
  const ranks = featureRanks(features.speech, features.images, imageOf);
  return {
    recordings: recordings.length,
    groups: twins.size,
    chance: 100 / emotions.length,
    twins: { speech2image: twinRecall(toImage, groups), image2speech: twinRecall(toSpeech, groups) },
    recall: { speech2image: recallOf(ranks.speech2image), image2speech: recallOf(ranks.image2speech) },
    moods: emotions,
    confusion: emotions.map((actual) =>
      emotions.map((predicted) =>
        toImage.filter(({ chosen }, index) =>
          recordings[index]!.emotion === actual && imageEmotions.get(chosen) === predicted
        ).length
      )
    ),
    queries: recordings.map(({ id, group, emotion }, index) => ({
      id,
      group,
      mood: emotion,
      chosen: imageEmotions.get(toImage[index]!.chosen) as string,
      twinRank: toImage[index]!.rank,
      rank: ranks.speech2image[index] as number,
      reverse: { twinRank: toSpeech[index]!.rank, rank: ranks.image2speech[imageOf[index]!] as number },
    })),
  };
}

/** Computes the share of queries whose own twin came first, in percent. */
function twinRecall(answers: readonly TwinAnswer[], groups: readonly string[]): TwinRecall {
  const hits = hitsAt(answers.map(({ rank }) => rank), 1);
  const share = hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
  return { "R@1": share, interval: hitsInterval([hits], { groups }) };
}

/** Selects recordings by name, with their images. */
function select(features: SplitFeatures, keeps: (id: string) => boolean): SplitFeatures {
  const { width } = features;
  const recordings = [...features.ids.keys()].filter((index) => keeps(features.ids[index]!));
  const seen = new Set(recordings.map((index) => features.speechImageIds[index]!));
  const images = [...features.imageIds.keys()].filter((index) => seen.has(features.imageIds[index]!));
  return {
    ids: recordings.map((index) => features.ids[index]!),
    speechImageIds: recordings.map((index) => features.speechImageIds[index]!),
    speech: gather(features.speech, width, recordings),
    imageIds: images.map((index) => features.imageIds[index]!),
    images: gather(features.images, width, images),
    width,
  };
}

/** Copies rows `[width]` in the given order. */
function gather(values: Float32Array, width: number, indices: readonly number[]): Float32Array {
  const rows = new Float32Array(indices.length * width);
  indices.forEach((index, row) => rows.set(values.subarray(index * width, (index + 1) * width), row * width));
  return rows;
}
