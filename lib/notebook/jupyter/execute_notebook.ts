/** Executes a notebook in Jupyter, without a browser. */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { basename, join } from "@std/path";
import { InputError } from "../../errors.ts";
import { toolPath } from "./find_jupyter.ts";
import { notebookName } from "./notebook_file.ts";

interface ExecuteOptions {
  /** A Python with nbclient and nbconvert; see `findJupyter`. */
  python: string;
  /** Folder of the executed notebook and its page. */
  out: string;
  /** The most seconds per cell. Default no limit. */
  timeout?: number | undefined;
  onCell?: ((done: number, total: number) => void) | undefined;
  /** Ends the kernel; nothing is written. */
  signal?: AbortSignal | undefined;
}

/** A line of execute.py's output. */
type Event =
  | { event: "cell"; done: number; total: number }
  | { event: "failed"; cell: number; source: string; error: string }
  | { event: "complete" };

/** The ending of files that are being written. */
const UNFINISHED = ".unfinished";

/**
 * Executes all cells of a notebook with a kernel of this Deno, in the notebook's folder, and writes it with its outputs as
 * `NAME.ipynb` and as `NAME.html`, a page that needs no network. The kernel has all the user's permissions. Both files are
 * written whole or not at all.
 *
 * @returns the paths of the files; undefined if the signal stopped it.
 * @throws {InputError} if a cell fails, with its source and error. Files of an earlier execution stay.
 */
export async function executeNotebook(
  path: string,
  options: ExecuteOptions,
): Promise<{ notebook: string; page: string } | undefined> {
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

/** Follows the child's events until it ends. Returns the last one. */
async function follow(
  child: Deno.ChildProcess,
  signal: AbortSignal | undefined,
  onCell: ExecuteOptions["onCell"],
): Promise<Event | undefined> {
  const stop = (): void => void child.stdin.close().catch(() => {}); // closing stdin ends it and its kernel
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
  const stderr = await errors;
  const ended = last?.event === "complete" || last?.event === "failed";
  if (!ended && !signal?.aborted) {
    throw new InputError(
      `Cannot execute the notebook as Jupyter ended with code ${code}: ${stderr.trim().slice(-1500)}`,
    );
  }
  return last;
}

function failure(path: string, { cell, source, error }: Event & { event: "failed" }): InputError {
  const indent = (text: string): string => text.replace(/^/gm, "    ");
  return new InputError(
    `Cannot execute '${path}' as its cell ${cell} fails:\n\n${indent(source)}\n\n${indent(error)}\n`,
  );
}
