/**
 * Ctrl-C as a request: the job saves and stops; a second one ends the process at once.
 *
 * @module
 */

/** The exit code of a job that was stopped by the user. */
export const INTERRUPTED = 130;

/**
 * A signal that is aborted by the first SIGINT or SIGTERM.
 *
 * @param onFirst tells the user that the job is saving.
 */
export function onInterrupt(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) Deno.exit(INTERRUPTED);
    controller.abort();
    onFirst();
  };
  Deno.addSignalListener("SIGINT", handle);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", handle);
  return controller.signal;
}
