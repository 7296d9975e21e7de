/** A worker that ends the process after a signal if the main thread is in a computation and does not. */

/** Milliseconds after the first signal in which others belong to the same Ctrl-C: the terminal and `deno task` both send it. */
export const ONE_PRESS = 300;
/** Milliseconds after the first signal in which a job must have stopped. What it saved before is whole at any moment. */
export const PATIENCE = 4000;
/** Milliseconds that the main thread has to end the process itself. */
const MARGIN = 200;

/** The signals that stop a job. */
export const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** What the main thread posts is the last message of its job. */
function listen(scope: {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(message: "ready" | "signal"): void;
}): void {
  let how = "", first: number | undefined;
  const end = (): void => {
    console.error(how);
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
    Deno.kill(Deno.pid, "SIGINT");
    setTimeout(() => Deno.kill(Deno.pid, "SIGKILL"), 2 * MARGIN); // something else listens
  };
  const onSignal = (): void => {
    scope.postMessage("signal");
    const now = performance.now();
    if (first !== undefined && now - first <= ONE_PRESS) return;
    setTimeout(end, first === undefined ? PATIENCE + MARGIN : MARGIN);
    first ??= now;
  };
  scope.onmessage = ({ data }) => how = data;
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  scope.postMessage("ready");
}

if (import.meta.main) listen(globalThis as unknown as Parameters<typeof listen>[0]);
