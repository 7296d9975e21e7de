/**
 * Prompts, acoustic layer and a linear head trained on emotions (paper, section 4: fine-tuned).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { writeAtomic } from "../../files/atomic.ts";
import { sha256 } from "../../files/checksum.ts";
import { exists, readJson } from "../../files/read.ts";
import { Random } from "../../random.ts";
import { linear } from "../../runtime/operations.ts";
import { type BrewClip, disposeBrewClip } from "../../systems/brewclip.ts";
import { LOG_TEMPERATURE } from "../../systems/parameters.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { type Example, joinSpeech } from "../../training/examples.ts";
import { clipByNorm } from "../../training/loop.ts";
import { Adam, learningRate } from "../../training/optimizer.ts";
import type { ExperimentContext } from "../experiment.ts";
import type { Watch } from "../report.ts";
import { cropped } from "./augment.ts";
import type { PreparedClips } from "./clips.ts";
import { allClipFeatures, clipFeatures, type OpenEncoder } from "./encoder.ts";
import type { Fold, Protocol } from "./folds.ts";
import type { FineTuneSettings, SerClip, SerEncoder, SerRow } from "./results.ts";

/** Norm to which gradients are clipped, as in the training on images. */
const CLIP_NORM = 4;

/** A model, the clips, and how they are judged. */
export interface FineTuneJob {
  /** The encoder's settings. */
  encoder: SerEncoder;
  /** Its model, which stays as it is. */
  open: OpenEncoder;
  /** What the model takes. */
  prepared: Pick<PreparedClips, "examples" | "changed">;
  /** The clips. */
  clips: readonly SerClip[];
  /** Which clips are fitted and which are judged. */
  protocol: Protocol;
  /** How. */
  settings: FineTuneSettings;
  /** Draws batches, pieces and dropout. */
  seed: number;
}

/**
 * Fine-tunes a copy of the model in each fold on the fold's train clips, and asks it about its test clips, once.
 *
 * @param options `folder`: finished folds are kept in its `parts/`
 * @throws the signal's reason, if it was aborted.
 */
export async function fineTunedAnswers(
  job: FineTuneJob,
  { folder, report, signal }: ExperimentContext,
): Promise<SerRow["predictions"]> {
  const { encoder, open, clips, protocol, settings, seed } = job;
  const values = await Promise.all([...open.model.parameters.values()].map((value) => value.data<"float32">()));
  const answers: SerRow["predictions"] = [];
  for (const [number, fold] of protocol.folds.entries()) {
    const content = { name: encoder.name, settings, seed, clips, fold };
    const key = await digestOf([JSON.stringify(content), ...values]);
    const file = `${encoder.name}-${protocol.name}-seed-${seed}-fold-${number + 1}.json`;
    const label = `fine-tune ${encoder.name}, ${protocol.name} ${number + 1} of ${protocol.folds.length}`;
    answers.push(
      ...await keptPart(join(folder, "parts", file), key, () => answersOf(job, fold, label, { report, signal })),
    );
  }
  return answers;
}

async function answersOf(
  { encoder, open, prepared, clips, settings, seed }: FineTuneJob,
  fold: Fold,
  label: string,
  { report, signal }: Watch,
): Promise<SerRow["predictions"]> {
  const train = fold.train.map((item) => clips[item]!);
  const copies = VARIANTS[encoder.config.variant].acoustic ? settings.augment : 0;
  const changed = await prepared.changed(train.map(({ id }) => id), copies);
  const labelled = {
    examples: [...train.map(({ id }) => prepared.examples.get(id)!), ...changed],
    labels: [...train, ...train.flatMap((clip) => Array.from({ length: copies }, () => clip))]
      .map(({ emotion }) => emotion),
  };
  const progress = report.progress(label, settings.steps, "step");
  const model = open.copy(settings.dropout);
  try {
    const classes = [...new Set(clips.map(({ emotion }) => emotion))].sort();
    const onStep = (step: number, loss?: number): void => {
      progress.update(step);
      if (loss !== undefined) progress.measure?.(step, { loss });
    };
    const tuned = await fineTune(model, labelled, settings, { classes, seed, onStep, signal });
    const predicted = await tuned.predict(fold.test.map((item) => prepared.examples.get(clips[item]!.id)!));
    tuned.dispose();
    return fold.test.map((item, i) => ({ id: clips[item]!.id, emotion: predicted[i]! }));
  } finally {
    progress.stop();
    disposeBrewClip(model);
  }
}

/** 16 hexadecimal digits that tell contents apart. */
export async function digestOf(content: Iterable<string | Float32Array>): Promise<string> {
  return (await sha256(await new Blob([...content] as BlobPart[]).arrayBuffer())).slice(0, 16);
}

/**
 * Reads what a file keeps if it was made from the same inputs; else makes and keeps it, so that an experiment that was
 * stopped continues after its last part.
 *
 * @param key digest of everything that the part depends on
 * @param make makes it; if it throws, nothing is kept
 */
export async function keptPart<T>(path: string, key: string, make: () => Promise<T>): Promise<T> {
  if (await exists(path)) {
    const stored = await readJson(path) as { key?: unknown; part: T } | null;
    if (stored?.key === key) return stored.part;
  }
  const part = await make();
  await writeAtomic(path, `${JSON.stringify({ key, part })}\n`);
  return part;
}

/** How a fine-tuning is watched and stopped. */
export interface FineTuneOptions {
  /** The emotions, in the order of the head's rows. */
  classes: readonly string[];
  /** Draws batches, pieces and dropout. */
  seed: number;
  /** Called after each step; every 10 steps with its loss. */
  onStep?: ((step: number, loss?: number) => void) | undefined;
  /** Stops after the current step. */
  signal?: AbortSignal | undefined;
}

/** Recognizes the emotion of clips. */
export interface FineTuned {
  /** The most probable emotion of each clip. */
  predict(examples: readonly Example[]): Promise<string[]>;
  /** Frees the head. */
  dispose(): void;
}

/** The parameters that emotions can change: all but those that only images see. */
export function speechParameters({ parameters }: Pick<BrewClip, "parameters">): Map<string, tf.Variable> {
  return new Map(
    [...parameters].filter(([name]) => name !== LOG_TEMPERATURE && !name.startsWith("prompts.to_vision.")),
  );
}

/**
 * Trains the model's speech parameters and a head, which starts at zero, by cross-entropy with Adam. The model is changed:
 * in the end it has the moving average of its parameters.
 *
 * @param clips train clips only, each with its emotion
 * @throws the signal's reason, if it was aborted.
 * @throws {RangeError} if a label is none of the classes.
 */
export async function fineTune(
  model: BrewClip,
  { examples, labels }: { examples: readonly Example[]; labels: readonly string[] },
  settings: FineTuneSettings,
  { classes, seed, onStep, signal }: FineTuneOptions,
): Promise<FineTuned> {
  const { steps, batchSize, warmupSteps: warmup, weightDecay, scale, crop, promptRate } = settings;
  const unknown = labels.find((label) => !classes.includes(label));
  if (unknown !== undefined) throw new RangeError(`Cannot train on '${unknown}' as it is none of ${classes}`);
  const width = model.clip.config.projection;
  const weight = tf.tidy(() => tf.variable(tf.zeros([classes.length, width])));
  const bias = tf.tidy(() => tf.variable(tf.zeros([classes.length])));
  const parameters = new Map([...speechParameters(model), ["head.weight", weight], ["head.bias", bias]]);
  // Prompts start fifty times smaller than other weights, so they have an optimizer and a rate of their own.
  const prompts = new Adam({ weightDecay }), others = new Adam({ weightDecay });
  const isPrompt = (name: string): boolean => name.startsWith("prompts.");
  const logits = (features: tf.Tensor): tf.Tensor => linear(tf.mul(features, scale), weight, bias); // [B, classes]
  const dispose = (): void => tf.dispose([weight, bias]);
  using average = new MovingAverage(settings.average);
  const random = new Random(`fine-tune ${seed}`);
  let order: number[] = [];
  try {
    for (let step = 1; step <= steps; step++) {
      signal?.throwIfAborted();
      const batch: number[] = [];
      while (batch.length < batchSize) {
        if (order.length === 0) order = random.shuffled(examples.map((_, item) => item));
        batch.push(order.pop() as number);
      }
      const speech = await joinSpeech(batch.map((item) => cropped(examples[item]!, crop, random)));
      const targets = batch.map((item) => classes.indexOf(labels[item]!));
      const rate = learningRate(step, { peak: settings.learningRate, warmup: Math.min(warmup, steps), steps });
      const loss = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => {
          const scores = tf.logSoftmax(logits(clipFeatures(model, speech, { dropoutSeed: `${seed}:${step}` })));
          const right = tf.cast(tf.oneHot(tf.tensor1d(targets, "int32"), classes.length), "float32"); // [B, classes]
          return tf.neg(tf.mean(tf.sum(tf.mul(scores, right), 1))) as tf.Scalar;
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
        rows.forEach((row, i) => flat.set(row, i * width));
        return tf.argMax(logits(tf.tensor2d(flat, [rows.length, width])), 1);
      });
      const predicted = Array.from(await best.data(), (index) => classes[index] as string);
      best.dispose();
      return predicted;
    },
  };
}

/**
 * An exponential moving average of parameters, which depends less on a training's last batches than the last weights do.
 * After step s it keeps a share of `min(decay, s / (s + 9))` of itself, so that the first values do not linger.
 */
export class MovingAverage implements Disposable {
  readonly #decay: number;
  readonly #values = new Map<string, tf.Variable>();
  #steps = 0;

  /**
   * Starts without values.
   *
   * @param decay the highest share that is kept; 0 keeps nothing: the average is the last value
   * @throws {RangeError} if it is not in [0, 1).
   */
  constructor(decay: number) {
    if (!(decay >= 0 && decay < 1)) {
      throw new RangeError(`Cannot average as 'decay' must be in [0, 1): current value is ${decay}`);
    }
    this.#decay = decay;
  }

  /** Adds the parameters as they are after a step; their names and shapes stay the same from step to step. */
  add(parameters: ReadonlyMap<string, tf.Tensor>): void {
    this.#steps++;
    const kept = Math.min(this.#decay, this.#steps / (this.#steps + 9));
    for (const [name, parameter] of parameters) {
      const value = this.#values.get(name);
      if (value === undefined) this.#values.set(name, tf.tidy(() => tf.variable(parameter.clone(), false)));
      else tf.tidy(() => value.assign(tf.add(tf.mul(value, kept), tf.mul(parameter, 1 - kept))));
    }
  }

  /** Assigns the averages to parameters; those that were never added stay. */
  assignTo(parameters: ReadonlyMap<string, tf.Variable>): void {
    for (const [name, value] of this.#values) tf.tidy(() => parameters.get(name)?.assign(tf.clone(value)));
  }

  /** Frees the averages. */
  [Symbol.dispose](): void {
    tf.dispose([...this.#values.values()]);
    this.#values.clear();
  }
}
