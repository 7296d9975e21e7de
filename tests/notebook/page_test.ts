/** The page of an executed notebook, opened in a real browser that has no network. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { pathToFileURL } from "node:url";
import { openBrowser } from "../../lib/report/export/exporter.ts";
import { ROOT } from "../cli/run.ts";
import { chromium } from "../report/chromium.ts";
import { executeCells, inNotebookFolder, library, python } from "./jupyter.ts";

const bars = (name: string, columns: 1 | 2): string =>
  JSON.stringify({
    name,
    title: name,
    caption: `Caption of ${name}.`,
    alt: name,
    columns,
    height: 2,
    data: [{ type: "bar", x: ["</script>", "b"], y: [1, 3] }],
    layout: { margin: { l: 30, r: 8, t: 8, b: 30 } },
  });

Deno.test({
  name: "a notebook's page draws its figures and plays its sound, asks for nothing elsewhere and logs no error",
  ignore: python === undefined || chromium === undefined,
  fn: () =>
    inNotebookFolder(async (folder) => {
      await executeCells(python!, folder, [
        `import { showFigure } from "${library("lib/notebook/show_figure.ts")}";
import { showAudio } from "${library("lib/notebook/show.ts")}";
import { notebookReport } from "${library("lib/notebook/notebook_report.ts")}";`,
        `await showFigure(${bars("first", 1)});`,
        `await showFigure(${bars("second", 2)});`,
        `await showAudio(${JSON.stringify(join(ROOT, "tests/fixtures/audio/tone.flac"))});`,
        `const part = notebookReport().progress("train", 2, "step");
part.measure?.(1, { loss: 2 });
part.update(1);
part.stop();`,
      ]);
      const browser = await openBrowser(chromium!, folder);
      try {
        const page = await browser.page();
        const [told, asked]: [string[], string[]] = [[], []];
        page.on("console", (message) => void told.push(message.text()));
        page.on("pageerror", (error) => void told.push(String(error)));
        page.on("request", (request) => void asked.push(request.url()));
        const address = String(pathToFileURL(join(folder, "out", "01_cells.html")));
        await page.goto(address);
        await page.waitForFunction("document.querySelectorAll('.js-plotly-plot .barlayer .point').length === 4");
        await page.waitForFunction("document.querySelector('audio').duration > 0");
        const seen = await page.evaluate(
          `[...document.querySelectorAll("figure")].map((figure) => ({
            drawn: figure.querySelectorAll(".js-plotly-plot").length,
            labels: [...figure.querySelectorAll(".xtick text")].map((text) => text.textContent),
            width: Math.round(figure.querySelector(".main-svg")?.getBoundingClientRect().width ?? 0),
            caption: figure.querySelector("figcaption")?.textContent,
          }))`,
        );
        const labels = ["</script>", "b"];
        assert.deepEqual((seen as unknown[]).slice(0, 2), [
          { drawn: 1, labels, width: Math.round(3.5 * 96 * 1.3), caption: "Caption of first." },
          { drawn: 1, labels, width: Math.round(7.16 * 96 * 1.3), caption: "Caption of second." },
        ]);
        assert.equal(await page.evaluate("document.querySelector('progress').value"), 1);
        assert.equal(await page.evaluate("document.querySelectorAll('svg polyline').length"), 1);
        assert.deepEqual(told, []);
        assert.deepEqual(asked.filter((url) => !url.startsWith("data:")), [address]);
      } finally {
        await browser.close();
      }
    }),
});
