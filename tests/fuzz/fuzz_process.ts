/** Runs the reader of damaged files as a process, with a limit of time for each case. */
import assert from "node:assert/strict";
import type { Summary } from "./reader_child.ts";

/** A case may take so many seconds, on a busy machine too. */
const LIMIT = 60;

/** Cases to run: a number of one's own in BREWCLIP_FUZZ_RUNS, as for a night, of each reader. */
export function fuzzRuns(usual: number): number {
  return Number(Deno.env.get("BREWCLIP_FUZZ_RUNS") ?? usual);
}

/**
 * Reads so many damaged files.
 *
 * @param kind what `script` is told to read
 * @param script the process beside this module. Default: the one that reads recordings and pictures
 * @throws {Error} where the process breaks down, or a case hangs; tells seed and number of the case.
 */
export async function fuzz(
  kind: string,
  seed: number,
  runs: number,
  files: string[],
  script = "reader_child.ts",
): Promise<Summary> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "-P=test",
      new URL(script, import.meta.url).pathname,
      kind,
      `${seed}`,
      `${runs}`,
      ...files,
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const complaints = new Response(child.stderr).text();
  let last = "nothing", rest = "", hung = false;
  let clock = setTimeout(() => {}, 0);
  const wind = () => {
    clearTimeout(clock);
    clock = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, LIMIT * 1000);
  };
  wind();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    wind();
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    last = lines.at(-1) ?? last;
  }
  clearTimeout(clock);
  const { success } = await child.status;
  assert.ok(!hung, `${kind}, seed ${seed}, ${last}: it takes more than ${LIMIT} s`);
  assert.ok(success, `${kind}, seed ${seed}, ${last}: ${await complaints}`);
  return JSON.parse(last);
}
