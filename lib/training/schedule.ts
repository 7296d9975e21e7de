/**
 * The learning rate over a run.
 *
 * @module
 */

/** The shape of the schedule. */
export interface Schedule {
  /** The highest rate. Default 1e-4. */
  peak?: number;
  /** The step that has it. Default 5,000. */
  warmup?: number;
  /** The last step. Default 100,000. */
  steps?: number;
  /** The rate at the last step. Default 1e-8. */
  floor?: number;
}

/**
 * The learning rate of a step: up linearly from 0 to the peak at step `warmup`, then down linearly to the floor at the
 * last step (paper, section 4, whose values are the defaults).
 *
 * @param step from 1 to `steps`; a later one has the floor
 * @throws {RangeError} where the step is below 1 or the warm-up is longer than the run.
 *
 * @example
 * ```ts
 * import { learningRate } from "./schedule.ts";
 * if (learningRate(2_500) !== 5e-5) throw new Error("half of the peak is expected half-way up");
 * ```
 */
export function learningRate(
  step: number,
  { peak = 1e-4, warmup = 5_000, steps = 100_000, floor = 1e-8 }: Schedule = {},
): number {
  if (!(step >= 1)) {
    throw new RangeError(`Cannot choose a learning rate as 'step' must be at least 1: current value is ${step}`);
  }
  if (!(warmup >= 0 && warmup <= steps)) {
    throw new RangeError(
      `Cannot choose a learning rate as 'warmup' must be in [0, ${steps}]: current value is ${warmup}`,
    );
  }
  if (step <= warmup) return peak * step / warmup;
  if (step >= steps) return floor;
  return peak + (floor - peak) * (step - warmup) / (steps - warmup);
}
