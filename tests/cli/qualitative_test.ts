import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { ATTENTION_SCHEMAS } from "../../lib/experiments/attention/experiment.ts";
import { evaluateSplit } from "../../lib/experiments/evaluate.ts";
import { CROP_SCHEMAS } from "../../lib/experiments/crop/experiment.ts";
import { type PartSchema, readExperiment } from "../../lib/experiments/experiment.ts";
import type { ExperimentName } from "../../lib/experiments/registry.ts";
import { GALLERY_SCHEMAS } from "../../lib/experiments/gallery/experiment.ts";
import { SPEECH_STORE } from "../../lib/experiments/pairs.ts";
import { SPACE_SCHEMAS } from "../../lib/experiments/space/experiment.ts";
import { openTrained } from "../../lib/experiments/job.ts";
import { silent } from "../../lib/experiments/report.ts";
import { readResults } from "../../lib/experiments/results.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { freshRun, removeAtEnd } from "./leftovers.ts";
import { ROOT, run, runMany } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

await useBackend("wasm");

/** A trained run on a small world whose test pictures are wide, with another colour in each third. */
const world = await tinyWorld({ train: 20, test: 8 });
removeAtEnd(world.root, world.clip, world.whisper);
removeAtEnd(storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(world.whisper)).key));
for await (const { name } of Deno.readDir(join(world.root, "val2017"))) {
  const seed = Number(name.match(/\d+/)![0]);
  const data = Uint8Array.from({ length: 48 * 24 * 3 }, (_, i) => {
    const [third, colour] = [Math.floor((Math.floor(i / 3) % 48) / 16), i % 3];
    return (seed * 67 + third * 101 + colour * 151 + seed * third * 13) % 256;
  });
  await sharp(data, { raw: { width: 48, height: 24, channels: 3 } }).jpeg({ quality: 95 }).toFile(
    join(world.root, "val2017", name),
  );
}
const TRAINED = freshRun("qualitative-run");
{
  const steps = ["--steps", "2", "--evaluate-every", "2"];
  const { code, stderr } = await run(["train", ...world.options, "--variant", "full", ...steps, "--out", TRAINED]);
  assert.equal(code, 0, stderr);
}

async function succeeds(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function outcome<S, R>(
  out: string,
  name: ExperimentName,
  schemas: { settings: PartSchema<S>; result: PartSchema<R> },
) {
  const page = await Deno.readTextFile(join(ROOT, out, `${name}.html`));
  assert.ok(page.startsWith("<!DOCTYPE html>") && page.endsWith("</html>\n"), page.slice(0, 100));
  assert.ok(!/(src|href)="(?!data:)/.test(page), "nothing outside the page is needed");
  return { page, ...await readExperiment(join(ROOT, out, "results.json"), name, schemas) };
}

Deno.test("gallery shows a run beside zero-shot, agrees with the run's own results, and repeats from its file", async () => {
  const out = freshRun("gallery");
  const stdout = await succeeds("gallery", "--run", TRAINED, "--worst", "3", "--top", "4", "--out", out);
  assert.match(stdout, /zero-shot \(transcript\)/);
  const { page, result } = await outcome(out, "gallery", GALLERY_SCHEMAS);
  const trained = await readResults(join(ROOT, TRAINED, "results.json"));
  for (const [i, of] of [trained, trained.baselines[0]!].entries()) {
    assert.deepEqual(result.models[i]!.recall.speech2image, of.speech2image);
    assert.deepEqual(result.models[i]!.recall.intervals, of.intervals);
  }
  assert.deepEqual(result.models.map(({ run, step }) => [run, step]), [[TRAINED, trained.step], [null, 0]]);
  assert.deepEqual(result.queries.map(({ direction }) => direction), [
    ...Array(3).fill("speech2image"),
    ...Array(3).fill("image2speech"),
  ]);
  for (const { direction, id, answers } of result.queries) {
    for (const { rank, similarity, top } of answers) {
      assert.equal(top.length, 4);
      assert.deepEqual(top.map((hit) => hit.similarity), top.map((hit) => hit.similarity).sort((a, b) => b - a));
      const right = direction === "speech2image" ? result.recordings[id]!.imageId : id;
      const place = top.findIndex((hit) =>
        (direction === "speech2image" ? hit.id : result.recordings[hit.id]!.imageId) === right
      );
      assert.equal(place, rank <= 4 ? rank - 1 : -1);
      if (place >= 0) assert.equal(top[place]!.similarity, similarity);
    }
  }
  for (const way of ["speech2image", "image2speech"]) {
    const ranks = result.queries.filter(({ direction }) => direction === way).map(({ answers }) => answers[0]!.rank);
    assert.deepEqual(ranks, [...ranks].sort((a, b) => b - a), "the worst of the first model");
  }
  for (const file of Object.values(result.pictures)) await Deno.stat(join(world.root, file));
  for (const { file } of Object.values(result.recordings)) await Deno.stat(join(world.root, file));
  assert.ok(page.includes("<audio"));

  const again = freshRun("gallery-again");
  await succeeds("gallery", "--from", join(ROOT, out, "results.json"), "--out", again);
  for (const file of ["results.json", "table.md", "gallery.html"]) {
    const [one, two] = await Promise.all([out, again].map((path) => Deno.readTextFile(join(ROOT, path, file))));
    assert.equal(two, one, file);
  }
});

Deno.test("attention maps a named pair over image, words and sound", async () => {
  const out = freshRun("attention");
  await succeeds("attention", "--run", TRAINED, "--ids", "coco_val_502_1,503", "--out", out);
  const { page, result } = await outcome(out, "attention", ATTENTION_SCHEMAS);
  assert.deepEqual(result.maps.map(({ id }) => id), ["coco_val_502_1", "coco_val_503_1"]);
  await using opened = await openTrained(TRAINED, { splits: ["test"], report: silent });
  for (const { id, picture, text, sound, transcript, spectrogram } of result.maps) {
    const { states } = opened.job.data.splits.test.find(({ pair }) => pair.id === id)!;
    assert.equal(picture.grid, 2);
    assert.deepEqual(picture.seen, { left: 0.25, top: 0, width: 0.5, height: 1 });
    assert.deepEqual([picture.prompts.length, text!.prompts.length], [4, 4]);
    assert.equal(text!.words.map(({ word }) => word).join(" "), transcript.trim().split(/\s+/).join(" "));
    assert.equal(sound!.relevance.length, states!.frames);
    assert.ok(Math.abs(spectrogram.seconds - states!.frames / 50) <= 0.02);
    assert.ok([...picture.relevance, ...sound!.relevance].some((value) => value !== 0));
  }
  assert.equal(page.match(/<rect [^>]*>\s*<title>/g)?.length, 8, "a title of four patches each");
  const read = result.maps.flatMap(({ text }) => text!.words).filter(({ relevance }) => relevance !== null);
  assert.equal(page.match(/<text [^>]*>\s*<title>/g)?.length ?? 0, read.length, "and of each word that was read");
});

Deno.test("crop reports what is cut from wide images, with the ranks under each fit", async () => {
  const out = freshRun("crop");
  const stdout = await succeeds("crop", "--run", TRAINED, "--out", out);
  assert.match(stdout, /8 of the images are not square/);
  const { page, result } = await outcome(out, "crop", CROP_SCHEMAS);
  assert.deepEqual([result.of.notSquare, result.queries.length], [8, 16]);
  for (const { cut, kept } of Object.values(result.pictures)) {
    assert.equal(cut, 0.5);
    assert.deepEqual(kept, { left: 0.25, top: 0, width: 0.5, height: 1 });
  }
  const losses = result.queries.map(({ loss }) => loss);
  assert.deepEqual(losses, [...losses].sort((a, b) => b - a));
  assert.ok(losses[0]! > 0 && page.includes("<svg"), "some query is found later when its picture is cropped");
  for (const fit of ["crop", "pad", "squash"] as const) {
    await using opened = await openTrained(TRAINED, { splits: ["test"], report: silent, changes: { imageFit: fit } });
    const { ranks, ids, imageIds } = await evaluateSplit(opened.job, opened.model, "test", true);
    for (const { direction, id, ranks: found } of result.queries) {
      const place = (direction === "speech2image" ? ids : imageIds).indexOf(id);
      assert.equal(found[fit], ranks[direction][place], `${fit} ${id}`);
    }
  }
});

Deno.test("space maps the pairs of a run beside zero-shot, and repeats from its file", async () => {
  const out = freshRun("space"), again = freshRun("space-again");
  await succeeds("space", "--run", TRAINED, "--pairs", "6", "--out", out);
  const { result } = await readExperiment(join(ROOT, out, "results.json"), "space", SPACE_SCHEMAS);
  assert.deepEqual(result.models.map(({ variant }) => variant), ["pip-zero-shot", "full"]);
  assert.equal(result.pairs.length, 6);
  for (const { pca, tsne, explained } of result.models) {
    for (const map of [pca, tsne]) assert.deepEqual([map.pictures.length, map.recordings.length], [6, 6]);
    const mean = [0, 1].map((axis) => [...pca.pictures, ...pca.recordings].reduce((sum, at) => sum + at[axis]!, 0));
    assert.ok(mean.every((value) => Math.abs(value) < 1e-5), "components are centred");
    assert.ok(explained[0] >= explained[1] && explained[0] + explained[1] <= 1 + 1e-9);
  }
  await succeeds("space", "--from", join(out, "results.json"), "--out", again);
  assert.deepEqual((await readExperiment(join(ROOT, again, "results.json"), "space", SPACE_SCHEMAS)).result, result);
});

Deno.test("wrong use is refused in one line", async () => {
  const cases: [string[], RegExp, number][] = [
    [["gallery", "--worst", "2", "--random", "3"], /cannot be used with option '--random/, 2],
    [["gallery", "--run", "a,,b"], /names between commas/, 2],
    [["attention", "--from", "a.json", "--ids", "b"], /cannot be used with option '--ids/, 2],
    [["crop", "--from", "a.json", "--top", "3"], /cannot be used with option '--top/, 2],
    [["space", "--from", "a.json", "--perplexity", "5"], /cannot be used with option '--perplexity/, 2],
    [["gallery", "--from", "a.json", "--split", "dev"], /cannot be used with option '--split/, 2],
    [["crop", "--run", "runs/none"], /has no config\.json/, 1],
    [["crop", "--from", "deno.json"], /must be the results\.json of 'crop'/, 1],
    [["gallery", "--run", TRAINED, "--ids", "nobody"], /no usable pair or image of that name/, 1],
  ];
  const ended = await runMany(cases.map(([args]) => args));
  for (const [i, [, message, exit]] of cases.entries()) {
    const { code, stderr, stdout } = ended[i]!;
    assert.equal(code, exit, stderr);
    assert.match(stderr, message);
    assert.match(stderr, /^error: [^\n]+$/m);
    assert.equal(stdout, "");
  }
});
