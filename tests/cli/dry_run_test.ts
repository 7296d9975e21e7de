import assert from "node:assert/strict";
import { join } from "@std/path";
import { SPEECH_STORE } from "../../lib/experiments/pairs.ts";
import { exists } from "../../lib/files/read.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { removeAtEnd } from "../temporary.ts";
import { ROOT, run } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

await useBackend("wasm");
const world = await tinyWorld();
const store = storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(world.whisper)).key);
const out = join("runs", `test-dry-${crypto.randomUUID().slice(0, 8)}`);
const dry = ["train", ...world.options, "--out", out, "--dry-run"];

removeAtEnd(store, join(ROOT, out));

/** The files in the store of this Whisper, with their sizes. */
async function stored(): Promise<string[]> {
  if (!await exists(store)) return [];
  return [...Deno.readDirSync(store)].map(({ name }) => `${name} ${Deno.statSync(join(store, name)).size}`).sort();
}

/** The error of a command that must fail with exit code 1. */
async function refused(args: string[]): Promise<{ error: string; stdout: string }> {
  const { code, stdout, stderr } = await run(args);
  assert.equal(code, 1, stderr);
  const errors = stderr.split("\n").filter((line) => line.startsWith("error: "));
  assert.equal(errors.length, 1, stderr);
  return { error: errors[0]!, stdout };
}

Deno.test("a dry run tries everything, prints the plan and writes nothing; afterwards all is transcribed", async () => {
  const before = await stored();
  const { code, stdout, stderr } = await run(dry);
  assert.equal(code, 0, stderr);
  const expected = [
    /^backend +Backend wasm/m,
    /^data +ln-coco in /m,
    /^ +train: 30 images, 30 recordings, 30 written captions$/m,
    /^ +test: 8 images, 8 recordings, 8 written captions$/m,
    /^models +CLIP .*text 2 x 16 with 24 positions/m,
    /^ +they fit together: states \d+ to text 16/m,
    /^disk +0 recordings are stored/m,
    /^ +to transcribe: 42 recordings, .*about .* to store, .* free$/m,
    /^memory +a step takes about .* with 8 pairs at once/m,
    /^ +the process will take about .* more than now; .* are free$/m,
    /^time +transcribe 42 recordings, .*: about .* \(8 recordings at /m,
    /^ +train 200 steps of 8: about .* \(10 steps: ( ?\d+\.\d\d){10} s\)$/m,
    /^ +total: about /m,
    /^nothing is lacking$/m,
  ];
  for (const line of expected) assert.match(stdout, line);
  assert.equal(await exists(join(ROOT, out)), false);
  assert.deepEqual(await stored(), before);

  const trained = await run(["train", ...world.options, "--out", out, "--steps", "2", "--evaluate-every", "2"]);
  assert.equal(trained.code, 0, trained.stderr);
  assert.match((await refused(dry)).error, /Continue the run with --resume/);
  const after = await stored();
  assert.notDeepEqual(after, before);
  const again = await run([...dry.with(dry.indexOf(out), `${out}-2`), "--long-text", "windows", "--micro-batch", "3"]);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /^disk +42 recordings are stored/m);
  assert.match(again.stdout, /with 3 pairs at once/);
  assert.match(again.stdout, /^time +transcribe: nothing, all is stored$/m);
  assert.deepEqual(await stored(), after);
});

Deno.test("a dry run without a cache computes states anew, and one without training takes no step", async () => {
  const uncached = await run([...dry.with(dry.indexOf(out), `${out}-3`), "--no-cache", "--steps", "3"]);
  assert.equal(uncached.code, 0, uncached.stderr);
  assert.match(uncached.stdout, /; nothing is stored$/m);
  assert.match(uncached.stdout, /train 3 steps of 8: about .* \(3 steps: /);
  const zeroShot = await run([...dry.with(dry.indexOf(out), `${out}-3`), "--variant", "pip-zero-shot"]);
  assert.equal(zeroShot.code, 0, zeroShot.stderr);
  assert.match(zeroShot.stdout, /nothing is trained/);
  assert.doesNotMatch(zeroShot.stdout, /train 200 steps/);
});

Deno.test("what is lacking is listed, all of it at once", async () => {
  const nothing = [...dry.with(dry.indexOf(out), `${out}-4`)];
  const at = (root: string) => nothing.with(nothing.indexOf("--data-root") + 1, root);
  const { error, stdout } = await refused([...at("nowhere"), "--whisper", "none/such-whisper"]);
  assert.match(error, /2 things are lacking: see the list above/);
  assert.match(stdout, /\nlacking:\n- Cannot .*'nowhere'.*\n- Cannot .*deno task data model none\/such-whisper/);
  assert.match(stdout, /^models +CLIP /m, "what is there is reported all the same");

  const empty = await tinyWorld({ train: 20, test: 1 });
  await Deno.remove(join(empty.root, "val2017/000000000500.jpg"));
  assert.match((await refused(at(empty.root))).stdout, /split 'test' .* no usable pair/);

  await Deno.truncate(join(empty.clip, "model.safetensors"), 900);
  const damaged = await refused([...nothing, "--clip", empty.clip]);
  assert.match(damaged.stdout, /model\.safetensors/);
  for (const folder of [empty.root, empty.clip, empty.whisper]) await Deno.remove(folder, { recursive: true });
});
