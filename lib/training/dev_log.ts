/**
 * `dev.jsonl`: a line an evaluation on dev.
 *
 * @module
 */
import { appendJsonLines, readJsonLines, writeJsonLines } from "../files/json_lines.ts";

/** One line of `dev.jsonl`. */
export interface DevRecord {
  /** The optimizer step. */
  step: number;
  /** Mean R@1 of both directions on dev, in percent. */
  recall: number;
}

/**
 * Opens `dev.jsonl` of a run that continues after `step`: lines of later steps, which a killed process wrote, are removed.
 *
 * @returns adds a line
 * @throws {InputError} where a line is damaged.
 */
export async function openDevLog(path: string, step: number): Promise<(record: DevRecord) => Promise<void>> {
  const kept = (await readDevLog(path)).filter((record) => record.step <= step);
  await writeJsonLines(path, kept);
  return (record) => appendJsonLines(path, [record]);
}

/**
 * The lines of `dev.jsonl`; none where it is missing.
 *
 * @throws {InputError} where a line is damaged.
 */
export function readDevLog(path: string): Promise<DevRecord[]> {
  return readJsonLines(path, ({ step, recall }) => Number.isInteger(step) && Number.isFinite(recall));
}
