/**
 * The training step of the tiny CLIP.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Clip, initialiseClip } from "../../lib/clip/clip.ts";
import type { ClipConfig } from "../../lib/clip/config.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { encodeImage } from "../../lib/clip/vision_tower.ts";
import { Random } from "../../lib/random.ts";
import { AdamW } from "./adamw.ts";
import type { ClipBatch } from "./clip_batch.ts";
import { FACT_WIDTH } from "./clip_facts.ts";
import { contrastiveLoss, type FactHead, headLoss } from "./clip_objective.ts";

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
    this.clip = initialiseClip(config, seed);
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
