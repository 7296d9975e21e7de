import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { SPEECH_STORE } from "../../lib/experiments/pairs.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { randomWhisper } from "../whisper/random_whisper.ts";
import { freshRun, removeAtEnd } from "./leftovers.ts";
import { command, type Ended, ROOT, run } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

await useBackend("wasm");
const world = await tinyWorld({ train: 150, test: 30 });
const whisper = await randomWhisper(7); // no other test's store
const store = storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(whisper)).key);
const place = freshRun("transcribe");
const data = ["--data-root", world.root, "--whisper", whisper];

removeAtEnd(store, world.root, world.clip, world.whisper, whisper);

function succeeded(ended: Ended): Ended {
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

/** Lines in the parts of one shard, the first line of each part not counted. */
function stored(shard: string): number {
  let lines = 0;
  try {
    for (const { name } of Deno.readDirSync(store)) {
      if (name.startsWith(`part-${shard}-`) && name.endsWith(".jsonl")) {
        lines += Deno.readTextFileSync(join(store, name)).split("\n").length - 2;
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return lines;
}

const out = join(place, "all.jsonl");
const shardOf = (i: number): string[] => ["transcribe", ...data, "--out", out, "--shard", `${i}/3`];
const fileOf = (i: number): string => join(ROOT, place, `all.shard-${i}-of-3.jsonl`);
const linesOf = async (path: string): Promise<string[]> => (await Deno.readTextFile(path)).split("\n").slice(0, -1);

Deno.test("shards run at once, one is killed and started again; cat gives what an unsharded run gives", async () => {
  const killed = command(shardOf(2)).spawn();
  const others = [1, 3].map((i) => run(shardOf(i)));
  while (stored("2of3") < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  killed.kill("SIGKILL");
  assert.equal((await killed.output()).signal, "SIGKILL");
  const survived = stored("2of3");
  assert.ok(survived > 0 && survived < 40, `it was killed in the middle: ${survived} recordings were stored`);
  assert.ok(!await exists(fileOf(2)), "no half file of lines");

  const again = succeeded(await run(shardOf(2)));
  const [, all, now] = /transcribed (\d+) recordings, (\d+) of them now/.exec(again.stderr) ??
    assert.fail(again.stderr);
  assert.equal(Number(all) - Number(now), survived, "what was transcribed before the kill is not transcribed again");
  for (const ended of await Promise.all(others)) {
    assert.match(succeeded(ended).stderr, /shard [13] of 3: \d+ of 180 recordings/);
    assert.doesNotMatch(ended.stderr, /waiting for another process/);
    assert.match(ended.stderr, /to transcribe: \d+ recordings, about 0\.\d\d h; about \d.* to store, .* free/);
    assert.match(ended.stderr, /s of speech a second\); stored in runs\/heard/);
  }
  const shards = await Promise.all([1, 2, 3].map((i) => linesOf(fileOf(i))));
  assert.ok(shards.every(({ length }) => length > 40), "the split is fair");

  const whole = succeeded(await run(["transcribe", ...data, "--out", out]));
  assert.match(whole.stderr, /transcribed 180 recordings, 0 of them now; stored/);
  const lines = await linesOf(join(ROOT, out));
  assert.equal(lines.length, 180);
  assert.deepEqual(shards.flat().sort(), lines.toSorted());
  for (const shard of shards) {
    const places = shard.map((line) => lines.indexOf(line));
    assert.deepEqual(places, places.toSorted((a, b) => a - b), "within a shard, the order of the data set");
  }

  const options = [...world.options, "--whisper", whisper, "--steps", "2", "--evaluate-every", "2", "--warmup", "1"];
  const trained = succeeded(await run(["train", ...options, "--out", join(place, "run")]));
  assert.match(trained.stderr, /transcribed 180 recordings, 0 of them now/);
});

Deno.test("--no-cache stores nothing and gives the same transcripts; your own recordings need no text", async () => {
  const other = await randomWhisper(8);
  const place2 = storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(other)).key);
  removeAtEnd(other, place2);
  const table = join(world.root, "mine.csv");
  const recordings = [...Deno.readDirSync(join(world.root, "coco_val"))].slice(0, 12);
  const image = `val2017/${[...Deno.readDirSync(join(world.root, "val2017"))][0]!.name}`;
  const rows = recordings.map(({ name }) => `${image},coco_val/${name},test`);
  await Deno.writeTextFile(table, `image,audio,split\n${rows.join("\n")}\n`);
  const mine = ["transcribe", "--data", table, "--whisper", other];
  const without = succeeded(await run([...mine, "--no-cache", "--out", join(place, "a.jsonl")]));
  assert.match(without.stderr, /nothing is stored/);
  assert.match(without.stderr, /transcribed 12 recordings, 12 of them now .*; not stored/);
  assert.match(without.stdout, /^\w+ +\d+ +0\.0\d +- +- +\d+$/m);
  assert.match(without.stdout, /^12 recordings have no reference text/m);
  assert.ok(!await exists(place2));

  const bare = succeeded(await run([...mine, "--no-states", "--out", join(place, "b.jsonl")]));
  assert.match(bare.stderr, /transcribed 12 recordings, 12 of them now/);
  assert.deepEqual(await linesOf(join(ROOT, place, "a.jsonl")), await linesOf(join(ROOT, place, "b.jsonl")));
  const states = [...Deno.readDirSync(place2)].filter(({ name }) => name.endsWith(".f16"));
  assert.ok(states.every(({ name }) => Deno.statSync(join(place2, name)).size === 0));
});

Deno.test("impossible options of transcribe are reported in a line", async () => {
  for (
    const [options, expected] of [
      [["--shard", "4/3"], /Cannot take a shard as it must be I\/N with I from 1 to N/],
      [["--shard", "0/3"], /from 1 to N, such as 1\/8: it is '0\/3'\. If a scheduler counts from 0, add 1/],
      [["--audio-seconds", "0"], /Expected a number above 0/],
      [["--data", "a.csv", "--dataset", "flickr8k"], /cannot be used with/],
    ] as const
  ) {
    const { code, stderr } = await run(["transcribe", ...options]);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
});
