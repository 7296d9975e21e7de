/** The queue of cell outputs, which keeps them in order and loses none. */
import { InputError } from "../errors.ts";

/** One output in several forms, by MIME type. Jupyter shows the richest form that it supports. */
export type Bundle = Deno.jupyter.MediaBundle;

/** Milliseconds that a cell waits for its last output: the kernel may report "idle" before it is sent. */
const LATE_OUTPUT = 30;

let queue: Promise<void> = Promise.resolve();

/**
 * Shows an output below the running cell, and resolves when it and all outputs before it are sent.
 *
 * @throws {InputError} outside of a Jupyter notebook with the Deno kernel.
 */
export async function showOutput(bundle: Bundle): Promise<void> {
  await send("display_data", bundle);
  await settleOutputs();
}

/** Shows an output without waiting for it. {@link updateOutput} changes it by its id. */
export function queueOutput(bundle: Bundle, id: string): void {
  void send("display_data", bundle, id).catch(() => {});
}

/** Changes the output with this id. Resolves when it is sent; see {@link settleOutputs}. */
export async function updateOutput(bundle: Bundle, id: string): Promise<void> {
  await send("update_display_data", bundle, id);
}

/** Resolves when all outputs so far are sent. */
export async function settleOutputs(): Promise<void> {
  await queue;
  await new Promise((resolve) => setTimeout(resolve, LATE_OUTPUT));
}

/**
 * Returns the kernel's interface.
 *
 * @throws {InputError} outside of a notebook.
 */
export function kernel(): typeof Deno.jupyter {
  try {
    const { jupyter } = Deno;
    if (typeof jupyter?.broadcast === "function") return jupyter;
  } catch {
    // Outside of a kernel, Deno throws on reading the property.
  }
  throw new InputError(
    "Cannot show an output as this is not a notebook: expected a Jupyter cell with the Deno kernel. Open one with: deno task lab",
  );
}

/** Sends a message after all earlier ones. */
function send(type: "display_data" | "update_display_data", bundle: Bundle, id?: string): Promise<void> {
  const { broadcast } = kernel();
  const content = { data: bundle, metadata: {}, transient: id === undefined ? {} : { display_id: id } };
  const sent = queue.then(() => broadcast(type, content));
  queue = sent.catch(() => {});
  return sent;
}
