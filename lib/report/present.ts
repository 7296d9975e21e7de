/** Presents a result: its tables, and a page for single queries. */
import type { ExperimentName, Experiments } from "../experiments/registry.ts";
import type { RunResults } from "../experiments/results.ts";
import type { RunConfig } from "../training/config.ts";
import { factsOf, type FileOf, type ReportEntry, type ReportFile, type ReportKind } from "./collect/entry.ts";
import { attentionTables, cropQueryTables, cropTables, galleryTables, spaceTables } from "./tables/queries.ts";
import { rankTables } from "./tables/rank_metrics.ts";
import { markdownOf, textOf } from "./tables/render.ts";
import { type ReportTable, resultTables } from "./tables/report_table.ts";
import { differenceTables, variantTables, zeroShotTables } from "./tables/retrieval.ts";
import { serDetailTables, serTables } from "./tables/ser.ts";
import { toneTables } from "./tables/tone.ts";
import { ablateTables, crossTables, runTables } from "./tables/trained.ts";
import { werDetailTables, werTables } from "./tables/word_errors.ts";

type MakeTables = (entries: readonly ReportEntry[]) => ReportTable[];

/** The tables of each kind of results. Any other experiment returns a table itself. */
const TABLES: Partial<Record<ReportKind, readonly MakeTables[]>> = {
  "train": [runTables, rankTables],
  "zero-shot": [zeroShotTables, rankTables],
  "compare": [variantTables, differenceTables, rankTables],
  "cross": [crossTables],
  "ablate": [ablateTables],
  "ser": [serTables, serDetailTables],
  "wer": [werTables, werDetailTables],
  "tone": [toneTables],
  "gallery": [galleryTables],
  "attention": [attentionTables],
  "crop": [cropTables, cropQueryTables],
  "space": [spaceTables],
};

export interface Presentation {
  text: string;
  markdown: string;
  page?: string;
}

export async function present<Name extends ExperimentName>(
  experiment: Name,
  { settings, result }: Experiments[Name],
): Promise<Presentation> {
  const entry = entryOf({ format: 1, experiment, settings, result } as unknown as ReportFile);
  const tables = tablesOf(entry);
  const page = await pageOf(entry);
  return {
    text: tables.map(textOf).join("\n"),
    markdown: tables.map((table) => markdownOf(table)).join("\n"),
    ...(page && { page }),
  };
}

export function presentRun(settings: RunConfig, result: RunResults): string {
  return tablesOf(entryOf({ format: 1, experiment: "train", settings, result })).map(textOf).join("\n");
}

function entryOf(file: ReportFile): ReportEntry {
  const stored = {
    run: "",
    written: "",
    command: "",
    curves: [],
    file: file as unknown as ReportEntry["stored"]["file"],
  };
  return { ...factsOf(file), stored, file };
}

function tablesOf(entry: ReportEntry): ReportTable[] {
  return (TABLES[entry.file.experiment] ?? [resultTables]).flatMap((make) => make([entry]));
}

/** Imported lazily, as pages need an image library. */
async function pageOf({ file, ...entry }: ReportEntry): Promise<string | undefined> {
  if (!["gallery", "attention", "crop"].includes(file.experiment)) return undefined;
  const pages = await import("./page/query_pages.ts");
  if (file.experiment === "gallery") return await pages.galleryPage({ ...entry, file });
  if (file.experiment === "attention") return await pages.attentionPage({ ...entry, file });
  return await pages.cropPage({ ...entry, file: file as FileOf<"crop"> });
}
