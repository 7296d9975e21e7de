/** The page of a report in a real browser: by day and by night, on a phone, with and without a browser at its making. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Page } from "puppeteer-core";
import { toFileUrl } from "./file_url.ts";
import { exists } from "../../lib/files/read.ts";
import { chromium } from "./chromium.ts";
import { type OpenBrowser, openBrowser } from "../../lib/report/export/exporter.ts";
import type { FigureFormat } from "../../lib/report/draw_figures.ts";
import { makeReport } from "../../lib/report/make_report.ts";
import { inFolder } from "../helpers.ts";
import { ablateEntry, compareEntry, crossEntry, serEntry, toneEntry, werEntry, zeroShotEntry } from "./made.ts";

const ENTRIES = [compareEntry(), zeroShotEntry(), crossEntry(), serEntry(), toneEntry(), werEntry(), ablateEntry()];
const QUIET = {
  line: () => {},
  result: () => {},
  progress: () => ({ update: () => {}, line: () => {}, stop: () => {} }),
};

async function make(out: string, formats: readonly FigureFormat[]) {
  return await makeReport(ENTRIES, { out, formats, report: QUIET });
}

/** What is wrong with a page: messages of its console, errors of its scripts, requests beyond its own files. */
async function watched(browser: OpenBrowser): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.page();
  const wrong: string[] = [];
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${String(error)}`));
  page.on("requestfailed", (request) => wrong.push(`failed: ${request.url().slice(0, 200)}`));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) wrong.push(`network: ${request.url()}`);
  });
  return { page, wrong };
}

/** What a reader sees of a page. */
interface Seen {
  width: number;
  ground: string;
  ink: string;
  broken: number;
  nameless: number;
  figures: string[];
  drawn: number;
  tables: number;
  emptyTables: number;
  anchors: string[];
  ids: string[];
  files: string[];
  headings: number;
  text: string;
}

/** Run in the page. */
const LOOK = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    width: document.documentElement.scrollWidth,
    ground: getComputedStyle(document.body).backgroundColor,
    broken: all("img").filter((image) => !image.complete || image.naturalWidth === 0).length,
    nameless: all("img").filter((image) => image.alt === "").length +
      all(".drawing").filter((drawing) => (drawing.getAttribute("aria-label") ?? "").length < 20).length,
    figures: all("figure").map(({ id }) => id),
    drawn: all("figure .drawing").filter((drawing) => {
      const svg = drawing.querySelector("svg");
      return svg !== null && svg.getBBox().width > 200 && svg.querySelectorAll("path, rect, image, text").length > 10;
    }).length,
    ink: getComputedStyle(document.querySelector(".drawing text")).fill,
    tables: all("table").length,
    emptyTables: all("table").filter((table) => table.querySelectorAll("tbody tr").length === 0).length,
    anchors: all("a[href^='#']").map((link) => link.getAttribute("href").slice(1)),
    ids: all("body [id]").filter((part) => !part.closest("svg")).map(({ id }) => id),
    files: all("a:not([href^='#'])").map((link) => link.getAttribute("href")),
    headings: all("h1").length,
    text: document.body.innerText,
  };
})()`;

const look = async (page: Page): Promise<Seen> => await page.evaluate(LOOK) as Seen;

Deno.test({
  name: "the page of a report stands alone, by day, by night and on a phone",
  ignore: chromium === undefined,
}, async () => {
  await inFolder(async (out) => {
    const made = await make(out, ["svg"]);
    const browser = await openBrowser(chromium as string);
    try {
      const { page, wrong } = await watched(browser);
      const grounds: string[] = [], inks: string[] = [];
      for (const [width, scheme] of [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]] as const) {
        await page.setViewport({ width, height: 800 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await page.goto(toFileUrl(join(out, "index.html")), { waitUntil: "load" });
        const seen = await look(page);
        assert.equal(seen.width, width, "nothing is wider than the screen");
        assert.equal(seen.broken, 0);
        assert.equal(seen.nameless, 0, "every figure says in words what is seen");
        assert.equal(seen.figures.length, made!.figures);
        assert.equal(seen.drawn, made!.figures);
        assert.equal(seen.tables, made!.tables + 1, "all tables, and the sources");
        assert.equal(seen.emptyTables, 0);
        assert.equal(seen.headings, 1);
        assert.equal(new Set(seen.ids).size, seen.ids.length, "an id stands once");
        assert.ok(seen.anchors.length >= 6);
        for (const anchor of seen.anchors) assert.ok(seen.ids.includes(anchor), anchor);
        assert.ok(seen.files.length > 3 * made!.tables);
        for (const file of seen.files) assert.ok(await exists(join(out, file)), file);
        assert.match(seen.text, /not results on the paper's data/);
        grounds.push(seen.ground);
        inks.push(seen.ink);
      }
      assert.notEqual(grounds[0], grounds[1], "the night has a ground of its own");
      assert.notEqual(inks[0], inks[1], "and figures another ink");
      assert.deepEqual([grounds[0], inks[0]], [grounds[2], inks[2]]);
      assert.deepEqual(wrong, []);

      // On paper nothing is folded.
      await page.emulateMediaType("print");
      await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
      assert.equal(await page.evaluate(`document.querySelectorAll("details:not([open])").length`), 0);
      assert.ok((await page.pdf({ format: "A4" })).length > 20_000);
    } finally {
      await browser.close();
    }
  });
});

Deno.test(
  { name: "a page that was made without a browser draws its figures itself", ignore: chromium === undefined },
  async () => {
    await inFolder(async (out) => {
      // Asking for HTML alone opens no browser.
      const made = await make(out, ["html"]);
      const browser = await openBrowser(chromium as string);
      try {
        const { page, wrong } = await watched(browser);
        await page.setViewport({ width: 390, height: 800 });
        await page.goto(toFileUrl(join(out, "index.html")), { waitUntil: "load" });
        await page.waitForFunction(`document.querySelectorAll(".drawing:not([data-drawn])").length === 0`);
        const seen = await look(page);
        assert.equal(seen.width, 390);
        assert.equal(seen.drawn, made!.figures);
        assert.equal(seen.nameless, 0);
        for (const file of seen.files) assert.ok(await exists(join(out, file)), file);
        const alone = seen.files.filter((file) => file.endsWith(".html"));
        assert.equal(alone.length, made!.figures);
        await page.goto(toFileUrl(join(out, alone[0]!)), { waitUntil: "load" });
        await page.waitForSelector(".main-svg");
        assert.deepEqual(wrong, []);
      } finally {
        await browser.close();
      }
    });
  },
);
