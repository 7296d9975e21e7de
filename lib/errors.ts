/** Errors that a user can fix or cause. */

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

  /** The middle of a message of more than 2,000 characters, such as one that quotes a damaged line, is omitted. */
  constructor(message: string, options?: ErrorOptions) {
    super(message.length > LONGEST ? `${message.slice(0, 1200)} [...] ${message.slice(-700)}` : message, options);
  }
}

/** A job that was stopped early. What it did until then is stored, and the message says how to continue. */
export class StoppedError extends Error {
  /** Always `"StoppedError"`. */
  override name = "StoppedError";
}

/** Maximum length of a message. */
const LONGEST = 2000;

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
