import assert from "node:assert/strict";
import sharp from "sharp";
import { Random } from "../../lib/random.ts";
import { randomFrame, renderJpeg, renderScene, sceneSvg } from "../../data/generator/draw_scene.ts";
import { BACKGROUNDS, changeFact, COLOURS, FACTS, KINDS, randomScene, type Scene } from "../../data/generator/scene.ts";

const SIZE = 64;
const one = (facts: Partial<Scene["things"][number]>, background: Scene["background"] = "beach"): Scene => ({
  background,
  things: [{ kind: "car", colour: "red", size: "large", place: "middle", ...facts }],
});

/** The share of pixels with a channel that differs by more than 30. */
function changedShare(a: Uint8Array, b: Uint8Array): number {
  let changed = 0;
  for (let i = 0; i < a.length; i += 3) {
    if ([0, 1, 2].some((c) => Math.abs((a[i + c] ?? 0) - (b[i + c] ?? 0)) > 30)) changed++;
  }
  return changed / (a.length / 3);
}

/** Every two of the scenes, drawn with the same seed, differ in at least this share of the pixels. */
async function assertAllDiffer(scenes: Scene[], share: number): Promise<void> {
  const pictures = await Promise.all(scenes.map((scene) => renderScene(scene, 5, { size: SIZE })));
  for (const [i, a] of pictures.entries()) {
    for (const [j, b] of pictures.slice(0, i).entries()) {
      const changed = changedShare(a, b);
      assert.ok(changed >= share, `${JSON.stringify(scenes[i])} and ${JSON.stringify(scenes[j])}: ${changed}`);
    }
  }
}

Deno.test("kinds differ visibly from each other on every background", async () => {
  for (const background of BACKGROUNDS) await assertAllDiffer(KINDS.map((kind) => one({ kind }, background)), 0.04);
});

Deno.test("colors differ visibly from each other for every kind", async () => {
  for (const kind of KINDS) await assertAllDiffer(COLOURS.map((colour) => one({ kind, colour })), 0.015);
});

Deno.test("backgrounds differ in most of the image", async () => {
  await assertAllDiffer(BACKGROUNDS.map((background) => one({}, background)), 0.5);
});

Deno.test("each changed fact changes the image visibly, at the thing's position", async () => {
  const random = new Random(6);
  for (let i = 0; i < 20; i++) {
    const scene = randomScene(random), picture = await renderScene(scene, i, { size: SIZE });
    for (const fact of FACTS) {
      const changed = await renderScene(changeFact(scene, fact, random), i, { size: SIZE });
      assert.ok(changedShare(picture, changed) > 0.008, `${fact}: ${changedShare(picture, changed)}`);
    }
  }
});

Deno.test("a thing covers its position: large more than small, left on the left", async () => {
  for (const kind of KINDS) {
    // The same seed draws the same background, so only the thing differs from another color.
    const cover = async (facts: Partial<Scene["things"][number]>) => {
      const a = await renderScene(one({ kind, ...facts, colour: "red" }, "snow"), 8, { size: SIZE });
      const b = await renderScene(one({ kind, ...facts, colour: "blue" }, "snow"), 8, { size: SIZE });
      const columns = Array.from({ length: SIZE }, () => 0);
      for (let p = 0; p < SIZE * SIZE; p++) {
        if (Math.abs((a[3 * p] ?? 0) - (b[3 * p] ?? 0)) > 40) columns[p % SIZE] = (columns[p % SIZE] ?? 0) + 1;
      }
      const total = columns.reduce((sum, n) => sum + n, 0);
      return { total, middle: columns.reduce((sum, n, x) => sum + n * x, 0) / total / SIZE };
    };
    const small = await cover({ size: "small" }), large = await cover({ size: "large" });
    assert.ok(large.total > 1.4 * small.total, `${kind}: ${small.total} and ${large.total} pixels`);
    assert.ok((await cover({ place: "left" })).middle < 0.4, kind);
    assert.ok((await cover({ place: "right" })).middle > 0.6, kind);
  }
});

Deno.test("the same seed gives the same bytes, another seed another image", async () => {
  const scene = one({});
  assert.deepEqual(await renderScene(scene, 1, { size: SIZE }), await renderScene(scene, 1, { size: SIZE }));
  assert.ok(
    changedShare(await renderScene(scene, 1, { size: SIZE }), await renderScene(scene, 2, { size: SIZE })) > 0.01,
  );
  const shipped = { width: 160, height: 120, quality: 80 };
  assert.deepEqual(await renderJpeg(scene, 1, shipped), await renderJpeg(scene, 1, shipped));
});

Deno.test("the shipped JPEG is 4:3 or 3:4, small and close to the drawing", async () => {
  const random = new Random(7);
  let bytes = 0;
  for (let i = 0; i < 30; i++) {
    const scene = randomScene(random), frame = randomFrame(random, 120);
    const file = await renderJpeg(scene, i, { ...frame, quality: 80 });
    bytes += file.length;
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height, info.channels], [frame.width, frame.height, 3]);
    assert.equal(Math.max(info.width, info.height) / Math.min(info.width, info.height), 4 / 3);
    const svg = sceneSvg(scene, new Random(`picture ${i}`), frame);
    const drawn = new Uint8Array(await sharp(new TextEncoder().encode(svg)).removeAlpha().raw().toBuffer());
    const error = drawn.reduce((sum, value, p) => sum + Math.abs(value - (data[p] ?? 0)), 0) / drawn.length;
    assert.ok(error < 8, `picture ${i} differs by ${error}`);
  }
  assert.ok(bytes / 30 < 3300, `${bytes / 30} bytes a picture`);
});

Deno.test("the middle square of an image lacks a part of its things, on each side and never all of them", async () => {
  const random = new Random(9);
  const inside: number[] = [];
  for (let i = 0; i < 40; i++) {
    const place = random.choice(["left", "right"] as const);
    const size = random.choice(["small", "large"] as const);
    // The same seed draws the same background: what differs between two colors is the thing.
    const frame = { width: 80, height: 60 };
    const draw = async (colour: "red" | "blue"): Promise<Uint8Array> => {
      const svg = sceneSvg(one({ kind: "ball", place, size, colour }, "snow"), new Random(i), frame);
      return new Uint8Array(await sharp(new TextEncoder().encode(svg)).removeAlpha().raw().toBuffer());
    };
    const [a, b] = [await draw("red"), await draw("blue")];
    let [all, middle] = [0, 0];
    for (let p = 0; p < 80 * 60; p++) {
      if (Math.abs(a[3 * p]! - b[3 * p]!) < 40) continue;
      all++;
      if (p % 80 >= 10 && p % 80 < 70) middle++;
    }
    inside.push(middle / all);
  }
  assert.ok(inside.every((share) => share > 0.2), `${Math.min(...inside)} of a thing remains`);
  const cut = inside.filter((share) => share < 0.9).length / inside.length;
  assert.ok(cut > 0.3, `only ${cut} of the things are cut`);
});

Deno.test("the SVG holds numbers only where numbers belong", () => {
  const random = new Random(8);
  for (let i = 0; i < 200; i++) {
    assert.doesNotMatch(sceneSvg(randomScene(random), random, { width: 64, height: 64 }), /NaN|undefined|Infinity/);
  }
});
