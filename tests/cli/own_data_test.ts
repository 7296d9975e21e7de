import assert from "node:assert/strict";
import { join } from "@std/path";
import { openManifest } from "../../lib/data/check/manifest.ts";
import { SPEECH_STORE } from "../../lib/experiments/pairs.ts";
import { readResults } from "../../lib/experiments/results.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { readConfig } from "../../lib/training/config.ts";
import { own } from "../../lib/training/presets.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { freshRun, removeAtEnd } from "./leftovers.ts";
import { ROOT, run } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

await useBackend("wasm");
const world = await tinyWorld();
removeAtEnd(world.root, world.clip, world.whisper);
removeAtEnd(storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(world.whisper)).key));
const models = ["--clip", world.clip, "--whisper", world.whisper, "--backend", "wasm"];
const fast = ["--batch-size", "8", "--warmup", "2", "--evaluate-every", "3", "--lr", "0.01"];

/** The pairs of the tiny world as its own list, relative to its folder. */
const pairs: { image: string; audio: string; text: string; split: string }[] = [];
for (
  const [part, split, shard] of [["train", "", "train_localized_narratives-00000-of-00004"], [
    "val",
    "test",
    "val_localized_narratives",
  ]] as const
) {
  type Line = { image_id: string; voice_recording: string; caption: string };
  for (const [i, line] of (await readJsonLines<Line>(join(world.root, `coco_${shard}.jsonl`))).entries()) {
    const image = `${part}2017/${line.image_id.padStart(12, "0")}.jpg`;
    pairs.push({ image, audio: line.voice_recording, text: line.caption, split: split || (i < 6 ? "dev" : "train") });
  }
}
const captioned = join(world.root, "pairs.csv");
const columns = ["image", "audio", "text", "split"] as const;
await Deno.writeTextFile(
  captioned,
  [columns.join(","), ...pairs.map((pair) => columns.map((name) => `"${pair[name]}"`).join(","))].join("\r\n"),
);
const bare = join(world.root, "pairs.jsonl");
await Deno.writeTextFile(bare, pairs.map(({ text: _, ...pair }) => `${JSON.stringify(pair)}\n`).join(""));

const CAPTION_ROW = "zero-shot (written caption)";

Deno.test("your own pairs in a CSV file train, evaluate and transcribe like a published set", async () => {
  const path = freshRun("own-csv");
  const trained = await run(["train", "--data", captioned, ...models, ...fast, "--steps", "6", "--out", path]);
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /8 recordings and 8 images of the test split/);
  assert.ok(trained.stdout.includes(CAPTION_ROW));
  const config = await readConfig(join(ROOT, path, "config.json"));
  assert.deepEqual([config.preset, config.dataset, config.dataRoot], ["own", "own", captioned]);
  assert.equal(config.acoustic.feedforward, own().acoustic.feedforward);
  const results = await readResults(join(ROOT, path, "results.json"));
  assert.deepEqual(results.baselines.map(({ variant }) => variant), [
    "pip-zero-shot",
    "pip-zero-shot-gt",
    "pip",
    "full",
  ]);

  const repeated = await run(["eval", "--run", path]);
  assert.equal(repeated.code, 0, repeated.stderr);
  assert.deepEqual(await readResults(join(ROOT, path, "eval-own-test.json")), {
    ...results,
    command: ["eval", "--run", path],
  });

  const lines = `${path}/heard.jsonl`;
  const whisper = ["--whisper", world.whisper, "--split", "dev"];
  const transcribed = await run(["transcribe", "--data", captioned, ...whisper, "--out", lines]);
  assert.equal(transcribed.code, 0, transcribed.stderr);
  const transcripts = await readJsonLines<{ id: string; reference: string }>(join(ROOT, lines));
  assert.deepEqual(transcripts.map(({ reference }) => reference), pairs.slice(0, 6).map(({ text }) => text));
});

Deno.test("without written captions their baseline is skipped, and what needs them is refused before any work", async () => {
  const path = freshRun("own-bare");
  const args = ["train", "--data", bare, "--preset", "sample", ...models, ...fast, "--long-text", "windows"];
  const trained = await run([...args, "--steps", "6", "--out", path]);
  assert.equal(trained.code, 0, trained.stderr);
  assert.ok(!trained.stdout.includes(CAPTION_ROW));
  assert.ok(trained.stdout.includes("BrewCLIP (full)"));
  assert.match(trained.stderr, /no written caption/);
  const config = await readConfig(join(ROOT, path, "config.json"));
  assert.deepEqual([config.preset, config.dataset, config.longText], ["sample", "own", "windows"]);
  const results = await readResults(join(ROOT, path, "results.json"));
  assert.deepEqual(results.baselines.map(({ variant }) => variant), ["pip-zero-shot", "pip", "full"]);

  for (const variant of ["pip-gt", "pip-zero-shot-gt"]) {
    const { code, stderr } = await run([...args, "--variant", variant, "--out", freshRun(`own-${variant}`)]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^error: Cannot use variant '${variant}' .*42 of 42 pairs have none, such as`, "m"),
    );
    assert.ok(!stderr.includes("transcribe "), stderr);
  }
  // A run on captioned data goes through on bare data too, where its variant needs no captions.
  const other = await run(["eval", "--run", path, "--data", captioned]);
  assert.equal(other.code, 0, other.stderr);
  assert.ok(other.stdout.includes(CAPTION_ROW));
});

Deno.test("a list that is not there or leaves its folder is a clear error", async () => {
  const outside = join(world.root, "outside.jsonl");
  await Deno.writeTextFile(outside, `{"image": "../secret.jpg", "audio": "a.wav"}\n`);
  for (
    const [file, message] of [["nowhere.csv", /nowhere\.csv/], [outside, /secret\.jpg.*outside\.jsonl:1/]] as const
  ) {
    const { code, stderr } = await run(["train", "--data", file, ...models, "--out", freshRun("own-wrong")]);
    assert.equal(code, 1);
    assert.match(stderr.split("\n").filter((line) => line.startsWith("error: ")).join("\n"), message);
  }
});

Deno.test("what 'data check' found bad is skipped before anything is transcribed", async () => {
  const broken = join(world.root, pairs.at(-1)!.audio);
  const bytes = await Deno.readFile(broken);
  await Deno.writeTextFile(broken, "no sound at all");
  const manifest = await openManifest("own", bare);
  removeAtEnd(join(ROOT, manifest.folder));
  const checked = await run(["data", "check", "own", "--data", bare], { permissions: "data" });
  assert.equal(checked.code, 0, checked.stderr);
  const path = freshRun("own-checked");
  const trained = await run(["train", "--data", bare, ...models, ...fast, "--steps", "2", "--out", path]);
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, /transcribe {2}41\/41 /);
  const left = await readJsonLines<{ path: string; reason: string }>(join(ROOT, path, "left_out.jsonl"));
  assert.deepEqual(left.map((entry) => entry.path), [broken]);
  assert.ok(
    trained.stderr.indexOf(broken) < trained.stderr.indexOf("transcribe "),
    "reported before the transcription",
  );
  assert.equal((await readResults(join(ROOT, path, "results.json"))).recordings, 7);
  await Deno.writeFile(broken, bytes);
});

Deno.test("a run refuses data other than those it started with, and finds them below the roots that are named", async () => {
  const list = join(world.root, "elsewhere", "pairs.jsonl");
  await Deno.mkdir(join(world.root, "elsewhere"));
  const write = async (lines: object[]) =>
    await Deno.writeTextFile(list, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const absolute = pairs.map((pair) => ({
    ...pair,
    image: join(world.root, pair.image),
    audio: `../${pair.audio}`,
  }));
  await write(absolute);
  const path = freshRun("own-roots");
  const asked = ["train", "--data", list, ...models, ...fast, "--steps", "6", "--stop-after", "3", "--out", path];
  const refused = await run(asked);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /leaves the data set's folder .* --data-root names/);
  const begun = await run([...asked, "--data-root", join(world.root, "train2017"), "--data-root", world.root]);
  assert.equal(begun.code, 130, begun.stderr);
  const { dataRoots, dataFingerprint } = await readConfig(join(ROOT, path, "config.json"));
  assert.deepEqual(dataRoots, [join(world.root, "train2017"), world.root]);
  assert.match(dataFingerprint ?? "", /^pairs [0-9a-f]{16}, splits [0-9a-f]{16}, files [0-9a-f]{16}$/);

  await write(absolute.map((pair, i) => i === 0 ? { ...pair, split: pair.split === "dev" ? "train" : "dev" } : pair));
  const edited = await run(["train", "--resume", path]);
  assert.equal(edited.code, 1, edited.stderr);
  assert.match(edited.stderr, /Cannot continue the run '.*' as it started with other data: the splits of 'own'/);
  const other = await run(["train", "--resume", path, "--data", bare, "--data-root", world.root]);
  assert.equal(other.code, 1, other.stderr);
  assert.match(other.stderr, /started with other data: the pairs/);

  await write(absolute);
  const ended = await run(["train", "--resume", path]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal((await readResults(join(ROOT, path, "results.json"))).data, dataFingerprint);
});

Deno.test("zero-shot takes own pairs, next to presets or alone, with and without captions", async () => {
  const out = freshRun("own-zero-shot");
  const both = await run(["zero-shot", "--data", captioned, "--data", bare, ...models, "--out", out]);
  assert.equal(both.code, 0, both.stderr);
  assert.match(both.stdout, /^\| pairs\.csv +\| transcript/m);
  assert.match(both.stdout, /^\| pairs\.jsonl +\| transcript/m);
  assert.match(both.stderr, /a pair has no written caption, so captions are not compared/);
  assert.equal(both.stdout.match(/^\|.*\| written caption +\|/gm)?.length, 1);
});

Deno.test("an evaluation on other pairs is written to a file of its own; a run that is named twice is refused", async () => {
  const path = freshRun("own-eval");
  const trained = await run(["train", "--data", captioned, ...models, ...fast, "--steps", "2", "--out", path]);
  assert.equal(trained.code, 0, trained.stderr);
  for (const data of [captioned, bare]) {
    const { code, stderr } = await run(["eval", "--run", path, "--data", data]);
    assert.equal(code, 0, stderr);
  }
  const files = (await Array.fromAsync(Deno.readDir(join(ROOT, path)))).map(({ name }) => name).filter((name) =>
    name.startsWith("eval-")
  );
  assert.equal(files.length, 2, files.join());
  assert.ok(files.includes("eval-own-test.json"));
  const twice = await run(["eval", "--run", path, "--run", path]);
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /'--run <folder>' .* is invalid\. The option is given twice/);
});
