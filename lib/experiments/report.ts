/**
 * Where a job tells what it does: the command line, a notebook, or nobody.
 *
 * @module
 */

import { StoppedError } from "../errors.ts";

/** The progress of one part of a job. */
export interface PartProgress {
  /** Tells how many units are done, with a short note. */
  update(done: number, note?: string): void;
  /** Tells numbers that were measured at a unit, such as the loss of a step: a report that can draw makes curves of them. */
  measure?(at: number, values: Readonly<Record<string, number>>): void;
  /** Tells a whole line. */
  line(text: string): void;
  /** Ends the part. */
  stop(): void;
}

/** Takes what a job tells. */
export interface Report {
  /** A line on what is happening. */
  line(text: string): void;
  /** A finding: a table, which belongs to the output proper. */
  result(text: string): void;
  /** Begins a part of `total` units, of which `first` are done. */
  progress(label: string, total: number, unit: string, first?: number): PartProgress;
}

/** A report to nobody. */
export const silent: Report = {
  line: () => {},
  result: () => {},
  progress: () => ({ update: () => {}, line: () => {}, stop: () => {} }),
};

/** A length of time for a person: `"8 s"`, `"3 min 20 s"`, `"2 h 5 min"`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

/** How a job is watched and stopped. */
export interface Watch {
  /** Takes lines and progress. */
  report: Report;
  /** Stops it; the job then throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** For a job that ended without a result as it was stopped: throws the signal's reason. */
export function stoppedBy({ signal }: Pick<Watch, "signal">): never {
  throw signal?.reason ?? new StoppedError("stopped");
}
