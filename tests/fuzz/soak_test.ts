/**
 * Kills commands at random moments until they are through, and compares what they wrote with an undisturbed run:
 * `BREWCLIP_LONG_RUNS=1 deno test -P=test tests/fuzz/soak_test.ts`. `BREWCLIP_KILLS` (200) is the number of kills.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { readJson } from "../../lib/files/read.ts";
import { Random } from "../../lib/random.ts";
import { freshRun } from "../cli/leftovers.ts";
import { command, ROOT, run } from "../cli/run.ts";

const KILLS = Number(Deno.env.get("BREWCLIP_KILLS") ?? 200);
const SMALL = ["--max-pictures", "8", "--batch-size", "4"];
const OFTEN = ["--warmup", "1", "--evaluate-every", "5", "--save-every", "1"];

/** Commands by what they write: how to start, how to go on after a kill, and the files whose content counts. */
interface Job {
  permissions?: string;
  start: (out: string) => string[];
  again?: (out: string) => string[];
  results: (out: string) => string[];
}

const JOBS: Record<string, Job> = {
  train: {
    start: (out) => ["train", "--steps", "15", ...SMALL, ...OFTEN, "--out", out],
    again: (out) => ["train", "--resume", out],
    results: (out) => [`${out}/results.json`, `${out}/dev.jsonl`],
  },
  transcribe: {
    start: (out) => ["transcribe", "--limit", "60", "--out", `${out}/all.jsonl`],
    results: (out) => [`${out}/all.jsonl`],
  },
  compare: {
    start: (out) => ["compare", "--variants", "pip,full", "--seeds", "1", "--steps", "6", ...SMALL, "--out", out],
    results: (out) => [`${out}/results.json`],
  },
};

/** The content without times, commands, checksums and the names of folders. */
async function content(path: string, out: string): Promise<unknown> {
  const text = (await Deno.readTextFile(join(ROOT, path))).replaceAll(out, "OUT");
  if (path.endsWith(".jsonl")) return text;
  const { checksum: _, command: __, ...rest } = await readJson(join(ROOT, path)) as Record<string, unknown>;
  return JSON.parse(JSON.stringify(rest).replaceAll(out, "OUT"));
}

Deno.test({
  name: `${KILLS} random kills over train, transcribe and compare leave results equal to undisturbed ones`,
  ignore: Deno.env.get("BREWCLIP_LONG_RUNS") !== "1",
  fn: async () => {
    const random = new Random("soak");
    let kills = 0;
    const counts: Record<string, number> = {};
    const expected = new Map<string, { seconds: number; contents: unknown[] }>();
    for (let round = 0; kills < KILLS; round++) {
      const [name, job] = Object.entries(JOBS)[round % Object.keys(JOBS).length]!;
      if (!expected.has(name)) {
        const out = freshRun(`soak-${name}`);
        const ended = await run(job.start(out));
        assert.equal(ended.code, 0, ended.stderr);
        const contents = await Promise.all(job.results(out).map((path) => content(path, out)));
        expected.set(name, { seconds: ended.seconds, contents });
      }
      const { seconds, contents } = expected.get(name)!;
      const out = freshRun(`soak-${name}-${round}`);
      let args = job.start(out);
      for (let tries = 0;; tries++) {
        const child = command(args).spawn();
        const patience = tries < 6 ? seconds * 1.1 * random.next() : Infinity;
        const timer = patience === Infinity ? undefined : setTimeout(() => child.kill("SIGKILL"), 1000 * patience);
        const { code, signal, stderr } = await child.output();
        clearTimeout(timer);
        if (signal === "SIGKILL") {
          kills++;
          counts[name] = (counts[name] ?? 0) + 1;
          const begun = await Deno.stat(join(ROOT, out, "config.json")).then(() => true, () => false);
          if (begun && job.again !== undefined) args = job.again(out);
          continue;
        }
        assert.equal(code, 0, `${name}, after ${tries} kills: ${new TextDecoder().decode(stderr)}`);
        break;
      }
      assert.deepEqual(await Promise.all(job.results(out).map((path) => content(path, out))), contents, name);
      for await (const { name: file } of Deno.readDir(join(ROOT, out))) assert.doesNotMatch(file, /\.tmp$|\.lock$/);
    }
    console.log(`${kills} kills: ${JSON.stringify(counts)}; all results equal`);
  },
});
