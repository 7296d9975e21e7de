/**
 * How fast a job is and how long it still takes, in words.
 *
 * @module
 */
import { formatSeconds } from "./report.ts";

/** A job and its clock. */
export interface Clock {
  /** What is done. */
  label: string;
  /** Units in all. */
  total: number;
  /** What a unit is: `"step"`, `"recording"`; `"byte"` is told as MB. */
  unit: string;
  /** Units that were done before this process began. */
  first: number;
  /** When it began, in seconds. */
  start: number;
  /** The time now, in seconds. */
  now: () => number;
}

/** How far a job is, in one line: `"reading  2/4  50 %  0.20 files/s  10 s left"`. */
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
