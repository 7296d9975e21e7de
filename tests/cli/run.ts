/** Runs the command line as the tasks do: a real process with the permissions of deno.json, and no more. */
import { join, resolve } from "@std/path";

/** The repository's folder. */
export const ROOT: string = resolve(join(import.meta.dirname as string, "..", ".."));

/** How a process ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Where and how a command runs. */
export interface RunOptions {
  cwd?: string;
  /** A permission set of deno.json. */
  permissions?: string;
  /** Addresses that it may use besides. Default: none. */
  net?: string;
  /** A program that it may run besides. Default: none. */
  program?: string | undefined;
  /** Variables beside those of the test's own environment. */
  env?: Record<string, string>;
  /** What is run. Default: the command line itself. */
  script?: string;
}

/** A command with a permission set of deno.json, in a folder, its output collected. */
export function command(args: readonly string[], options: RunOptions = {}): Deno.Command {
  const { cwd = ROOT, permissions = "train", net, program, env = {}, script = "lib/cli/main.ts" } = options;
  const more = [...(net ? [`--allow-net=${net}`] : []), ...(program ? [`--allow-run=${program}`] : [])];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", `-P=${permissions}`, ...more, script, ...args],
    cwd,
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const start = performance.now();
  const { code, stdout, stderr } = await command(args, options).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr), seconds: (performance.now() - start) / 1000 };
}

/**
 * Runs commands that are refused, one after the other in one process: the first on its own, as a user runs it.
 *
 * @returns how each ended
 */
export async function runMany(commands: readonly (readonly string[])[], options: RunOptions = {}): Promise<Ended[]> {
  const first = await run(commands[0]!, options);
  const { code, stdout, stderr } = await run([JSON.stringify(commands.slice(1))], {
    ...options,
    script: "tests/cli/many_child.ts",
  });
  if (code !== 0) throw new Error(stderr);
  return [first, ...JSON.parse(stdout) as Ended[]];
}
