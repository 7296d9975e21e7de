/** Ctrl-C and SIGTERM request a stop of the job in progress, and end the process if it does not stop. */
import { StoppedError } from "../errors.ts";
import { ONE_PRESS, PATIENCE, SIGNALS } from "./interrupt_watch.ts";

/** The exit code of a job that was stopped by the user. */
export const INTERRUPTED = 130;

/** The job that a signal stops. */
interface Job {
  controller: AbortController;
  onFirst: () => void;
  how: string;
}

let job: Job | undefined, watch: Worker | undefined, first: number | undefined;

/**
 * A signal that the first SIGINT or SIGTERM aborts with a {@link StoppedError}. The job throws it, and `runCommand` prints
 * its message and exits with {@link INTERRUPTED}. A job that does not stop within 5 seconds is ended, in the middle of a long
 * computation too, and a second signal ends it at once.
 *
 * @param onFirst tells the user that the job is stopping
 * @param how the last message, with the way to continue
 */
export function onInterrupt(onFirst: () => void, how = "stopped; the same command continues"): AbortSignal {
  job = { controller: new AbortController(), onFirst, how };
  if (first !== undefined) stop(job);
  else if (watch === undefined) {
    for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
    watch = new Worker(new URL("./interrupt_watch.ts", import.meta.url), { type: "module" });
    // As soon as the worker listens, it alone does, so that it can end the process as the signal would.
    watch.onmessage = ({ data }: MessageEvent<"ready" | "signal">) => data === "ready" ? unlisten() : onSignal();
  }
  watch?.postMessage(how);
  return job.controller.signal;
}

/** How the job in progress is continued; undefined if it starts over. */
export function howToContinue(): string | undefined {
  return job?.how.includes("continue") ? job.how.replace(/^stopped; /, "") : undefined;
}

/** Signals end the process at once again. */
export function forgetInterrupts(): void {
  unlisten();
  watch?.terminate();
  job = watch = first = undefined;
}

function onSignal(): void {
  const now = performance.now();
  if (first !== undefined) return now - first > ONE_PRESS ? end() : undefined;
  first = now;
  if (job !== undefined) stop(job);
}

function stop({ controller, onFirst, how }: Job): void {
  controller.abort(new StoppedError(how));
  onFirst();
  Deno.unrefTimer(setTimeout(() => {
    console.error(how);
    end();
  }, PATIENCE));
}

/** Ends by the signal itself: the exit handlers of onnxruntime can crash in the middle of a computation. */
function end(): never {
  dispatchEvent(new Event("unload")); // removes locks and temporary files
  forgetInterrupts();
  if (Deno.build.os !== "windows") {
    Deno.kill(Deno.pid, "SIGINT");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ONE_PRESS);
  }
  Deno.exit(INTERRUPTED);
}

function unlisten(): void {
  for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
}
