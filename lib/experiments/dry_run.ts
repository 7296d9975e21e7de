/**
 * A run tried before it is started: data, models, memory, disk and time. Nothing is written.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Clip } from "../clip/clip.ts";
import { loadClip } from "../clip/load.ts";
import { openManifest } from "../data/check/manifest.ts";
import type { Pair } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { readPixels } from "../image/preprocess.ts";
import { readPreprocessorConfig } from "../image/preprocessor_config.ts";
import { type Backend, useBackend } from "../runtime/backend.ts";
import type { AcousticConfig } from "../systems/acoustic_config.ts";
import { type BrewClip, createBrewClip, disposeBrewClip, encodeImages, encodeSpeech } from "../systems/brewclip.ts";
import { LOG_TEMPERATURE } from "../systems/parameters.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { type Batch, type Example, Images, readBatch } from "../training/examples.ts";
import { trainingStep } from "../training/loop.ts";
import { Adam } from "../training/optimizer.ts";
import { SkippedFiles } from "../training/run_logs.ts";
import { textRows } from "../training/run_model.ts";
import { planTranscription, type TranscriptionPlan } from "../whisper/plan.ts";
import type { Whisper } from "../whisper/whisper.ts";
import { availableMemory, planDisk, planMemory, type PlanPart, planTime, type SplitCounts } from "./dry_run_plan.ts";
import { IMAGE_MEMORY } from "./job.ts";
import { examplesFor, hasCaptions, listPairs, type PreparedPair } from "./pairs.ts";
import type { Report } from "./report.ts";
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

/** How a dry run is watched and stopped. */
export interface DryRunOptions {
  /** Takes lines and progress. */
  report: Report;
  /** Stops between two steps. */
  signal?: AbortSignal | undefined;
}

/**
 * Tries a run: looks for its files and models, holds the models' sizes against each other, reads free memory and disk space,
 * hears a few recordings where not all were heard before, and takes ten steps of the real batch on the real towers, of which
 * nothing is kept. What stands in the way is collected, not thrown: `lacking` of each part.
 *
 * @throws the signal's reason, where it was aborted.
 */
export async function dryRun(config: RunConfig, { report, signal }: DryRunOptions): Promise<PlanPart[]> {
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
    const withSeconds = (pair: Pair): Pair => {
      const seconds = manifest.secondsOf(pair.audio) ?? pair.seconds;
      return seconds === undefined ? pair : { ...pair, seconds };
    };
    return { splits, pairs: Object.values(splits).flat().map(withSeconds) };
  });
  const { part, models } = await planModels(config);
  parts.push(part);
  if (data === undefined || models === undefined) return parts;

  signal?.throwIfAborted();
  const { cache, audioSeconds: maxSeconds } = config;
  const states = VARIANTS[config.variant].acoustic && cache;
  const { source: { key, width } } = models;
  const before = await findStored(data.pairs, key, { states, maxSeconds }, { cache });
  const folder = cache ? before.folder : undefined;
  const hearing = await planTranscription(before.open, { folder, states, width, maxSeconds });
  parts.push(await planDisk(hearing, { stored: before.lines.size, folder, trained: models.trained }));
  if (backend === undefined || parts.some(({ lacking }) => lacking.length > 0)) return parts;

  const work = { config, backend, models, splits: data.splits, before, hearing, report, signal };
  parts.push(...await attempt(parts, "trial", () => trial(work)) ?? []);
  return parts;
}

/** What an action gives; undefined where an input is at fault, which becomes a part of its own. */
async function attempt<T>(parts: PlanPart[], name: string, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    parts.push({ name, lines: [], lacking: [error.message] });
    return undefined;
  }
}

/** What is tried. */
export interface TrialWork {
  /** The settings. */
  config: RunConfig;
  /** The backend, started. */
  backend: Backend;
  /** Both models. */
  models: FoundModels;
  /** Usable pairs; each split has some. */
  splits: PairSplits;
  /** What earlier runs heard. */
  before: StoredTranscripts;
  /** What is still to be heard. */
  hearing: TranscriptionPlan;
  /** Takes lines and progress. */
  report: Report;
  /** Stops between two steps. */
  signal?: AbortSignal | undefined;
}

/**
 * Hears a few recordings, loads CLIP, takes small steps for the memory and, where that suffices, real ones for the time.
 *
 * @returns the parts on memory and time
 * @throws {InputError} where nothing can be heard or seen, or a model is damaged.
 */
export async function trial({ config, models, splits, before, ...work }: TrialWork): Promise<PlanPart[]> {
  const { report, signal, backend, hearing } = work;
  const { acoustic } = VARIANTS[config.variant];
  const whisper = lazy(models.source.load);
  const chosen = spread(splits.train, Math.min(splits.train.length, TIMED_STEPS * config.batchSize));
  try {
    report.line(
      hearing.recordings === 0
        ? "trying it: a few stored recordings are taken"
        : "trying it: a few recordings are heard, and kept in memory only",
    );
    const { audioSeconds, cache } = config;
    const options = {
      acoustic,
      audioSeconds,
      cache,
      width: models.source.width,
      minFrames: models.source.minFrames,
    };
    const few = await transcribeFew(
      spread(chosen, Math.min(chosen.length, config.batchSize)),
      before,
      whisper.load,
      options,
    );
    if (cache) await whisper.free();
    signal?.throwIfAborted();

    const clip = await loadClip(models.clipFolder);
    try {
      const size = clip.config.vision.imageSize;
      const pixels = { ...await readPreprocessorConfig(models.clipFolder, size), fit: config.imageFit };
      const pictures = new Images({
        read: (path) => readPixels(path, pixels),
        skipped: new SkippedFiles({ onLine: report.line }),
        limit: Math.max(64, Math.floor(IMAGE_MEMORY / (3 * size * size * 4))),
      });
      const examples = examplesOf(config, models, chosen, few);
      const tried: Work = { config, clip, acoustic: models.acoustic, examples, images: pictures, report, signal };
      const heldBytes = tf.memory().numBytes;
      report.line("trying it: two small steps for the memory, then real ones for the time");
      const images = countsOf(Object.values(splits).flat()).images;
      const memory = planMemory({
        ...config,
        backend,
        heldBytes,
        stepBytes: await stepBytes(tried),
        pictureBytes: Math.min(IMAGE_MEMORY, images * 3 * size * size * 4),
        processBytes: Deno.memoryUsage().rss,
        available: availableMemory(),
      });
      if (memory.lacking.length > 0) return [memory];
      const time = planTime({
        config,
        toHear: hearing,
        few,
        steps: await timeSteps(tried),
        evaluation: await timeEvaluation(tried),
        splits: { dev: countsOf(splits.dev), test: countsOf(splits.test) },
        baselines: hasCaptions(splits.test) ? 3 : 2,
      });
      return [memory, time];
    } finally {
      clip.dispose();
    }
  } finally {
    await whisper.free();
  }
}

/** Examples of some pairs; speech that is not known is another one's, which takes the same time. */
function examplesOf(
  config: RunConfig,
  { tokenizer }: FoundModels,
  pairs: readonly Pair[],
  few: FewTranscribed,
): Example[] {
  const train = pairs.map((pair, i): PreparedPair => {
    const { text, states } = few.speech[i % few.speech.length]!;
    const [transcriptTokens = [], captionTokens = []] = tokenizer.tokens([text, pair.text]);
    return { pair, transcript: text, transcriptTokens, captionTokens, states };
  });
  const data = { splits: { train, dev: [], test: [] }, rows: textRows(config.longText, tokenizer) };
  return examplesFor({ config, data }, "train", config.variant);
}

function countsOf(pairs: readonly Pair[]): SplitCounts {
  return { images: new Set(pairs.map(({ imageId }) => imageId)).size, recordings: pairs.length };
}

/** So many items, evenly spread. */
function spread<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => items[Math.floor((i + 0.5) * items.length / count)] as T);
}

/** Loads a Whisper when it is first asked for; frees it where it was loaded. */
function lazy(load: () => Promise<Whisper>): { load: () => Promise<Whisper>; free: () => Promise<void> } {
  let loading: Promise<Whisper> | undefined;
  return {
    load: () => loading ??= load(),
    async free() {
      const loaded = await loading?.catch(() => undefined);
      loading = undefined;
      await loaded?.dispose();
    },
  };
}

/** Steps that are timed. */
export const TIMED_STEPS = 10;

/** Pairs of the two small steps from which the memory of a large one is told. */
const SMALL: readonly [number, number] = [2, 4];

/** What the work is done with. */
export interface Work {
  /** The settings. */
  config: RunConfig;
  /** The frozen towers. */
  clip: Clip;
  /** Sizes of the acoustic branch. */
  acoustic: AcousticConfig;
  /** Some of the train split, with speech. */
  examples: readonly Example[];
  /** Reads the images. */
  images: Images;
  /** Takes lines and progress. */
  report: Report;
  /** Stops between two steps. */
  signal?: AbortSignal | undefined;
}

/** Runs `use` with a fresh model of the run's variant. */
export async function withModel<T>({ config, clip, acoustic }: Work, use: (model: BrewClip) => Promise<T>): Promise<T> {
  const model = createBrewClip(config.variant, clip, acoustic, config.seed);
  try {
    return await use(model);
  } finally {
    disposeBrewClip(model);
  }
}

/** Bytes of tensors that a step holds at its peak, told from two small steps; undefined where nothing is trained. */
export async function stepBytes(work: Work): Promise<number | undefined> {
  const { config } = work;
  if (!VARIANTS[config.variant].prompts) return undefined;
  const optimizer = new Adam();
  const [low, high] = await withModel(work, async (model) => {
    const peaks: number[] = [];
    for (const pairs of SMALL) {
      const batch = await batchOf(work, 0, pairs);
      peaks.push((await tf.profile(() => takeStep(model, batch, optimizer, config, 1))).peakBytes);
    }
    return peaks as [number, number];
  }).finally(() => optimizer.dispose());
  const held = Math.min(config.batchSize, config.microBatch ?? config.batchSize);
  return Math.max(low, low + (held - SMALL[0]) * (high - low) / (SMALL[1] - SMALL[0]));
}

/**
 * Takes the first steps of the training.
 *
 * @returns the seconds of each, with the reading of its pictures; none where nothing is trained
 */
export async function timeSteps(work: Work): Promise<number[]> {
  const { config, report, signal } = work;
  if (!VARIANTS[config.variant].prompts) return [];
  const count = Math.min(TIMED_STEPS, config.steps);
  const progress = report.progress("try", count, "step");
  const optimizer = new Adam({ weightDecay: config.weightDecay });
  try {
    return await withModel(work, async (model) => {
      const seconds: number[] = [];
      for (let step = 1; step <= count; step++) {
        signal?.throwIfAborted();
        const start = performance.now();
        const batch = await batchOf(work, (step - 1) * config.batchSize, config.batchSize);
        await takeStep(model, batch, optimizer, config, step);
        seconds.push((performance.now() - start) / 1000);
        progress.update(step);
      }
      return seconds;
    });
  } finally {
    progress.stop();
    optimizer.dispose();
  }
}

/** Seconds of the evaluation of one picture and of one recording. */
export async function timeEvaluation(work: Work): Promise<{ picture: number; recording: number }> {
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
      picture: await timed(() => encodeImages(model, batch.pixels)),
      recording: await timed(() => encodeSpeech(model, batch).speech),
    }));
  } finally {
    batch.dispose();
  }
}

/** The examples from a place on, starting again at the first after the last. */
async function batchOf({ examples, images }: Work, from: number, size: number): Promise<Batch> {
  const chosen = Array.from({ length: size }, (_, i) => examples[(from + i) % examples.length] as Example);
  const batch = await readBatch(chosen, images);
  if (batch !== undefined) return batch;
  throw new InputError(`Cannot time a step as none of ${chosen.length} images can be read: check the data set.`);
}

async function takeStep(
  model: BrewClip,
  batch: Batch,
  optimizer: Adam,
  config: RunConfig,
  step: number,
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
    });
    await losses.loss.data();
    tf.dispose([...Object.values(losses), gradientNorm]);
  } finally {
    batch.dispose();
  }
}
