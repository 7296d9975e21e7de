import assert from "node:assert/strict";
import { join } from "@std/path";
import { readExperiment } from "../../lib/experiments/experiment.ts";
import { TONE_SCHEMAS } from "../../lib/experiments/tone/experiment.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { ROOT, run } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

Deno.test("tone trains, ranks twins under all conditions, continues where it stopped, and repeats from its results", async () => {
  await useBackend("wasm");
  const world = await tinyWorld();
  // Pictures and recordings of the tiny world as groups of two twins.
  const lines: string[] = [];
  const files = async (folder: string) =>
    (await Array.fromAsync(Deno.readDir(join(world.root, folder)))).map(({ name }) => `${folder}/${name}`).sort();
  for (const [part, splits] of [["train", ["train", "dev"]], ["val", ["test"]]] as const) {
    const [images, recordings] = [await files(`${part}2017`), await files(`coco_${part}`)];
    images.forEach((image, i) => {
      const split = splits[i % 20 < 16 ? 0 : splits.length - 1]!;
      const group = `${split}-${Math.floor(i / 2)}`;
      const line = { id: `${part}-${i}`, image, audio: recordings[i], text: `a dog ${group}`, split, group };
      lines.push(JSON.stringify({ ...line, mood: i % 2 === 0 ? "calm" : "loud", flat: recordings[i - i % 2] }));
    });
  }
  const file = join(world.root, "tone.jsonl");
  await Deno.writeTextFile(file, `${lines.join("\n")}\n`);
  const out = join("runs", `test-tone-${crypto.randomUUID().slice(0, 8)}`);
  try {
    const options = ["--data", file, "--clip", world.clip, "--whisper", world.whisper, "--backend", "wasm"];
    const trained = ["--variants", "full,pip,e2e", "--seeds", "1", "--steps", "2", "--out", out];
    const first = await run(["tone", ...options, ...trained]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /4 groups of 2 twins \(calm, loud\), .* chance among twins is 50 %/);
    const { result } = await readExperiment(join(ROOT, out, "results.json"), "tone", TONE_SCHEMAS);
    assert.deepEqual(
      result.rows.map(({ variant, condition }) => `${variant} ${condition}`),
      [
        "full spoken",
        "full flat",
        "full caption",
        "pip spoken",
        "pip flat",
        "pip caption",
        "e2e spoken", // it reads no caption
        "e2e flat",
      ],
    );
    // Text alone cannot tell twins apart that read the same caption: exactly one of each two is right.
    const guess = result.rows.find(({ variant, condition }) => variant === "pip" && condition === "caption")!;
    assert.equal(guess.scores.twins.speech2image["R@1"], 50);
    const again = await run(["tone", "--from", join(ROOT, out, "results.json"), "--out", out]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(again.stdout, first.stdout);
    assert.ok(!/\d\/2 /.test(again.stderr), "nothing is trained again");
    // The data have moved: the runs that stand there are asked on them where they are now.
    const elsewhere = `${world.root}-moved`;
    await Deno.rename(world.root, elsewhere);
    const place = options.map((word) => word.replace(world.root, elsewhere));
    const moved = await run(["tone", ...place, ...trained]);
    assert.equal(moved.code, 0, moved.stderr);
    assert.equal(moved.stdout.replace(elsewhere, world.root), first.stdout);
  } finally {
    await Deno.remove(join(ROOT, out), { recursive: true });
  }
});
