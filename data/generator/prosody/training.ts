/**
 * Trains the encoder of prosody to say what is measured.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../../../lib/random.ts";
import { AdamW } from "../adamw.ts";
import { cosineRate, nextTask, restoreCheckpoint, saveCheckpoint } from "../pretraining.ts";
import { BANDS, FRAME_TARGETS, type ProsodyLesson, STATISTICS } from "./statistics.ts";
import { randomTower, runTower, TOWER_SIZE, towerShapes, type TowerSize } from "./tower.ts";

/** Standardised targets are held within so many deviations. */
const LIMIT = 4;
/** Seconds between checkpoints. */
const SAVE_EVERY = 60;

/** How the encoder is trained. */
export interface TowerTraining {
  /** File of the checkpoint, from which a stopped training goes on. */
  checkpoint: string;
  /** Draws first weights, batches and padding. Default 1. */
  seed?: number;
  /** Optimizer steps. Default {@link TOWER_STEPS}. */
  steps?: number;
  /** Lessons a step. Default 32. */
  batchSize?: number;
  /** Sizes. Default {@link TOWER_SIZE}. */
  size?: TowerSize;
  /** Called after each step; every 10 steps with its loss. */
  onStep?: ((step: number, loss?: number) => void) | undefined;
  /** Saves and stops after the current step. */
  signal?: AbortSignal | undefined;
}

/** Steps of a training. */
export const TOWER_STEPS = 1500;

/** Means and deviations by which targets are standardised. */
export interface Scales {
  /** Of the 11 numbers of a frame; pitch of voiced frames only. */
  frames: { mean: number[]; deviation: number[] };
  /** Of the 53 numbers of a recording. */
  statistics: { mean: number[]; deviation: number[] };
}

/** Measures the {@link Scales} of lessons. */
export function scalesOf(lessons: readonly ProsodyLesson[]): Scales {
  const of = (width: number, rows: () => Generator<{ row: Float32Array; pitch: boolean }>): Scales["frames"] => {
    const mean = new Array<number>(width).fill(0), deviation = new Array<number>(width).fill(0);
    const counts = new Array<number>(width).fill(0);
    const counted = (place: number, pitch: boolean): boolean => pitch || place > 0;
    for (const { row, pitch } of rows()) {
      row.forEach((value, i) => counted(i, pitch) && (mean[i]! += value, counts[i]!++));
    }
    for (let i = 0; i < width; i++) mean[i]! /= Math.max(1, counts[i]!);
    for (const { row, pitch } of rows()) {
      row.forEach((value, i) => counted(i, pitch) && (deviation[i]! += (value - mean[i]!) ** 2));
    }
    return { mean, deviation: deviation.map((sum, i) => Math.sqrt(sum / Math.max(1, counts[i]!)) + 1e-6) };
  };
  return {
    frames: of(FRAME_TARGETS, function* () {
      for (const { frames, voiced } of lessons) {
        for (let i = 0; i < voiced.length; i++) {
          yield { row: frames.subarray(i * FRAME_TARGETS, (i + 1) * FRAME_TARGETS), pitch: voiced[i] === 1 };
        }
      }
    }),
    statistics: of(STATISTICS, function* () {
      for (const { statistics } of lessons) yield { row: statistics, pitch: true };
    }),
  };
}

/** Lessons as tensors; the caller disposes of them. */
export interface TowerBatch {
  /** `[B, T, 80]` */
  mel: tf.Tensor3D;
  /** `[B, T / 2, 11]` standardised. */
  frames: tf.Tensor3D;
  /** `[B, T / 2, 11]`: how much each counts. */
  counts: tf.Tensor3D;
  /** `[B, 53]` standardised. */
  statistics: tf.Tensor2D;
}

/** Lessons as a batch, padded with silence to the longest and so many mel frames more (even). */
export function towerBatch(lessons: readonly ProsodyLesson[], scales: Scales, padding = 0): TowerBatch {
  const states = Math.max(...lessons.map(({ voiced }) => voiced.length)) + Math.floor(padding / 2);
  const mel = new Float32Array(lessons.length * 2 * states * BANDS);
  const frames = new Float32Array(lessons.length * states * FRAME_TARGETS);
  const counts = new Float32Array(frames.length);
  const statistics = new Float32Array(lessons.length * STATISTICS);
  const scaled = (value: number, i: number, { mean, deviation }: Scales["frames"]): number =>
    Math.max(-LIMIT, Math.min(LIMIT, (value - mean[i]!) / deviation[i]!));
  lessons.forEach((lesson, place) => {
    mel.fill(lesson.silence, place * 2 * states * BANDS, (place + 1) * 2 * states * BANDS);
    mel.set(lesson.mel, place * 2 * states * BANDS);
    lesson.frames.forEach((value, i) => {
      const number = i % FRAME_TARGETS;
      const at = place * states * FRAME_TARGETS + i;
      frames[at] = scaled(value, number, scales.frames);
      counts[at] = number > 0 ? 1 : lesson.voiced[Math.floor(i / FRAME_TARGETS)]!;
    });
    lesson.statistics.forEach((value, i) => statistics[place * STATISTICS + i] = scaled(value, i, scales.statistics));
  });
  const shape: [number, number, number] = [lessons.length, states, FRAME_TARGETS];
  return {
    mel: tf.tensor3d(mel, [lessons.length, 2 * states, BANDS]),
    frames: tf.tensor3d(frames, shape),
    counts: tf.tensor3d(counts, shape),
    statistics: tf.tensor2d(statistics, [lessons.length, STATISTICS]),
  };
}

/** Twice the smooth L1 error of the statistics and the squared error of the frames, for pitch and for the rest. */
export function towerLoss(weights: ReadonlyMap<string, tf.Tensor>, batch: TowerBatch): tf.Scalar {
  return tf.tidy(() => {
    const said = runTower(weights, batch.mel);
    const off = tf.abs(tf.sub(said.statistics, batch.statistics));
    const near = tf.minimum(off, 1); // |x| up to 1: x^2 / 2, beyond: |x| - 1 / 2
    const ofStatistics = tf.mean(tf.sub(tf.mul(near, off), tf.mul(0.5, tf.square(near))));
    const weighted = tf.mul(batch.counts, tf.square(tf.sub(said.frames, batch.frames)));
    const [rows, states, width] = batch.frames.shape;
    const share = (from: number, length: number): tf.Tensor => {
      const part = (x: tf.Tensor3D): tf.Tensor => tf.sum(tf.slice(x, [0, 0, from], [rows, states, length]));
      return tf.div(part(weighted as tf.Tensor3D), tf.add(part(batch.counts), 1e-6));
    };
    const ofFrames = tf.add(share(0, 1), share(1, width - 1));
    return tf.add(tf.mul(2, ofStatistics), tf.mul(0.5, ofFrames)) as tf.Scalar;
  });
}

/**
 * Trains with AdamW, 50 steps of warm-up to 2e-3, then half a cosine; batches of neighbours in length, half of them with up to 6 s of
 * silence behind. Goes on from the checkpoint: the numbers are those of an unbroken training.
 *
 * @returns the weights by name, or undefined where the signal stopped it
 * @throws {InputError} where the checkpoint is of another encoder.
 * @throws {RangeError} where there is no lesson, or the loss is no longer a number.
 */
export async function trainTower(
  lessons: readonly ProsodyLesson[],
  { checkpoint, seed = 1, steps = TOWER_STEPS, batchSize = 32, size = TOWER_SIZE, onStep, signal }: TowerTraining,
): Promise<Map<string, Float32Array> | undefined> {
  if (lessons.length === 0) throw new RangeError("Cannot train the encoder of prosody as there is no lesson");
  const scales = scalesOf(lessons);
  const random = new Random(`${seed}:prosody`);
  const first = randomTower(size, random.fork("weights"));
  const variables = new Map([...towerShapes(size)].map(([name, shape]) => {
    const start = tf.tensor(first.get(name)!, shape);
    const variable = tf.variable(start);
    start.dispose();
    return [name, variable];
  }));
  const sorted = lessons.toSorted((a, b) => a.voiced.length - b.voiced.length);
  const optimizer = new AdamW(variables, { beta2: 0.999, weightDecay: 0.01 });
  try {
    const restored = await restoreCheckpoint(checkpoint, variables, optimizer);
    if (restored) random.state = restored.random;
    let step = restored?.step ?? 0, saved = performance.now();
    while (step < steps && !signal?.aborted) {
      const width = Math.min(sorted.length, 4 * batchSize);
      const from = random.integer(sorted.length - width + 1);
      const chosen = random.shuffled(sorted.slice(from, from + width)).slice(0, batchSize);
      const padding = random.next() < 0.5 ? 0 : Math.floor(600 * random.next() ** 3);
      const batch = towerBatch(chosen, scales, padding);
      const { value, grads } = tf.variableGrads(() => towerLoss(variables, batch), [...variables.values()]);
      const gradients = new Map([...variables].map(([name, { name: own }]) => [name, grads[own]!]));
      const norm = optimizer.step(gradients, cosineRate(step, { peak: 2e-3, warmUp: Math.min(50, steps / 2), steps }));
      step++;
      const loss = step % 10 === 0 || step === steps ? (await value.data())[0]! : undefined;
      tf.dispose([value, norm, ...gradients.values(), batch.mel, batch.frames, batch.counts, batch.statistics]);
      if (loss !== undefined && !Number.isFinite(loss)) {
        throw new RangeError(`Cannot go on with the encoder of prosody as its loss at step ${step} is ${loss}`);
      }
      onStep?.(step, loss);
      await nextTask(); // signals get their turn
      if (performance.now() - saved > 1000 * SAVE_EVERY) {
        await saveCheckpoint(checkpoint, variables, optimizer, { step, random: random.state });
        saved = performance.now();
      }
    }
    await saveCheckpoint(checkpoint, variables, optimizer, { step, random: random.state });
    if (step < steps) return undefined;
    const values = new Map<string, Float32Array>();
    for (const [name, variable] of variables) values.set(name, Float32Array.from(await variable.data()));
    return values;
  } finally {
    optimizer.dispose();
    tf.dispose([...variables.values()]);
  }
}
