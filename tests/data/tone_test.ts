import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadTone } from "../../lib/data/own_data.ts";
import { InputError } from "../../lib/errors.ts";
import { inFolder } from "../helpers.ts";

const line = (mood: string, changes: Record<string, string> = {}) => ({
  id: `a-${mood}`,
  image: `${mood}.jpg`,
  audio: `${mood}.wav`,
  text: "a cat",
  split: "test",
  speaker: "s",
  mood,
  group: "a",
  ...changes,
});

async function load(folder: string, lines: object[]) {
  const file = join(folder, "pairs.jsonl");
  await Deno.writeTextFile(file, lines.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  return await loadTone(file);
}

Deno.test("lines give pairs with emotion, group and the flat recording", async () => {
  await inFolder(async (folder) => {
    const pairs = await load(folder, [line("sad", { flat: "flat.wav" }), line("happy")]);
    assert.deepEqual(pairs[0], {
      id: "a-sad",
      imageId: "sad.jpg",
      image: join(folder, "sad.jpg"),
      audio: join(folder, "sad.wav"),
      text: "a cat",
      speaker: "s",
      split: "test",
      group: "a",
      emotion: "sad",
      flat: join(folder, "flat.wav"),
    });
    assert.equal(pairs[1]!.flat, undefined);
  });
});

Deno.test("twins must differ in emotion and share their words and split, and no path leaves the folder", async () => {
  await inFolder(async (folder) => {
    const refused = (lines: object[], message: RegExp) =>
      assert.rejects(load(folder, lines), (error) => error instanceof InputError && message.test(error.message));
    await refused([line("sad"), line("sad", { id: "b", image: "b.jpg" })], /group 'a' must differ in mood/);
    await refused([line("sad"), line("happy", { text: "a dog" })], /share text and split/);
    await refused([line("sad"), line("happy", { split: "dev" })], /share text and split/);
    await refused([line("sad", { mood: "" })], /mood/);
    await refused([line("sad", { flat: "../flat.wav" })], /leaves the data set's folder/);
  });
});
