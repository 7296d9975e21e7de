/**
 * Pretrains the tiny CLIP.
 *
 * @module
 */
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { type Clip, initializeClip } from "../../lib/clip/clip.ts";
import type { ClipConfig } from "../../lib/clip/config.ts";
import { saveClip } from "./save_clip.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { encodeImage } from "../../lib/clip/vision_tower.ts";
import { CLIP_MEAN, CLIP_STD } from "../../lib/image/preprocess.ts";
import { Random } from "../../lib/random.ts";
import { linear } from "../../lib/runtime/operations.ts";
import { AdamW } from "./adamw.ts";
import { type Bpe, bpeEncoder, trainBpe } from "./bpe.ts";
import { shortCaption } from "./captions.ts";
import { type BatchSource, type ClipBatch, drawBatch, FACT_WIDTH, factLoss } from "./clip_batch.ts";
import { type ExaminationSize, examine, marksByName, prepareExamination } from "./clip_evaluation.ts";
import { pictures, sceneFamilies } from "./clip_world.ts";
import { planCorpora, textsOf } from "./plan.ts";
import { cosineRate, nextTask, progressLine, restoreCheckpoint, saveCheckpoint } from "./pretraining.ts";
import { randomSceneFor } from "./scene.ts";
import { clipTokenizerFiles, writeJsonFiles } from "./whisper_directory.ts";

/** Features and labels of a batch with `C` captions per image; text `c * B + i` belongs to image `i`. */
export interface ContrastiveBatch {
  /** `[B, D]`, not normalized. */
  image: tf.Tensor2D;
  /** `[C * B, D]`, not normalized. */
  text: tf.Tensor2D;
  /** `[C * B, B]`: 1 if a text is also true of another image, which is then not a negative; else 0. */
  alsoTrue: tf.Tensor2D;
  /** Scalar, the logarithm of the factor of the similarities. */
  logitScale: tf.Scalar;
}

/**
 * The symmetric contrastive loss (Radford et al. 2021, figure 3), mean over the captions of an image. Pairs that are
 * true though not matched leave the denominator.
 *
 * @returns a scalar
 */
export function contrastiveLoss({ image, text, alsoTrue, logitScale }: ContrastiveBatch): tf.Scalar {
  return tf.tidy(() => {
    const batch = image.shape[0];
    const captions = text.shape[0] / batch;
    const similarity = tf.matMul(normalized(text), normalized(image), false, true); // [C * B, B]
    const logits = tf.sub(tf.mul(similarity, tf.exp(logitScale)), tf.mul(alsoTrue, 1e4));
    const own = tf.tile(tf.eye(batch), [captions, 1]); // [C * B, B]
    const toImage = tf.sum(tf.mul(own, tf.logSoftmax(logits)));
    const columns = tf.reshape(tf.transpose(tf.reshape(logits, [captions, batch, batch]), [0, 2, 1]), [-1, batch]); // [C * B images, B texts]
    const toText = tf.sum(tf.mul(own, tf.logSoftmax(columns)));
    return tf.div(tf.add(toImage, toText), -2 * captions * batch) as tf.Scalar;
  });
}

/** Rows of length 1: `[N, D] -> [N, D]`. */
export function normalized(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12))) as tf.Tensor2D);
}

/** The auxiliary head: one linear layer that predicts the facts from image and text features. */
export interface FactHead {
  /** `[F, D]` */
  weight: tf.Tensor;
  /** `[F]` */
  bias: tf.Tensor;
}

/**
 * The loss of the head on images and texts; see {@link factLoss}.
 *
 * @param features `[N, D]`
 * @param targets `[N, F]`
 */
export function headLoss(head: FactHead, features: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => factLoss(linear(features, head.weight, head.bias) as tf.Tensor2D, targets));
}

/** Terms of the loss by name, each a number. */
export type ClipTerms = Record<"loss" | "contrast" | "facts", number>;

/** A CLIP under training: its weights and head as variables, their optimizer, and one step. */
export class ClipTrainer {
  /** The model; its weights are variables. */
  readonly clip: Clip;
  /** All that is trained, by name: CLIP's weights, then `head.weight` and `head.bias`. */
  readonly variables: Map<string, tf.Variable>;
  /** Moves all of them. */
  readonly optimizer: AdamW;
  readonly #names: Map<string, string>; // of a variable in the tape -> of the weight

  /** Begins with random weights, the same for the same seed. */
  constructor(config: ClipConfig, seed: number | string) {
    this.clip = initializeClip(config, seed);
    const random = new Random(`${seed} head`);
    const head = Float32Array.from({ length: FACT_WIDTH * config.projection }, () => 0.1 * random.normal());
    const [weight, bias] = tf.tidy(() => [
      tf.variable(tf.tensor2d(head, [FACT_WIDTH, config.projection])),
      tf.variable(tf.zeros([FACT_WIDTH])),
    ]) as [tf.Variable, tf.Variable];
    const weights = this.clip.weights as Map<string, tf.Variable>;
    this.variables = new Map([...weights, ["head.weight", weight], ["head.bias", bias]]);
    this.#names = new Map([...this.variables].map(([name, { name: inTape }]) => [inTape, name]));
    this.optimizer = new AdamW(this.variables);
  }

  /** Takes one step. The terms and the gradient's norm are read only where `report` is set. */
  async step(
    batch: ClipBatch,
    options: { rate: number; factWeight: number; report: boolean },
  ): Promise<ClipTerms | undefined> {
    const kept: tf.Scalar[] = [];
    const { value, grads } = tf.variableGrads(() => {
      const { contrast, facts } = this.#terms(batch);
      kept.push(tf.keep(tf.clone(contrast)), tf.keep(tf.clone(facts)));
      return tf.add(contrast, tf.mul(facts, options.factWeight)) as tf.Scalar;
    }, [...this.variables.values()]);
    const gradients = new Map(Object.entries(grads).map(([inTape, grad]) => [this.#names.get(inTape) as string, grad]));
    const norm = this.optimizer.step(gradients, options.rate);
    this.#boundScale();
    let terms: ClipTerms | undefined;
    if (options.report) {
      const [loss, contrast, facts] = await Promise.all(
        [value, ...kept].map(async (x) => (await x.data())[0] as number),
      );
      terms = { loss, contrast, facts } as ClipTerms;
    }
    for (const tensor of [value, norm, ...kept, ...gradients.values()]) tensor.dispose();
    return terms;
  }

  #terms(batch: ClipBatch): { contrast: tf.Scalar; facts: tf.Scalar } {
    const count = batch.pixels.length;
    const image = encodeImage(this.clip, batch.pixels); // [B, D]
    const text = encodeText(this.clip, batch.ids); // [C * B, D]
    const texts = batch.ids.length;
    const contrast = contrastiveLoss({
      image,
      text,
      alsoTrue: tf.tensor2d(batch.alsoTrue, [texts, count]),
      logitScale: this.variables.get("logit_scale") as unknown as tf.Scalar,
    });
    const head: FactHead = {
      weight: this.variables.get("head.weight") as tf.Variable,
      bias: this.variables.get("head.bias") as tf.Variable,
    };
    const seen = headLoss(head, image, tf.tensor2d(batch.imageFacts, [count, FACT_WIDTH]));
    const read = headLoss(head, text, tf.tensor2d(batch.textFacts, [texts, FACT_WIDTH]));
    return { contrast, facts: tf.add(seen, read) };
  }

  /** Similarities are scaled by 100 at most (Radford et al. 2021, section 2.5). */
  #boundScale(): void {
    const scale = this.variables.get("logit_scale") as tf.Variable;
    tf.tidy(() => scale.assign(tf.minimum(scale, Math.log(100))));
  }

  /** Frees everything. */
  dispose(): void {
    this.optimizer.dispose();
    for (const name of ["head.weight", "head.bias"]) this.variables.get(name)?.dispose();
    this.clip.dispose();
  }
}

/** What {@link pretrainClip} needs. */
export interface ClipPretrainingOptions {
  /** Makes vocabulary, weights, scenes and batches. */
  seed: number;
  /** Folder of images and checkpoint, from which a stopped run continues. */
  work: string;
  /** Folder of the finished model, in Hugging Face's layout. */
  out: string;
  /** Takes lines about the progress. */
  log: (line: string) => void;
  /** Saves and stops after the step under way. */
  signal?: AbortSignal;
  /** Steps of the whole run; default 2400. */
  steps?: number;
  /** Families of a scene and its twin; default 15000. */
  families?: number;
  /** Images per batch, default 128; a quarter of them are twins of their scene. */
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

/** The vocabulary, learned only from pretraining captions; it splits words that occur only in narrations. */
export function clipVocabulary(seed: number): Bpe {
  const random = new Random(`clip vocabulary ${seed}`);
  const texts = Array.from({ length: 5000 }, () => shortCaption(randomSceneFor("pretraining", random), random));
  return trainBpe(texts, { style: "clip", merges: 160 });
}

/**
 * Pretrains the tiny CLIP (contrastive loss and facts, AdamW, cosine rate) and writes `config.json`, `model.safetensors`
 * (F16), `tokenizer.json`, `tokenizer_config.json` and `preprocessor_config.json`. Resumable: images, weights, optimizer
 * and random state are stored in `work`, so a stopped run ends like an uninterrupted one. The caller chooses the backend.
 *
 * @returns the step reached; less than `steps` where the signal stopped it.
 * @throws {Error} if the loss is no number; the last checkpoint stays.
 */
export async function pretrainClip(options: ClipPretrainingOptions): Promise<number> {
  const { seed, work, out, log, signal, steps = 2400, families: count = 15000, batch: size = 128 } = options;
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
