/**
 * Runs several commands one after the other in this process, and prints how each ended: `many_child.ts JSON`, a list of
 * lists of arguments. For commands that are refused: a process for each would take most of the tests' time.
 */
import { format } from "node:util";
import process from "node:process";
import { main } from "../../lib/cli/main.ts";
import type { Ended } from "./run.ts";

if (import.meta.main) {
  const print = console.log;
  let stdout = "", stderr = "";
  const out = (text: string | Uint8Array): boolean => (stdout += String(text), true);
  const error = (text: string | Uint8Array): boolean => (stderr += String(text), true);
  Object.assign(console, {
    log: (...words: unknown[]) => out(`${format(...words)}\n`),
    info: (...words: unknown[]) => out(`${format(...words)}\n`),
    warn: (...words: unknown[]) => error(`${format(...words)}\n`),
    error: (...words: unknown[]) => error(`${format(...words)}\n`),
  });
  process.stdout.write = out;
  process.stderr.write = error;
  const ended: Ended[] = [];
  for (const args of JSON.parse(Deno.args[0] as string) as string[][]) {
    [stdout, stderr] = ["", ""];
    const start = performance.now();
    const code = await main(args);
    ended.push({ code, stdout, stderr, seconds: (performance.now() - start) / 1000 });
  }
  print(JSON.stringify(ended));
}
