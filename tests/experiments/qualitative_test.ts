import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { InputError } from "../../lib/errors.ts";
import { spectrogramOf } from "../../lib/audio/log_mel.ts";
import { runAttention, wordRelevance } from "../../lib/experiments/attention/run.ts";
import { CROP_SCHEMAS, type CropQuery, type CropResult, worstOf } from "../../lib/experiments/crop/experiment.ts";
import { checkExperiment, readExperiment, writeExperiment } from "../../lib/experiments/experiment.ts";
import { GALLERY_SCHEMAS, type GalleryResult, type GallerySettings } from "../../lib/experiments/gallery/experiment.ts";
import { chooseQueries, cutAway, seenPart, topOf } from "../../lib/experiments/qualitative/ranking.ts";
import { type Fit, readImage } from "../../lib/image/preprocess.ts";
import { sample } from "../../lib/training/presets.ts";
import { heatColour } from "../../lib/report/page/media.ts";
import { present } from "../../lib/report/present.ts";
import { shortened } from "../../lib/report/tables/queries.ts";
import { inFolder } from "../helpers.ts";

const QUERIES = {
  features: {
    ids: ["a1", "a2", "b1", "c1", "d1"],
    imageIds: ["a", "b", "c", "d"],
    speechImageIds: ["a", "a", "b", "c", "d"],
  },
  ranks: { speech2image: Int32Array.of(2, 9, 1, 9, 4), image2speech: Int32Array.of(3, 0, 7, 5) },
};

Deno.test("queries are chosen by name, by rank and at random", () => {
  const by = (ids: string[]) => chooseQueries({ by: "ids", ids }, QUERIES);
  assert.deepEqual(by(["c1", "a"]), { speech2image: [3, 0], image2speech: [2, 0] });
  assert.deepEqual(by(["a2", "a"]), { speech2image: [1, 0], image2speech: [0] });
  assert.throws(
    () => by(["a1", "zebra"]),
    (error: Error) => error instanceof InputError && /'zebra'/.test(error.message),
  );

  const worst = chooseQueries({ by: "worst", count: 3 }, QUERIES);
  assert.deepEqual(worst, { speech2image: [1, 3, 4], image2speech: [2, 3, 0] });
  assert.deepEqual(chooseQueries({ by: "worst", count: 99 }, QUERIES).image2speech, [2, 3, 0], "rank 0 has no answer");

  const drawn = (seed: number) => chooseQueries({ by: "random", count: 2, seed }, QUERIES);
  assert.deepEqual(drawn(1), drawn(1));
  const seen = Array.from({ length: 40 }, (_, seed) => drawn(seed));
  assert.ok(
    seen.every(({ speech2image: [first, second], image2speech }) => first! < second! && !image2speech.includes(1)),
  );
  assert.deepEqual([...new Set(seen.flatMap(({ speech2image }) => speech2image))].sort(), [0, 1, 2, 3, 4]);
});

Deno.test("the highest similarities come first, equal ones in their order", () => {
  const values = [0.2, 0.9, -1, 0.9, 0.5];
  assert.deepEqual(topOf(5, 3, (i) => values[i]!), [1, 3, 4]);
  assert.deepEqual(topOf(5, 9, (i) => values[i]!), [1, 3, 4, 0, 2]);
});

Deno.test("the part that a fit keeps is the one whose pixels the tower sees", async () => {
  await inFolder(async (folder) => {
    for (const [width, height] of [[96, 48], [40, 120], [64, 64]] as const) {
      // Red tells how far right a pixel is, green how far down.
      const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
        const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
        return [255 * (x + 0.5) / width, 255 * (y + 0.5) / height, 0][i % 3]!;
      });
      const path = join(folder, `${width}.png`);
      await sharp(data, { raw: { width, height, channels: 3 } }).png().toFile(path);
      for (const fit of ["crop", "pad", "squash"] as Fit[]) {
        for (const edge of fit === "crop" ? [32, 40] : [32]) {
          const [size, part] = [32, seenPart({ width, height }, { size: 32, fit, edge })];
          const seen = await readImage(path, { size, fit, edge });
          for (const [column, row] of [[4, 4], [16, 16], [27, 5], [6, 27]] as const) {
            const x = part.left + part.width * (column + 0.5) / size, y = part.top + part.height * (row + 0.5) / size;
            const inside = Math.min(x, 1 - x) > part.width / size && Math.min(y, 1 - y) > part.height / size;
            if (!inside) continue;
            const at = (row * size + column) * 3;
            assert.ok(Math.abs(seen[at]! / 255 - x) < 0.01 + part.width / size, `${fit} ${width}: column ${column}`);
            assert.ok(Math.abs(seen[at + 1]! / 255 - y) < 0.01 + part.height / size, `${fit} ${width}: row ${row}`);
          }
        }
      }
    }
  });
  assert.equal(cutAway(seenPart({ width: 96, height: 48 }, { size: 32 })), 0.5);
  assert.equal(cutAway(seenPart({ width: 96, height: 48 }, { size: 32, fit: "pad" })), 0);
  assert.ok(Math.abs(cutAway(seenPart({ width: 64, height: 64 }, { size: 32, edge: 40 })) - 0.36) < 1e-12);
  const squashed = seenPart({ width: 96, height: 48 }, { size: 32, exact: [64, 40] });
  assert.deepEqual(squashed, { left: (1 - 0.8) / 2, top: 0.25, width: 0.8, height: 0.5 });
});

Deno.test("a word's relevance is the sum over its tokens in all windows; what was not read has none", () => {
  const found = wordRelevance(["a", "lighthouse", "at", "sea"], [1, 2, 1, 3], [
    { from: 0, tokens: [1, 2, 3] },
    { from: 2, tokens: [10, -20, 30] },
  ]);
  assert.deepEqual(found.map(({ relevance }) => relevance), [1, 2 + 3 + 10, -20, null]);
  assert.deepEqual(wordRelevance([], [], [{ from: 0, tokens: [] }]), []);
  assert.throws(() => wordRelevance(["a"], [1], [{ from: 0, tokens: [1, 2] }]), RangeError);
});

Deno.test("maps of a model that averages transcripts are refused before anything is opened", async () => {
  const settings = { model: { config: { ...sample(), transcripts: 3 } }, split: "dev" };
  await assert.rejects(
    runAttention(settings as never, { folder: "none" } as never),
    /Cannot map attention as the model averages 3 transcripts, .* without --transcripts/,
  );
});

Deno.test("a tone appears in the spectrogram at its pitch and time", () => {
  const tone = (hertz: number) =>
    Float32Array.from({ length: 16000 }, (_, i) => i < 8000 ? 0 : Math.sin(2 * Math.PI * hertz * i / 16000));
  const loudest = (hertz: number) => {
    const { bands, columns, levels, seconds } = spectrogramOf(tone(hertz), 50);
    assert.deepEqual([bands, columns, levels.length, seconds], [40, 50, 2000, 1]);
    assert.ok(levels.every((level) => Number.isInteger(level) && level >= 0 && level <= 255));
    const rows = Array.from({ length: bands }, (_, band) => levels[band * columns + 40]!);
    const row = rows.indexOf(Math.max(...rows));
    assert.ok(levels[row * columns + 40]! - levels[row * columns + 10]! > 150, "the first half is silent");
    return row;
  };
  assert.ok(loudest(200) < loudest(1000) && loudest(1000) < loudest(5000));
  assert.deepEqual(spectrogramOf(new Float32Array(500), 50).columns, 4, "no more columns than frames");
});

Deno.test("the color scale runs from dark to light monotonically", () => {
  const light = Array.from({ length: 50 }, (_, i) => {
    const [r, g, b] = heatColour(i / 49);
    return 0.299 * r + 0.587 * g + 0.114 * b;
  });
  assert.ok(light.every((value, i) => i === 0 || value > light[i - 1]!));
  assert.deepEqual(heatColour(-3), heatColour(0));
  assert.deepEqual(heatColour(3), heatColour(1));
});

const recall = { "R@1": 50, "R@5": 100, "R@10": 100 };
const interval = { "R@1": [0, 100], "R@5": [100, 100], "R@10": [100, 100] } as Record<
  keyof typeof recall,
  [number, number]
>;
const both = {
  speech2image: recall,
  image2speech: recall,
  intervals: { speech2image: interval, image2speech: interval },
};

Deno.test("a gallery is read back as it was written, and its page and table escape transcripts", async () => {
  const nasty = `<script>alert("1")</script> & 'x' | y`;
  const settings: GallerySettings = {
    models: [{ config: { ...sample(), variant: "pip-zero-shot" }, run: null }],
    split: "test",
    choice: { by: "ids", ids: [nasty] },
    top: 2,
  };
  const result: GalleryResult = {
    of: { dataset: "ln-coco", split: "test", pictures: 2, recordings: 2 },
    dataFolder: "nowhere",
    models: [{ name: nasty, variant: "pip-zero-shot", run: null, step: 0, recall: both }],
    queries: [{
      direction: "speech2image",
      id: nasty,
      answers: [{ rank: 2, similarity: 0.1, top: [{ id: "b", similarity: 0.3 }, { id: nasty, similarity: 0.1 }] }],
    }, {
      direction: "image2speech",
      id: nasty,
      answers: [{ rank: 1, similarity: 0.1, top: [{ id: nasty, similarity: 0.1 }] }],
    }],
    pictures: { [nasty]: `${nasty}.png`, b: "b.png" },
    recordings: {
      [nasty]: { file: `${nasty}.wav`, imageId: nasty, transcript: nasty, reference: nasty, errors: null },
    },
  };
  const { page: text = "", markdown: table } = await present("gallery", { settings, result });
  assert.ok(!text.includes("<script"), "no script of a transcript's own");
  assert.ok(text.split("&lt;script&gt;alert(").length > 6);
  const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; | y";
  assert.equal(text.split(`<p>transcribed: <q>${escaped}</q></p>`).length - 1, 2, "quotes too, once per query");
  assert.equal(text.split(`<p class="soft">written: <q>${escaped}</q></p>`).length - 1, 2);
  assert.equal(text.split(`aria-label="${escaped} with the first answers of each model"`).length - 1, 2);
  assert.equal(text.split('stroke="#009E73"').length - 1, 2, "a frame around each correct answer");
  assert.match(text, /not found:/);
  assert.match(text, /the recording [^]* cannot be read/);
  const columns = table.split("\n").filter((line) => line.startsWith("|")).map((line) =>
    line.split(/(?<!\\)\|/).length
  );
  assert.equal(new Set(columns.slice(-4)).size, 1, "a bar in a text parts no cells");
  await inFolder(async (folder) => {
    const path = await writeExperiment(folder, { experiment: "gallery", settings, result }, table);
    const read = await readExperiment(path, "gallery", GALLERY_SCHEMAS);
    assert.deepEqual([read.settings, read.result], [settings, result]);
    const broken = { ...result, queries: [{ ...result.queries[0]!, answers: [{ rank: 0, similarity: 1, top: [] }] }] };
    await writeExperiment(folder, { experiment: "gallery", settings, result: broken }, table);
    await assert.rejects(readExperiment(path, "gallery", GALLERY_SCHEMAS), /result\.queries\.0\.answers\.0\.rank/);
  });
  assert.equal(shortened(`a\n b|c ${"d".repeat(99)}`, 12), "a b|c dd ...");
});

Deno.test("a fault in the settings of a model is reported with its file and its field", () => {
  const broken = (config: object) => {
    const settings = { model: { config, run: null }, split: "test", top: 3 };
    const content = { format: 1, experiment: "crop", settings, result: {} };
    return () => checkExperiment(content, "here/results.json", "crop", CROP_SCHEMAS);
  };
  assert.throws(
    broken({ ...sample(), steps: -1 }),
    (error: Error) =>
      error instanceof InputError && /'here\/results\.json': settings\.model\.config: .*steps: /.test(error.message),
  );
});

Deno.test("if all images are square the table of crop says so, and no query without a loss is listed", async () => {
  const query = (id: string, crop: number, pad: number): CropQuery => ({
    direction: "speech2image",
    id,
    imageId: "a",
    ranks: { crop, pad, squash: 1 },
    loss: crop - pad,
  });
  const queries = [query("x", 9, 2), query("y", 5, 4), query("z", 3, 3), query("w", 1, 8)];
  assert.deepEqual(worstOf(queries, 5).map(({ id }) => id), ["x", "y"]);
  assert.deepEqual(worstOf(queries, 1).map(({ id }) => id), ["x"]);
  const none = { points: 0, interval: [0, 0] as [number, number] };
  const result: CropResult = {
    of: { dataset: "ln-coco", split: "test", pictures: 1, recordings: 4, notSquare: 0 },
    model: "model",
    step: 0,
    trainedWith: "crop",
    dataFolder: "nowhere",
    recall: { crop: both, pad: both, squash: both },
    gain: { speech2image: { "R@1": none, "R@5": none }, image2speech: { "R@1": none, "R@5": none } },
    queries: [query("z", 3, 3)],
    pictures: { a: { file: "a.png", width: 9, height: 9, kept: { left: 0, top: 0, width: 1, height: 1 }, cut: 0 } },
    transcripts: {},
  };
  const settings = { model: { config: sample(), run: null }, split: "test" as const, top: 3 };
  const show = async (result: CropResult) => (await present("crop", { settings, result })).markdown;
  const table = await show(result);
  assert.match(table, /All images are square/);
  assert.match(table, /No query ranks lower with 'crop' than with 'pad'/);
  const wide = { ...result, of: { ...result.of, notSquare: 1 }, queries };
  assert.match(await show(wide), /1 of the images are not square[^]*\| x +\| 9 +\| 2 +\| 1 +\| \+7/);
  await inFolder(async (folder) => {
    const path = await writeExperiment(folder, { experiment: "crop", settings, result: wide }, table);
    assert.deepEqual((await readExperiment(path, "crop", CROP_SCHEMAS)).result, wide);
  });
});
