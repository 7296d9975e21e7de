/**
 * The training loop: batch, features, loss, gradient, clipping, Adam; now and then an evaluation on dev and a checkpoint.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { brewClipLoss, type LossTerms } from "../losses/brewclip_loss.ts";
import { sumOfSquares } from "../runtime/operations.ts";
import { type BrewClip, encodeImages, encodeSpeech, trainedParameters } from "../systems/brewclip.ts";
import { LOG_TEMPERATURE } from "../systems/parameters.ts";
import { Batches } from "./batches.ts";
import { type Best, type Checkpoint, type Identity, writeCheckpoint } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { type Example, type Images, type PairBatch, readBatch } from "./examples.ts";
import { cachedGradients, type GradientOptions, type LossAndGradients } from "./micro_batches.ts";
import { type Adam, learningRate, type MomentValues } from "./optimizer.ts";
import type { RunFolder } from "./run_folder.ts";
import { type MetricsRecord, MetricsWriter, openDevLog } from "./run_logs.ts";

/** What is trained on what, and where it is written. */
export interface Training {
  /** The settings. */
  config: RunConfig;
  /** Its parameters are changed. */
  model: BrewClip;
  /** Its moments are changed. */
  optimizer: Adam;
  /** The train split. */
  examples: readonly Example[];
  /** Reads the images. */
  pictures: Images;
  /** Where the run is written. */
  folder: RunFolder;
  /** What checkpoints are marked with. */
  identity: Identity;
  /** Mean R@1 of both directions on dev, in percent, of the model as it is now. */
  evaluate: () => Promise<number>;
}

/** How the loop is watched and stopped. */
export interface LoopOptions {
  /** Where to continue; the model and the optimizer have its values already. Default the beginning. */
  from?: Pick<Checkpoint, "step" | "batches" | "best"> | undefined;
  /** Aborted where the user wants to stop: the loop saves and returns. */
  signal?: AbortSignal | undefined;
  /** Stops after this step as if the user had asked for it. */
  stopAfter?: number | undefined;
  /** Told of every step, somewhat later. */
  onStep?: ((record: MetricsRecord) => void) | undefined;
  /** Told of every evaluation. */
  onEvaluation?: ((evaluation: Best & { isBest: boolean }) => void) | undefined;
}

/** How the loop ended. */
export interface Outcome {
  /** Steps that were taken in all. */
  step: number;
  /** The best evaluation; its checkpoint is the folder's `best`. Null before the first. */
  best: Best | null;
  /** Whether all steps were taken. */
  complete: boolean;
}

/** Steps whose losses are read together: reading each at once would make a GPU wait. */
const READ_EVERY = 10;

/**
 * Trains until the last step or until asked to stop. Continued from a checkpoint, it takes the very same steps that the
 * unbroken run takes.
 *
 * @throws {InputError} where the loss or the gradient is no number; says at which step, and which checkpoint remains.
 */
export async function trainLoop(training: Training, options: LoopOptions = {}): Promise<Outcome> {
  const { config, model, optimizer, examples, pictures, folder, identity } = training;
  const { from, signal, stopAfter = Infinity } = options;
  const schedule = {
    peak: config.learningRate,
    warmup: Math.min(config.warmupSteps, config.steps),
    steps: config.steps,
    floor: config.finalLearningRate,
  };
  const frozen = config.temperature === "fixed" ? [LOG_TEMPERATURE] : [];
  const groups = config.groupBatches ? examples.map(({ group }) => group) : undefined;
  const batches = new Batches(examples.length, { ...config, groups, state: from?.batches });
  const metrics = await MetricsWriter.open(folder.metrics, from?.step ?? 0);
  const noteDev = await openDevLog(folder.dev, from?.step ?? 0);
  let step = from?.step ?? 0;
  let best = from?.best ?? null;
  let saved = step;

  const finiteParameters = async (): Promise<Map<string, MomentValues>> => {
    const parameters = await readTensors(model.parameters);
    for (const [name, { data }] of parameters) {
      if (!data.every(Number.isFinite)) throw diverged(step, name, saved, folder.last);
    }
    return parameters;
  };
  const save = async (path: string): Promise<void> => {
    const parameters = await finiteParameters();
    const moments = (await optimizer.state()).moments;
    const state = { step, seed: config.seed, batches: batches.state, best, parameters, moments };
    await writeCheckpoint(path, state, identity);
    if (path === folder.last) saved = step;
  };
  const flush = async (): Promise<void> => {
    for (const record of await metrics.flush()) {
      const wrong = Object.entries(record).find(([, value]) => !Number.isFinite(value));
      if (wrong !== undefined) throw diverged(record.step, wrong[0], saved, folder.last);
      options.onStep?.(record);
    }
  };

  if (from === undefined) await save(folder.last);
  try {
    while (step < config.steps && !signal?.aborted && step < stopAfter) {
      const batch = await readBatch(batches.next().map((index) => examples[index] as Example), pictures);
      step++;
      if (step < config.steps) pictures.readAhead(batches.peek().map((index) => (examples[index] as Example).image));
      const rate = learningRate(step, schedule);
      if (batch !== undefined) {
        const { losses, gradientNorm } = trainingStep(model, batch, optimizer, {
          learningRate: rate,
          alpha: config.alpha,
          clipNorm: config.clipNorm,
          microBatch: config.microBatch,
          frozen,
          dropoutSeed: config.acoustic.dropout > 0 ? `${config.seed}:${step}` : undefined,
        });
        batch.dispose();
        const temperature = tf.exp(model.parameters.get(LOG_TEMPERATURE) as tf.Tensor);
        metrics.add({ step, learningRate: rate }, { ...losses, gradientNorm, temperature });
      }

      if (step % READ_EVERY === 0) await flush();
      if (step % config.evaluateEvery === 0 || step === config.steps) {
        await flush();
        await finiteParameters();
        const score = await training.evaluate();
        await noteDev({ step, recall: score });
        const isBest = best === null || score > best.score;
        if (isBest) {
          best = { step, score };
          await save(folder.best);
        }
        options.onEvaluation?.({ step, score, isBest });
      }
      if (step % config.saveEvery === 0) {
        await flush();
        await save(folder.last);
      }
    }
    await flush();
    if (saved !== step) await save(folder.last);
    return { step, best, complete: step >= config.steps };
  } finally {
    metrics.dispose();
  }
}

/** How a step is taken. */
export interface StepOptions extends GradientOptions {
  /** The step's learning rate. */
  learningRate: number;
  /** The gradient's norm is clipped to this. Default 4 (paper, section 4). */
  clipNorm?: number | undefined;
  /** So many pairs are held at once; see `micro_batches.ts`. Default null: the whole batch. */
  microBatch?: number | null | undefined;
}

/** The temperature is kept within these bounds. */
const [MIN_TEMPERATURE, MAX_TEMPERATURE] = [0.01, 1];

/**
 * One step: forward pass, loss and gradient; clipping; Adam; then the temperature is brought back into [0.01, 1]. Nothing is
 * read back: the losses and the norm of the gradient before clipping are scalars, which the caller reads when it likes and
 * disposes of.
 *
 * @throws {RangeError} where the model has nothing to train, or the batch lacks what the variant needs.
 */
export function trainingStep(
  model: BrewClip,
  batch: PairBatch,
  optimizer: Adam,
  { learningRate, clipNorm = 4, microBatch, ...options }: StepOptions,
): { losses: LossTerms; gradientNorm: tf.Scalar } {
  const pairs = batch.pixels instanceof tf.Tensor ? batch.pixels.shape[0] as number : batch.pixels.length;
  const { losses, gradients } = typeof microBatch !== "number" || microBatch >= pairs
    ? lossAndGradients(model, batch, options)
    : cachedGradients(model, batch, { ...options, microBatch });
  const clipped = clipByNorm(gradients, clipNorm);
  optimizer.apply(model.parameters, clipped.gradients, learningRate);
  tf.dispose([...gradients.values(), ...clipped.gradients.values()]);
  const logTemperature = model.parameters.get(LOG_TEMPERATURE) as tf.Variable;
  const [lowest, highest] = [Math.log(MIN_TEMPERATURE), Math.log(MAX_TEMPERATURE)];
  tf.tidy(() => logTemperature.assign(tf.clipByValue(logTemperature, lowest, highest)));
  return { losses, gradientNorm: clipped.norm };
}

/**
 * The loss of a batch and its gradient at every trained parameter. All pairs are held at once; see `micro_batches.ts` for
 * batches that are too large for that.
 *
 * @throws {RangeError} where the model has nothing to train, or the batch lacks what the variant needs.
 */
export function lossAndGradients(
  model: BrewClip,
  batch: PairBatch,
  { alpha, frozen, dropoutSeed }: GradientOptions = {},
): LossAndGradients {
  const { trained, logTemperature } = trainedParameters(model, frozen);
  let losses: LossTerms | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const image = encodeImages(model, batch.pixels); // F_V [N, D]
    const speech = encodeSpeech(model, batch, { dropoutSeed }); // F_L, F_T, F_A: [N, D] each
    losses = brewClipLoss({ image, ...speech }, logTemperature, { alpha, imageIds: batch.imageIds });
    for (const term of Object.values(losses)) tf.keep(term);
    return losses.loss;
  }, trained.map(([, variable]) => variable));
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of trained) {
    const gradient = grads[variable.name];
    if (gradient !== undefined) gradients.set(name, gradient);
  }
  return { losses: { ...losses as LossTerms, loss: value }, gradients };
}

/**
 * Scales all gradients by the same factor so that their common norm is at most `limit`, as
 * `torch.nn.utils.clip_grad_norm_` does.
 *
 * @returns new tensors: the clipped gradients, and the norm before clipping as a scalar that the caller may read later
 */
export function clipByNorm(
  gradients: ReadonlyMap<string, tf.Tensor>,
  limit: number,
): { gradients: Map<string, tf.Tensor>; norm: tf.Scalar } {
  const names = [...gradients.keys()];
  const [norm, ...clipped] = tf.tidy(() => {
    const squares = names.map((name) => sumOfSquares(gradients.get(name) as tf.Tensor));
    const norm = tf.sqrt(tf.sum(tf.stack(squares))); // addN leaves terms out on webgpu
    const factor = tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1);
    return [norm, ...names.map((name) => tf.mul(gradients.get(name) as tf.Tensor, factor))];
  }) as [tf.Scalar, ...tf.Tensor[]];
  return { norm, gradients: new Map(names.map((name, i) => [name, clipped[i] as tf.Tensor])) };
}

/** Copies of named tensors on the host. */
export async function readTensors(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, MomentValues>> {
  const copies = new Map<string, MomentValues>();
  for (const [name, tensor] of tensors) {
    copies.set(name, { shape: tensor.shape, data: new Float32Array(await tensor.data<"float32">()) });
  }
  return copies;
}

function diverged(step: number, name: string, saved: number, path: string): InputError {
  return new InputError(
    `Cannot go on training as '${name}' is no finite number at step ${step}: expected a finite one. The last good ` +
      `checkpoint is of step ${saved}, '${path}'. Try a lower --lr or a longer --warmup.`,
  );
}
