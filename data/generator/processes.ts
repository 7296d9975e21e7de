/**
 * Other programs, some at once.
 *
 * @module
 */
import { InputError } from "../../lib/errors.ts";

/**
 * Calls `work` for every item, at most `width` at a time, and returns the results in the items' order. The first failure
 * stops the rest from starting; an abort does the same.
 *
 * @throws whatever `work` or the signal's reason is.
 *
 * @example
 * ```ts
 * import { mapConcurrent } from "./processes.ts";
 * const squares = await mapConcurrent([1, 2, 3], 2, (x) => Promise.resolve(x * x));
 * if (squares.join() !== "1,4,9") throw new Error(squares.join());
 * ```
 */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      signal?.throwIfAborted();
      const index = next++;
      try {
        results[index] = await work(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, width) }, worker));
  return results;
}

/** What each program is for. */
const NEEDED: Record<string, string> = {
  "espeak-ng": "speaks the sentences",
  opusenc: "compresses the recordings",
  opusdec: "reads them",
};

/** First lines of `--version` of the programs that speech is made with. */
export type ToolVersions = Record<string, string>;

/**
 * Runs a program with bytes on its standard input and returns its standard output.
 *
 * @throws {InputError} if the program is missing, with how to install it, or fails, with what it printed.
 */
export async function runTool(program: string, args: string[], input?: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw missingTools([program]);
    throw error;
  }
  const fed = input === undefined ? Promise.resolve() : feed(child, input);
  const [result] = await Promise.all([child.output(), fed]);
  if (!result.success) {
    const said = new TextDecoder().decode(result.stderr).trim() || "nothing printed";
    throw new InputError(
      `Cannot make a recording as '${program} ${args.join(" ")}' ended with ${result.code}: ${said}.`,
    );
  }
  return result.stdout;
}

/** Writes to the program's input; a program that stops reading reports by its exit status instead. */
async function feed(child: Deno.ChildProcess, input: Uint8Array): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(input);
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** The error that names missing programs and how to install them. */
function missingTools(programs: string[]): InputError {
  const names = programs.map((name) => `'${name}' (${NEEDED[name] ?? "makes the sample"})`).join(", ");
  return new InputError(
    `Cannot make the sample as ${names} is not installed. Debian, Ubuntu: apt-get install espeak-ng opus-tools. ` +
      "macOS: brew install espeak-ng opus-tools. The files that they make are in data/ already: only remaking them needs this.",
  );
}

/**
 * Checks that all programs that speech is made with are installed, and says which versions.
 *
 * @throws {InputError} that names every missing program and how to install it.
 */
export async function checkTools(): Promise<ToolVersions> {
  const versions: ToolVersions = {};
  const missing: string[] = [];
  for (const program of Object.keys(NEEDED)) {
    try {
      const { stdout } = await new Deno.Command(program, { args: ["--version"], stderr: "null" }).output();
      const line = new TextDecoder().decode(stdout).split("\n")[0] ?? "";
      versions[program] = line.replace(/\s*Data at:.*$/, "").trim();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      missing.push(program);
    }
  }
  if (missing.length > 0) throw missingTools(missing);
  return versions;
}
