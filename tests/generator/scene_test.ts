import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import {
  BACKGROUNDS,
  changeFact,
  changeFactWithinUse,
  COLOURS,
  distinctScenes,
  FACTS,
  KINDS,
  PLACES,
  randomScene,
  randomSceneFor,
  type Scene,
  sceneKey,
  sceneUse,
  SIZES,
  USES,
} from "../../data/generator/scene.ts";

/** The facts of a scene by name; a thing's key excludes its position, so an exchange changes only positions. */
function differingFacts(a: Scene, b: Scene): string[] {
  const different = new Set<string>();
  if (a.background !== b.background) different.add("background");
  assert.equal(a.things.length, b.things.length);
  const look = (thing: Scene["things"][number]) => `${thing.kind} ${thing.colour} ${thing.size}`;
  const sameThings = a.things.map(look).sort().join() === b.things.map(look).sort().join();
  if (sameThings && sceneKey({ ...a, background: "room" }) !== sceneKey({ ...b, background: "room" })) return ["place"];
  for (const [i, thing] of a.things.entries()) {
    const other = b.things[i];
    assert.ok(other);
    for (const fact of ["kind", "colour", "size", "place"] as const) {
      if (thing[fact] !== other[fact]) different.add(`${fact} of ${i}`);
    }
  }
  return [...different];
}

Deno.test("random scenes are repeatable, valid and hold every fact about equally often", () => {
  const seen: Record<string, number> = {};
  const random = new Random(1), again = new Random(1);
  let two = 0, things = 0;
  for (let i = 0; i < 5000; i++) {
    const scene = randomScene(random);
    assert.deepEqual(scene, randomScene(again));
    assert.equal(new Set(scene.things.map((thing) => thing.kind)).size, scene.things.length);
    if (scene.things.length === 2) {
      two++;
      assert.deepEqual(scene.things.map((thing) => thing.place), ["left", "right"]);
    }
    things += scene.things.length;
    for (const word of [scene.background, ...scene.things.flatMap((t) => [t.kind, t.colour, t.size])]) {
      seen[word] = (seen[word] ?? 0) + 1;
    }
  }
  assert.ok(Math.abs(two / 5000 - 0.85) < 0.02, `${two} of 5000 scenes have two things`);
  for (const [list, total] of [[KINDS, things], [COLOURS, things], [SIZES, things], [BACKGROUNDS, 5000]] as const) {
    for (const word of list) {
      const expected = total / list.length;
      assert.ok(
        Math.abs((seen[word] ?? 0) - expected) < 0.15 * expected,
        `${word}: ${seen[word]}, not about ${expected}`,
      );
    }
  }
});

Deno.test("every scene has one use, in the shares that are promised", () => {
  const counts: Record<string, number> = {};
  const keys = new Map<string, string>();
  const random = new Random(2);
  for (let i = 0; i < 20_000; i++) {
    const scene = randomScene(random), use = sceneUse(scene);
    counts[use] = (counts[use] ?? 0) + 1;
    assert.equal(keys.get(sceneKey(scene)) ?? use, use);
    keys.set(sceneKey(scene), use);
  }
  const shares: Record<string, number> = { pretraining: 0.7, flickr8k: 0.1, coco: 0.15, tone: 0.05 };
  for (const use of USES) {
    const share = (counts[use] ?? 0) / 20_000;
    assert.ok(Math.abs(share - (shares[use] ?? 0)) < 0.02, `${use}: ${share}`);
    assert.equal(sceneUse(randomSceneFor(use, random)), use);
  }
});

Deno.test("a scene's use does not move between versions", () => {
  const thing = { kind: "car", colour: "red", size: "large", place: "left" } as const;
  const uses = KINDS.map((kind) => sceneUse({ background: "beach", things: [{ ...thing, kind }] }));
  assert.deepEqual(uses, [
    "pretraining",
    "pretraining",
    "pretraining",
    "tone",
    "pretraining",
    "flickr8k",
    "pretraining",
    "pretraining",
    "flickr8k",
    "pretraining",
    "coco",
    "pretraining",
  ]);
});

Deno.test("distinct scenes are of their use, new to the used ones and run out with a clear error", () => {
  const used = new Set<string>();
  const random = new Random(3);
  const train = distinctScenes("coco", 300, random, used);
  const test = distinctScenes("coco", 100, random, used);
  assert.equal(used.size, 400);
  const trainKeys = new Set(train.map(sceneKey));
  for (const scene of test) {
    assert.equal(sceneUse(scene), "coco");
    assert.ok(!trainKeys.has(sceneKey(scene)));
  }
  const alike = distinctScenes("coco", 400, random, new Set(), 0.5);
  const hasTwin =
    alike.filter((a) =>
      alike.some((b) => a !== b && a.things.length === b.things.length && differingFacts(a, b).length === 1)
    ).length;
  assert.ok(hasTwin > 220, `${hasTwin} of 400 differ in one fact from another`);
  assert.equal(new Set(alike.map(sceneKey)).size, 400);
  assert.ok(alike.every((scene) => sceneUse(scene) === "coco"));
  const all = { has: () => true, size: 7 } as unknown as Set<string>;
  assert.throws(() => distinctScenes("pretraining", 1, random, all), /Cannot find 1 scenes .* as 7 are used already/);
});

Deno.test("a changed fact is the only difference", () => {
  const random = new Random(4);
  for (let i = 0; i < 500; i++) {
    const scene = randomScene(random), before = sceneKey(scene);
    for (const fact of FACTS) {
      const changed = changeFact(scene, fact, random);
      assert.equal(sceneKey(scene), before, "the given scene was changed");
      const differing = differingFacts(scene, changed);
      assert.equal(differing.length, 1, `${fact}: ${differing}`);
      assert.ok(differing[0]?.startsWith(fact), `${fact}: ${differing}`);
      assert.equal(new Set(changed.things.map((thing) => thing.kind)).size, changed.things.length);
      assert.ok(changed.things.every((thing) => PLACES.includes(thing.place)));
      const within = changeFactWithinUse(scene, fact, random);
      if (within) assert.equal(sceneUse(within), sceneUse(scene));
    }
  }
});
