import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { useBackend } from "../../lib/runtime/backend.ts";
import { loadClip } from "../../lib/clip/load.ts";
import { pretrainClip } from "../../data/generator/clip_pretraining.ts";
import { sceneFamilies } from "../../data/generator/clip_world.ts";
import { sceneKey, sceneUse } from "../../data/generator/scene.ts";
import { temporaryFolder } from "../temporary.ts";

const STEPS = 40;
const SMALL = { families: 8, batch: 4, every: 1000, examination: { pictures: 2, captions: 1, trials: 1 } };

Deno.test("pretraining scenes and twins are of the use 'pretraining', differ, and do not depend on the count", () => {
  const families = sceneFamilies("pretraining", 40, 7);
  const keys = families.flat().map(sceneKey);
  assert.equal(new Set(keys).size, 80);
  assert.ok(families.flat().every((scene) => sceneUse(scene) === "pretraining"));
  assert.deepEqual(sceneFamilies("pretraining", 10, 7), families.slice(0, 10));
});

Deno.test("CLIP's pretraining lowers its loss, and a stopped run ends as an unbroken one, without leaks", async () => {
  await useBackend("wasm");
  const directory = await temporaryFolder();
  try {
    const before = tf.memory().numTensors;
    const losses: number[] = [];
    const run = (name: string, steps: number, signal?: AbortSignal): Promise<number> =>
      pretrainClip({
        ...SMALL,
        seed: 3,
        steps,
        work: join(directory, name),
        out: join(directory, name, "model"),
        log: (line) => {
          const loss = line.match(/ loss ([\d.]+)/)?.[1];
          if (loss && name === "long") losses.push(Number(loss));
        },
        ...(signal ? { signal } : {}),
      });
    assert.equal(await run("long", STEPS), STEPS);
    assert.equal(losses.length, 2);
    assert.ok(losses[1]! < losses[0]!, `${losses}`);
    assert.equal(tf.memory().numTensors, before);

    const stop = new AbortController();
    const first = run("broken", STEPS, stop.signal);
    setTimeout(() => stop.abort(), 500);
    const reached = await first;
    if (reached < STEPS) assert.equal(await run("broken", STEPS), STEPS);
    const [unbroken, broken] = await Promise.all(
      ["long", "broken"].map((name) => loadClip(join(directory, name, "model"))),
    ) as [Awaited<ReturnType<typeof loadClip>>, Awaited<ReturnType<typeof loadClip>>];
    for (const [name, weight] of unbroken.weights) {
      assert.deepEqual([...await broken.weights.get(name)!.data()], [...await weight.data()], name);
    }
    unbroken.dispose();
    broken.dispose();
    assert.equal(tf.memory().numTensors, before);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
