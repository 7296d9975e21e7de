/**
 * Outputs of a cell: one queue, so that they come in order and none is lost.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** One output in several forms, by MIME type; the reader's program shows the richest that it can. */
export type Bundle = Deno.jupyter.MediaBundle;

/** Milliseconds that a cell waits for its last output: the kernel may report "idle" before it is sent. */
const LATE_OUTPUT = 30;

let queue: Promise<void> = Promise.resolve();

/**
 * Shows an output below the running cell.
 *
 * @param id a name under which {@link updateOutput} changes it later
 * Resolves when it and all outputs before it are sent.
 * @throws {InputError} outside of a Jupyter notebook with the Deno kernel.
 */
export async function showOutput(bundle: Bundle, id?: string): Promise<void> {
  await send("display_data", bundle, id);
  await settleOutputs();
}

/** Shows an output without waiting for it; {@link updateOutput} changes it. */
export function queueOutput(bundle: Bundle, id: string): void {
  void send("display_data", bundle, id).catch(() => {});
}

/** Changes an output that was shown under a name. Resolves when it is sent; see {@link settleOutputs}. */
export async function updateOutput(bundle: Bundle, id: string): Promise<void> {
  await send("update_display_data", bundle, id);
}

/** Resolves when all outputs so far are sent. */
export async function settleOutputs(): Promise<void> {
  await queue;
  await new Promise((resolve) => setTimeout(resolve, LATE_OUTPUT));
}

/**
 * Makes sure that this is a notebook.
 *
 * @throws {InputError} outside of one.
 */
export function kernel(): typeof Deno.jupyter {
  try {
    const { jupyter } = Deno;
    if (typeof jupyter?.broadcast === "function") return jupyter;
  } catch {
    // Outside of its kernel Deno throws when the property is read.
  }
  throw new InputError(
    "Cannot show an output as this is no notebook: expected a cell of Jupyter with the Deno kernel. Open it with: deno task lab",
  );
}

/** Sends a message after all before it. */
function send(type: "display_data" | "update_display_data", bundle: Bundle, id: string | undefined): Promise<void> {
  const { broadcast } = kernel();
  const content = { data: bundle, metadata: {}, transient: id === undefined ? {} : { display_id: id } };
  const sent = queue.then(() => broadcast(type, content));
  queue = sent.catch(() => {});
  return sent;
}
