/**
 * Prompts, acoustic layer and a linear head trained on moods (paper, section 4: fine-tuned).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { BrewClip } from "../../systems/brewclip.ts";
import { LOG_TEMPERATURE } from "../../systems/parameters.ts";
import { Random } from "../../random.ts";
import { linear } from "../../runtime/operations.ts";
import { type Example, joinSpeech } from "../../training/examples.ts";
import { Adam, learningRate } from "../../training/optimizer.ts";
import { clipByNorm } from "../../training/loop.ts";
import { allClipFeatures, clipFeatures } from "./clip_features.ts";
import { cropped } from "./crop.ts";
import { MovingAverage } from "./moving_average.ts";
import type { FineTuneSettings } from "./ser_results.ts";

/** Norm to which gradients are clipped, as in the training on pictures. */
const CLIP_NORM = 4;

/** Clips with their moods. */
export interface LabelledClips {
  /** What the model takes. */
  examples: readonly Example[];
  /** The mood of each. */
  labels: readonly string[];
}

/** How a fine-tuning is watched and stopped. */
export interface FineTuneOptions {
  /** The moods, in the order of the head's rows. */
  classes: readonly string[];
  /** Draws batches, pieces and dropout. */
  seed: number;
  /** Called after each step; every 10 steps with its loss. */
  onStep?: ((step: number, loss?: number) => void) | undefined;
  /** Stops after the current step. */
  signal?: AbortSignal | undefined;
}

/** Says the mood of clips. */
export interface FineTuned {
  /** The most probable mood of each clip. */
  predict(examples: readonly Example[]): Promise<string[]>;
  /** Frees the head. */
  dispose(): void;
}

/** The parameters that moods can change: all but those that only pictures see. */
export function speechParameters({ parameters }: Pick<BrewClip, "parameters">): Map<string, tf.Variable> {
  return new Map(
    [...parameters].filter(([name]) => name !== LOG_TEMPERATURE && !name.startsWith("prompts.to_vision.")),
  );
}

/**
 * Trains the model's speech parameters and a head, which starts at zero, by cross-entropy with Adam. The model is changed:
 * in the end it has the moving average of its parameters.
 *
 * @param clips train clips only
 * @throws the signal's reason, where it was aborted.
 * @throws {RangeError} where a label is none of the classes.
 */
export async function fineTune(
  model: BrewClip,
  { examples, labels }: LabelledClips,
  settings: FineTuneSettings,
  { classes, seed, onStep, signal }: FineTuneOptions,
): Promise<FineTuned> {
  const { steps, batchSize, warmupSteps: warmup, weightDecay, scale, crop, promptRate } = settings;
  const unknown = labels.find((label) => !classes.includes(label));
  if (unknown !== undefined) throw new RangeError(`Cannot train on '${unknown}' as it is none of ${classes}`);
  const width = model.clip.config.projection;
  const head = new Map([
    ["head.weight", tf.tidy(() => tf.variable(tf.zeros([classes.length, width])))],
    ["head.bias", tf.tidy(() => tf.variable(tf.zeros([classes.length])))],
  ]) as Map<string, tf.Variable>;
  const [weight, bias] = [...head.values()] as [tf.Variable, tf.Variable];
  const parameters = new Map([...speechParameters(model), ...head]);
  // Prompts start fifty times smaller than other weights: they have an optimizer and a rate of their own.
  const prompts = new Adam({ weightDecay }), others = new Adam({ weightDecay });
  const isPrompt = (name: string): boolean => name.startsWith("prompts.");
  const logits = (features: tf.Tensor): tf.Tensor => linear(tf.mul(features, scale), weight, bias); // [B, classes]
  const dispose = (): void => tf.dispose([...head.values()]);
  using average = new MovingAverage(settings.average);
  const random = new Random(`fine-tune ${seed}`);
  let order: number[] = [];
  try {
    for (let step = 1; step <= steps; step++) {
      signal?.throwIfAborted();
      const batch: number[] = [];
      while (batch.length < batchSize) {
        if (order.length === 0) order = random.shuffled(examples.map((_, place) => place));
        batch.push(order.pop() as number);
      }
      const speech = await joinSpeech(batch.map((place) => cropped(examples[place]!, crop, random)));
      const places = batch.map((place) => classes.indexOf(labels[place]!));
      const rate = learningRate(step, { peak: settings.learningRate, warmup: Math.min(warmup, steps), steps });
      const loss = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => {
          const said = tf.logSoftmax(logits(clipFeatures(model, speech, { dropoutSeed: `${seed}:${step}` })));
          const right = tf.cast(tf.oneHot(tf.tensor1d(places, "int32"), classes.length), "float32"); // [B, classes]
          return tf.neg(tf.mean(tf.sum(tf.mul(said, right), 1))) as tf.Scalar;
        }, [...parameters.values()]);
        const gradients = new Map<string, tf.Tensor>();
        for (const [name, variable] of parameters) {
          const gradient = grads[variable.name];
          if (gradient !== undefined) gradients.set(name, gradient);
        }
        for (const [optimizer, share, ofPrompts] of [[prompts, promptRate, true], [others, 1, false]] as const) {
          const part = new Map([...gradients].filter(([name]) => isPrompt(name) === ofPrompts));
          if (part.size > 0) optimizer.apply(parameters, clipByNorm(part, CLIP_NORM).gradients, share * rate);
        }
        average.add(parameters);
        return value;
      });
      speech.states?.dispose();
      onStep?.(step, step % 10 === 0 ? (await loss.data())[0] : undefined);
      loss.dispose();
      if (step % 10 === 0) await new Promise((done) => setTimeout(done)); // lets a Ctrl-C in
    }
    average.assignTo(parameters);
  } catch (error) {
    dispose();
    throw error;
  } finally {
    prompts.dispose();
    others.dispose();
  }
  return {
    dispose,
    async predict(wanted) {
      const rows = await allClipFeatures(model, wanted);
      const best = tf.tidy(() => {
        const flat = new Float32Array(rows.length * width);
        rows.forEach((row, place) => flat.set(row, place * width));
        return tf.argMax(logits(tf.tensor2d(flat, [rows.length, width])), 1);
      });
      const said = Array.from(await best.data(), (place) => classes[place] as string);
      best.dispose();
      return said;
    },
  };
}
