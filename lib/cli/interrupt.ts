/**
 * Ctrl-C as a request: the job saves and stops; a second one ends the process at once.
 *
 * @module
 */
import { StoppedError } from "../errors.ts";

/** Signals that come sooner than this after the first are the same Ctrl-C: a terminal and `deno task` both pass it on. */
const ONE_PRESS = 1000;

/** The exit code of a job that was stopped by the user. */
export const INTERRUPTED = 130;

/**
 * A signal that the first SIGINT or SIGTERM aborts with a {@link StoppedError}. The job throws it, and `runCommand` prints
 * its message and exits with {@link INTERRUPTED}.
 *
 * @param onFirst tells the user that the job is saving
 * @param how what the user reads at the end, with the way to continue
 */
export function onInterrupt(onFirst: () => void, how = "stopped; the same command goes on"): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const handle = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > ONE_PRESS) Deno.exit(INTERRUPTED);
      return;
    }
    first = performance.now();
    controller.abort(new StoppedError(how));
    onFirst();
  };
  Deno.addSignalListener("SIGINT", handle);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", handle);
  return controller.signal;
}
