/**
 * Where a job tells what it does: the command line, a notebook, or nobody.
 *
 * @module
 */

/** The progress of one part of a job. */
export interface PartProgress {
  /** Tells how many units are done, with a short note. */
  update(done: number, note?: string): void;
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
