import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { SPEECH_STORE } from "../../lib/experiments/pairs.ts";
import { readResults } from "../../lib/experiments/results.ts";
import { readConfig } from "../../lib/training/config.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { freshRun, removeAtEnd } from "./leftovers.ts";
import { command, type Ended, ROOT, run, runMany } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

await useBackend("wasm");
const world = await tinyWorld();
const settings = [...world.options, "--steps", "12", "--evaluate-every", "4", "--save-every", "5"];
removeAtEnd(storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(world.whisper)).key));
removeAtEnd(world.root, world.clip, world.whisper);

async function same(a: string, b: string): Promise<void> {
  for (const file of ["checkpoints/last.safetensors", "checkpoints/best.safetensors", "results.json"]) {
    const [one, two] = await Promise.all([a, b].map((folder) => Deno.readFile(join(ROOT, folder, file))));
    assert.deepEqual(one, two, file);
  }
  const metrics = async (folder: string) =>
    (await readJsonLines<Record<string, number>>(join(ROOT, folder, "metrics.jsonl"))).map(({ seconds: _, ...rest }) =>
      rest
    );
  assert.deepEqual(await metrics(a), await metrics(b));
}

function succeeded({ code, stderr }: Ended): void {
  assert.equal(code, 0, stderr);
}

const whole = freshRun("whole");
let wholeRun: Promise<Ended> | undefined;

/** The unbroken run, made by the first test that needs it. */
function theWholeRun(): Promise<Ended> {
  return wholeRun ??= run(["train", ...settings, "--out", whole]);
}

Deno.test("train goes from files to a table; eval repeats it; transcribe writes lines", async () => {
  const trained = await theWholeRun();
  succeeded(trained);
  for (
    const row of [
      "zero-shot (transcript)",
      "zero-shot (written caption)",
      "untrained random prompts",
      "BrewCLIP (full)",
    ]
  ) {
    assert.ok(trained.stdout.includes(row), row);
  }
  assert.match(trained.stderr, /^Backend \w+: /m);
  const folder = join(ROOT, whole);
  const config = await readConfig(join(folder, "config.json"));
  assert.equal(config.steps, 12);
  assert.equal(config.dataRoot, world.root);
  const results = await readResults(join(folder, "results.json"));
  assert.deepEqual([results.dataset, results.split, results.variant], ["ln-coco", "test", "full"]);
  assert.deepEqual([results.images, results.recordings], [8, 8]);
  assert.equal(await exists(join(folder, "left_out.jsonl")), false);
  assert.equal((await readJsonLines(join(folder, "metrics.jsonl"))).length, 12);

  const repeated = await run(["eval", "--run", whole, "--backend", "wasm"]);
  succeeded(repeated);
  const table = (text: string): string => text.slice(text.indexOf("One training run"));
  assert.equal(table(repeated.stdout), table(trained.stdout));
  const { command, ...evaluated } = await readResults(join(folder, "eval-ln-coco-test.json"));
  const { command: trainedBy, ...expected } = results;
  assert.deepEqual(evaluated, expected);
  assert.deepEqual([command, trainedBy], [["eval", "--run", whole, "--backend", "wasm"], ["train", ...settings]]);

  const lines = join(whole, "heard.jsonl");
  const transcribed = await run([
    "transcribe",
    "--data-root",
    world.root,
    "--whisper",
    world.whisper,
    "--split",
    "test",
    "--out",
    lines,
  ]);
  succeeded(transcribed);
  assert.match(transcribed.stdout, /^test +8 /m);
  const transcripts = await readJsonLines<Record<string, unknown>>(join(ROOT, lines));
  assert.equal(transcripts.length, 8);
  assert.deepEqual(Object.keys(transcripts[0] as object), ["id", "file", "text", "reference", "wer"]);
});

Deno.test("a run that learns nothing says so at the end, in its results and in every table of it", async () => {
  const stuck = freshRun("stuck");
  const trained = await run(["train", ...settings, "--variant", "e2e", "--lr", "1e-9", "--out", stuck]);
  succeeded(trained);
  assert.match(trained.stderr, /^warning: this run has hardly learned anything: its loss ends at [^\n]+--acoustic-lr/m);
  const { nearChance } = await readResults(join(ROOT, stuck, "results.json"));
  assert.equal(nearChance?.[0]?.of, "loss");
  const repeated = await run(["eval", "--run", stuck, "--backend", "wasm"]);
  for (const { stdout } of [trained, repeated]) {
    assert.match(stdout.replaceAll(/\s+/g, " "), /Warning, E2E-only, seed \d+: this run has hardly learned anything/);
  }
});

Deno.test("a stopped run, continued, equals the unbroken run byte for byte", async () => {
  const broken = freshRun("stopped");
  const stopped = await run(["train", ...settings, "--out", broken, "--stop-after", "7"]);
  assert.equal(stopped.code, 130);
  assert.match(stopped.stderr, new RegExp(`continue with: deno task train --resume ${broken}\n$`));
  const other = await run(["train", "--resume", broken, "--lr", "0.5"]);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /^error: .*learningRate is 0.003, the option is 0.5[^\n]*\n$/);
  succeeded(await run(["train", "--resume", broken]));
  succeeded(await theWholeRun());
  await same(whole, broken);
});

Deno.test("a finished run says so and shows its table again; more steps extend it, and a long warm-up is reported", async () => {
  succeeded(await theWholeRun());
  const path = freshRun("finished");
  const first = await run(["train", ...world.options, "--steps", "2", "--warmup", "3", "--out", path]);
  succeeded(first);
  assert.match(first.stderr, /the warm-up of 3 steps is longer than the run of 2/);
  const again = await run(["train", "--resume", path]);
  succeeded(again);
  assert.match(again.stderr, /is finished: these are its results; extend it with --steps above 2/);
  assert.ok(first.stdout.endsWith(again.stdout), "the same table");
  const fewer = await run(["train", "--resume", path, "--steps", "1"]);
  assert.equal(fewer.code, 1);
  assert.match(fewer.stderr, /^error: .*steps is 2, the option is 1[^\n]*\n$/);
  const longer = await run(["train", "--resume", path, "--steps", "4"]);
  succeeded(longer);
  assert.match(longer.stderr, /extending .* from 2 to 4 steps/);
  assert.equal((await readJsonLines(join(ROOT, path, "metrics.jsonl"))).length, 4);
  assert.equal((await readConfig(join(ROOT, path, "config.json"))).steps, 4);
});

Deno.test("Ctrl-C saves and stops; a killed run continues from its last checkpoint", async () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    const path = freshRun(signal);
    const child = command(["train", ...world.options, "--steps", "5000", "--save-every", "5", "--out", path]).spawn();
    const metrics = join(ROOT, path, "metrics.jsonl");
    while (!await exists(metrics) || (await readJsonLines(metrics)).length < 10) {
      await new Promise((done) => setTimeout(done, 20));
    }
    child.kill(signal);
    const { code, stderr } = await child.output();
    if (signal !== "SIGKILL") {
      assert.equal(code, 130);
      assert.match(new TextDecoder().decode(stderr), /stopped; continue with: deno task train --resume/);
    }
    const goesOn = await run(["train", "--resume", path, "--stop-after", "30"]);
    assert.equal(goesOn.code, 130, goesOn.stderr);
    const steps = (await readJsonLines<{ step: number }>(metrics)).map(({ step }) => step);
    assert.deepEqual(steps, Array.from({ length: steps.length }, (_, index) => index + 1));
    assert.ok(steps.length >= 30 || signal !== "SIGKILL");
  }
});

Deno.test("missing and damaged files are reported, counted, listed and skipped", async () => {
  const bad = await tinyWorld();
  const remove = ["coco_train/coco_train_103_1.ogg", "val2017/000000000502.jpg"];
  for (const file of remove) await Deno.remove(join(bad.root, file));
  await Deno.writeFile(join(bad.root, "coco_train/coco_train_104_1.ogg"), new Uint8Array());
  await Deno.writeTextFile(join(bad.root, "coco_val/coco_val_503_1.ogg"), "no sound");
  await Deno.writeTextFile(join(bad.root, "train2017/000000000105.jpg"), "no picture");
  await Deno.truncate(join(bad.root, "val2017/000000000504.jpg"), 40);
  const path = freshRun("damaged");
  const ended = await run(["train", ...bad.options, "--steps", "8", "--out", path]);
  succeeded(ended);
  const listed = await readJsonLines<{ kind: string; path: string; reason: string }>(
    join(ROOT, path, "left_out.jsonl"),
  );
  const expected = [
    ...remove,
    "coco_train/coco_train_104_1.ogg",
    "coco_val/coco_val_503_1.ogg",
    "train2017/000000000105.jpg",
  ]
    .concat("val2017/000000000504.jpg").map((file) => join(bad.root, file));
  assert.deepEqual(listed.map((entry) => entry.path).toSorted(), expected.toSorted());
  assert.ok(listed.every(({ reason, kind }) => reason.length > 5 && ["recording", "picture"].includes(kind)));
  for (const file of expected) assert.ok(ended.stderr.includes(file), file);
  assert.match(ended.stderr, /skipped 3 recordings and 3 images; listed in /);
  const results = await readResults(join(ROOT, path, "results.json"));
  assert.deepEqual([results.images, results.recordings], [5, 5]);
});

Deno.test("what cannot work is one clear error each, with exit code 1", async () => {
  succeeded(await theWholeRun());
  const empty = await tinyWorld({ train: 20, test: 1 });
  await Deno.remove(join(empty.root, "val2017/000000000500.jpg"));
  const foreign = await tinyWorld({ train: 3, test: 1 });
  const unknown = freshRun("unknown-key");
  await Deno.mkdir(join(ROOT, unknown), { recursive: true });
  const config = await readConfig(join(ROOT, whole, "config.json"));
  await Deno.writeTextFile(join(ROOT, unknown, "config.json"), JSON.stringify({ ...config, learning_rate: 1 }));
  const diverged = freshRun("diverged");
  const variant = freshRun("variant");
  await Deno.mkdir(join(ROOT, variant, "checkpoints"), { recursive: true });
  await Deno.writeTextFile(join(ROOT, variant, "config.json"), JSON.stringify({ ...config, variant: "pip" }));
  await Deno.copyFile(
    join(ROOT, whole, "checkpoints/best.safetensors"),
    join(ROOT, variant, "checkpoints/best.safetensors"),
  );
  await Deno.truncate(join(foreign.clip, "model.safetensors"), 900);
  const cases: [string[], RegExp][] = [
    [["train", ...empty.options, "--out", freshRun("empty")], /split 'test' of 'ln-coco'.*no usable pair/],
    [["train", ...world.options, "--data-root", "nowhere", "--out", freshRun("nowhere")], /'nowhere'/],
    [["train", ...world.options, "--clip", "nowhere", "--out", freshRun("no-clip")], /'nowhere'/],
    [["train", ...world.options, "--clip", foreign.clip, "--out", freshRun("bad-clip")], /model\.safetensors/],
    [["train", ...world.options, "--whisper", "nowhere", "--out", freshRun("no-whisper")], /'nowhere'/],
    [
      ["train", ...world.options, "--prompt-length", "1000", "--out", freshRun("prompts")],
      /'promptLength' 1000 as the text tower of .* has 24 positions: expected at most 21/,
    ],
    [["train", ...world.options, "--out", whole], /Continue the run with --resume/],
    [
      ["train", ...world.options, "--lr", "1e30", "--warmup", "0", "--out", diverged],
      /'loss' is not finite at step 2.*checkpoint is from step 0/,
    ],
    [["eval", "--run", unknown], /learning_rate/],
    [["eval", "--run", variant, "--backend", "wasm"], /another model: variant 'full', expected 'pip'/],
    [["eval", "--run", "runs/none"], /no config\.json/],
  ];
  const ended = await runMany(cases.map(([args]) => args));
  for (const [i, [args, message]] of cases.entries()) {
    const { code, stderr } = ended[i]!;
    assert.equal(code, 1, `${args.join(" ")}: ${stderr}`);
    const errors = stderr.split("\n").filter((line) => line.startsWith("error:"));
    assert.equal(errors.length, 1, stderr);
    assert.match(errors[0] as string, message);
    assert.ok(!stderr.includes("    at "), `a stack is shown: ${stderr}`);
  }
});
