/**
 * The tiny CLIP under training: its loss and one step.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Clip, initializeClip } from "../../lib/clip/clip.ts";
import type { ClipConfig } from "../../lib/clip/config.ts";
import { loadClip } from "../../lib/clip/load.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { encodeImage } from "../../lib/clip/vision_tower.ts";
import { Random } from "../../lib/random.ts";
import { linear } from "../../lib/runtime/operations.ts";
import { AdamW } from "./adamw.ts";
import { type ClipBatch, FACT_WIDTH, factLoss } from "./clip_batch.ts";

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
  readonly #factWidth: number;

  /** Begins with random weights, the same for the same seed; the head predicts `factWidth` facts. */
  constructor(config: ClipConfig, seed: number | string, factWidth: number = FACT_WIDTH) {
    this.clip = initializeClip(config, seed);
    this.#factWidth = factWidth;
    const random = new Random(`${seed} head`);
    const head = Float32Array.from({ length: factWidth * config.projection }, () => 0.1 * random.normal());
    const [weight, bias] = tf.tidy(() => [
      tf.variable(tf.tensor2d(head, [factWidth, config.projection])),
      tf.variable(tf.zeros([factWidth])),
    ]) as [tf.Variable, tf.Variable];
    const weights = this.clip.weights as Map<string, tf.Variable>;
    this.variables = new Map([...weights, ["head.weight", weight], ["head.bias", bias]]);
    this.#names = new Map([...this.variables].map(([name, { name: inTape }]) => [inTape, name]));
    this.optimizer = new AdamW(this.variables);
  }

  /** Takes over the weights of a stored CLIP of the same configuration; the head stays. */
  async continueFrom(directory: string): Promise<void> {
    const stored = await loadClip(directory);
    for (const [name, weight] of stored.weights) this.variables.get(name)?.assign(weight);
    stored.dispose();
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
    const seen = headLoss(head, image, tf.tensor2d(batch.imageFacts, [count, this.#factWidth]));
    const read = headLoss(head, text, tf.tensor2d(batch.textFacts, [texts, this.#factWidth]));
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
