/**
 * A job's report on the command line: findings to stdout, everything else to stderr.
 *
 * @module
 */
import type { Report } from "../experiments/report.ts";
import { startProgress } from "./progress.ts";

/** The report of a command. */
export function consoleReport(): Report {
  return {
    line: (text) => console.error(text),
    result: (text) => console.log(`${text}\n`),
    progress: (label, total, unit, first = 0) => startProgress(label, total, { unit, first }),
  };
}
