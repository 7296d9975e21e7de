import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { useBackend } from "../../lib/runtime/backend.ts";
import { loadClip } from "../../lib/clip/load.ts";
import { CLIP_STAGES, type ClipStage, pretrainClip } from "../../data/generator/clip_pretraining.ts";
import { sceneFamilies } from "../../data/generator/clip_world.ts";
import { sceneKey, sceneUse } from "../../data/generator/scene.ts";
import { temporaryFolder } from "../temporary.ts";

const STEPS = [40, 10];
const ALL = 50;
const SMALL = { families: 8, every: 1000, examination: { pictures: 2, captions: 1, trials: 1 } };
/** The first two stages of the bundled model in small. */
const stagesOf = (steps: readonly number[]): ClipStage[] =>
  CLIP_STAGES.slice(0, steps.length).map((stage, i) => ({
    ...stage,
    steps: steps[i] as number,
    batches: { ...stage.batches, size: 4, twins: i + 1 },
  }));

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
    const run = (name: string, signal?: AbortSignal): Promise<number> =>
      pretrainClip({
        ...SMALL,
        seed: 3,
        stages: stagesOf(STEPS),
        work: join(directory, name),
        out: join(directory, name, "model"),
        log: (line) => {
          const loss = line.match(/ loss ([\d.]+)/)?.[1];
          if (loss && name === "long") losses.push(Number(loss));
        },
        ...(signal ? { signal } : {}),
      });
    assert.equal(await run("long"), ALL);
    assert.equal(losses.length, 2);
    assert.ok(losses[1]! < losses[0]!, `${losses}`);
    assert.equal(tf.memory().numTensors, before);

    const stop = new AbortController();
    const first = run("broken", stop.signal);
    setTimeout(() => stop.abort(), 500);
    const reached = await first;
    if (reached < ALL) assert.equal(await run("broken"), ALL);
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
