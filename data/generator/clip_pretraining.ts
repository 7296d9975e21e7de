/**
 * Pretrains the tiny CLIP of the bundled sample from random weights.
 *
 * @module
 */
import { join } from "@std/path";
import type { Clip } from "../../lib/clip/clip.ts";
import type { ClipConfig } from "../../lib/clip/config.ts";
import { saveClip } from "../../lib/clip/load.ts";
import { CLIP_MEAN, CLIP_STD } from "../../lib/image/preprocess.ts";
import { Random } from "../../lib/random.ts";
import { type Bpe, bpeEncoder, trainBpe } from "./bpe.ts";
import { shortCaption } from "./captions.ts";
import { type BatchSource, drawBatch } from "./clip_batch.ts";
import { type ExaminationSize, examine, marksByName, prepareExamination } from "./clip_evaluation.ts";
import { ClipTrainer } from "./clip_trainer.ts";
import { pictures, sceneFamilies } from "./clip_world.ts";
import { planCorpora, textsOf } from "./corpus_plan.ts";
import { cosineRate, nextTask, progressLine, restoreCheckpoint, saveCheckpoint } from "./pretraining.ts";
import { randomSceneFor } from "./scene.ts";
import { clipTokenizerFiles, writeJsonFiles } from "./tokenizer_files.ts";

/** What {@link pretrainClip} needs. */
export interface ClipPretrainingOptions {
  /** Makes vocabulary, weights, scenes and batches. */
  seed: number;
  /** Folder of pictures and the checkpoint; a run goes on from what it finds there. */
  work: string;
  /** Folder of the finished model, in Hugging Face's layout. */
  out: string;
  /** Takes lines about the progress. */
  log: (line: string) => void;
  /** Saves and stops after the step under way. */
  signal?: AbortSignal;
  /** Steps of the whole run; default 1200. */
  steps?: number;
  /** Families of a scene and its twin; default 15000. */
  families?: number;
  /** Pictures a batch; default 128, a quarter of them twins with their scene. */
  batch?: number;
  /** Highest learning rate; default 8e-4. */
  rate?: number;
  /** Weight of the facts in the loss; default 0.3. */
  factWeight?: number;
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

/** The vocabulary: learnt from captions of scenes for pretraining alone, so words that only narrations have fall into pieces. */
export function clipVocabulary(seed: number): Bpe {
  const random = new Random(`clip vocabulary ${seed}`);
  const texts = Array.from({ length: 5000 }, () => shortCaption(randomSceneFor("pretraining", random), random));
  return trainBpe(texts, { style: "clip", merges: 160 });
}

/**
 * Pretrains the tiny CLIP (contrastive loss and facts, AdamW, cosine rate) and writes `config.json`, `model.safetensors`
 * (F16), `tokenizer.json`, `tokenizer_config.json` and `preprocessor_config.json`. Resumable: pictures, weights, optimizer
 * and random state are kept in `work`, so that a stopped run ends as an unbroken one. The backend is the caller's.
 *
 * @returns the step reached; less than `steps` where the signal stopped it.
 * @throws {Error} where the loss is no number; the last checkpoint stays.
 */
export async function pretrainClip(options: ClipPretrainingOptions): Promise<number> {
  const { seed, work, out, log, signal, steps = 1200, families: count = 15000, batch: size = 128 } = options;
  const { rate: peak = 8e-4, factWeight = 0.3, every = 500 } = options;
  const bpe = clipVocabulary(seed);
  const config = tinyClipConfig(Object.keys(bpe.vocab).length + 2);
  const words = bpeEncoder(bpe);
  const encode = (
    text: string,
  ): number[] => [config.text.bos, ...words(text).slice(0, config.text.positions - 2), config.text.eos];
  const reserved = textsOf(planCorpora());
  const families = sceneFamilies("pretraining", count, seed);
  const directory = join(work, "pictures");
  const imageSize = config.vision.imageSize;
  const seen = await pictures(families.flat(), `clip ${seed}`, {
    size: imageSize,
    directory,
    log,
    ...(signal ? { signal } : {}),
  });
  const source: BatchSource = { families, pictures: seen, size: imageSize, encode, pad: config.text.pad, reserved };
  const examination = await prepareExamination("flickr8k", seed, imageSize, options.examination);

  const trainer = new ClipTrainer(config, `clip ${seed}`);
  const random = new Random(`clip batches ${seed}`);
  const checkpoint = join(work, "clip_checkpoint.safetensors");
  const before = await restoreCheckpoint(checkpoint, trainer.variables, trainer.optimizer);
  if (before) random.state = before.random;
  const first = before?.step ?? 0;
  const started = performance.now();
  let step = first;
  const keep = (): Promise<void> =>
    saveCheckpoint(checkpoint, trainer.variables, trainer.optimizer, { step, random: random.state });
  try {
    while (step < steps && !signal?.aborted) {
      const batch = drawBatch(source, { size, twins: Math.floor(size / 4), joined: 0.1 }, random);
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
        const marks = Object.entries(marksByName(await examine(trainer.clip, encode, examination)));
        log(`unseen scenes at step ${step}: ${marks.map(([name, mark]) => `${name} ${mark.toFixed(2)}`).join("  ")}`);
      }
    }
    if (step < steps) await keep();
    else await saveModel(trainer.clip, bpe, out);
  } finally {
    trainer.dispose();
  }
  return step;
}

/** Writes the model's folder. */
async function saveModel(clip: Clip, bpe: Bpe, out: string): Promise<void> {
  await saveClip(clip, out, "F16");
  const size = clip.config.vision.imageSize;
  await writeJsonFiles(out, {
    ...clipTokenizerFiles(bpe, clip.config.text.positions),
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
