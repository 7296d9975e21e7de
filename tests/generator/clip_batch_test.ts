import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { factsHold } from "../../data/generator/captions.ts";
import {
  type BatchOptions,
  drawBatch,
  FACT_WIDTH,
  factRows,
  normalizeImage,
  sceneFacts,
} from "../../data/generator/clip_batch.ts";
import { differingFact, mirrored, sceneFamilies, tellingText } from "../../data/generator/clip_world.ts";
import { changeFact, FACTS, randomScene, sceneKey, sceneUse } from "../../data/generator/scene.ts";

const SIZE = 4;

Deno.test("a mirrored image has its columns in reverse; its scene has left and right exchanged", () => {
  const rgb = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => i);
  const [plain, turned] = [normalizeImage(rgb, SIZE), normalizeImage(rgb, SIZE, { mirrored: true })];
  for (let line = 0; line < 3 * SIZE; line++) {
    const row = (image: Float32Array): number[] => [...image.subarray(line * SIZE, (line + 1) * SIZE)];
    assert.deepEqual(row(turned), row(plain).reverse());
  }
  const random = new Random(3);
  const scenes = Array.from({ length: 200 }, () => randomScene(random));
  const mirrors = scenes.flatMap((scene) => mirrored(scene) ?? []);
  assert.ok(mirrors.length > 60 && mirrors.length < 190, `${mirrors.length}`); // not those of another use
  for (const scene of scenes) {
    const mirror = mirrored(scene);
    if (!mirror) continue;
    assert.equal(sceneUse(mirror), sceneUse(scene));
    assert.equal(sceneKey(mirrored(mirror)!), sceneKey(scene));
    if (scene.things.length === 2) assert.equal(differingFact([scene, mirror]), "place");
  }
});

Deno.test("the fact in which twins differ is found again", () => {
  const random = new Random(4);
  for (const fact of FACTS) {
    for (let i = 0; i < 50; i++) {
      const scene = randomScene(random);
      assert.equal(differingFact([scene, changeFact(scene, fact, random)]), fact);
    }
  }
});

Deno.test("a telling text is true of its scene and false of the other", () => {
  const random = new Random(5);
  let told = 0;
  for (const [scene, twin] of sceneFamilies("pretraining", 100, 5)) {
    const { facts } = tellingText(scene, twin, random);
    assert.ok(factsHold(facts, scene));
    if (!factsHold(facts, twin)) told++;
  }
  assert.ok(told >= 98, `${told}`);
});

Deno.test("hard pairs: mirror images and twins, whose texts tell them apart", () => {
  const families = sceneFamilies("pretraining", 60, 6);
  const pictures = families.flat().map((_, i) =>
    new Uint8Array(SIZE * SIZE * 3).map((_, at) => (7 * i + 13 * at) % 256)
  );
  const source = { families, pictures, size: SIZE, encode: () => [1, 2], pad: 0 };
  const facts = { kind: 0, size: 1, place: 0, colour: 0, background: 0 };
  const draw = (mirrored: number): { mirrors: number; sizes: number; alsoTrue: number } => {
    const hard: BatchOptions["hard"] = { mirrored, telling: 1, facts };
    const { pixels, imageFacts, alsoTrue } = drawBatch(
      source,
      { size: 8, twins: 4, joined: 0, hard },
      new Random(`draw ${mirrored}`),
    );
    assert.equal(pixels.length, 8);
    const row = (i: number): number[] => [...imageFacts.subarray(i * FACT_WIDTH, (i + 1) * FACT_WIDTH)];
    const keys = new Map(
      families.flat().flatMap((scene) => [scene, mirrored ? mirroredOf(scene) : scene]).map((
        scene,
      ) => [[...factRows([sceneFacts(scene)])].join(), scene]),
    );
    let [mirrors, sizes] = [0, 0];
    for (let pair = 0; pair < 4; pair++) {
      const [one, two] = [2 * pair, 2 * pair + 1].map((i) => keys.get(row(i).join())!) as [
        typeof families[0][0],
        typeof families[0][0],
      ];
      const fact = differingFact([one, two]);
      if (fact === "place") mirrors++;
      if (fact === "size") sizes++;
    }
    let pairTrue = 0;
    for (let i = 0; i < 8; i++) pairTrue += alsoTrue[i * 8 + (i ^ 1)]!;
    return { mirrors, sizes, alsoTrue: pairTrue };
  };
  const mirroredOf = (scene: typeof families[0][0]) => mirrored(scene) ?? scene;
  assert.deepEqual(draw(0), { mirrors: 0, sizes: 4, alsoTrue: 0 });
  const { mirrors, sizes, alsoTrue } = draw(1);
  assert.ok(mirrors >= 1 && mirrors + sizes === 4 && alsoTrue === 0);
});
