/**
 * The part of a dry run that computes: a few recordings, a few steps.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { loadClip } from "../../clip/load.ts";
import type { Pair } from "../../data/pair.ts";
import { readPixels } from "../../image/preprocess.ts";
import { readPreprocessorConfig } from "../../image/preprocessor_config.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { Backend } from "../../runtime/backend.ts";
import type { RunConfig } from "../../training/config.ts";
import { type Example, Pictures } from "../../training/examples.ts";
import { LeftOut } from "../../training/left_out.ts";
import type { TranscriptionPlan } from "../../whisper/plan.ts";
import type { Whisper } from "../../whisper/whisper.ts";
import { PICTURE_MEMORY } from "../open_job.ts";
import { examplesFor, hasCaptions, type PreparedPair } from "../prepare.ts";
import { textRows } from "../../training/run_model.ts";
import type { Report } from "../report.ts";
import type { PairSplits } from "./data.ts";
import { type FewHeard, fewHeard } from "./few_heard.ts";
import type { HeardBefore } from "./heard_before.ts";
import { availableMemory, planMemory } from "./memory.ts";
import type { FoundModels } from "./models.ts";
import type { PlanPart } from "./plan.ts";
import { planTime, type SplitCounts } from "./time.ts";
import { stepBytes, TIMED_STEPS, timeEvaluation, timeSteps, type Work } from "./work.ts";

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
  before: HeardBefore;
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
    const few = await fewHeard(
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
      const pictures = new Pictures({
        read: (path) => readPixels(path, pixels),
        leftOut: new LeftOut({ tell: report.line }),
        limit: Math.max(64, Math.floor(PICTURE_MEMORY / (3 * size * size * 4))),
      });
      const examples = examplesOf(config, models, chosen, few);
      const tried: Work = { config, clip, acoustic: models.acoustic, examples, pictures, report, signal };
      const heldBytes = tf.memory().numBytes;
      report.line("trying it: two small steps for the memory, then real ones for the time");
      const images = countsOf(Object.values(splits).flat()).images;
      const memory = planMemory({
        ...config,
        backend,
        heldBytes,
        stepBytes: await stepBytes(tried),
        pictureBytes: Math.min(PICTURE_MEMORY, images * 3 * size * size * 4),
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
        baselines: hasCaptions(splits.test.map((pair) => ({ pair }))) ? 3 : 2,
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
function examplesOf(config: RunConfig, { tokenizer }: FoundModels, pairs: readonly Pair[], few: FewHeard): Example[] {
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
