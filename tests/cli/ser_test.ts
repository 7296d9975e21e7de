import assert from "node:assert/strict";
import { join } from "@std/path";
import { readExperiment } from "../../lib/experiments/experiment.ts";
import { SER_SCHEMAS } from "../../lib/experiments/ser/results.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { wav } from "../audio/wav.ts";
import { swell } from "../whisper/random_whisper.ts";
import { temporaryFolder } from "../temporary.ts";
import { ROOT, run } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

/** Six speakers, two moods: a loud low noise and a soft high one. */
async function ownClips(folder: string): Promise<string> {
  const lines = ["audio,emotion,speaker,statement,split"];
  for (let speaker = 0; speaker < 6; speaker++) {
    for (let i = 0; i < 4; i++) {
      const name = `s${speaker}-${i}.wav`;
      const loud = i % 2 === 0;
      const noise = swell(10 * speaker + i, 0.5);
      const sound = loud ? noise : noise.map((value, at) => 0.1 * (value - (noise[at - 1] ?? 0)));
      await Deno.writeFile(join(folder, name), wav([sound], 16000));
      lines.push(`${name},${loud ? "loud" : "soft"},s${speaker},a dog,${speaker < 4 ? "train" : "test"}`);
    }
  }
  await Deno.writeFile(join(folder, "broken.wav"), new Uint8Array([1, 2, 3]));
  lines.push("broken.wav,loud,s0,a dog,train");
  const file = join(folder, "labels.csv");
  await Deno.writeTextFile(file, `${lines.join("\n")}\n`);
  return file;
}

Deno.test("ser trains encoders, probes and fine-tunes on own clips, continues where it stopped, and repeats from its results", async () => {
  await useBackend("wasm");
  const world = await tinyWorld();
  const file = await ownClips(world.root);
  const out = join("runs", `test-ser-${crypto.randomUUID().slice(0, 8)}`);
  try {
    const trained = await run(["train", ...world.options, "--steps", "2", "--out", join(out, "full")]);
    assert.equal(trained.code, 0, trained.stderr);
    const options = ["--data", file, "--folds", "3", "--fine-tune-steps", "3", "--augment", "1"];
    const asked = ["ser", ...options, "--run", join(out, "full"), "--out", out];
    const first = await run(asked);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /skipped the recording '.*broken\.wav'/);
    assert.match(first.stdout, /24 clips \(16 train, 8 test\) of 6 speakers, emotions loud, soft/);
    const { result, settings } = await readExperiment(join(ROOT, out, "results.json"), "ser", SER_SCHEMAS);
    assert.deepEqual(
      result.rows.map(({ system, protocol }) => `${system} ${protocol}`),
      [
        "majority split",
        "log-mel split",
        "majority speakers-out",
        "log-mel speakers-out",
        "states split",
        "probe split",
        "fine-tuned split",
        "probe speakers-out",
      ],
    );
    const [guess, baseline] = result.rows;
    assert.equal(guess!.accuracy.value, 0.5);
    assert.equal(baseline!.accuracy.value, 1, "a log-mel spectrogram tells loud from soft");
    assert.equal(result.rows[2]!.predictions.length, 24);
    assert.equal(settings.encoders[0]!.path, join(out, "full"));

    const again = await run(["ser", "--from", join(ROOT, out, "results.json"), "--out", out]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(again.stdout, first.stdout);
    assert.ok(!again.stderr.includes("fine-tune full"), "a fold that is kept is not tuned again");
    await Deno.remove(join(ROOT, out, "parts"), { recursive: true });
    const anew = await run(asked);
    assert.equal(anew.stdout, first.stdout, "the same again, computed anew");
  } finally {
    await Deno.remove(join(ROOT, out), { recursive: true });
  }
});

Deno.test("ser refuses what it cannot do in one line", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "labels.csv");
  await Deno.writeTextFile(file, "audio,emotion,split\na.wav,calm,train\nb.wav,calm,test\n");
  const one = await run(["ser", "--data", file, "--baselines-only", "--out", "runs/test-ser-none"]);
  assert.equal(one.code, 1);
  assert.match(
    one.stderr,
    /^error: Cannot recognize emotions in '.*' as there must be at least 2 emotions.*1 emotions/m,
  );
  await Deno.writeTextFile(file, "audio,emotion,split\na.wav,calm,train\nb.wav,angry,test\n");
  const known = await run([
    "ser",
    "--data",
    file,
    "--transcript",
    "known",
    "--baselines-only",
    "--out",
    "runs/test-ser-none",
  ]);
  assert.match(known.stderr, /Cannot read known sentences as clip 'line-2' has none/);
  const wrong = await run(["ser", "--calm", "loud"]);
  assert.equal(wrong.code, 2);
});
