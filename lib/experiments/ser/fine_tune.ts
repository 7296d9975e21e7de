/**
 * Fine-tuning of prompts, acoustic layer and a linear head on emotions (paper, section 4).
 */
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { writeAtomic } from "../../files/atomic.ts";
import { sealed, sha256, unsealed } from "../../files/checksum.ts";
import { exists, readJson } from "../../files/read.ts";
import { Random } from "../../random.ts";
import { linear } from "../../runtime/operations.ts";
import { type BrewClip, disposeBrewClip } from "../../systems/brewclip.ts";
import { LAYER_WEIGHTS, LOG_TEMPERATURE } from "../../systems/parameters.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { type Example, joinSpeech } from "../../training/examples.ts";
import { clipByNorm } from "../../training/loop.ts";
import { Adam } from "../../training/optimizer.ts";
import { learningRate } from "../../training/schedule.ts";
import type { ExperimentContext } from "../experiment.ts";
import type { Watch } from "../report.ts";
import { cropped, pooled, standardizer } from "./augment.ts";
import type { PreparedClips } from "./clips.ts";
import { allClipFeatures, clipFeatures, type OpenEncoder } from "./encoder.ts";
import type { Fold, Protocol } from "./folds.ts";
import type { FineTuneSettings, SerClip, SerEncoder, SerRow } from "./results.ts";

/** Gradients are clipped to this norm, as in the training on images. */
const CLIP_NORM = 4;

interface FineTuneJob {
  encoder: SerEncoder;
  /** The encoder's model, which does not change. */
  open: OpenEncoder;
  prepared: Pick<PreparedClips, "pooled" | "changed">;
  clips: readonly SerClip[];
  protocol: Protocol;
  settings: FineTuneSettings;
  /** Seed of batches, pieces and dropout. */
  seed: number;
}

/**
 * Fine-tunes a copy of the model on the train clips of each fold, and predicts the emotions of the fold's test clips.
 *
 * @param context finished folds are stored in the folder's `parts/`
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
  const pools = prepared.pooled(settings.pool);
  const own = train.map(({ id }) => pools.get(id)!);
  const standard = settings.standardize ? await standardizer(own) : (example: Example) => example;
  const labelled = {
    examples: [...own, ...changed.map((copy) => pooled(copy, settings.pool))].map(standard),
    labels: [...train, ...train.flatMap((clip) => Array.from({ length: copies }, () => clip))]
      .map(({ emotion }) => emotion),
  };
  const progress = report.progress(label, settings.steps, "step");
  const model = open.copy(settings);
  try {
    const classes = [...new Set(clips.map(({ emotion }) => emotion))].sort();
    const onStep = (step: number, loss?: number): void => {
      progress.update(step);
      if (loss !== undefined) progress.measure?.(step, { loss });
    };
    const tuned = await fineTune(model, labelled, settings, { classes, seed, onStep, signal });
    const predicted = await tuned.predict(fold.test.map((item) => standard(pools.get(clips[item]!.id)!)));
    tuned.dispose();
    return fold.test.map((item, i) => ({ id: clips[item]!.id, emotion: predicted[i]! }));
  } finally {
    progress.stop();
    disposeBrewClip(model);
  }
}

/** Computes 16 hexadecimal digits that identify the content. */
export async function digestOf(content: Iterable<string | Float32Array>): Promise<string> {
  return (await sha256(await new Blob([...content] as BlobPart[]).arrayBuffer())).slice(0, 16);
}

/**
 * Reads a stored part if it was made from the same inputs; else makes and stores it. An experiment that was stopped continues
 * after its last part.
 *
 * @param key digest of everything that the part depends on
 */
export async function keptPart<T>(path: string, key: string, make: () => Promise<T>): Promise<T> {
  if (await exists(path)) {
    const stored = unsealed(await readJson(path), `'${path}'`) as { key?: unknown; part: T } | null;
    if (stored?.key === key) return stored.part;
  }
  const part = await make();
  await writeAtomic(path, sealed({ key, part }, 0));
  return part;
}

interface FineTuneOptions {
  /** The emotions, in the order of the head's rows. */
  classes: readonly string[];
  /** Seed of batches, pieces and dropout. */
  seed: number;
  /** Called after each step; every 10 steps with its loss. */
  onStep?: ((step: number, loss?: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

interface FineTuned {
  /** Predicts the most probable emotion of each clip. */
  predict(examples: readonly Example[]): Promise<string[]>;
  /** Frees the head. */
  dispose(): void;
}

/** Whether the speech feature depends on a parameter. */
function isSpeechParameter([name]: readonly [name: string, value: unknown]): boolean {
  return name !== LOG_TEMPERATURE && !name.startsWith("prompts.to_vision.");
}

/**
 * Trains the model's speech parameters and a head, which starts at zero, by cross-entropy with Adam. The model is changed:
 * at the end it has the moving average of its parameters.
 *
 * @throws the signal's reason, if it was aborted.
 * @throws {RangeError} if a label is none of the classes.
 */
export async function fineTune(
  model: BrewClip,
  { examples, labels }: { examples: readonly Example[]; labels: readonly string[] },
  settings: FineTuneSettings,
  { classes, seed, onStep, signal }: FineTuneOptions,
): Promise<FineTuned> {
  const { steps, batchSize, warmupSteps: warmup, weightDecay, scale, crop, promptRate, layerRate } = settings;
  const unknown = labels.find((label) => !classes.includes(label));
  if (unknown !== undefined) throw new RangeError(`Cannot train on '${unknown}' as it is none of ${classes}`);
  const width = model.clip.config.projection;
  const weight = tf.tidy(() => tf.variable(tf.zeros([classes.length, width])));
  const bias = tf.tidy(() => tf.variable(tf.zeros([classes.length])));
  const parameters = new Map([...[...model.parameters].filter(isSpeechParameter), ["head.weight", weight], [
    "head.bias",
    bias,
  ]]);
  // Prompts start fifty times smaller than other weights, and the layers' weights are few: they have their own optimizers and rates.
  const kindOf = (name: string): keyof typeof kinds =>
    name.startsWith("prompts.") ? "prompts" : name === LAYER_WEIGHTS ? "layers" : "others";
  const kinds = {
    prompts: { optimizer: new Adam({ weightDecay }), share: promptRate },
    layers: { optimizer: new Adam({ weightDecay: 0 }), share: layerRate },
    others: { optimizer: new Adam({ weightDecay }), share: 1 },
  };
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
        for (const [kind, { optimizer, share }] of Object.entries(kinds)) {
          const part = new Map([...gradients].filter(([name]) => kindOf(name) === kind));
          if (part.size > 0) optimizer.apply(parameters, clipByNorm(part, CLIP_NORM).gradients, share * rate);
        }
        average.add(parameters);
        return value;
      });
      speech.states?.dispose();
      onStep?.(step, step % 10 === 0 ? (await loss.data())[0] : undefined);
      loss.dispose();
      if (step % 10 === 0) await new Promise((done) => setTimeout(done)); // lets Ctrl-C through
    }
    average.assignTo(parameters);
  } catch (error) {
    dispose();
    throw error;
  } finally {
    for (const { optimizer } of Object.values(kinds)) optimizer.dispose();
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
 * An exponential moving average of parameters. It depends less on the last batches than the last weights do. The decay of
 * step s is `min(decay, s / (s + 9))`, so that the average forgets the first values soon.
 */
export class MovingAverage implements Disposable {
  readonly #decay: number;
  readonly #values = new Map<string, tf.Variable>();
  #steps = 0;

  /** @throws {RangeError} if the decay is not in [0, 1). With 0 the average is the last value. */
  constructor(decay: number) {
    if (!(decay >= 0 && decay < 1)) {
      throw new RangeError(`Cannot average as 'decay' must be in [0, 1): current value is ${decay}`);
    }
    this.#decay = decay;
  }

  /** Adds the parameters after a step. */
  add(parameters: ReadonlyMap<string, tf.Tensor>): void {
    this.#steps++;
    const decay = Math.min(this.#decay, this.#steps / (this.#steps + 9));
    for (const [name, parameter] of parameters) {
      const value = this.#values.get(name);
      if (value === undefined) this.#values.set(name, tf.tidy(() => tf.variable(parameter.clone(), false)));
      else tf.tidy(() => value.assign(tf.add(tf.mul(value, decay), tf.mul(parameter, 1 - decay))));
    }
  }

  /** Assigns the averages to the parameters of the same names. */
  assignTo(parameters: ReadonlyMap<string, tf.Variable>): void {
    for (const [name, value] of this.#values) tf.tidy(() => parameters.get(name)?.assign(tf.clone(value)));
  }

  [Symbol.dispose](): void {
    tf.dispose([...this.#values.values()]);
    this.#values.clear();
  }
}
