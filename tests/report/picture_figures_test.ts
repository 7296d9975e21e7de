/** The gallery's and the crop's figure, against the results that they are made of, and in a browser. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import type { CropQuery, CropResult, CropSettings } from "../../lib/experiments/crop/crop_results.ts";
import type { GalleryResult, GallerySettings } from "../../lib/experiments/gallery/gallery_results.ts";
import { openBrowser } from "../../lib/report/export/browser.ts";
import { findChromium, NO_CHROMIUM } from "../../lib/report/export/chromium.ts";
import { exporterOn } from "../../lib/report/export/static_export.ts";
import { cropFigure } from "../../lib/report/figures/crop.ts";
import { type Figure, figurePixels, type PlotlyLayout } from "../../lib/report/figures/figure.ts";
import { galleryFigure } from "../../lib/report/figures/gallery.ts";
import { PALETTE } from "../../lib/report/figures/palette.ts";
import { darkFigure } from "../../lib/report/figures/style.ts";
import { fitted, textLines, textWidth, unmarked } from "../../lib/report/figures/text_lines.ts";
import { presetConfig } from "../../lib/training/preset_config.ts";
import { temporaryFolder } from "../temporary.ts";
import { layoutFaults } from "./layout_faults.ts";

const chromium = await findChromium();
if (chromium === undefined) console.log(`figures are not looked at in a browser: ${NO_CHROMIUM}`);

const LONG = "Wwwwww MMMMMM and um so there is a gorgeously ornamented Fahrradständer & a <b>bold</b> sign, no sorry, "
  .repeat(4);
const WAYS = ["speech2image", "image2speech"] as const;
const recall = { "R@1": 12.5, "R@5": 20, "R@10": 30 };
const band: [number, number] = [5, 40];
const intervals = { "R@1": band, "R@5": band, "R@10": band };
const whole = {
  speech2image: recall,
  image2speech: { ...recall, "R@1": 7.5 },
  intervals: { speech2image: intervals, image2speech: intervals },
};
const model = { config: presetConfig("sample-ln-coco"), run: null };

/** A folder with eight pictures of one colour each, wide, tall and square. */
async function pictureFolder(): Promise<string> {
  const folder = await temporaryFolder();
  for (let i = 0; i < 8; i++) {
    const background = { r: 30 * i, g: 90, b: 255 - 30 * i };
    const [width, height] = [[60, 30], [30, 60], [40, 40]][i % 3] as [number, number];
    await sharp({ create: { width, height, channels: 3, background } }).jpeg().toFile(join(folder, `p${i}.jpg`));
  }
  return folder;
}

type Gallery = { settings: GallerySettings; result: GalleryResult };

/** Eight pairs; a query's right answer is at the places that `ranks` tells, one a model. */
function gallery(
  dataFolder: string,
  { variants = ["full", "pip-zero-shot"], ranks = [1, 7], each = 3, transcript = "a dog on the beach", total = 8 } = {},
): Gallery {
  const places = [0, 1, 2, 3, 4, 5, 6, 7];
  const order = (right: number, rank: number) =>
    places.filter((i) => i !== right).toSpliced(rank - 1, 0, right).slice(0, 5);
  const top = (prefix: string, right: number, rank: number) =>
    order(right, rank).map((i, at) => ({ id: `${prefix}${i}`, similarity: 0.9 - 0.1 * at }));
  const queries = WAYS.flatMap((direction) =>
    places.slice(0, each).map((i) => ({
      direction,
      id: `${direction === "speech2image" ? "r" : "p"}${i}`,
      answers: variants.map((_, m) => ({
        rank: ranks[m]!,
        similarity: -0.031 - m,
        top: top(direction === "speech2image" ? "p" : "r", i, ranks[m]!),
      })),
    }))
  );
  const reference = "a cat on the beach";
  const errors = { errors: 1, words: 5, wer: 0.2, substitutions: 1, deletions: 0, insertions: 0 };
  return {
    settings: { models: [model], split: "test", choice: { by: "random", count: each, seed: 3 }, top: 5 },
    result: {
      of: { dataset: "ln-coco", split: "test", pictures: total, recordings: total },
      dataFolder,
      models: variants.map((variant, m) => ({
        name: `model ${m}`,
        variant,
        run: `runs/m${m}`,
        step: 20,
        recall: whole,
      })),
      queries,
      pictures: Object.fromEntries(places.map((i) => [`p${i}`, `p${i}.jpg`])),
      recordings: Object.fromEntries(
        places.map((
          i,
        ) => [`r${i}`, { file: `r${i}.wav`, imageId: `p${i}`, transcript: `${transcript} ${i}`, reference, errors }]),
      ),
    },
  };
}

type Text = { text: string; x: number; y: number };
const texts = ({ layout }: Figure) => layout["annotations"] as Text[];
const images = ({ layout }: Figure) => layout["images"] as (PlotlyLayout & { source: string })[];
const shapes = ({ layout }: Figure) =>
  layout["shapes"] as (PlotlyLayout & { line: { color?: string }; fillcolor?: string })[];
const frames = (figure: Figure, color: string) => shapes(figure).filter(({ line }) => line.color === color);
const bare = (text: string) => text.replaceAll(/<\/?[bu]>/g, "");

Deno.test("the gallery shows each query's words or picture, the answers in order, and frames the right one", async () => {
  const figure = await galleryFigure(gallery(await pictureFolder()));
  const told = texts(figure).map(({ text }) => text);
  // two queries each way of two models: the first finds the right one at once, the second has it after the first five
  assert.equal(images(figure).length, 2 * (5 + 6) + 2, "pictures found, and the two that ask");
  assert.equal(frames(figure, PALETTE.green).length, 8, "a frame a query and model");
  for (const place of [1, 2, 3, 4, 5]) {
    const similarity = (0.9 - 0.1 * (place - 1)).toFixed(2);
    assert.equal(told.filter((text) => bare(text) === `${place}: ${similarity}`).length, 4, `place ${place}`);
  }
  assert.equal(told.filter((text) => text === "<b>1: 0.90</b>").length, 2, "bold where it is the right one");
  assert.equal(told.filter((text) => text === "<b>7: −1.03</b>").length, 2, "the right one after the first five");
  assert.equal(told.filter((text) => text.includes("right one:<br>7 of 8")).length, 4);
  assert.equal(told.filter((text) => bare(text).startsWith("a dog on the beach")).length, 2 * (5 + 6));
  const [asked] = told.filter((text) => text.startsWith("Heard (1 error in 5 words):"));
  assert.match(asked!, /<b><u>dog<\/u><\/b>[\s\S]*<b><u>cat<\/u><\/b>/, "the wrong word, and the one that was said");
  assert.match(figure.caption, /LN-COCO \(bundled sample\), test split: 8 recordings, 8 pictures\./);
  assert.match(
    figure.caption,
    /2 recordings and 2 pictures that ask, of 6 stored \(3 queries each way at random, seed 3\)/,
  );
  assert.match(figure.caption, /BrewCLIP \(runs\/m0, step 20\) 12\.5 and 7\.5/);
  assert.match(
    figure.alt,
    /Recording r0, heard as "a dog on the beach 0": BrewCLIP puts the right picture at place 1 of 8; /,
  );
  assert.equal(figure.columns, 2);
  assert.deepEqual([figure.layout["width"], figure.layout["height"]], figurePixels(figure));
});

Deno.test("the gallery takes as many queries as are wanted and stored, of both ways", async () => {
  const folder = await pictureFolder();
  const asked = async (shown: number, made: Gallery) => {
    const names = texts(await galleryFigure(made, { shown })).map(({ text }) => bare(text));
    return names.filter((text) => /^[rp]\d$/.test(text));
  };
  assert.deepEqual(await asked(3, gallery(folder)), ["r0", "r1", "p0"]);
  assert.deepEqual(await asked(9, gallery(folder)), ["r0", "r1", "r2", "p0", "p1", "p2"]);
  const oneWay = gallery(folder);
  oneWay.result.queries = oneWay.result.queries.filter(({ direction }) => direction === "image2speech");
  assert.deepEqual(await asked(4, oneWay), ["p0", "p1", "p2"]);
  oneWay.result.queries = [];
  assert.match((await galleryFigure(oneWay)).alt, /No query is stored/);
});

Deno.test("models of one variant are told apart by their names", async () => {
  const figure = await galleryFigure(gallery(await pictureFolder(), { variants: ["full", "full"] }), { shown: 1 });
  assert.deepEqual(
    texts(figure).map(({ text }) => text).filter((text) => text.startsWith("<b>model")).map((text) =>
      text.split("<br>")[0]
    ),
    ["<b>model 0</b>", "<b>model 1</b>"],
  );
});

Deno.test("a picture that is gone is a grey panel with its name, and the data set may stand elsewhere", async () => {
  const folder = await pictureFolder();
  await Deno.remove(join(folder, "p2.jpg"));
  const figure = await galleryFigure(gallery("/moved"), { folder });
  const gone = texts(figure).filter(({ text }) => text === "not found:<br>p2.jpg");
  assert.equal(gone.length, 4, "once in each row of found pictures");
  assert.equal(images(figure).length, 2 * (5 + 6) + 2 - 4);
  assert.equal(images(await galleryFigure(gallery("/moved"))).length, 0);
});

type Crop = { settings: CropSettings; result: CropResult };

/** Eight pairs; `loss` tells by how much the crop harms pair i. */
function crop(
  dataFolder: string,
  loss: (i: number) => number,
  { square = false, transcript = "a dog", ways = WAYS as readonly (typeof WAYS)[number][] } = {},
): Crop {
  const places = [0, 1, 2, 3, 4, 5, 6, 7];
  const gain = { "R@1": { points: -2.5, interval: band }, "R@5": { points: 0, interval: band } };
  const queries = WAYS.flatMap((direction) =>
    places.map((i): CropQuery => {
      const lost = ways.includes(direction) ? loss(i) : 0;
      const ranks = { crop: 1 + Math.max(0, lost), pad: 1 + Math.max(0, -lost), squash: 1 };
      return { direction, id: `${direction === "speech2image" ? "r" : "p"}${i}`, imageId: `p${i}`, ranks, loss: lost };
    })
  ).sort((a, b) => b.loss - a.loss);
  const shape = (i: number) =>
    [
      { width: 60, height: 30, kept: { left: 0.25, top: 0, width: 0.5, height: 1 }, cut: 0.5 },
      { width: 30, height: 60, kept: { left: 0, top: 0.25, width: 1, height: 0.5 }, cut: 0.5 },
      { width: 40, height: 40, kept: { left: 0, top: 0, width: 1, height: 1 }, cut: 0 },
    ][square ? 2 : i % 3]!;
  return {
    settings: { model, split: "test", top: 12 },
    result: {
      of: { dataset: "ln-coco", split: "test", pictures: 8, recordings: 8, notSquare: square ? 0 : 6 },
      model: "a model",
      step: 20,
      trainedWith: "crop",
      dataFolder,
      recall: { crop: whole, pad: whole, squash: whole },
      gain: { speech2image: gain, image2speech: gain },
      queries,
      pictures: Object.fromEntries(places.map((i) => [`p${i}`, { file: `p${i}.jpg`, ...shape(i) }])),
      transcripts: Object.fromEntries(places.map((i) => [`r${i}`, `${transcript} ${i}`])),
    },
  };
}

/** Each query of a panel as its two ranks, counted by the sizes of the points' names. */
function points({ data }: Figure, panel: number): string[] {
  return data.filter(({ mode, xaxis }) => mode === "markers" && xaxis === (panel === 0 ? "x" : "x2")).flatMap(
    (trace) => {
      const [x, y, names] = [trace["x"], trace["y"], trace["text"]] as [number[], number[], string[]];
      return names.flatMap((name, i) =>
        new Array(Number(/^(\d+) queries$/.exec(name)?.[1] ?? 1)).fill(`${x[i]} ${y[i]}`)
      );
    },
  ).sort();
}

Deno.test("the crop's figure has every query's two ranks each way, and the worst ones' pictures with the part that is kept", async () => {
  const { settings, result } = crop(await pictureFolder(), (i) => i < 4 ? 4 - i : -i);
  const figure = await cropFigure({ settings, result });
  WAYS.forEach((way, panel) => {
    const expected = result.queries.filter(({ direction }) => direction === way).map(({ ranks }) =>
      `${ranks.crop} ${ranks.pad}`
    );
    assert.deepEqual(points(figure, panel), expected.sort());
  });
  const told = texts(figure).map(({ text }) => bare(text));
  assert.equal(told.filter((text) => text === "later: 4").length, 2);
  assert.equal(told.filter((text) => text === "earlier: 4").length, 2);
  assert.equal(images(figure).length, 6, "the three worst of each way");
  assert.equal(frames(figure, PALETTE.orange).length, 6);
  const [first] = told.filter((text) => text.startsWith("r0<br>"));
  assert.equal(first, "r0<br>rank 5 cropped, 1 bars<br>50 % cut away<br>“a dog 0”");
  // the first picture is wide: half of it is dark, a quarter on each side
  const [wide] = images(figure);
  const { x, y, sizex, sizey } = wide as unknown as Record<"x" | "y" | "sizex" | "sizey", number>;
  const dark = shapes(figure).filter(({ fillcolor }) => fillcolor === "rgba(0,0,0,0.6)").slice(0, 2) as unknown as {
    x0: number;
    x1: number;
    y0: number;
    y1: number;
  }[];
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
  near(dark[0]!.x0, x - sizex / 2);
  near(dark[0]!.x1, x - sizex / 4);
  near(dark[1]!.x0, x + sizex / 4);
  near(dark[1]!.x1, x + sizex / 2);
  for (const { y0, y1 } of dark) {
    near(y0, y - sizey / 2);
    near(y1, y + sizey / 2);
  }
  assert.match(figure.caption, /6 pictures are not square\./);
  assert.match(figure.caption, /speech to image −2\.5 \(\+5\.0 to \+40\.0\)/);
  assert.match(figure.alt, /of 8 queries 4 are found later when pictures are cropped, 4 earlier, 0 at the same place/);
  assert.match(figure.alt, /r0: place 5 cropped, 1 with bars\./);
});

Deno.test("where all pictures are square the figure says so, and its points lie on the diagonal", async () => {
  const figure = await cropFigure(crop(await pictureFolder(), () => 0, { square: true }));
  assert.match(figure.caption, /All pictures are square: no fit cuts, pads or squeezes anything/);
  assert.match(figure.alt, /^All pictures are square\./);
  assert.equal(images(figure).length, 0);
  for (const panel of [0, 1]) assert.deepEqual(points(figure, panel), new Array(8).fill("1 1"));
  const none = await cropFigure(crop(await pictureFolder(), (i) => -i));
  assert.match(none.caption, /No query is found later when its picture is cropped\./);
});

Deno.test("a crop whose picture is gone still shows the window, over a grey panel", async () => {
  const folder = await pictureFolder();
  await Deno.remove(join(folder, "p0.jpg"));
  const figure = await cropFigure(crop(folder, (i) => 8 - i));
  assert.equal(images(figure).length, 4);
  assert.equal(texts(figure).filter(({ text }) => text === "not found: p0.jpg").length, 2);
  assert.equal(frames(figure, PALETTE.orange).length, 6);
});

Deno.test("lines and cut texts stay within their room", () => {
  for (const room of [30, 90, 400]) {
    for (const line of textLines(unmarked(LONG), room, 5)) {
      const text = line.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
      assert.ok(textWidth(text) <= room + 1e-9, `'${text}' in ${room}`);
    }
    assert.ok(textWidth(fitted(LONG, room)) <= room);
  }
  assert.equal(textLines(unmarked("one two"), 400, 5).join("|"), "one two");
  assert.equal(textLines(unmarked(LONG), 100, 2).at(-1)!.at(-1), "…");
  assert.deepEqual(textLines([{ word: "a&b", marked: true }, { word: "c", marked: false }], 400, 1), [
    "<b><u>a&amp;b</u></b> c",
  ]);
});

Deno.test({
  name: "galleries and crops in a browser: nothing clipped, nothing covered, no panel empty, files small",
  ignore: chromium === undefined,
  fn: async () => {
    const folder = await pictureFolder();
    const strange = gallery(folder, {
      variants: ["full", "pip", "e2e", "pip-zero-shot-gt"],
      ranks: [1, 3, 7, 24999],
      transcript: LONG,
      total: 25000,
    });
    strange.result.queries[0]!.id = "r0";
    const named = gallery(folder, {
      variants: [LONG, "a-name-without-any-space-that-is-long"],
      transcript: "",
      each: 1,
    });
    const gone = gallery("/gone");
    gone.result.pictures = Object.fromEntries(
      [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [`p${i}`, `${LONG.replaceAll("/", "")}${i}.jpg`]),
    );
    const unwritten = gallery(folder);
    for (const recording of Object.values(unwritten.result.recordings)) {
      Object.assign(recording, { reference: "", errors: null });
    }
    const figures = [
      ...await Promise.all([gallery(folder), strange, named, gone, unwritten].map((made) => galleryFigure(made))),
      await galleryFigure(gallery(folder, { each: 8 }), { shown: 10 }),
      ...await Promise.all([
        crop(folder, (i) => 8 - i),
        crop(folder, (i) => 9000 * (4 - i), { transcript: LONG }),
        crop("/gone", (i) => 8 - i, { ways: ["image2speech"] }),
        crop(folder, () => 0, { square: true }),
      ].map((made) => cropFigure(made))),
    ];
    const browser = await openBrowser(chromium!);
    await using exporter = await exporterOn(browser);
    const page = await browser.page();
    for (const [i, figure] of figures.entries()) {
      const svg = await exporter.svg(figure);
      assert.ok(svg.length < 300_000, `${figure.name} ${i} has ${svg.length} bytes`);
      await page.setContent(svg);
      assert.deepEqual(await layoutFaults(page), [], `figure ${i}: ${figure.name}`);
    }
    const { width, height } = await sharp(await exporter.png(darkFigure(figures[0]!), 100)).metadata();
    assert.deepEqual([width, height], [716, Math.round(100 * figures[0]!.height)]);
  },
});
