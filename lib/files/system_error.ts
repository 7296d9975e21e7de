/**
 * Errors of the operating system, in words that a user can act on.
 */
import { InputError } from "../errors.ts";

/** Codes of errors, and what they say about a path: the fact, then the remedy. */
const FAULTS: Readonly<Record<string, readonly [fact: string, remedy: string]>> = {
  EACCES: ["its owner does not let this user", "change its mode or its owner"],
  EPERM: ["the system does not permit it", "change its mode or its owner"],
  EROFS: ["its file system is read-only", "choose another folder"],
  EMFILE: ["too many files are open", "raise the limit (ulimit -n 4096)"],
  ENFILE: ["too many files are open on this machine", "end other programs"],
  ENAMETOOLONG: ["its name is too long", "choose a shorter name"],
  EIO: ["the disk failed", "check the disk"],
  ENOTDIR: ["a part of its path is no folder", "choose another path"],
  EISDIR: ["it is a folder", "choose another path, or remove that folder"],
  ELOOP: ["its path is a circle of links", "remove these links"],
  EBUSY: ["another program uses it", "end that program"],
  ENOMEM: ["there is not enough memory", "end other programs"],
};
/** Deno sets the `code` of only some errors. These are the numbers of Linux. */
const NUMBERS: Readonly<Record<number, string>> = {
  1: "EPERM",
  5: "EIO",
  12: "ENOMEM",
  13: "EACCES",
  16: "EBUSY",
  20: "ENOTDIR",
  21: "EISDIR",
  23: "ENFILE",
  24: "EMFILE",
  30: "EROFS",
  36: "ENAMETOOLONG",
  40: "ELOOP",
};

/** The error numbers of Linux, macOS and Windows for no space, an exceeded quota, and a file that must not grow. */
const FULL: ReadonlySet<number> = new Set([27, 28, 69, 112, 122]);

/** Whether writing failed because the disk is full. Deno sets the `code` of only some of these errors. */
export function isDiskFull(error: unknown): boolean {
  const number = error instanceof Error ? /\(os error (\d+)\)/.exec(error.message)?.[1] : undefined;
  return number !== undefined && FULL.has(Number(number));
}

/** What an error of the operating system says, and what to do; undefined if it is none. */
export function systemFault(error: unknown): { fact: string; remedy: string } | undefined {
  if (!(error instanceof Error) || error instanceof InputError) return undefined;
  if (isDiskFull(error)) {
    return { fact: "its disk is full, or its quota or file size limit reached", remedy: "free some space" };
  }
  if (error instanceof Deno.errors.NotCapable && /^Requires (?:read|write) access/.test(error.message)) {
    return { fact: `this task may not: ${error.message.split(", run again")[0]}`, remedy: "choose another path" };
  }
  const { code } = error as { code?: unknown };
  const known = typeof code === "string" ? code : NUMBERS[Number(/\(os error (\d+)\)/.exec(error.message)?.[1])];
  const fault = known === undefined || !Object.hasOwn(FAULTS, known) ? undefined : FAULTS[known];
  return fault && { fact: fault[0], remedy: fault[1] };
}

/** The path in the message of an error of the operating system. */
export function pathIn(error: unknown): string | undefined {
  return error instanceof Error ? /: \w+ '(.+)'$/.exec(error.message)?.[1] : undefined;
}

/** A file or folder could not be written. What was there before is unchanged. */
export class WriteError extends InputError {
  /** Always `"WriteError"`. */
  override name = "WriteError";

  /** Says why, and the remedy. */
  constructor(path: string, { fact, remedy }: { fact: string; remedy: string }, options?: ErrorOptions) {
    super(`Cannot write '${path}' as ${fact}: ${remedy}.`, options);
  }
}

/**
 * Writes.
 *
 * @throws {WriteError} if the operating system refuses it. Names the path.
 */
export async function writing<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const fault = systemFault(error);
    throw fault === undefined ? error : new WriteError(path, fault, { cause: error });
  }
}
