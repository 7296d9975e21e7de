/**
 * A notebook executed by a real Jupyter, without a browser.
 *
 * @module
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { basename, join } from "@std/path";
import { InputError } from "../../errors.ts";
import { toolPath } from "./find_jupyter.ts";
import { notebookName } from "./notebook_file.ts";

/** How a notebook is executed. */
export interface ExecuteOptions {
  /** A Python with nbclient and nbconvert; see `findJupyter`. */
  python: string;
  /** Folder of the executed notebook and its page. */
  out: string;
  /** Seconds that a cell may take. Default no limit. */
  timeout?: number | undefined;
  /** Told of every cell that is done. */
  onCell?: ((done: number, total: number) => void) | undefined;
  /** Aborted where the user wants to stop: the kernel ends, and nothing is written. */
  signal?: AbortSignal | undefined;
}

/** What was written. */
export interface ExecutedNotebook {
  /** The notebook with its outputs. */
  notebook: string;
  /** The same as a page that opens without a network. */
  page: string;
}

/** What execute.py tells. */
type Event =
  | { event: "cell"; done: number; total: number }
  | { event: "failed"; cell: number; source: string; error: string }
  | { event: "complete" };

/** The ending of files that are being written. */
const UNFINISHED = ".unfinished";

/**
 * Executes a notebook from its first cell to its last with a kernel of this very Deno, in the notebook's folder, and
 * writes it with its outputs as `NAME.ipynb` and `NAME.html`. The kernel may do all that the user may. Both files appear
 * whole or not at all.
 *
 * @returns undefined where the signal stopped it.
 * @throws {InputError} where a cell fails: names it, with its source and error; the files of an earlier time stay.
 */
export async function executeNotebook(path: string, options: ExecuteOptions): Promise<ExecutedNotebook | undefined> {
  const { python, out, timeout = 0, onCell, signal } = options;
  await Deno.mkdir(out, { recursive: true });
  const written = [join(out, `${notebookName(path)}.ipynb`), join(out, `${notebookName(path)}.html`)] as const;
  const unfinished = written.map((file) => join(out, `.${basename(file)}${UNFINISHED}`));
  try {
    const args = [toolPath("execute.py"), Deno.execPath(), path, ...unfinished, String(timeout)];
    const child = new Deno.Command(python, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    const end = await follow(child, signal, onCell);
    if (signal?.aborted) return undefined;
    if (end?.event === "failed") throw failure(path, end);
    for (const [i, file] of written.entries()) await Deno.rename(unfinished[i]!, file);
    return { notebook: written[0], page: written[1] };
  } finally {
    for (const file of unfinished) await Deno.remove(file).catch(() => {});
  }
}

/** Passes on what the child tells until it has ended; its last event. */
async function follow(
  child: Deno.ChildProcess,
  signal: AbortSignal | undefined,
  onCell: ExecuteOptions["onCell"],
): Promise<Event | undefined> {
  const stop = (): void => void child.stdin.close().catch(() => {}); // it ends, with its kernel, when its stdin closes
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop);
  const errors = new Response(child.stderr).text();
  let last: Event | undefined;
  try {
    for await (
      const line of createInterface({ input: Readable.from(child.stdout.pipeThrough(new TextDecoderStream())) })
    ) {
      last = JSON.parse(line) as Event;
      if (last.event === "cell") onCell?.(last.done, last.total);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    if (!signal?.aborted) stop();
  }
  const { code } = await child.status;
  const told = await errors;
  const ended = last?.event === "complete" || last?.event === "failed";
  if (!ended && !signal?.aborted) {
    throw new InputError(`Cannot execute the notebook as Jupyter ended with code ${code}: ${told.trim().slice(-1500)}`);
  }
  return last;
}

function failure(path: string, { cell, source, error }: Event & { event: "failed" }): InputError {
  const indent = (text: string): string => text.replace(/^/gm, "    ");
  return new InputError(
    `Cannot execute '${path}' as its cell ${cell} fails:\n\n${indent(source)}\n\n${indent(error)}\n`,
  );
}
