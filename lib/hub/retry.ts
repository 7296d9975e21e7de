/**
 * Tries requests again if a fault may pass: a broken connection, a busy server.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../errors.ts";

/** A server's answer that is no success. */
export class HttpError extends Error {
  /** Always `"HttpError"`. */
  override name = "HttpError";

  /**
   * @param status the HTTP status
   * @param url what was asked for
   * @param retryAfter seconds that the server asks to wait, if it does
   */
  constructor(readonly status: number, readonly url: string, readonly retryAfter?: number) {
    super(`'${url}' answers ${status}`);
  }
}

/** The end of a transfer before its time. */
export class BrokenOff extends Error {
  /** Always `"BrokenOff"`. */
  override name = "BrokenOff";
}

/** Options of {@link retrying}. */
export interface RetryOptions {
  /** Ends the waiting, and what is under way. */
  signal?: AbortSignal | undefined;
  /** Tries in a row without any progress. Default 5. */
  attempts?: number | undefined;
  /** Milliseconds before the second try, doubled before each further one, at most 30 s. Default 1000. */
  pause?: number | undefined;
  /** Takes a line for each further try. */
  tell?: ((line: string) => void) | undefined;
}

/** Why a request failed, for a person. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return messageOf(cause ?? error).replace(/^error sending request for url \(.*?\): /, "");
}

/** Whether a fault may pass: no connection, a broken one, or a busy server. */
export function mayPass(error: unknown): boolean {
  if (error instanceof HttpError) return [408, 425, 429].includes(error.status) || error.status >= 500;
  return error instanceof BrokenOff || error instanceof TypeError ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.UnexpectedEof || error instanceof Deno.errors.Http;
}

/**
 * Does something until it succeeds.
 *
 * @param progress says how far it is; a try that came further begins the count of tries anew
 * @throws the last error, if tries are used up or the fault cannot pass; the signal's reason, if it was aborted.
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
 * A response that is a success.
 *
 * @throws {HttpError} if it is none.
 */
export async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  throw new HttpError(response.status, response.url, Number.isFinite(seconds) ? seconds : undefined);
}
