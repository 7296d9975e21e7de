/** Figures in a real browser: nothing clipped, nothing on top of another, and files of the right size. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { InputError } from "../../lib/errors.ts";
import { originOf } from "../../lib/report/collect/origin.ts";
import { type Exporter, exporterOn, openBrowser, openExporter } from "../../lib/report/export/exporter.ts";
import { findChromium, NO_CHROMIUM, type System } from "../../lib/report/export/chromium.ts";
import { chromium } from "./chromium.ts";
import { ablateFigure, compareDifferencesFigure } from "../../lib/report/figures/differences.ts";
import { crossFigure, retrievalBarsFigure, zeroShotFigure } from "../../lib/report/figures/recall.ts";
import type { Figure } from "../../lib/report/figures/figure.ts";
import { figureHtml } from "../../lib/report/draw_figures.ts";
import { axis, DARK, figureLayout } from "../../lib/report/figures/style.ts";
import { darkFigure } from "./dark.ts";
import { serBarsFigure, serConfusionFigure } from "../../lib/report/figures/ser.ts";
import { toneFigure } from "../../lib/report/figures/tone.ts";
import { trainingCurvesFigure } from "../../lib/report/figures/training_curves.ts";
import { werFigure } from "../../lib/report/figures/word_errors.ts";
import { temporaryFolder } from "../temporary.ts";
import { ALL_VARIANTS, curveOf, serOf, THREE_SETS, toneOf, trials, werOf } from "./hand_made.ts";
import { layoutFaults } from "./layout_faults.ts";

const ignore = chromium === undefined;

const LONG = "a name of one's own that is much longer than anybody would wish to see in a figure of a paper";
const SIX_SETS = ["flickr8k", "spokencoco", "ln-coco", "own", "own", "own"].map((dataset, i) => ({
  dataset,
  dataRoot: i < 3 ? `/data/${dataset}` : `/data/recordings of our own, part ${i}.jsonl`,
}));
const MOODS = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"];
const origin = originOf("ln-coco", "data/sample/coco");

/** Figures as they come, then with as much, as little, or as strange as can be. */
function allFigures(): Figure[] {
  const three = trials(ALL_VARIANTS, THREE_SETS);
  const one = trials(ALL_VARIANTS, THREE_SETS.slice(2));
  const six = SIX_SETS.map((set, i) => ({ ...set, dataset: i < 3 ? set.dataset : `own ${i}` }));
  const named = trials([...ALL_VARIANTS.slice(4), { name: LONG, variant: "full", seeds: [1] }], THREE_SETS.slice(2));
  const crossed = (sets: typeof six) =>
    trials(sets.map(({ dataset }) => ({ name: dataset, variant: "full" as const, seeds: [1] })), sets);
  const systems = (encoders: string[], protocols: ("split" | "speakers-out")[]) =>
    protocols.flatMap((protocol) => [
      { system: "majority" as const, encoder: null, protocol, seed: null },
      { system: "log-mel" as const, encoder: null, protocol, seed: null },
      ...encoders.flatMap((encoder) => [
        { system: "probe" as const, encoder, protocol, seed: null },
        { system: "fine-tuned" as const, encoder, protocol, seed: 1 },
      ]),
    ]);
  const wer = [0, 0, 0, 0.1, 0.1, 0.25, 0.4, 0.45, 0.8, 1.2], hit = [1, 1, 0, 1, 1, 0, 1, 0, 0, 0];
  const plain = serOf(["angry", "happy", "neutral", "sad"], systems(["full", "pip"], ["split", "speakers-out"]));
  const strange = serOf(MOODS, systems(["full", "pip", LONG], ["split"]));
  return [
    retrievalBarsFigure(one),
    retrievalBarsFigure(three),
    retrievalBarsFigure(trials(ALL_VARIANTS, six)),
    retrievalBarsFigure(trials(ALL_VARIANTS.slice(5), THREE_SETS.slice(2), () => 99)),
    zeroShotFigure(three),
    zeroShotFigure(trials(ALL_VARIANTS.slice(0, 2), six)),
    zeroShotFigure(trials(ALL_VARIANTS.slice(0, 2), THREE_SETS.slice(2), () => 1)),
    compareDifferencesFigure(one),
    compareDifferencesFigure(trials(ALL_VARIANTS.slice(0, 2), THREE_SETS, () => 1)),
    ablateFigure(named),
    crossFigure(crossed(THREE_SETS)),
    crossFigure(crossed(six)),
    crossFigure(crossed(THREE_SETS.slice(0, 1))),
    trainingCurvesFigure([curveOf("a", "full", 1, 200)], origin),
    trainingCurvesFigure(
      [1, 2, 3].flatMap((seed) =>
        ["pip", "e2e", "full"].map((variant) => curveOf("a", variant, seed, 30, [10, 20, 30]))
      ),
      origin,
    ),
    trainingCurvesFigure(
      Array.from({ length: 9 }, (_, i) => curveOf(`promptLength=${i},alpha=0.5-seed-1`, "full", 1, 100_000)),
      origin,
    ),
    trainingCurvesFigure([curveOf("a", "full", 1, 1)], origin),
    werFigure(werOf({ wer, hit }, ["raw", "english"])),
    werFigure(werOf({ wer: [0, 0, 0, 0], hit: [1, 1, 1, 1] }, ["raw"])),
    werFigure(werOf({ wer: [...wer, 30], hit: [...hit, 0] }, ["english"])),
    serBarsFigure(plain),
    serBarsFigure(strange),
    serConfusionFigure(plain),
    serConfusionFigure(strange),
    toneFigure(toneOf(["pip", "e2e", "full"], [1])),
    toneFigure(toneOf(["full"], [1, 2])),
  ];
}

Deno.test({
  name: "figures in a browser",
  ignore,
  // The browser outlives single steps.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const browser = await openBrowser(chromium!);
    const exporter = await exporterOn(browser);
    try {
      const page = await browser.page();
      const errors: string[] = [];
      page.on("console", (message) => {
        if (["error", "warn"].includes(message.type())) errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(String(error)));

      await t.step("every figure, plain and strange: no text is clipped or covered, no panel is empty", async () => {
        for (const figure of allFigures()) {
          await page.setContent(await exporter.svg(figure));
          assert.deepEqual(await layoutFaults(page), [], `${figure.name}: ${figure.caption.slice(0, 200)}`);
        }
      });

      await t.step("the check itself finds what is wrong", async () => {
        const bad = (layout: object, data: object[] = [{ x: [1, 2], y: [1, 2] }]): Figure => ({
          name: "bad",
          title: "Bad",
          caption: "",
          alt: "",
          columns: 1,
          height: 2,
          data: data as Figure["data"],
          layout: {
            ...figureLayout({ columns: 1, height: 2, axes: { xaxis: axis("Step"), yaxis: axis("Loss") } }),
            ...layout,
          },
        });
        const faultsOf = async (figure: Figure) => {
          await page.setContent(await exporter.svg(figure));
          return (await layoutFaults(page)).join("\n");
        };
        const text = (text: string, x: number, size = 10) => ({
          text,
          x,
          y: 0.5,
          xref: "paper",
          yref: "paper",
          xanchor: "left",
          showarrow: false,
          font: { size },
        });
        assert.equal(await faultsOf(bad({})), "");
        assert.match(await faultsOf(bad({ annotations: [text("leaves the figure", 0.9)] })), /is clipped by \d/);
        assert.match(
          await faultsOf(bad({ annotations: [text("here", 0.5), text("and here", 0.5)] })),
          /'here' lies on 'and here'/,
        );
        assert.match(await faultsOf(bad({ annotations: [text("tiny", 0.5, 6)] })), /has only 4.5 points/);
        const many = Array.from({ length: 8 }, (_, i) => ({ x: [1, 2], y: [i, 2], name: `line ${i}` }));
        assert.match(
          await faultsOf(bad({ showlegend: true, legend: { maxheight: 60 } }, many)),
          /the legend does not fit, 'line \d' is hidden/,
        );
        assert.match(await faultsOf(bad({}, [{ x: [1], y: [null] }])), /a panel is empty/);
        await page.setContent("<p>nothing");
        assert.deepEqual(await layoutFaults(page), ["no figure is drawn"]);
      });

      const figure = toneFigure(toneOf(["pip", "full"], [1]));

      await t.step(
        "an SVG is valid, has title and description, and is the same each time",
        () => checkSvg(exporter, figure, page),
      );

      await t.step("a PNG has inches times dpi pixels and is drawn in both modes", async () => {
        for (const [dpi, width, height] of [[300, 2148, 750], [96, 687, 240]] as const) {
          const meta = await sharp(await exporter.png(figure, dpi)).metadata();
          assert.deepEqual([meta.format, meta.width, meta.height], ["png", width, height]);
        }
        const narrow = trainingCurvesFigure([curveOf("a", "full", 1, 20)], origin);
        assert.equal((await sharp(await exporter.png(narrow)).metadata()).width, 1050);
        const corner = async (
          figure: Figure,
        ) => [
          ...(await sharp(await exporter.png(figure, 50)).extract({ left: 0, top: 0, width: 1, height: 1 })
            .removeAlpha().raw()
            .toBuffer()),
        ];
        assert.deepEqual(await corner(figure), [255, 255, 255]);
        assert.deepEqual(
          await corner(darkFigure(figure)),
          [1, 3, 5].map((at) => parseInt(DARK.paper.slice(at, at + 2), 16)),
        );
        await assert.rejects(exporter.png(figure, 0), RangeError);
      });

      await t.step("a PDF is one page of the figure's size, with vectors and letters", async () => {
        const pdf = new TextDecoder("latin1").decode(await exporter.pdf(figure));
        assert.match(pdf, /^%PDF-1\.\d/);
        const boxes = [...pdf.matchAll(/\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/g)].map((
          [, w, h],
        ) => [Number(w), Number(h)]);
        assert.equal(boxes.length, 1);
        assert.ok(Math.abs(boxes[0]![0]! - 7.16 * 72) < 1 && Math.abs(boxes[0]![1]! - 2.5 * 72) < 1, String(boxes));
        assert.match(pdf, /\/Font/);
        assert.doesNotMatch(pdf, /\/Subtype\s*\/Image/);
      });

      await t.step("a figure that cannot be drawn says so, and the next one is drawn", async () => {
        const broken = { ...figure, data: "none" as unknown as Figure["data"] };
        const [failed, drawn] = await Promise.allSettled([exporter.svg(broken), exporter.svg(figure)]);
        assert.equal(drawn.status, "fulfilled");
        assert.equal(failed.status === "rejected" || !failed.value.includes("barlayer"), true);
      });

      await t.step("the page of a figure works offline from a file, by day and by night", async () => {
        const file = join(await temporaryFolder(), "figure.html");
        const odd = { ...figure, title: "A </script> & more", caption: "An odd <b>caption</b>" };
        await Deno.writeTextFile(file, await figureHtml(odd));
        const asked: string[] = [];
        page.on("request", (request) => asked.push(request.url()));
        await page.goto(`file://${file}`);
        assert.deepEqual(asked.filter((url) => !url.startsWith("file:") && !url.startsWith("data:")), []);
        assert.equal(await page.evaluate("document.title"), odd.title);
        assert.equal(await page.evaluate("document.querySelector('figcaption p').textContent.trim()"), odd.caption);
        assert.equal(await page.evaluate("document.querySelector('figcaption h3').textContent.trim()"), odd.title);
        assert.deepEqual(await layoutFaults(page), []);
        const ground = "getComputedStyle(document.querySelector('.main-svg')).backgroundColor";
        const [day] = [await page.evaluate(ground)];
        await page.bringToFront();
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
        await page.waitForFunction(`${ground} !== ${JSON.stringify(day)}`);
        assert.deepEqual(await layoutFaults(page), []);
      });

      assert.deepEqual(errors, [], "the browser's console has no errors");
    } finally {
      await exporter.close();
      await exporter.close();
    }
    await assert.rejects(exporter.svg(toneFigure(toneOf(["full"], [1]))));
  },
});

async function checkSvg(
  exporter: Exporter,
  figure: Figure,
  page: Awaited<ReturnType<Awaited<ReturnType<typeof openBrowser>>["page"]>>,
) {
  const [first, again] = [await exporter.svg(figure), await exporter.svg(figure)];
  assert.ok(first === again, "the same text each time");
  assert.notEqual(
    first,
    await exporter.svg({ ...figure, name: "other" }),
    "clip paths of two figures have different names",
  );
  const script = `(() => {
    const page = new DOMParser().parseFromString(${JSON.stringify(first)}, "image/svg+xml");
    const root = page.documentElement;
    return [page.querySelectorAll("parsererror").length, root.nodeName, root.querySelector("title").textContent,
      root.querySelector("desc").textContent, root.getAttribute("viewBox"), root.getAttribute("role")];
  })()`;
  const [errors, root, title, description, box, role] = await page.evaluate(script) as (string | number)[];
  assert.deepEqual([errors, root, title, description, role], [0, "svg", figure.title, figure.alt, "img"]);
  assert.equal(box, "0 0 687.36 240");
  const bare = await sharp(new TextEncoder().encode(first)).metadata();
  assert.deepEqual([bare.format, Math.round(bare.width)], ["svg", 687], "others than a browser can draw it");
}

Deno.test({
  name: "a file that is no browser is refused in one line, and leaves no profile behind",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const program = join(await temporaryFolder(), "chromium");
    await Deno.writeTextFile(program, "#!/bin/sh\nexit 3\n", { mode: 0o755 });
    await assert.rejects(openExporter(program), (error: Error) => {
      assert.ok(error instanceof InputError && !error.message.includes("\n"), error.message);
      assert.match(error.message, /Cannot start the browser '.*chromium'/);
      return true;
    });
  },
});

Deno.test("a browser is found by CHROME_PATH, then on the PATH, then at each system's usual locations", async () => {
  const system = (os: System["os"], env: Record<string, string>, ...files: string[]): System => ({
    os,
    env: (name) => env[name],
    isFile: (path) => Promise.resolve(files.includes(path.replaceAll("\\", "/"))),
  });
  const chrome = "/opt/chrome", debian = "/usr/bin/chromium";
  assert.equal(await findChromium(system("linux", { CHROME_PATH: chrome, PATH: "/usr/bin" }, chrome, debian)), chrome);
  await assert.rejects(findChromium(system("linux", { CHROME_PATH: "/none", PATH: "/usr/bin" }, debian)), InputError);
  assert.equal(await findChromium(system("linux", { CHROME_PATH: "", PATH: "/bin:/usr/bin" }, debian)), debian);
  assert.equal(
    await findChromium(system("linux", { PATH: "/a:/b" }, "/b/google-chrome", "/a/chrome")),
    "/b/google-chrome",
    "the name counts before the folder",
  );
  assert.equal(await findChromium(system("linux", {}, "/snap/bin/chromium")), "/snap/bin/chromium");
  const mac = "/Users/a/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  assert.equal(await findChromium(system("darwin", { HOME: "/Users/a" }, mac)), mac);
  const windows = await findChromium({
    ...system("windows", { PROGRAMFILES: "C:/Program Files" }),
    isFile: (path) => Promise.resolve(path.endsWith("chrome.exe") && path.includes("Google")),
  });
  assert.match(windows ?? "", /^C:\/Program Files[/\\]Google\\Chrome\\Application\\chrome\.exe$/);
  assert.equal(await findChromium(system("linux", {})), undefined);
  assert.doesNotMatch(NO_CHROMIUM, /\n/);
});
