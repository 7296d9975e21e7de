import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Pair } from "../../lib/data/pair.ts";
import {
  examplesFor,
  hasCaptions,
  type Prepared,
  type PreparedPair,
  usablePairs,
} from "../../lib/experiments/pairs.ts";
import { SkippedFiles } from "../../lib/training/run_logs.ts";
import { inFolder } from "../helpers.ts";

const pair = (id: string, change: Partial<Pair> = {}): Pair => ({
  id,
  imageId: id,
  image: `${id}.jpg`,
  audio: `${id}.wav`,
  text: `text of ${id}`,
  speaker: "",
  split: "train",
  ...change,
});

Deno.test("missing images and files with a known problem are skipped and reported once, and no file is looked up twice", async () => {
  await inFolder(async (folder) => {
    for (const name of ["a.jpg", "b.jpg", "d.jpg"]) await Deno.writeTextFile(join(folder, name), "");
    const at = (name: string): string => join(folder, name);
    const pairs = ["a", "b", "c", "d"].map((id) => pair(id, { image: at(`${id}.jpg`), audio: at(`${id}.wav`) }));
    pairs.push(pair("a2", { image: at("a.jpg"), audio: at("b.wav") }), pair("a3", { image: at("a.jpg") }));
    const asked: string[] = [];
    const problems = new Map([[at("b.wav"), "it is silent"], [at("d.jpg"), "it is cut off"]]);
    const problemOf = (file: string): Promise<string | undefined> => {
      asked.push(file);
      return Promise.resolve(problems.get(file));
    };
    const told: string[] = [];
    const skipped = new SkippedFiles({ onLine: (line) => told.push(line) });
    const usable = await usablePairs(pairs, { problemOf }, skipped);
    assert.deepEqual(usable.map(({ id }) => id), ["a", "a3"]);
    assert.deepEqual(skipped.entries, [
      { kind: "recording", path: at("b.wav"), reason: "it is silent" },
      { kind: "picture", path: at("c.jpg"), reason: "it does not exist" },
      { kind: "picture", path: at("d.jpg"), reason: "it is cut off" },
    ]);
    assert.equal(told.length, 3);
    assert.equal(new Set(asked).size, asked.length);
    assert.ok(!asked.includes(at("c.jpg")), "a missing picture needs no check");
  });
});

Deno.test("captions are there only where every pair has one", () => {
  const [one, two, bare] = [pair("1"), pair("2"), pair("3", { text: " " })].map((pair) => ({ pair }));
  assert.equal(hasCaptions([one!.pair, two!.pair]), true);
  assert.equal(hasCaptions([one!.pair, bare!.pair]), false);
});

Deno.test("a variant's examples have its text next to its prompts, and states if it has an acoustic branch", () => {
  const states = { frames: 2, width: 1, values: () => Promise.resolve(new Float32Array(2)) };
  const prepared = { pair: pair("1"), transcript: "", transcriptTokens: [1, 2], captionTokens: [3], states };
  const data = {
    splits: { train: [], dev: [prepared as PreparedPair], test: [] },
    rows: (tokens: readonly number[], prompts: number) => [[...tokens], [prompts]],
  } as unknown as Prepared;
  const of = (variant: Parameters<typeof examplesFor>[2]) => {
    const [example] = examplesFor({ config: { promptLength: 4 }, data }, "dev", variant);
    return [example?.texts, example?.states === states];
  };
  assert.deepEqual(of("pip-zero-shot"), [[[1, 2], [0]], false]);
  assert.deepEqual(of("pip-zero-shot-gt"), [[[3], [0]], false]);
  assert.deepEqual(of("pip"), [[[1, 2], [4]], false]);
  assert.deepEqual(of("pip-gt"), [[[3], [4]], false]);
  assert.deepEqual(of("e2e"), [undefined, true]);
  assert.deepEqual(of("full"), [[[1, 2], [4]], true]);
  assert.deepEqual(examplesFor({ config: { promptLength: 4 }, data }, "train", "full"), []);
  data.splits.dev[0]!.otherTokens = [[7], []]; // their rows are averaged like the windows of a long text
  assert.deepEqual(of("full"), [[[1, 2], [4], [7], [4], [], [4]], true]);
  assert.deepEqual(of("pip-gt"), [[[3], [4]], false]);
});
