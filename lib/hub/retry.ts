/** Retries requests after temporary errors, such as a broken connection or a busy server. */
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../errors.ts";

/** A server's answer with an error status. */
export class HttpError extends Error {
  override name = "HttpError";

  /** @param retryAfter seconds that the server asks to wait */
  constructor(readonly status: number, readonly url: string, readonly retryAfter?: number) {
    super(`'${url}' answers ${status}`);
  }
}

/** A transfer that ended early. */
export class BrokenOff extends Error {
  override name = "BrokenOff";
}

export interface RetryOptions {
  signal?: AbortSignal | undefined;
  /** Maximum number of attempts without progress. Default 5. */
  attempts?: number | undefined;
  /** Milliseconds before the second attempt, doubled before each further one, at most 30 s. Default 1000. */
  pause?: number | undefined;
  /** Prints a line before each further attempt. */
  tell?: ((line: string) => void) | undefined;
}

/** Why a request failed, for messages. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return messageOf(cause ?? error).replace(/^error sending request for url \(.*?\): /, "");
}

/** Whether an error may be temporary: no connection, a broken one, or a busy server. */
export function mayPass(error: unknown): boolean {
  if (error instanceof HttpError) return [408, 425, 429].includes(error.status) || error.status >= 500;
  return error instanceof BrokenOff || error instanceof TypeError ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.UnexpectedEof || error instanceof Deno.errors.Http;
}

/**
 * Repeats an action until it succeeds.
 *
 * @param progress measures progress; an attempt with progress restarts the count of attempts
 * @throws the last error after the last attempt, or an error that is not temporary; the signal's reason, if it was aborted.
 */
export async function retrying<T>(
  action: () => Promise<T>,
  options: RetryOptions = {},
  progress: () => number = () => 0,
): Promise<T> {
  const { signal, attempts = 5, pause = 1000, tell } = options;
  for (let failures = 0;;) {
    signal?.throwIfAborted();
    const before = progress();
    try {
      return await action();
    } catch (error) {
      signal?.throwIfAborted();
      failures = progress() > before ? 1 : failures + 1;
      if (!mayPass(error) || failures >= attempts) throw error;
      const asked = error instanceof HttpError ? (error.retryAfter ?? 0) * 1000 : 0;
      const wait = Math.min(30_000, Math.max(asked, pause * 2 ** (failures - 1)));
      tell?.(`${reasonOf(error)}; trying again in ${wait / 1000} s`);
      await delay(wait, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

/**
 * Returns a successful response.
 *
 * @throws {HttpError} if its status is an error.
 */
export async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  throw new HttpError(response.status, response.url, Number.isFinite(seconds) ? seconds : undefined);
}
