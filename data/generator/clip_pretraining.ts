/**
 * Pretrains the tiny CLIP.
 *
 * @module
 */
import { join } from "@std/path";
import type { ClipConfig } from "../../lib/clip/config.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { exists } from "../../lib/files/read.ts";
import { CLIP_MEAN, CLIP_STD } from "../../lib/image/preprocess.ts";
import { Random } from "../../lib/random.ts";
import { type Bpe, bpeEncoder, trainBpe } from "./bpe.ts";
import { shortCaption } from "./captions.ts";
import { type BatchOptions, type BatchSource, drawBatch, KIND_FACT_WIDTH } from "./clip_batch.ts";
import {
  type ClipExamination,
  type ExaminationSize,
  examine,
  marksByName,
  prepareExamination,
} from "./clip_evaluation.ts";
import { ClipTrainer } from "./clip_trainer.ts";
import { pictures, sceneFamilies } from "./clip_world.ts";
import { planCorpora, textsOf } from "./plan.ts";
import { cosineRate, nextTask, progressLine, restoreCheckpoint, saveCheckpoint } from "./pretraining.ts";
import { saveClip } from "./save_clip.ts";
import { randomSceneFor } from "./scene.ts";
import { clipTokenizerFiles, writeJsonFiles } from "./whisper_directory.ts";

/** A stage of the pretraining; it continues from the weights of the one before, with a new head and optimizer. */
export interface ClipStage {
  /** Its number of steps. */
  steps: number;
  /** Highest learning rate of its cosine. */
  rate: number;
  /** Weight of the facts in the loss. */
  factWeight: number;
  /** How its batches are drawn. */
  batches: BatchOptions;
}

/** First captions and facts, then what is where, then sizes; `data/README.md` says how they were chosen. */
export const CLIP_STAGES: readonly ClipStage[] = [
  {
    steps: 2400,
    rate: 8e-4,
    factWeight: 0.3,
    batches: { size: 128, twins: 32, joined: 0.1, factWidth: KIND_FACT_WIDTH },
  },
  {
    steps: 3000,
    rate: 1.2e-3,
    factWeight: 1,
    batches: {
      size: 64,
      twins: 32,
      joined: 0.1,
      hard: { mirrored: 0.4, telling: 0.8, facts: { kind: 0.7, size: 1, place: 0.5, colour: 0.3, background: 0.2 } },
    },
  },
  {
    steps: 1000,
    rate: 6e-4,
    factWeight: 1,
    batches: {
      size: 64,
      twins: 32,
      joined: 0.1,
      hard: { mirrored: 0.2, telling: 0.8, facts: { kind: 0.3, size: 1, place: 0.2, colour: 0.2, background: 0.2 } },
    },
  },
];

/** What {@link pretrainClip} needs. */
export interface ClipPretrainingOptions {
  /** Makes vocabulary, weights, scenes and batches. */
  seed: number;
  /** Folder of images, checkpoints and finished stages, from which a stopped run continues. */
  work: string;
  /** Folder of the finished model, in Hugging Face's layout. */
  out: string;
  /** Takes lines about the progress. */
  log: (line: string) => void;
  /** Saves and stops after the step under way. */
  signal?: AbortSignal;
  /** Default {@link CLIP_STAGES}. */
  stages?: readonly ClipStage[];
  /** Families of a scene and its twin; default 15000. */
  families?: number;
  /** Steps between examinations and checkpoints; default 500. */
  every?: number;
  /** Size of those examinations. */
  examination?: ExaminationSize;
}

/** The tiny CLIP's configuration for a vocabulary of that many tokens, marks included. */
export function tinyClipConfig(vocabulary: number): ClipConfig {
  const tower = { width: 128, feedforward: 512, heads: 4, activation: "quick_gelu", epsilon: 1e-5 } as const;
  const marks = { bos: vocabulary - 2, eos: vocabulary - 1, pad: vocabulary - 1 };
  return {
    projection: 128,
    text: { ...tower, layers: 3, vocabulary, positions: 77, ...marks },
    vision: { ...tower, layers: 4, imageSize: 64, patchSize: 16, channels: 3 },
  };
}

/** The vocabulary, learned only from pretraining captions; it splits words that occur only in narrations. */
export function clipVocabulary(seed: number): Bpe {
  const random = new Random(`clip vocabulary ${seed}`);
  const texts = Array.from({ length: 5000 }, () => shortCaption(randomSceneFor("pretraining", random), random));
  return trainBpe(texts, { style: "clip", merges: 160 });
}

/**
 * Pretrains the tiny CLIP (contrastive loss and facts, AdamW, a cosine rate in each stage) and writes `config.json`,
 * `model.safetensors` (F16), `tokenizer.json`, `tokenizer_config.json` and `preprocessor_config.json`. Resumable: images,
 * finished stages, weights, optimizer and random state are stored in `work`, so a stopped run ends like an uninterrupted
 * one. The caller chooses the backend.
 *
 * @returns the steps reached; less than those of all stages where the signal stopped it.
 * @throws {Error} if the loss is no number; the last checkpoint stays.
 */
export async function pretrainClip(options: ClipPretrainingOptions): Promise<number> {
  const { seed, work, out, log, signal, stages = CLIP_STAGES, families: count = 15000 } = options;
  const bpe = clipVocabulary(seed);
  const config = tinyClipConfig(Object.keys(bpe.vocab).length + 2);
  const words = bpeEncoder(bpe);
  const encode = (
    text: string,
  ): number[] => [config.text.bos, ...words(text).slice(0, config.text.positions - 2), config.text.eos];
  const reserved = textsOf(planCorpora());
  const families = sceneFamilies("pretraining", count, seed);
  const directory = join(work, "pictures");
  const size = config.vision.imageSize;
  const seen = await pictures(families.flat(), `clip ${seed}`, { size, directory, log, ...(signal ? { signal } : {}) });
  const source: BatchSource = { families, pictures: seen, size, encode, pad: config.text.pad, reserved };
  const examination = await prepareExamination("flickr8k", seed, size, options.examination);

  let reached = 0;
  let from: string | undefined;
  for (const [i, stage] of stages.entries()) {
    const name = i === 0 ? "" : `_${i + 1}`;
    const finished = join(work, `clip_stage${name}`);
    if (!await exists(join(finished, "config.json"))) {
      const trainer = new ClipTrainer(config, `clip ${seed}${name}`, stage.batches.factWidth);
      try {
        if (from) await trainer.continueFrom(from);
        const checkpoint = join(work, `clip_checkpoint${name}.safetensors`);
        const random = new Random(`clip batches ${seed}${name}`);
        const run = { stage, checkpoint, random, source, examination, every: options.every ?? 500, log, signal };
        const step = await trainStage(trainer, run);
        if (step < stage.steps) return reached + step;
        await saveClip(trainer.clip, finished, "F16");
      } finally {
        trainer.dispose();
      }
    }
    reached += stage.steps;
    from = finished;
  }
  if (from) await writeModel(from, config, bpe, out);
  return reached;
}

interface StageRun extends Required<Pick<ClipPretrainingOptions, "every" | "log">> {
  stage: ClipStage;
  checkpoint: string;
  random: Random;
  source: BatchSource;
  examination: ClipExamination;
  signal: AbortSignal | undefined;
}

/** Runs a stage from its checkpoint, if any; returns the step reached. */
async function trainStage(trainer: ClipTrainer, run: StageRun): Promise<number> {
  const { stage, checkpoint, random, source, every, log, signal } = run;
  const { steps, rate: peak, factWeight, batches } = stage;
  const before = await restoreCheckpoint(checkpoint, trainer.variables, trainer.optimizer);
  if (before) random.state = before.random;
  const first = before?.step ?? 0;
  const started = performance.now();
  let step = first;
  const keep = (): Promise<void> =>
    saveCheckpoint(checkpoint, trainer.variables, trainer.optimizer, { step, random: random.state });
  while (step < steps && !signal?.aborted) {
    const batch = drawBatch(source, batches, random);
    const rate = cosineRate(step, { peak, warmUp: 100, steps });
    const terms = await trainer.step(batch, { rate, factWeight, report: (step + 1) % 20 === 0 });
    step++;
    await nextTask();
    if (terms) {
      if (!Number.isFinite(terms.loss)) throw new Error(`The loss is ${terms.loss} at step ${step}: stopped`);
      const elapsed = (performance.now() - started) / 1000;
      log(progressLine({ step, steps, first, elapsed }, { ...terms, rate }));
    }
    if (step % every === 0 || step === steps) {
      await keep();
      const marks = Object.entries(marksByName(await examine(trainer.clip, source.encode, run.examination)));
      log(`unseen scenes at step ${step}: ${marks.map(([name, mark]) => `${name} ${mark.toFixed(2)}`).join("  ")}`);
    }
  }
  if (step < steps) await keep();
  return step;
}

/** Writes the model's folder, with the weights of a finished stage. */
async function writeModel(finished: string, { text, vision }: ClipConfig, bpe: Bpe, out: string): Promise<void> {
  for (const name of ["model.safetensors", "config.json"]) {
    await writeAtomic(join(out, name), await Deno.readFile(join(finished, name)));
  }
  const size = vision.imageSize;
  await writeJsonFiles(out, {
    ...clipTokenizerFiles(bpe, text.positions),
    "preprocessor_config.json": {
      image_processor_type: "CLIPImageProcessor",
      crop_size: { height: size, width: size },
      do_center_crop: true,
      do_convert_rgb: true,
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: CLIP_MEAN,
      image_std: CLIP_STD,
      resample: 3,
      rescale_factor: 1 / 255,
      size: { shortest_edge: size },
    },
  });
}
