/** The gallery's and the crop's figure, against the results that they are made of, and in a browser. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { exporterOn, openBrowser } from "../../lib/report/export/exporter.ts";
import { chromium } from "./chromium.ts";
import { cropFigure } from "../../lib/report/figures/crop.ts";
import { type Figure, figurePixels } from "../../lib/report/figures/figure.ts";
import { galleryFigure } from "../../lib/report/figures/gallery.ts";
import { PALETTE } from "../../lib/report/figures/style.ts";
import { darkFigure } from "./dark.ts";
import { fitted, textLines, textWidth, unmarked } from "../../lib/report/figures/text_lines.ts";
import { layoutFaults } from "./layout_faults.ts";
import {
  bare,
  crop,
  frames,
  type Gallery,
  gallery,
  images,
  LONG,
  pictureFolder,
  shapes,
  texts,
  WAYS,
} from "./made_pictures.ts";

Deno.test("the gallery shows each query's words or image, the answers in order, and frames the right one", async () => {
  const figure = await galleryFigure(gallery(await pictureFolder()));
  const told = texts(figure).map(({ text }) => text);
  // two queries each way of two models: the first finds the right one at once, the second has it after the first five
  assert.equal(images(figure).length, 2 * (5 + 6) + 2, "images found, and the two that ask");
  assert.equal(frames(figure, PALETTE.green).length, 8, "a frame a query and model");
  for (const place of [1, 2, 3, 4, 5]) {
    const similarity = (0.9 - 0.1 * (place - 1)).toFixed(2);
    assert.equal(told.filter((text) => bare(text) === `${place}: ${similarity}`).length, 4, `place ${place}`);
  }
  assert.equal(told.filter((text) => text === "<b>1: 0.90</b>").length, 2, "bold where it is the right one");
  assert.equal(told.filter((text) => text === "<b>7: −1.03</b>").length, 2, "the right one after the first five");
  assert.equal(told.filter((text) => text.includes("correct:<br>7 of 8")).length, 4);
  assert.equal(told.filter((text) => bare(text).startsWith("a dog on the beach")).length, 2 * (5 + 6));
  const [asked] = told.filter((text) => text.startsWith("Transcribed (1 error in 5 words):"));
  assert.match(asked!, /<b><u>dog<\/u><\/b>[\s\S]*<b><u>cat<\/u><\/b>/, "the wrong word, and the one that was said");
  assert.match(figure.caption, /LN-COCO \(bundled sample\), test split: 8 recordings, 8 images\./);
  assert.match(
    figure.caption,
    /2 recordings and 2 images as queries, out of 6 stored \(3 queries each way at random, seed 3\)/,
  );
  assert.match(figure.caption, /BrewCLIP \(runs\/m0, step 20\) 12\.5 and 7\.5/);
  assert.match(
    figure.alt,
    /Recording r0, transcribed as "a dog on the beach 0": BrewCLIP ranks the correct image 1 of 8; /,
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

Deno.test("models of one variant are distinguished by their names", async () => {
  const figure = await galleryFigure(gallery(await pictureFolder(), { variants: ["full", "full"] }), { shown: 1 });
  assert.deepEqual(
    texts(figure).map(({ text }) => text).filter((text) => text.startsWith("<b>model")).map((text) =>
      text.split("<br>")[0]
    ),
    ["<b>model 0</b>", "<b>model 1</b>"],
  );
});

Deno.test("a missing image is a gray panel with its name, and the data set may be elsewhere", async () => {
  const folder = await pictureFolder();
  await Deno.remove(join(folder, "p2.jpg"));
  const figure = await galleryFigure(gallery("/moved"), { folder });
  const gone = texts(figure).filter(({ text }) => text === "not found:<br>p2.jpg");
  assert.equal(gone.length, 4, "once in each row of found images");
  assert.equal(images(figure).length, 2 * (5 + 6) + 2 - 4);
  assert.equal(images(await galleryFigure(gallery("/moved"))).length, 0);
});

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

Deno.test("the crop's figure has every query's two ranks each way, and the worst ones' images with the part that is kept", async () => {
  const { settings, result } = crop(await pictureFolder(), (i) => i < 4 ? 4 - i : -i);
  const figure = await cropFigure({ settings, result });
  WAYS.forEach((way, panel) => {
    const expected = result.queries.filter(({ direction }) => direction === way).map(({ ranks }) =>
      `${ranks.crop} ${ranks.pad}`
    );
    assert.deepEqual(points(figure, panel), expected.sort());
  });
  const told = texts(figure).map(({ text }) => bare(text));
  assert.equal(told.filter((text) => text === "lower: 4").length, 2);
  assert.equal(told.filter((text) => text === "higher: 4").length, 2);
  assert.equal(images(figure).length, 6, "the three worst of each way");
  assert.equal(frames(figure, PALETTE.orange).length, 6);
  const [first] = told.filter((text) => text.startsWith("r0<br>"));
  assert.equal(first, "r0<br>rank 5 cropped, 1 bars<br>50 % cut away<br>“a dog 0”");
  // the first image is wide: half of it is dark, a quarter on each side
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
  assert.match(figure.caption, /6 images are not square\./);
  assert.match(figure.caption, /speech to image −2\.5 \(\+5\.0 to \+40\.0\)/);
  assert.match(figure.alt, /of 8 queries 4 rank lower when images are cropped, 4 higher, 0 the same/);
  assert.match(figure.alt, /r0: rank 5 cropped, 1 with bars\./);
});

Deno.test("where all images are square the figure says so, and its points lie on the diagonal", async () => {
  const figure = await cropFigure(crop(await pictureFolder(), () => 0, { square: true }));
  assert.match(figure.caption, /All images are square: no fit cuts, pads or squeezes anything/);
  assert.match(figure.alt, /^All images are square\./);
  assert.equal(images(figure).length, 0);
  for (const panel of [0, 1]) assert.deepEqual(points(figure, panel), new Array(8).fill("1 1"));
  const none = await cropFigure(crop(await pictureFolder(), (i) => -i));
  assert.match(none.caption, /No query ranks lower when its image is cropped\./);
});

Deno.test("a crop whose image is gone still shows the window, over a grey panel", async () => {
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
