/** Tries a run before it starts: data, models, disk, memory and time. Nothing is written. */
import * as tf from "@tensorflow/tfjs-core";
import { loadClip } from "../clip/load.ts";
import { openManifest } from "../data/check/manifest.ts";
import type { Pair } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { readPixels } from "../image/preprocess.ts";
import { readPreprocessorConfig } from "../image/preprocessor_config.ts";
import { type Backend, useBackend } from "../runtime/backend.ts";
import { LOG_TEMPERATURE } from "../systems/parameters.ts";
import { systemOf } from "../systems/registry.ts";
import { disposeModel, type Model, type Setup } from "../systems/system.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { type Batch, type Example, Images, readBatch } from "../training/examples.ts";
import { imagesFor } from "../training/frozen_images.ts";
import { trainingStep } from "../training/loop.ts";
import { Adam } from "../training/optimizer.ts";
import { NegativeQueue } from "../training/queue.ts";
import { SkippedFiles } from "../training/run_logs.ts";
import { setupOf, textRows } from "../training/run_model.ts";
import { vocabularyOf } from "../training/vocabulary.ts";
import { planTranscription, type TranscriptionPlan } from "../whisper/plan.ts";
import type { Whisper } from "../whisper/whisper.ts";
import {
  type FewTranscribed,
  findStored,
  type FoundModels,
  type PairSplits,
  planData,
  planModels,
  type StoredTranscripts,
  transcribeFew,
} from "./dry_run_inputs.ts";
import { availableMemory, planDisk, planMemory, type PlanPart, planTime, type SplitCounts } from "./dry_run_plan.ts";
import { IMAGE_MEMORY } from "./job.ts";
import { decodingOf, examplesFor, hasCaptions, listPairs, type PreparedPair } from "./pairs.ts";
import type { Watch } from "./report.ts";

/**
 * Tries a run: looks for its files and models, checks that the models' sizes fit, reads free memory and disk space,
 * transcribes a few recordings unless all have stored transcripts, and takes ten steps of the real batch on the real towers.
 * Nothing is kept. What prevents the run is not thrown but listed in each part's `lacking`.
 *
 * @throws the signal's reason, if it was aborted.
 */
export async function dryRun(config: RunConfig, { report, signal }: Watch): Promise<PlanPart[]> {
  const parts: PlanPart[] = [];
  const backend = await attempt(parts, "backend", async () => {
    const backend = await useBackend(config.backend);
    parts.push({ name: "backend", lines: [backend.detail], lacking: [] });
    return backend;
  });
  const data = await attempt(parts, "data", async () => {
    const listed = await listPairs(config, ["train", "dev", "test"], report.line);
    const manifest = await openManifest(config.dataset, config.dataRoot);
    const { part, splits } = await planData(config, listed, manifest);
    parts.push(part);
    const pairs = Object.values(splits).flat();
    return {
      splits,
      pairs: pairs.map((pair) => ({ ...pair, seconds: manifest.secondsOf(pair.audio) ?? pair.seconds })),
    };
  });
  const { part, models } = await planModels(config);
  parts.push(part);
  if (data === undefined || models === undefined) return parts;

  signal?.throwIfAborted();
  const { cache, audioSeconds: maxSeconds } = config;
  const { acoustic, mel } = VARIANTS[config.variant];
  const states = acoustic && mel === undefined && cache;
  const { key, width } = models.source;
  const stored = await findStored(data.pairs, key, { states, ...decodingOf(config), maxSeconds }, { cache });
  const folder = cache ? stored.folder : undefined;
  const transcription = await planTranscription(stored.missing, { folder, states, width, maxSeconds });
  parts.push(await planDisk(transcription, { stored: stored.lines.size, folder, trained: models.trained }));
  if (backend === undefined || parts.some(({ lacking }) => lacking.length > 0)) return parts;

  const inputs = { backend, models, splits: data.splits, stored, transcription };
  parts.push(...await attempt(parts, "trial", () => trial(config, inputs, { report, signal })) ?? []);
  return parts;
}

/** Runs an action. An `InputError` becomes a part of its own, and the result is undefined. */
async function attempt<T>(parts: PlanPart[], name: string, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    parts.push({ name, lines: [], lacking: [error.message] });
    return undefined;
  }
}

/** Transcribes a few recordings, loads CLIP, and takes small steps for the memory. If that suffices, times real steps. */
async function trial(
  config: RunConfig,
  { backend, models, splits, stored, transcription }: {
    backend: Backend;
    models: FoundModels;
    splits: PairSplits;
    stored: StoredTranscripts;
    transcription: TranscriptionPlan;
  },
  { report, signal }: Watch,
): Promise<PlanPart[]> {
  await using whisper = lazyWhisper(models.source.load);
  const chosen = spread(splits.train, Math.min(splits.train.length, TIMED_STEPS * config.batchSize));
  report.line(
    transcription.recordings === 0
      ? "trying it: a few stored transcripts are used"
      : "trying it: a few recordings are transcribed, and kept in memory only",
  );
  const sample = spread(chosen, Math.min(chosen.length, config.batchSize));
  const few = await transcribeFew(sample, stored, whisper.load, config, models.source);
  if (config.cache) await whisper[Symbol.asyncDispose]();
  signal?.throwIfAborted();

  const clip = await loadClip(models.clipFolder);
  try {
    const size = clip.config.vision.imageSize;
    const bytes = 3 * size * size * 4;
    const pixels = { ...await readPreprocessorConfig(models.clipFolder, size), fit: config.imageFit };
    const { vocabulary, ...examples } = examplesOf(config, models, chosen, few);
    const setup = setupOf(config, {
      clip,
      whisperWidth: models.source.width,
      whisperLayers: models.source.layers,
      vocabulary,
    });
    const decoded = new Images({
      read: (path) => readPixels(path, pixels),
      skipped: new SkippedFiles({ onLine: report.line }),
      limit: Math.max(64, Math.floor(IMAGE_MEMORY / bytes)),
    });
    const images = imagesFor({ variant: config.variant, clip }, decoded);
    const work: Work = { config, setup, ...examples, images, report, signal };
    const heldBytes = tf.memory().numBytes;
    report.line("trying it: two small steps for the memory, then real ones for the time");
    const memory = planMemory({
      ...config,
      backend,
      heldBytes,
      stepBytes: await stepBytes(work),
      imageBytes: Math.min(IMAGE_MEMORY, countsOf(Object.values(splits).flat()).images * bytes),
      processBytes: Deno.memoryUsage().rss,
      available: availableMemory(),
    });
    if (memory.lacking.length > 0) return [memory];
    const time = planTime({
      config,
      transcription,
      few,
      steps: await timeSteps(work),
      evaluation: await timeEvaluation(work),
      splits: { dev: countsOf(splits.dev), test: countsOf(splits.test) },
      baselines: (hasCaptions(splits.test) ? 3 : 2) + Number(VARIANTS[config.variant].acoustic) -
        Number(config.system !== "brewclip"),
    });
    return [memory, time];
  } finally {
    clip.dispose();
  }
}

/** Makes examples of pairs. Pairs without speech of their own get another pair's, which takes the same time. */
function examplesOf(
  config: RunConfig,
  { tokenizer }: FoundModels,
  pairs: readonly Pair[],
  few: FewTranscribed,
): { examples: Example[]; vocabulary: number[] } {
  const train = pairs.map((pair, i): PreparedPair => {
    const { text, others = [], confidence, states } = few.speech[i % few.speech.length]!;
    const [transcriptTokens = [], captionTokens = [], ...otherTokens] = tokenizer.tokens([text, pair.text, ...others]);
    return { pair, transcript: text, confidence, transcriptTokens, otherTokens, captionTokens, states };
  });
  const data = { splits: { train, dev: [], test: [] }, rows: textRows(config.longText, tokenizer) };
  const vocabulary = vocabularyOf(train.map(({ captionTokens }) => captionTokens));
  return { examples: examplesFor({ config, data }, "train", config.variant), vocabulary };
}

function countsOf(pairs: readonly Pair[]): SplitCounts {
  return { images: new Set(pairs.map(({ imageId }) => imageId)).size, recordings: pairs.length };
}

function spread<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => items[Math.floor((i + 0.5) * items.length / count)] as T);
}

/** Loads a Whisper on first use. */
function lazyWhisper(load: () => Promise<Whisper>): AsyncDisposable & { load: () => Promise<Whisper> } {
  let loading: Promise<Whisper> | undefined;
  return {
    load: () => loading ??= load(),
    async [Symbol.asyncDispose]() {
      const loaded = await loading?.catch(() => undefined);
      loading = undefined;
      await loaded?.dispose();
    },
  };
}

const TIMED_STEPS = 10;

/** Pairs of the two small steps from which the memory of a full one is extrapolated. */
const SMALL: readonly [number, number] = [2, 4];

export interface Work extends Watch {
  config: RunConfig;
  /** From what the model is made. */
  setup: Setup;
  /** Examples of the train split, with speech. */
  examples: readonly Example[];
  images: Images;
}

/** Runs `use` with a fresh model of the run's variant. */
async function withModel<T>({ config, setup }: Work, use: (model: Model) => Promise<T>): Promise<T> {
  const model = systemOf(config).create(config.variant, setup);
  try {
    return await use(model);
  } finally {
    disposeModel(model);
  }
}

/** The queue of negatives of the run, as large as it gets. */
function fullQueue({ config: { queue: size }, setup: { clip } }: Work): NegativeQueue | undefined {
  if (size === null) return undefined;
  const rows = { shape: [size, clip.config.projection], data: new Float32Array(size * clip.config.projection) };
  return new NegativeQueue(size, { imageIds: Array<string>(size).fill(""), image: rows, speech: rows });
}

/** Extrapolates from two small steps how many bytes of tensors a step holds at its peak; undefined if nothing is trained. */
export async function stepBytes(work: Work): Promise<number | undefined> {
  const { config } = work;
  if (!VARIANTS[config.variant].trained) return undefined;
  const optimizer = new Adam();
  const queue = fullQueue(work);
  const [low, high] = await withModel(work, async (model) => {
    const peaks: number[] = [];
    for (const pairs of SMALL) {
      const batch = await batchOf(work, 0, pairs);
      peaks.push((await tf.profile(() => takeStep(model, batch, optimizer, config, 1, queue))).peakBytes);
    }
    return peaks as [number, number];
  }).finally(() => {
    queue?.dispose();
    optimizer.dispose();
  });
  const held = Math.min(config.batchSize, config.microBatch ?? config.batchSize);
  return Math.max(low, low + (held - SMALL[0]) * (high - low) / (SMALL[1] - SMALL[0]));
}

/** Seconds of each of the first steps, reading of images included; empty if nothing is trained. */
async function timeSteps(work: Work): Promise<number[]> {
  const { config, report, signal } = work;
  if (!VARIANTS[config.variant].trained) return [];
  const count = Math.min(TIMED_STEPS, config.steps);
  const progress = report.progress("try", count, "step");
  const optimizer = new Adam({ weightDecay: config.weightDecay });
  const queue = fullQueue(work);
  try {
    return await withModel(work, async (model) => {
      const seconds: number[] = [];
      for (let step = 1; step <= count; step++) {
        signal?.throwIfAborted();
        const start = performance.now();
        const batch = await batchOf(work, (step - 1) * config.batchSize, config.batchSize);
        await takeStep(model, batch, optimizer, config, step, queue);
        seconds.push((performance.now() - start) / 1000);
        progress.update(step);
      }
      return seconds;
    });
  } finally {
    progress.stop();
    queue?.dispose();
    optimizer.dispose();
  }
}

/** Seconds to encode one image and one recording. */
async function timeEvaluation(work: Work): Promise<{ image: number; recording: number }> {
  const batch = await batchOf(work, 0, Math.min(16, work.examples.length));
  const timed = async (encode: () => tf.Tensor): Promise<number> => {
    const start = performance.now();
    const features = tf.tidy(encode);
    await features.data();
    features.dispose();
    return (performance.now() - start) / 1000 / batch.pixels.length;
  };
  try {
    return await withModel(work, async (model) => ({
      image: await timed(() => systemOf(model).encodeImages(model, batch.pixels).image),
      recording: await timed(() => systemOf(model).encodeSpeech(model, batch).speech),
    }));
  } finally {
    batch.dispose();
  }
}

/** Reads the examples from index `from` on; after the last comes the first again. */
async function batchOf({ examples, images }: Work, from: number, size: number): Promise<Batch> {
  const chosen = Array.from({ length: size }, (_, i) => examples[(from + i) % examples.length] as Example);
  const batch = await readBatch(chosen, images);
  if (batch !== undefined) return batch;
  throw new InputError(`Cannot time a step as none of ${chosen.length} images can be read: check the data set.`);
}

async function takeStep(
  model: Model,
  batch: Batch,
  optimizer: Adam,
  config: RunConfig,
  step: number,
  queue: NegativeQueue | undefined,
): Promise<void> {
  const { alpha, clipNorm, microBatch, temperature, acoustic: { dropout } } = config;
  try {
    const { losses, gradientNorm } = trainingStep(model, batch, optimizer, {
      learningRate: config.finalLearningRate,
      alpha,
      clipNorm,
      microBatch,
      frozen: temperature === "fixed" ? [LOG_TEMPERATURE] : [],
      dropoutSeed: dropout > 0 ? `${config.seed}:${step}` : undefined,
      seed: `${config.seed}:${step}`,
      queue,
    });
    await losses.loss.data();
    tf.dispose([...Object.values(losses), gradientNorm]);
  } finally {
    batch.dispose();
  }
}
