/** Measurements of full-size models, each in a process of its own. Used by `full_size.ts` and by tests only. */

import type { Variant } from "../../lib/systems/variants.ts";

/** What is measured. */
export type Task =
  | { task: "nothing"; folder: string }
  | { task: "load"; folder: string }
  | { task: "forward"; folder: string; batch: number }
  | { task: "step"; folder: string; batch: number; microBatch: number | null; frames: number }
  | { task: "whisper"; folder: string; seconds: number }
  | { task: "system"; name: Variant; batch: number; seconds: number };

/** What came of it. */
export interface Measurement {
  /** Peak of the process's resident memory in bytes. */
  peak: number;
  /** Seconds of loading. */
  loadSeconds: number;
  /** Seconds of the task itself. */
  seconds: number;
  /** Bytes of tensors that stay after loading. */
  weights: number;
  /** Shapes of what was computed. */
  shapes: number[][];
  /** Trained values, of a system. */
  trained?: number;
  /** Whether all of it are finite numbers. */
  finite: boolean;
  /** The message, where the input is at fault. */
  error?: string;
}

/**
 * Measures in a process of its own.
 *
 * @throws {Error} where the process fails; holds what it printed.
 */
export async function measureApart(task: Task, environment: Record<string, string> = {}): Promise<Measurement> {
  const script = new URL("./measure.ts", import.meta.url).pathname;
  const itself = Deno.execPath();
  const { state } = await Deno.permissions.query({ name: "run", command: itself });
  const child = new Deno.Command(state === "granted" ? itself : "deno", {
    args: [
      ...["run", "-q", "--no-prompt", "--allow-read", "--allow-env", "--allow-ffi", "--allow-run=cat"],
      ...[script, JSON.stringify(task)],
    ],
    env: { DENO_NO_UPDATE_CHECK: "1", ...environment },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = (): void => { // else it would work on without this process
    child.kill("SIGKILL");
    Deno.exit(130);
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  const { code, stdout, stderr } = await child.output();
  for (const signal of signals) Deno.removeSignalListener(signal, stop);
  if (code !== 0) throw new Error(`The measurement ended with code ${code}: ${new TextDecoder().decode(stderr)}`);
  const last = new TextDecoder().decode(stdout).trim().split("\n").at(-1) as string;
  return JSON.parse(last) as Measurement;
}
