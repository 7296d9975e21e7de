/**
 * What the pretrainings of the two tiny models share: the learning rate, checkpoints from which a run continues exactly,
 * and lines that say how far it is.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { InputError } from "../../lib/errors.ts";
import { exists } from "../../lib/files/read.ts";
import type { RandomState } from "../../lib/random.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "../../lib/files/safetensors.ts";
import type { AdamW } from "./adamw.ts";

/** The shape of a run's learning rate. */
export interface CosineSchedule {
  /** The highest rate. */
  peak: number;
  /** Steps over which it rises linearly from 0. */
  warmUp: number;
  /** Steps of the whole run. */
  steps: number;
  /** Share of the run up to which the rate stays at its peak; 0 lets it fall right after the warm-up. */
  hold?: number;
  /** The rate at the end; 0. */
  floor?: number;
}

/**
 * The learning rate of a step (the first is 0): up linearly, held, then down on a half cosine.
 *
 * @example
 * ```ts
 * import { cosineRate } from "./pretraining.ts";
 * const schedule = { peak: 1, warmUp: 10, steps: 110 };
 * if (cosineRate(4, schedule) !== 0.5) throw new Error("half of the way up");
 * if (Math.abs(cosineRate(60, schedule) - 0.5) > 1e-6) throw new Error("half of the way down");
 * ```
 */
export function cosineRate(step: number, schedule: CosineSchedule): number {
  const { peak, warmUp, steps, hold = 0, floor = 0 } = schedule;
  if (step < warmUp) return peak * (step + 1) / warmUp;
  const start = Math.max(warmUp, hold * steps);
  if (step <= start) return peak;
  const part = Math.min(1, (step - start) / Math.max(1, steps - start));
  return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * part));
}

/** The part of a checkpoint that is not a tensor. */
export interface PretrainingState {
  /** Steps taken. */
  step: number;
  /** The generator that draws the batches. */
  random: RandomState;
}

/**
 * Writes weights, optimizer, step and random state into one safetensors file, atomically. The tensors are F32 under their
 * names; the moments are `optimizer.mean` and `optimizer.square`.
 */
export async function saveCheckpoint(
  path: string,
  variables: ReadonlyMap<string, tf.Variable>,
  optimizer: AdamW,
  state: PretrainingState,
): Promise<void> {
  const { steps, mean, square } = await optimizer.save();
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, variable] of variables) {
    tensors.set(name, { shape: variable.shape, data: Float32Array.from(await variable.data()) });
  }
  for (const [name, data] of [["mean", mean], ["square", square]] as const) {
    tensors.set(`optimizer.${name}`, { shape: [data.length], data: Float32Array.from(data) });
  }
  const stored = { step: state.step, random: state.random, optimizerSteps: steps };
  await writeSafetensors(path, tensors, { metadata: { state: JSON.stringify(stored) } });
}

/**
 * Restores the variables and the optimizer from a checkpoint.
 *
 * @returns the state of the run, or undefined if there is no file.
 * @throws {InputError} if a tensor is missing, extra or misshapen (names it), or the file is damaged.
 */
export async function restoreCheckpoint(
  path: string,
  variables: ReadonlyMap<string, tf.Variable>,
  optimizer: AdamW,
): Promise<PretrainingState | undefined> {
  if (!await exists(path)) return undefined;
  const file = await openSafetensors(path);
  const read = async (name: string, shape?: number[]): Promise<Float32Array> => {
    const entry = file.entries.get(name);
    if (entry === undefined || (shape && entry.shape.join() !== shape.join())) {
      const found = entry === undefined ? "missing" : `of shape [${entry.shape}]`;
      throw new InputError(
        `Cannot continue from '${path}' as '${name}' is ${found}: expected [${shape ?? "any"}]. ` +
          "Delete the file to start again.",
      );
    }
    const { data } = await file.read(name);
    if (data instanceof Float32Array) return data;
    throw new InputError(`Cannot continue from '${path}' as '${name}' must be F32: delete the file to start again.`);
  };
  const known = new Set(["optimizer.mean", "optimizer.square", ...variables.keys()]);
  const extra = [...file.entries.keys()].find((name) => !known.has(name));
  if (extra !== undefined) {
    throw new InputError(
      `Cannot continue from '${path}' as it has '${extra}', which this model has not. Delete the file to start again.`,
    );
  }
  for (const [name, variable] of variables) {
    const value = tf.tensor(await read(name, variable.shape), variable.shape);
    variable.assign(value);
    value.dispose();
  }
  const { step, random, optimizerSteps } = stateOf(path, file.metadata["state"]);
  const [mean, square] = [await read("optimizer.mean"), await read("optimizer.square")];
  optimizer.restore({ steps: optimizerSteps, mean, square });
  return { step, random };
}

const whole = z.number().int().min(0);
const word = z.number().int();
const stateSchema = z.object({ step: whole, optimizerSteps: whole, random: z.tuple([word, word, word, word]) });

function stateOf(path: string, text = ""): z.infer<typeof stateSchema> {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    throw new InputError(`Cannot continue from '${path}' as its state is damaged: delete the file to start again.`);
  }
}

/**
 * A line for a log: step, share, the named values, steps a second since `startedAt` and the time that remains.
 *
 * @param run.first the step that this process began with (a resumed run does not count earlier ones).
 * @param run.elapsed seconds since then.
 */
export function progressLine(
  run: { step: number; steps: number; first: number; elapsed: number },
  values: Record<string, number>,
): string {
  const done = run.step - run.first;
  const rate = done / Math.max(1e-9, run.elapsed);
  const remaining = rate > 0 ? (run.steps - run.step) / rate : Infinity;
  const named = Object.entries(values).map(([name, value]) => `${name} ${formatNumber(value)}`).join("  ");
  return `step ${run.step}/${run.steps} (${(100 * run.step / run.steps).toFixed(1)} %)  ${named}  ` +
    `${formatNumber(rate)} steps/s  ${formatTime(remaining)} left`;
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value !== 0 && Math.abs(value) < 0.01 ? value.toExponential(1) : value.toFixed(value >= 100 ? 1 : 3);
}

/** Seconds as `1:02:03` or `4:05`. */
export function formatTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => i === 0 ? String(part) : String(part).padStart(2, "0")).join(":");
}

/** Lets timers and signals of the process have their turn: awaiting finished tensors alone does not. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
