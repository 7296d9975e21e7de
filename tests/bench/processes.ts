/** Cases that are whole processes: a task's start, and a training. */
import type { SideResult } from "./bench_results.ts";
import { median } from "./bench_results.ts";

/**
 * Runs a command several times; a POSIX shell's `times` measures the processor time.
 *
 * @throws {Error} where the command fails.
 */
export async function timeCommand(side: string, command: readonly string[], repeats: number): Promise<SideResult> {
  const runs: number[] = [], cpus: number[] = [];
  const shell = Deno.build.os !== "windows";
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    const [name, ...args] = shell
      ? ["sh", "-c", '"$@" > /dev/null && times', "sh", ...command] as const
      : command as readonly [string, ...string[]];
    const { success, stdout } = await new Deno.Command(name as string, { args: [...args], stderr: "null" }).output();
    if (!success) throw new Error(`Cannot measure '${command.join(" ")}' as it fails`);
    runs.push((performance.now() - start) / 1000);
    const children = new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
    const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) =>
      60 * Number(minutes) + Number(rest)
    );
    cpus.push(times.length === 2 ? times[0]! + times[1]! : NaN);
  }
  return { side, seconds: median(runs), cpu: median(cpus), peak: null, runs, equal: null };
}
