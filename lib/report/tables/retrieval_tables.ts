/**
 * Tables 1 and 2: recall by model on each data set, ours beside the paper's.
 *
 * @module
 */
import { nameOf } from "../../experiments/table.ts";
import type { Variant } from "../../systems/variants.ts";
import { type DataOrigin, isPaperSet, originSlug, originTitle, setName, slug } from "../collect/data_origin.ts";
import type { ReportEntry } from "../collect/entry.ts";
import { PAPER_TABLE_1, paperRow, type PaperSet } from "../paper/paper_recall.ts";
import { INTERVALS, modelsNote, PAPER_FIGURES, paragraph, queriesNote, trainingNote } from "./notes.ts";
import { type OurRow, ourRows, sourceNote } from "./our_rows.ts";
import { paperCells, RECALL_HEADS, trialCells } from "./retrieval_cells.ts";
import type { ReportTable } from "./report_table.ts";

/** The variants of Table 1. */
const TABLE_1: readonly Variant[] = ["pip-zero-shot", "pip", "full"];
/** The variants of Table 2. */
const TABLE_2: readonly Variant[] = ["pip-zero-shot", "pip", "e2e", "full", "pip-gt"];

/** Tables 1 and 2 of each of the paper's data sets; of other data one table of all variants. */
export function retrievalTables(entries: readonly ReportEntry[]): ReportTable[] {
  return [...ourRows(entries).values()].flatMap(({ origin, rows }) => {
    if (!isPaperSet(origin.set)) return rows.length > 0 ? [ownTable(origin, rows)] : [];
    const has = (variants: readonly Variant[]) => rows.some(({ variant }) => variants.includes(variant));
    return [
      ...(has(TABLE_1) ? [tableOne(origin, origin.set, rows)] : []),
      ...(has(["e2e", "pip-gt"]) ? [tableTwo(origin, origin.set, rows)] : []),
    ];
  });
}

function tableOne(origin: DataOrigin, set: PaperSet, ours: readonly OurRow[]): ReportTable {
  const others = PAPER_TABLE_1.filter(({ variant, recall }) => variant === undefined && recall[set] !== undefined);
  return {
    name: `table1_${slug(set)}_${originSlug(origin)}`,
    title: `Table 1, ${setName(origin)}: recall in percent (${originTitle(origin)})`,
    note: note(ours.filter(({ variant }) => TABLE_1.includes(variant))),
    columns: ["model", "from", ...RECALL_HEADS],
    rows: [
      ...others.map(({ model, recall }) => [model, "paper", ...paperCells(recall[set])]),
      ...TABLE_1.flatMap((variant) => beside(variant, set, ours)),
    ],
  };
}

function tableTwo(origin: DataOrigin, set: PaperSet, ours: readonly OurRow[]): ReportTable {
  return {
    name: `table2_${slug(set)}_${originSlug(origin)}`,
    title: `Table 2, ${setName(origin)}: what each branch and wrong words are worth, recall in percent ` +
      `(${originTitle(origin)})`,
    note: note(ours.filter(({ variant }) => TABLE_2.includes(variant))),
    columns: ["model", "from", ...RECALL_HEADS],
    rows: TABLE_2.flatMap((variant) => beside(variant, set, ours)),
  };
}

function ownTable(origin: DataOrigin, ours: readonly OurRow[]): ReportTable {
  return {
    name: `variants_${slug(origin.set)}_${originSlug(origin)}`,
    title: `${setName(origin)}: recall in percent (${originTitle(origin)}; the paper has no figures for it)`,
    note: note(ours),
    columns: ["model", ...RECALL_HEADS],
    rows: ours.map(({ variant, rows }) => [title(variant), ...trialCells(rows)]),
  };
}

/** The paper's row of a variant where it has one, and ours below. */
function beside(variant: Variant, set: PaperSet, ours: readonly OurRow[]): string[][] {
  const published = paperRow(variant)?.row.recall[set];
  const own = ours.find((row) => row.variant === variant);
  return [
    ...(published === undefined ? [] : [[title(variant), "paper", ...paperCells(published)]]),
    ...(own === undefined ? [] : [[title(variant), "ours", ...trialCells(own.rows)]]),
  ];
}

function title(variant: Variant): string {
  return nameOf({ variant, trained: true });
}

function note(ours: readonly OurRow[]): string {
  const [first] = ours;
  const seeds = (rows: OurRow["rows"]) => rows.flatMap(({ seed }) => seed ?? []);
  return paragraph(
    PAPER_FIGURES,
    first && `Rows of ours: ${queriesNote(first.queries)}`,
    first && modelsNote(first.config),
    ...ours.filter(({ rows }) => seeds(rows).length > 0).map(({ config, rows }) => trainingNote(config, seeds(rows))),
    INTERVALS,
    first && sourceNote(ours, title),
  );
}
