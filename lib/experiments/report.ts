/** How a job reports its progress to the command line, a notebook or nobody, and how it is watched and stopped. */

/** The progress of one part of a job. */
export interface PartProgress {
  /** Reports how many units are done, with a short note. */
  update(done: number, note?: string): void;
  /** Reports values measured at a unit, such as the loss of a step. A report that can draw plots them. */
  measure?(at: number, values: Readonly<Record<string, number>>): void;
  /** Reports a line. */
  line(text: string): void;
  /** Ends the part. */
  stop(): void;
}

/** Receives what a job reports. */
export interface Report {
  /** Reports what is happening, in a line. */
  line(text: string): void;
  /** Reports a result, such as a table. It belongs to the output proper. */
  result(text: string): void;
  /** Starts a part of `total` units; the first `first` are done already. */
  progress(label: string, total: number, unit: string, first?: number): PartProgress;
}

/** A report that discards everything. */
export const silent: Report = {
  line: () => {},
  result: () => {},
  progress: () => ({ update: () => {}, line: () => {}, stop: () => {} }),
};

/** Formats a duration: `"8 s"`, `"3 min 20 s"`, `"2 h 5 min"`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

/** How a job is watched and stopped. */
export interface Watch {
  /** Receives lines and progress. */
  report: Report;
  /** Stops it; the job then throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface Clock {
  label: string;
  total: number;
  /** Name of a unit, such as `"step"`. `"byte"` is shown as MB. */
  unit: string;
  /** Units that were done before this process started. */
  first: number;
  start: number;
  /** Returns the current time in seconds. */
  now: () => number;
}

/** Describes the progress of a job in one line: `"reading  2/4  50 %  0.20 files/s  10 s left"`. */
export function describe(clock: Clock, done: number, note: string): string {
  const { rate, left } = pace(clock, done);
  const share = Math.floor(100 * done / Math.max(1, clock.total));
  const count = clock.unit === "byte" ? `${megabytes(done)}/${megabytes(clock.total)} MB` : `${done}/${clock.total}`;
  return [clock.label, count, `${share} %`, rate, left, note].filter((part) => part !== "").join("  ");
}

/** Rate and remaining time; empty before the first unit. */
export function pace(clock: Clock, done: number): { rate: string; left: string } {
  const perSecond = (done - clock.first) / Math.max(1e-9, clock.now() - clock.start);
  if (!(perSecond > 0)) return { rate: "", left: "" };
  const left = `${formatSeconds((clock.total - done) / perSecond)} left`;
  if (clock.unit === "byte") return { rate: `${megabytes(perSecond)} MB/s`, left };
  const digits = perSecond >= 10 ? 0 : perSecond >= 1 ? 1 : 2;
  return { rate: `${perSecond.toFixed(digits)} ${clock.unit}s/s`, left };
}

/** Bytes in millions, one digit after the point. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
