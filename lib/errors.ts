/**
 * The errors that a user can mend or cause.
 *
 * @module
 */

/**
 * An input is missing, malformed or does not fit. The message says what could not be done, the rule, the value found and
 * the remedy; the command line prints it alone, without a stack, and exits with code 1.
 *
 * @example
 * ```ts
 * import { InputError } from "./errors.ts";
 * const error = new InputError("Cannot read audio 'a.wav' as it has 0 samples: expected at least 1. Remove it or record it again.");
 * if (error.name !== "InputError") throw new Error(error.name);
 * ```
 */
export class InputError extends Error {
  /** Always `"InputError"`. */
  override name = "InputError";

  /**
   * An error with its message. Of one of more than 2,000 letters, as where a damaged file's only line is quoted, the middle
   * is left out.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message.length > LONGEST ? `${message.slice(0, 1200)} [...] ${message.slice(-700)}` : message, options);
  }
}

/** A job that was stopped before it was complete. What it did until then is stored; the message says how to continue. */
export class StoppedError extends Error {
  /** Always `"StoppedError"`. */
  override name = "StoppedError";
}

/** Letters of a message that a person may want to read. */
const LONGEST = 2000;

/** The message of a caught value, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
