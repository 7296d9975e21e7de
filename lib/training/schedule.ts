/**
 * The learning rate over a run, for each part of the model.
 */
import { LOG_TEMPERATURE, LOSS_BIAS } from "../systems/parameters.ts";
import type { RunConfig } from "./run_config.ts";

/**
 * The learning rate of a step. It rises linearly from 0 to the peak at step `warmup`, then falls linearly to the floor at
 * the last step (paper, section 4; its values are the defaults).
 *
 * @param step from 1 to `steps`; later steps have the floor
 * @throws {RangeError} if the step is below 1 or the warm-up is longer than the run.
 */
export function learningRate(
  step: number,
  { peak = 1e-4, warmup = 5_000, steps = 100_000, floor = 1e-8 } = {},
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

/** The settings of a run from which its learning rates follow. */
export type RateSettings = Pick<
  RunConfig,
  | "learningRate"
  | "acousticLearningRate"
  | "temperatureLearningRate"
  | "finalLearningRate"
  | "warmupSteps"
  | "acousticWarmupSteps"
  | "steps"
  | "promptSteps"
>;

/**
 * The learning rate of each parameter at each step. The acoustic branch, the temperature, and everything else (the prompts, and
 * the gate if there is one) each follow {@link learningRate} with a peak, a warm-up and a last step of their own; what the
 * config does not set is that of the run.
 *
 * @returns a function of the step and the parameter's name
 */
export function learningRates(config: RateSettings): (step: number) => (name: string) => number {
  const { learningRate: peak, finalLearningRate: floor, warmupSteps: warmup, steps } = config;
  const part = (change: { peak?: number; warmup?: number; steps?: number }) => {
    const own = { peak, warmup, steps, floor, ...change };
    return (step: number) => learningRate(step, { ...own, warmup: Math.min(own.warmup, own.steps) });
  };
  const acoustic = part({
    peak: config.acousticLearningRate ?? peak,
    warmup: config.acousticWarmupSteps ?? warmup,
  });
  const temperature = part({ peak: config.temperatureLearningRate ?? peak });
  const prompts = part({ steps: config.promptSteps ?? steps });
  return (step) => {
    const rates = { acoustic: acoustic(step), temperature: temperature(step), prompts: prompts(step) };
    return (name) =>
      name === LOG_TEMPERATURE || name === LOSS_BIAS
        ? rates.temperature
        : name.startsWith("acoustic.")
        ? rates.acoustic
        : rates.prompts;
  };
}
