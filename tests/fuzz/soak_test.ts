/**
 * Kills commands at random moments until they are through, and compares what they wrote with undisturbed runs:
 * `BREWCLIP_LONG_RUNS=1 deno test -P=test tests/fuzz/soak_test.ts`. `BREWCLIP_KILLS` (200) is the number of kills. Each
 * round that was survived is a line of runs/soak.jsonl: a stopped soak continues, and one without that file starts over.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { appendJsonLines, readJsonLines } from "../../lib/files/json_lines.ts";
import { findChromium } from "../../lib/report/export/chromium.ts";
import { Random } from "../../lib/random.ts";
import { command, ROOT } from "../cli/run.ts";
import { copyProject } from "../notebooks/project_copy.ts";
import { temporaryFolder } from "../temporary.ts";

const KILLS = Number(Deno.env.get("BREWCLIP_KILLS") ?? 200);
const LOG = join(ROOT, "runs/soak.jsonl");
const IMAGES = "data/sample/flickr8k/Images";
/** A round kills at most so often, then lets the command end. */
const TRIES = 10;
const SMALL = ["--max-pictures", "8", "--batch-size", "4"];
const OFTEN = ["--warmup", "1", "--evaluate-every", "3", "--save-every", "1"];

/** A command by what it writes: how to start, how to go on after a kill, and the files whose content counts. */
interface Job {
  permissions?: string;
  program?: string | undefined;
  start: string[];
  again?: string[];
  /** What makes the run that the command reads, once. */
  needs?: string;
  results: string[];
}

const JOBS: Record<string, Job> = {
  train: {
    start: ["train", "--steps", "9", ...SMALL, ...OFTEN, "--out", "runs/out"],
    again: ["train", "--resume", "runs/out"],
    results: ["results.json", "dev.jsonl", "metrics.jsonl"],
  },
  transcribe: {
    start: ["transcribe", "--limit", "12", "--out", "runs/out/all.jsonl"],
    results: ["all.jsonl"],
  },
  compare: {
    start: ["compare", "--variants", "pip,full", "--seeds", "1", "--steps", "4", ...SMALL, "--out", "runs/out"],
    results: ["results.json"],
  },
  index: {
    start: ["index", "--images", "images", "--export", "runs/out/vectors.jsonl"],
    results: ["vectors.jsonl"],
  },
  report: {
    permissions: "report",
    program: await findChromium(),
    start: ["report", "--runs", "needed", "--formats", "html,svg", "--out", "runs/out"],
    needs: "train",
    results: ["results.json", "README.md", "index.html", "tables/run_full_ln_coco_sample.csv"],
  },
};

/** A survived round. */
interface Round {
  job: string;
  kills: number;
  /** Crashes that nobody asked for. */
  crashes: string[];
}

/** The content without times, commands and checksums. */
async function content(path: string): Promise<unknown> {
  const text = (await Deno.readTextFile(path)).replaceAll(/"(?:seconds\w*|changed)": ?[\d.e-]+/g, '"time":0')
    .replaceAll(
      /\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.Z]*/g,
      "TIME",
    );
  if (!path.endsWith(".json")) return text;
  const { checksum: _, command: __, ...rest } = JSON.parse(text);
  return rest;
}

async function* below(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    yield join(folder, name);
    if (isDirectory) yield* below(join(folder, name));
  }
}

/** A copy of the project, in which each round begins without runs. */
class Place {
  readonly #expected = new Map<string, { seconds: number; contents: unknown[] }>();

  constructor(readonly root: string) {}

  get runs(): string {
    return join(this.root, "runs");
  }

  #start(job: Job, args: string[]): Deno.ChildProcess {
    return command(args, { cwd: this.root, permissions: job.permissions, program: job.program }).spawn();
  }

  async #begin(job: Job): Promise<void> {
    await Deno.remove(this.runs, { recursive: true }).catch(() => {});
    const needed = join(this.root, "needed");
    if (job.needs === undefined || await exists(needed)) return;
    const { code, stderr } = await this.#start(JOBS[job.needs]!, JOBS[job.needs]!.start).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    await Deno.rename(join(this.runs, "out"), needed);
  }

  #contents(job: Job): Promise<unknown[]> {
    return Promise.all(job.results.map((path) => content(join(this.runs, "out", path))));
  }

  /** Time and results of the command if nobody kills it. */
  async undisturbed(name: string): Promise<{ seconds: number; contents: unknown[] }> {
    const job = JOBS[name]!;
    if (!this.#expected.has(name)) {
      await this.#begin(job);
      const begun = performance.now();
      const { code, stderr } = await this.#start(job, job.start).output();
      assert.equal(code, 0, `${name}: ${new TextDecoder().decode(stderr)}`);
      this.#expected.set(name, {
        seconds: (performance.now() - begun) / 1000,
        contents: await this.#contents(job),
      });
    }
    return this.#expected.get(name)!;
  }

  /** Kills the command until it is through, and checks what it wrote. */
  async round(name: string, random: Random): Promise<Round> {
    const job = JOBS[name]!;
    const expected = await this.undisturbed(name);
    await this.#begin(job);
    const round: Round = { job: name, kills: 0, crashes: [] };
    for (let args = job.start, tries = 0;; tries++) {
      const child = this.#start(job, args);
      const kill = (): void => child.kill("SIGKILL");
      const begun = performance.now();
      const timer = tries < TRIES ? setTimeout(kill, 1000 * expected.seconds * random.next()) : undefined;
      const { code, signal, stderr } = await child.output();
      clearTimeout(timer);
      // A machine that was busy when the time was measured would never kill again.
      if (signal === null) expected.seconds = Math.min(expected.seconds, (performance.now() - begun) / 1000);
      if (signal === "SIGKILL") round.kills++;
      else if (signal !== null) round.crashes.push(`${args.join(" ")}: ${signal} ${new TextDecoder().decode(stderr)}`);
      else {
        assert.equal(code, 0, `${name}, after ${tries} kills: ${new TextDecoder().decode(stderr)}`);
        break;
      }
      assert.ok(round.crashes.length < 9, round.crashes.join("\n"));
      const stored = await Deno.stat(join(this.runs, "out/config.json")).then(() => true, () => false);
      if (stored && job.again !== undefined) args = job.again;
    }
    assert.deepEqual(await this.#contents(job), expected.contents, name);
    for await (const path of below(this.runs)) assert.doesNotMatch(path, /\.(?:tmp|lock)$/);
    return round;
  }
}

Deno.test({
  name: `${KILLS} random kills over ${Object.keys(JOBS).join(", ")} leave results equal to undisturbed ones`,
  ignore: Deno.env.get("BREWCLIP_LONG_RUNS") !== "1",
  fn: async () => {
    const place = new Place(await temporaryFolder("brewclip-soak-"));
    await copyProject(place.root);
    await Deno.remove(join(place.root, "node_modules")); // a link: the permissions are for a folder
    await Deno.mkdir(join(place.root, "images"));
    const images = await Array.fromAsync(Deno.readDir(join(ROOT, IMAGES)), ({ name }) => name);
    for (const name of images.sort().slice(0, 40)) {
      await Deno.copyFile(join(ROOT, IMAGES, name), join(place.root, "images", name));
    }
    const rounds = await readJsonLines<Round>(LOG);
    const killed = (): number => rounds.reduce((sum, { kills }) => sum + kills, 0);
    while (killed() < KILLS) {
      const name = Object.keys(JOBS)[rounds.length % Object.keys(JOBS).length]!;
      const round = await place.round(name, new Random(`soak ${rounds.length}`));
      rounds.push(round);
      await appendJsonLines(LOG, [round]);
      console.log(`${killed()} kills; ${JSON.stringify(round)}`);
    }
    for (const [job, of] of Map.groupBy(rounds, ({ job }) => job)) {
      console.log(
        `${job}: ${of.reduce((sum, { kills }) => sum + kills, 0)} kills in ${of.length} rounds, equal results`,
      );
    }
    assert.deepEqual(rounds.flatMap(({ crashes }) => crashes), []);
  },
});
