/**
 * A whole report, from results to files.
 *
 * @module
 */
import { messageOf } from "../errors.ts";
import type { Report } from "../experiments/report.ts";
import { collectionText, type ReportEntry } from "./collect/entry.ts";
import { gapsOnPublished, gapsOnSample } from "./collect/gaps.ts";
import { type FigureFormat, openDrawing } from "./draw_figures.ts";
import { markdownPage } from "./page/markdown_page.ts";
import { type ReportPage, reportPage, type ShownSection } from "./page/report_page.ts";
import { stageReport } from "./report_files.ts";
import { buildSections, isFolded } from "./sections.ts";
import { csvOf, latexOf, markdownOf } from "./tables/render.ts";
import type { ReportTable } from "./tables/report_table.ts";

/** How a report is made. */
export interface ReportChoice {
  /** Its folder. */
  out: string;
  /** Copies of each figure. */
  formats: readonly FigureFormat[];
  /** Takes lines and progress. */
  report: Report;
  /** Stops; the former report stays as it is. */
  signal?: AbortSignal | undefined;
}

/**
 * Makes a report: `index.html`, `README.md`, `figures/`, `tables/` and `results.json`. All files are made apart and put in
 * their places at the end; files of a former report that this one has not are removed, others left alone.
 *
 * @returns how many figures and tables it has; undefined where the signal stopped it
 */
export async function makeReport(
  entries: readonly ReportEntry[],
  { out, formats, report, signal }: ReportChoice,
): Promise<{ figures: number; tables: number } | undefined> {
  const sections = await buildSections(entries, report.line);
  const figures = sections.flatMap(({ figures }) => figures);
  await using staged = await stageReport(out);
  await using drawing = await openDrawing(formats, { temporary: staged.folder, warn: report.line });
  const progress = report.progress("figures", figures.length, "figure");
  const shown: ShownSection[] = [];
  let done = 0;
  try {
    for (const section of sections) {
      const drawn: ShownSection["figures"][number][] = [];
      for (const figure of section.figures) {
        if (signal?.aborted) return undefined;
        try {
          drawn.push(await drawing.draw(figure, staged.write));
        } catch (error) {
          progress.line(`skipped: figure '${figure.name}': ${messageOf(error)}`);
        }
        progress.update(++done, figure.name);
      }
      const tables: ShownSection["tables"][number][] = [];
      for (const table of section.tables) {
        tables.push({ table, files: await writeTable(table, staged.write), folded: isFolded(table) });
      }
      shown.push({ ...section, figures: drawn, tables });
    }
  } finally {
    progress.stop();
  }
  if (signal?.aborted) return undefined;
  const page: ReportPage = {
    entries,
    sections: shown,
    gaps: await gapsOnSample(entries),
    published: gapsOnPublished(entries),
    scripts: await drawing.scripts(),
  };
  await staged.write("README.md", markdownPage(page));
  await staged.write("index.html", await reportPage(page));
  const files = [...staged.files].sort();
  await staged.write("results.json", collectionText({ entries: [...entries], files }));
  await staged.publish(["results.json", "README.md", "index.html"]);
  return {
    figures: shown.reduce((sum, { figures }) => sum + figures.length, 0),
    tables: shown.reduce((sum, { tables }) => sum + tables.length, 0),
  };
}

async function writeTable(
  table: ReportTable,
  write: (file: string, content: string) => Promise<void>,
): Promise<string[]> {
  const place = `tables/${table.name}`;
  await write(`${place}.csv`, csvOf(table));
  await write(`${place}.md`, markdownOf(table));
  await write(`${place}.tex`, latexOf(table));
  return [`${place}.csv`, `${place}.md`, `${place}.tex`];
}
