/**
 * The experiments of the paper. The command line, the notebooks and the report know them from here alone. To add one, write
 * its file and give it a line in {@link EXPERIMENTS}.
 *
 * An experiment's definition is cheap to import: what needs TensorFlow.js is imported by its `run`, see {@link lazily}.
 */
import { ablate } from "./ablate.ts";
import { attention } from "./attention/experiment.ts";
import { compare } from "./compare.ts";
import { crop } from "./crop/experiment.ts";
import { cross } from "./cross.ts";
import type { Experiment } from "./experiment.ts";
import { gallery } from "./gallery/experiment.ts";
import { ser } from "./ser/experiment.ts";
import { space } from "./space/experiment.ts";
import { tone } from "./tone/experiment.ts";
import { wer } from "./wer.ts";
import { zeroShot } from "./zero_shot.ts";

/** The experiments by name, in the order of the help and of the report. */
export const EXPERIMENTS = {
  "zero-shot": zeroShot,
  "compare": compare,
  "cross": cross,
  "ablate": ablate,
  "ser": ser,
  "wer": wer,
  "tone": tone,
  "gallery": gallery,
  "attention": attention,
  "crop": crop,
  "space": space,
};

/** The name of an experiment. */
export type ExperimentName = keyof typeof EXPERIMENTS;

/** Settings and result of each experiment, by name. */
export type Experiments = {
  [Name in ExperimentName]: (typeof EXPERIMENTS)[Name] extends Experiment<infer Settings, infer Result>
    ? { settings: Settings; result: Result }
    : never;
};
