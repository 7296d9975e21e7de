/**
 * Checks of option values. What they refuse becomes one line on stderr and exit code 2.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { messageOf } from "../errors.ts";
import { parseShard, type Shard } from "../whisper/shard.ts";

/**
 * A parser of whole numbers.
 *
 * @throws {InvalidArgumentError} where the text is no whole number from `lowest` to 2^53 - 1.
 */
export function wholeNumber(lowest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < lowest) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${lowest}.`);
    }
    return value;
  };
}

/**
 * A parser of real numbers.
 *
 * @throws {InvalidArgumentError} where the text is no number within the bounds.
 */
export function realNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= lowest && value <= highest)) {
      throw new InvalidArgumentError(`Expected a number from ${lowest} to ${highest}.`);
    }
    return value;
  };
}

/**
 * A number above 0.
 *
 * @throws {InvalidArgumentError} where the text is none.
 */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

/**
 * A parser of paths and names.
 *
 * @throws {InvalidArgumentError} where the text is empty.
 */
export function nonEmpty(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Expected a name or a path.");
  return text;
}

/**
 * A shard, `I/N`.
 *
 * @throws {InvalidArgumentError} where the text is none.
 */
export function shardOption(text: string): Shard {
  try {
    return parseShard(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
