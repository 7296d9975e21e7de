/**
 * The training loop: batch, features, loss, gradient, clipping, Adam; every so often an evaluation on dev and a checkpoint.
 */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { sumOfSquares } from "../runtime/operations.ts";
import { LOG_TEMPERATURE } from "../systems/parameters.ts";
import { systemOf } from "../systems/registry.ts";
import { type Losses, type Model, modelTensors, trainedParameters } from "../systems/system.ts";
import { Batches } from "./batches.ts";
import { type Best, type Checkpoint, type Identity, writeCheckpoint } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { type Example, type Images, type PairBatch, readBatch } from "./examples.ts";
import {
  type BatchEmbeddings,
  cachedGradients,
  type GradientOptions,
  keptEmbeddings,
  type LossAndGradients,
} from "./micro_batches.ts";
import type { Adam, MomentValues } from "./optimizer.ts";
import { NegativeQueue } from "./queue.ts";
import type { RunFolder } from "./run_folder.ts";
import { learningRates } from "./schedule.ts";
import { type MetricsRecord, MetricsWriter, openDevLog } from "./run_logs.ts";

/** Where a run is written, and how its checkpoints are judged. */
export interface Judged {
  folder: RunFolder;
  /** Stored in every checkpoint. */
  identity: Identity;
  /** Computes the current model's mean R@1 of both directions on dev, in percent. */
  evaluate: () => Promise<number>;
}

/** What is trained, on what, and where the run is written. */
export interface Training extends Judged {
  config: RunConfig;
  model: Model;
  optimizer: Adam;
  /** The train split. */
  examples: readonly Example[];
  images: Images;
  /** Runs with the same training that search in another way: each has its own best checkpoint. Default none. */
  twins?: readonly (Judged & { best: Best | null })[] | undefined;
}

/** How the loop is watched and stopped. */
export interface LoopOptions {
  /** Where to continue; model and optimizer must be restored already. Default: the beginning. */
  from?: Pick<Checkpoint, "step" | "batches" | "best" | "queue"> | undefined;
  /** When it aborts, the loop saves and returns. */
  signal?: AbortSignal | undefined;
  /** Saves and returns after this step. */
  stopAfter?: number | undefined;
  /** Called for every step, up to ten steps later. */
  onStep?: ((record: MetricsRecord) => void) | undefined;
  onEvaluation?: ((evaluation: Best & { isBest: boolean }) => void) | undefined;
}

/** How the loop ended. */
export interface Outcome {
  /** Steps taken, those of earlier processes included. */
  step: number;
  /** The best evaluation, whose checkpoint is the folder's `best`; null before the first. */
  best: Best | null;
  /** Whether all steps were taken. */
  complete: boolean;
  /** Mean time of this process's steps but the first, reading included; undefined if there are none. */
  secondsPerStep: number | undefined;
}

/** Losses are read back every 10 steps: reading each at once would stall a GPU. */
const READ_EVERY = 10;

/**
 * Trains until the last step or until it is stopped. A run that continues from a checkpoint takes exactly the same steps
 * as an uninterrupted one.
 *
 * @throws {InputError} if a loss, gradient or parameter is not finite; names the step and the last good checkpoint.
 */
export async function trainLoop(training: Training, options: LoopOptions = {}): Promise<Outcome> {
  const { config, model, optimizer, examples, images, folder, twins = [] } = training;
  const { from, signal, stopAfter = Infinity } = options;
  const rates = learningRates(config);
  const frozen = config.temperature === "fixed" ? [LOG_TEMPERATURE] : [];
  const groups = config.groupBatches ? examples.map(({ group }) => group) : undefined;
  const batches = new Batches(examples.length, { ...config, groups, state: from?.batches });
  const queue = config.queue === null ? undefined : new NegativeQueue(config.queue, from?.queue);
  const metrics = await MetricsWriter.open(folder.metrics, from?.step ?? 0);
  const own = { ...training, best: from?.best ?? null };
  const runs = [own, ...twins.map((twin) => ({ ...twin }))];
  const devLogs = await Promise.all(runs.map((run) => openDevLog(run.folder.dev, from?.step ?? 0)));
  let step = from?.step ?? 0;
  let saved = step;
  const taken = { steps: -1, seconds: 0 }; // the first step also compiles and allocates

  const finiteParameters = async (): Promise<Map<string, MomentValues>> => {
    const parameters = await readTensors(modelTensors(model));
    for (const [name, { data }] of parameters) {
      if (!data.every(Number.isFinite)) throw diverged(step, name, saved, folder.last);
    }
    return parameters;
  };
  const save = async (part: "last" | "best", of: readonly (Judged & { best: Best | null })[] = runs): Promise<void> => {
    const parameters = await finiteParameters();
    const moments = (await optimizer.state()).moments;
    const state = { step, seed: config.seed, batches: batches.state, parameters, moments, queue: await queue?.state() };
    for (const { folder, identity, best } of of) await writeCheckpoint(folder[part], { ...state, best }, identity);
    if (part === "last") saved = step;
  };
  const flush = async (): Promise<void> => {
    for (const record of await metrics.flush()) {
      const wrong = Object.entries(record).find(([, value]) => !Number.isFinite(value));
      if (wrong !== undefined) throw diverged(record.step, wrong[0], saved, folder.last);
      options.onStep?.(record);
    }
  };

  if (from === undefined) await save("last");
  try {
    while (step < config.steps && !signal?.aborted && step < stopAfter) {
      const start = performance.now();
      const batch = await readBatch(batches.next().map((index) => examples[index] as Example), images);
      step++;
      if (step < config.steps) images.readAhead(batches.peek().map((index) => (examples[index] as Example).image));
      const rate = rates(step);
      if (batch !== undefined) {
        const { losses, gradientNorm } = trainingStep(model, batch, optimizer, {
          learningRate: rate,
          alpha: config.alpha,
          clipNorm: config.clipNorm,
          microBatch: config.microBatch,
          frozen,
          dropoutSeed: config.acoustic.dropout > 0 ? `${config.seed}:${step}` : undefined,
          seed: `${config.seed}:${step}`,
          queue,
        });
        batch.dispose();
        const logTemperature = model.parameters.get(LOG_TEMPERATURE);
        const temperature = logTemperature && tf.exp(logTemperature);
        metrics.add({ step, learningRate: rate("") }, { ...losses, gradientNorm, temperature });
      }

      if (step % READ_EVERY === 0) await flush();
      if (++taken.steps > 0) taken.seconds += (performance.now() - start) / 1000;
      if (step % config.evaluateEvery === 0 || step === config.steps) {
        await flush();
        await finiteParameters();
        for (const [i, run] of runs.entries()) {
          const score = await run.evaluate();
          await devLogs[i]!({ step, recall: score });
          const isBest = run.best === null || score > run.best.score;
          if (isBest) {
            run.best = { step, score };
            await save("best", [run]);
          }
          if (run === own) options.onEvaluation?.({ step, score, isBest });
        }
      }
      if (step % config.saveEvery === 0) {
        await flush();
        await save("last");
      }
    }
    await flush();
    if (saved !== step) await save("last");
    const secondsPerStep = taken.steps > 0 ? taken.seconds / taken.steps : undefined;
    return { step, best: own.best, complete: step >= config.steps, secondsPerStep };
  } finally {
    queue?.dispose();
    metrics.dispose();
  }
}

/** How a step is taken. */
export interface StepOptions extends Omit<GradientOptions, "negatives" | "onEmbeddings"> {
  /** The step's learning rate: of all parameters, or of the one with a name. */
  learningRate: number | ((name: string) => number);
  /** Maximum norm of the gradient. Default 4 (paper, section 4). */
  clipNorm?: number | undefined;
  /** Pairs that are encoded at once; see `micro_batches.ts`. Default null: the whole batch. */
  microBatch?: number | null | undefined;
  /** Embeddings of earlier batches as further negatives; gets those of this batch after the step. Default none. */
  queue?: NegativeQueue | undefined;
}

/** Bounds of the temperature. */
const [MIN_TEMPERATURE, MAX_TEMPERATURE] = [0.01, 1];

/**
 * One step: forward pass, loss and gradient; clipping; Adam; then the temperature is clamped to [0.01, 1]. Nothing is read
 * back from the device.
 *
 * @returns scalars that the caller reads and disposes: the losses, and the norm of the gradient before clipping
 * @throws {RangeError} if the model has no trained parameters or the batch lacks an input of the variant.
 */
export function trainingStep(
  model: Model,
  batch: PairBatch,
  optimizer: Adam,
  { learningRate, clipNorm = 4, microBatch, queue, ...others }: StepOptions,
): { losses: Losses; gradientNorm: tf.Scalar } {
  const pairs = batch.pixels instanceof tf.Tensor ? batch.pixels.shape[0] as number : batch.pixels.length;
  let embeddings: BatchEmbeddings | undefined;
  const onEmbeddings = queue && ((found: BatchEmbeddings) => void (embeddings = keptEmbeddings(found)));
  const options = { ...others, negatives: queue?.negatives, onEmbeddings };
  const { losses, gradients } = typeof microBatch !== "number" || microBatch >= pairs
    ? lossAndGradients(model, batch, options)
    : cachedGradients(model, batch, { ...options, microBatch });
  const clipped = clipByNorm(gradients, clipNorm);
  optimizer.apply(model.parameters, clipped.gradients, learningRate);
  tf.dispose([...gradients.values(), ...clipped.gradients.values()]);
  if (embeddings) queue?.add({ ...embeddings, imageIds: batch.imageIds! });
  tf.dispose(Object.values(embeddings ?? {}));
  const logTemperature = model.parameters.get(LOG_TEMPERATURE);
  const [lowest, highest] = [Math.log(MIN_TEMPERATURE), Math.log(MAX_TEMPERATURE)];
  if (logTemperature) tf.tidy(() => logTemperature.assign(tf.clipByValue(logTemperature, lowest, highest)));
  return { losses, gradientNorm: clipped.norm };
}

/**
 * The loss of a batch and its gradient at every trained parameter. All pairs are encoded at once; `micro_batches.ts` is
 * for batches that do not fit into memory.
 *
 * @throws {RangeError} if the model has no trained parameters or the batch lacks an input of the variant.
 */
export function lossAndGradients(
  model: Model,
  batch: PairBatch,
  { alpha, frozen, dropoutSeed, seed, negatives, onEmbeddings }: GradientOptions = {},
): LossAndGradients {
  const system = systemOf(model);
  const trained = trainedParameters(model, frozen);
  const pass = { training: true, dropoutSeed };
  let losses: Losses | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const image = system.encodeImages(model, batch.pixels, pass); // [N, D], perhaps more
    const speech = system.encodeSpeech(model, batch, pass); // [N, D], perhaps more
    const { imageIds, impostors } = batch;
    const features = { ...image, ...speech };
    onEmbeddings?.(features);
    losses = system.loss(model, features, { alpha, imageIds, impostors, dropoutSeed, seed, negatives });
    for (const term of Object.values(losses)) tf.keep(term);
    return losses.loss;
  }, trained.map(([, variable]) => variable));
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of trained) {
    const gradient = grads[variable.name];
    if (gradient !== undefined) gradients.set(name, gradient);
  }
  return { losses: { ...losses as Losses, loss: value }, gradients };
}

/**
 * Scales all gradients by the same factor so that their common norm is at most `limit`, as
 * `torch.nn.utils.clip_grad_norm_` does.
 *
 * @returns new tensors: the clipped gradients, and the norm before clipping as a scalar for the caller to read
 */
export function clipByNorm(
  gradients: ReadonlyMap<string, tf.Tensor>,
  limit: number,
): { gradients: Map<string, tf.Tensor>; norm: tf.Scalar } {
  const names = [...gradients.keys()];
  const [norm, ...clipped] = tf.tidy(() => {
    const squares = names.map((name) => sumOfSquares(gradients.get(name) as tf.Tensor));
    const norm = tf.sqrt(tf.sum(tf.stack(squares))); // addN drops terms on webgpu
    const factor = tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1);
    return [norm, ...names.map((name) => tf.mul(gradients.get(name) as tf.Tensor, factor))];
  }) as [tf.Scalar, ...tf.Tensor[]];
  return { norm, gradients: new Map(names.map((name, i) => [name, clipped[i] as tf.Tensor])) };
}

/** Reads named tensors from the device. */
export async function readTensors(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, MomentValues>> {
  const copies = new Map<string, MomentValues>();
  for (const [name, tensor] of tensors) {
    copies.set(name, { shape: tensor.shape, data: new Float32Array(await tensor.data<"float32">()) });
  }
  return copies;
}

function diverged(step: number, name: string, saved: number, path: string): InputError {
  return new InputError(
    `Cannot continue training as '${name}' is not finite at step ${step}: expected a finite number. The last good ` +
      `checkpoint is from step ${saved}, '${path}'. Try a lower --lr or a longer --warmup.`,
  );
}
