/**
 * Ctrl-C as a request: the job saves and stops; a second one ends the process at once.
 *
 * @module
 */

/** Signals that come sooner than this after the first are the same Ctrl-C: a terminal and `deno task` both pass it on. */
const ONE_PRESS = 1000;

/** The exit code of a job that was stopped by the user. */
export const INTERRUPTED = 130;

/**
 * A signal that is aborted by the first SIGINT or SIGTERM.
 *
 * @param onFirst tells the user that the job is saving.
 */
export function onInterrupt(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const handle = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > ONE_PRESS) Deno.exit(INTERRUPTED);
      return;
    }
    first = performance.now();
    controller.abort();
    onFirst();
  };
  Deno.addSignalListener("SIGINT", handle);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", handle);
  return controller.signal;
}
