/**
 * One line of Localized Narratives, without its traces.
 *
 * @module
 */
import { InputError, messageOf } from "../errors.ts";

/** What begins the traces in a published line. */
const TRACES = /"traces"\s*:\s*\[\s*\[/;

/**
 * Parses a line. The traces of the mouse, nine tenths of its bytes, are cut out first, unread: the first two brackets in a row
 * close them. (Brackets of a later text would leave half a string, which is no JSON.) A line that cannot be read so is parsed
 * whole.
 *
 * @throws {InputError} where the line is not a JSON object.
 *
 * @example
 * ```ts
 * import { narrativeOf } from "./narrative_line.ts";
 * const line = '{"image_id": "7", "traces": [[{"x": 0.1, "y": 0.2, "t": 0.0}], [{"x": 1, "y": 1, "t": 3}]], "caption": "a cat"}';
 * const entry = narrativeOf(line, "here");
 * if (entry.caption !== "a cat" || (entry.traces as unknown[]).length !== 0) throw new Error("not cut");
 * ```
 */
export function narrativeOf(line: string, where: string): Record<string, unknown> {
  return cutLine(line) ?? wholeLine(line, where);
}

function cutLine(line: string): Record<string, unknown> | undefined {
  const begin = TRACES.exec(line);
  if (!begin) return undefined;
  const close = line.indexOf("]]", begin.index + begin[0].length);
  if (close < 0) return undefined;
  const short = `${line.slice(0, begin.index)}"traces":[]${line.slice(close + 2)}`;
  try {
    return record(JSON.parse(short));
  } catch {
    return undefined;
  }
}

function wholeLine(line: string, where: string): Record<string, unknown> {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch (error) {
    throw new InputError(`Cannot read ${where} as it is not JSON: ${messageOf(error)}.`);
  }
  const found = record(entry);
  if (!found) throw new InputError(`Cannot read ${where} as a line must be a JSON object, with 'image_id' and others.`);
  return found;
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}
