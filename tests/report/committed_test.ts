/** The report in the repository: made again from its own results.json, and in part from the data themselves. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { unsealed as withoutChecksum } from "../../lib/files/checksum.ts";
import { readExperiment } from "../../lib/experiments/experiment.ts";
import { EXPERIMENTS } from "../../lib/experiments/registry.ts";
import { nameOf } from "../../lib/experiments/results.ts";
import { collectionText, entriesOf, readCollection, type ReportEntry } from "../../lib/report/collect/entry.ts";
import { gapsOnPublished, gapsOnSample } from "../../lib/report/collect/gaps.ts";
import { type Figure, figurePixels } from "../../lib/report/figures/figure.ts";
import { controlsText, groupedRows, statesChoiceText, systemName } from "../../lib/report/figures/ser.ts";
import { markdownPage } from "../../lib/report/page/markdown_page.ts";
import { reportPage, type ShownSection } from "../../lib/report/page/report_page.ts";
import { buildSections, isFolded } from "../../lib/report/sections.ts";
import { csvOf, latexOf, markdownOf } from "../../lib/report/tables/render.ts";
import { meanAccuracy } from "../../lib/report/ser_accuracy.ts";
import { figureText } from "../../lib/report/tables/report_table.ts";
import { checkGenerated, markdownTable } from "../option_docs.ts";
import { freshRun } from "../cli/leftovers.ts";
import { ROOT, run } from "../cli/run.ts";

const REPORT = join(ROOT, "reports");
const read = (file: string): Promise<string> => Deno.readTextFile(join(REPORT, file));
const collection = await readCollection(join(REPORT, "results.json"));
const { entries, files } = collection;
const REMAKE = "remake it: deno task report --from reports/results.json --formats svg";

/** FNV-1a, by which a drawing is marked with what it was drawn from. */
function hash(text: string): string {
  let value = 2166136261n;
  for (let i = 0; i < text.length; i++) value = ((value ^ BigInt(text.charCodeAt(i))) * 16777619n) & 0xffffffffn;
  return value.toString(36);
}

/** The figures as the page shows them, drawn as they were. */
async function shownFigure(figure: Figure): Promise<ShownSection["figures"][number]> {
  const { name, title, caption, alt, columns } = figure;
  const [width, height] = figurePixels(figure);
  const drawn = { svg: await read(`figures/${name}.svg`) };
  const own = files.filter((file) => file.startsWith(`figures/${name}.`));
  return { name, title, caption, alt, columns, shape: height / width, files: own, drawn };
}

Deno.test("it holds results of the bundled sample and measured ones alone, and all that it lists", async () => {
  assert.ok(entries.length > 0);
  for (const { data, stored } of entries) {
    const measured = stored.run.startsWith("reports/measured/");
    for (const { kind } of data) {
      assert.equal(kind, measured ? "published" : "sample", `${stored.run} in a report that is given to others`);
    }
    assert.match(stored.run, /^(runs|reports\/measured)\/[\w./-]+$/, "no path of a machine");
    if (measured) {
      assert.deepEqual(
        stored.file,
        withoutChecksum(JSON.parse(await Deno.readTextFile(join(ROOT, stored.run, "results.json"))), stored.run),
      );
    }
  }
  for (const file of files) await Deno.stat(join(REPORT, file));
  const unsealed = (text: string) => text.replace(/,\n"checksum":\d+/, ""); // earlier versions wrote none
  assert.equal(unsealed(collectionText(collection)), unsealed(await read("results.json")));
});

Deno.test("its tables, its figures and its pages are those that its results.json makes", async () => {
  const told: string[] = [];
  const sections = await buildSections(entries, (line) => told.push(line));
  assert.deepEqual(told, []);
  const shown: ShownSection[] = [];
  for (const section of sections) {
    const tables: ShownSection["tables"][number][] = [];
    for (const table of section.tables) {
      const place = `tables/${table.name}`;
      assert.equal(await read(`${place}.csv`), csvOf(table), `${table.name}: ${REMAKE}`);
      assert.equal(await read(`${place}.md`), markdownOf(table), table.name);
      assert.equal(await read(`${place}.tex`), latexOf(table), table.name);
      tables.push({ table, files: [`${place}.csv`, `${place}.md`, `${place}.tex`], folded: isFolded(table) });
    }
    const figures = [];
    for (const figure of section.figures) {
      const shown = await shownFigure(figure);
      const { svg } = shown.drawn as { svg: string };
      // Thumbnails are bytes of another machine's JPEG; everything else is told by the mark.
      const pictures = "images" in figure.layout;
      if (!pictures) {
        assert.ok(svg.includes(`figure-${figure.name}-${hash(JSON.stringify(figure))}`), `${figure.name}: ${REMAKE}`);
      }
      assert.ok(svg.includes(`>${figure.title.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</title>`), figure.name);
      figures.push(shown);
    }
    shown.push({ ...section, figures, tables });
  }
  const made = shown.flatMap(({ figures, tables }) => [...figures, ...tables].flatMap(({ files }) => files));
  assert.deepEqual([...made, "README.md", "index.html"].sort(), [...files].sort(), REMAKE);
  const gaps = await gapsOnSample(entries);
  const page = { entries, sections: shown, gaps, published: gapsOnPublished(entries), scripts: [] };
  assert.equal(markdownPage(page), await read("README.md"), REMAKE);
  assert.equal(await reportPage(page), await read("index.html"), REMAKE);
});

Deno.test("the figures in the documentation are those of the committed results", async () => {
  const [trained] = entriesOf(entries, "train");
  const { result } = trained!.file, ways = ["speech2image", "image2speech"] as const;
  await checkGenerated(
    "README.md",
    "first result",
    markdownTable([
      [
        `R@1 in percent, ${result.recordings} narrations of ${result.images} test images`,
        "speech to image",
        "image to speech",
      ],
      ...[...result.baselines, result].map((row) => [
        nameOf(row),
        ...ways.map((way) => figureText({ value: row[way]["R@1"], interval: row.intervals[way]["R@1"] })),
      ]),
    ]),
  );
  const [{ file: { settings, result: found } }] = entriesOf(entries, "ser").filter(({ stored }) =>
    stored.run === "reports/measured/ser_ravdess"
  ) as [ReportEntry<"ser">];
  await checkGenerated(
    "lib/experiments/README.md",
    "ravdess",
    markdownTable([
      ["system", "accuracy in percent"],
      ...groupedRows(found).map((group) => [
        systemName(group, settings),
        figureText(meanAccuracy(group.rows, found.clips)),
      ]),
    ]) + `\n${wrappedAt(`${statesChoiceText(found.rows)} ${controlsText(found, settings)}`, 120)}\n`,
  );
});

/** Text in lines as `deno fmt` breaks them. */
function wrappedAt(text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}

Deno.test("zero-shot on the narrations is found again", async () => {
  const out = freshRun("report-zero-shot");
  const { code, stderr } = await run(["zero-shot", "--presets", "sample-ln-coco", "--out", out]);
  assert.equal(code, 0, stderr);
  const { result } = await readExperiment(
    join(ROOT, out, "results.json"),
    "zero-shot",
    EXPERIMENTS["zero-shot"].schemas,
  );
  const kept = entriesOf(entries, "zero-shot").flatMap(({ file }) => file.result.rows);
  for (const { name, test, recall } of result.rows) {
    const before = kept.find((row) => row.name === name && row.test === test);
    assert.ok(before !== undefined, `${name} on ${test} is in the report`);
    for (const way of ["speech2image", "image2speech"] as const) {
      for (const k of ["R@1", "R@5", "R@10"] as const) {
        // A few of the 500 queries may turn where matrix products of another machine are rounded another way.
        assert.ok(Math.abs(recall[way][k] - before.recall[way][k]) < 1, `${name}, ${way}, ${k}`);
      }
    }
  }
});
