/** A whole report, from results to files. */
import { dirname, join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import type { Report } from "../experiments/report.ts";
import { syncFolder, writeAtomic } from "../files/atomic.ts";
import { holdFolder } from "../files/lock.ts";
import { checkPlace } from "../files/place.ts";
import { exists, isAbsence } from "../files/read.ts";
import { WriteError, writing } from "../files/system_error.ts";
import { collectionText, readCollection, type ReportEntry } from "./collect/entry.ts";
import { gapsOnPublished, gapsOnSample } from "./collect/gaps.ts";
import { type FigureFormat, openDrawing } from "./draw_figures.ts";
import { markdownPage } from "./page/markdown_page.ts";
import { type ReportPage, reportPage, type ShownSection } from "./page/report_page.ts";
import { buildSections, isFolded } from "./sections.ts";
import { csvOf, latexOf, markdownOf } from "./tables/render.ts";
import type { ReportTable } from "./tables/report_table.ts";

/** How a report is made. */
export interface ReportChoice {
  /** Its folder. */
  out: string;
  /** Formats of each figure. */
  formats: readonly FigureFormat[];
  /** Receives lines and progress. */
  report: Report;
  /** Cancels; the previous report stays as it is. */
  signal?: AbortSignal | undefined;
}

/**
 * Makes a report: `index.html`, `README.md`, `figures/`, `tables/` and `results.json`. The files are made in a temporary folder and
 * moved into place at the end. Files of the previous report that this one lacks are removed; others stay.
 *
 * @returns the number of figures and tables; undefined if aborted
 */
export async function makeReport(
  entries: readonly ReportEntry[],
  { out, formats, report, signal }: ReportChoice,
): Promise<{ figures: number; tables: number } | undefined> {
  const sections = await buildSections(entries, report.line);
  const figures = sections.flatMap(({ figures }) => figures);
  await using staged = await stageReport(out);
  await using drawing = await openDrawing(formats, { temporary: staged.folder, warn: report.line, signal });
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
          if (signal?.aborted) return undefined;
          if (error instanceof WriteError) throw error;
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
  const stem = `tables/${table.name}`;
  await write(`${stem}.csv`, csvOf(table));
  await write(`${stem}.md`, markdownOf(table));
  await write(`${stem}.tex`, latexOf(table));
  return [`${stem}.csv`, `${stem}.md`, `${stem}.tex`];
}

/** Prefix of the temporary folder inside the report's. */
const STAGE = ".new-";

export interface Staged {
  folder: string;
  /** @param file relative to the report's folder */
  write(file: string, content: string | Uint8Array): Promise<void>;
  files: readonly string[];
  /** Moves all files into place, those in `last` at the end, and removes files of the previous report that this one lacks. */
  publish(last: readonly string[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Begins a report in a temporary folder. The previous report stays whole until the new one is published; what a killed process left
 * behind is removed.
 */
export async function stageReport(out: string): Promise<Staged> {
  const lock = await holdFolder(out);
  for await (const { name, isDirectory } of Deno.readDir(out)) {
    if (isDirectory && /^\.new-[0-9a-f]{8}$/.test(name)) await Deno.remove(join(out, name), { recursive: true });
  }
  const stage = join(out, `${STAGE}${crypto.randomUUID().slice(0, 8)}`);
  await writing(stage, () => Deno.mkdir(stage));
  // Where the process ends before this is disposed, as at Ctrl-C while a browser draws.
  const drop = (): void => {
    try {
      Deno.removeSync(stage, { recursive: true });
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  };
  globalThis.addEventListener("unload", drop);
  const files: string[] = [];
  return {
    folder: stage,
    files,
    async write(file, content): Promise<void> {
      const path = join(stage, file);
      await writeAtomic(path, content);
      if (!files.includes(file)) files.push(file);
    },
    async publish(last): Promise<void> {
      const former = await formerFiles(out);
      for (
        const file of [
          ...files.filter((file) => !last.includes(file)),
          ...last.filter((file) => files.includes(file)),
        ]
      ) {
        const place = join(out, file);
        await checkPlace(dirname(place));
        await writing(place, async () => {
          await Deno.mkdir(dirname(place), { recursive: true });
          await Deno.rename(join(stage, file), place);
        });
      }
      for (const folder of new Set(files.map((file) => dirname(join(out, file))))) await syncFolder(folder);
      for (const file of former.filter((file) => !files.includes(file))) await removeFile(join(out, file));
      for (const folder of ["figures", "tables"]) await removeEmpty(join(out, folder));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      globalThis.removeEventListener("unload", drop);
      if (await exists(stage)) await Deno.remove(stage, { recursive: true });
      await lock[Symbol.asyncDispose]();
    },
  };
}

/** The files of the previous report; none if it cannot be read. */
async function formerFiles(out: string): Promise<string[]> {
  const path = join(out, "results.json");
  if (!await exists(path)) return [];
  try {
    return (await readCollection(path)).files;
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    for await (const _ of Deno.readDir(folder)) return;
    await Deno.remove(folder);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
