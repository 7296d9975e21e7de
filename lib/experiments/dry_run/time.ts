/**
 * A dry run's estimate of the time.
 *
 * @module
 */
import type { RunConfig } from "../../training/config.ts";
import { formatSeconds } from "../report.ts";
import type { FewHeard } from "./few_heard.ts";
import type { PlanPart } from "./plan.ts";

/** Pictures and recordings of a split. */
export interface SplitCounts {
  /** Different pictures. */
  images: number;
  /** Recordings. */
  recordings: number;
}

/** What the time is told from. */
export interface TimeFacts {
  /** The settings. */
  config: Pick<RunConfig, "steps" | "batchSize" | "evaluateEvery">;
  /** Recordings still to be heard, and their length together in seconds; undefined where nothing is known of it. */
  toHear: { recordings: number; seconds: number | undefined };
  /** How fast a few were heard. */
  few: Pick<FewHeard, "newRecordings" | "seconds" | "elapsed">;
  /** Seconds of each step that was tried; none where nothing is trained. */
  steps: readonly number[];
  /** Seconds of the evaluation of one picture and of one recording. */
  evaluation: { picture: number; recording: number };
  /** What is evaluated. */
  splits: { dev: SplitCounts; test: SplitCounts };
  /** Baselines, each evaluated on test once. */
  baselines: number;
}

/**
 * Tells how long a run will take: hearing at the speed of the few, training at the mean speed of the steps after the first,
 * which also warms up, evaluations by the time of a few pictures and recordings. Loading is left out.
 */
export function planTime(facts: TimeFacts): PlanPart {
  const { config, toHear, few, steps, evaluation, splits, baselines } = facts;
  const part: PlanPart = { name: "time", lines: [], lacking: [] };
  let total = 0;
  const tell = (what: string, seconds: number, from: string): void => {
    total += seconds;
    part.lines.push(`${what}: about ${formatSeconds(seconds)} (${from})`);
  };
  if (toHear.recordings === 0) part.lines.push("hear: nothing, all is stored");
  else if (toHear.seconds === undefined || few.newRecordings === 0) {
    part.lines.push(`hear ${toHear.recordings} recordings: of unknown length`);
  } else {
    const rate = few.seconds / Math.max(1e-3, few.elapsed);
    const from = `${few.newRecordings} recordings at ${rate.toFixed(rate < 10 ? 1 : 0)} s of speech a second`;
    tell(`hear ${toHear.recordings} recordings, ${(toHear.seconds / 3600).toFixed(2)} h`, toHear.seconds / rate, from);
  }
  if (steps.length > 0) {
    const warm = steps.length > 1 ? steps.slice(1) : steps;
    const mean = warm.reduce((sum, seconds) => sum + seconds, 0) / warm.length;
    const from = `${steps.length} steps: ${steps.map((seconds) => seconds.toFixed(2)).join(" ")} s`;
    tell(`train ${config.steps} steps of ${config.batchSize}`, config.steps * mean, from);
  }
  const cost = ({ images, recordings }: SplitCounts): number =>
    images * evaluation.picture + recordings * evaluation.recording;
  const onDev = steps.length === 0 ? 0 : 1 + Math.ceil(config.steps / config.evaluateEvery);
  const onTest = baselines + (steps.length === 0 ? 0 : 1);
  const milliseconds = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;
  tell(
    `evaluate ${onDev} x dev, ${onTest} x test`,
    onDev * cost(splits.dev) + onTest * cost(splits.test),
    `${milliseconds(evaluation.picture)} a picture, ${milliseconds(evaluation.recording)} a recording`,
  );
  part.lines.push(`together: about ${formatSeconds(total)}, without loading`);
  return part;
}
