/**
 * Table 4: zero-shot on transcripts and on written captions, ours beside the paper's.
 *
 * @module
 */
import { rowsOf } from "../../experiments/trials/trial_statistics.ts";
import {
  isPaperSet,
  ORIGIN_KINDS,
  originKey,
  type OriginKind,
  originOf,
  originTitle,
  setName,
} from "../collect/data_origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import type { FileOf } from "../collect/report_file.ts";
import { paperRow } from "../paper/paper_recall.ts";
import { INTERVALS, modelsNote, PAIRED, PAPER_FIGURES, paragraph, queriesNote } from "./notes.ts";
import { differenceCells, paperCells, RECALL_HEADS, trialCells } from "./retrieval_cells.ts";
import type { ReportTable } from "./report_table.ts";

const TEXTS = { "pip-zero-shot": "transcript", "pip-zero-shot-gt": "written caption" } as const;

interface Tested {
  result: FileOf<"zero-shot">["result"];
  config: FileOf<"zero-shot">["settings"]["configs"][number];
  queries: FileOf<"zero-shot">["result"]["tests"][number];
  run: string;
}

/** A table of each kind of data: all sets that were asked, each from its newest results. */
export function zeroShotTables(entries: readonly ReportEntry[]): ReportTable[] {
  const sets = new Map<string, Tested>();
  for (const { file: { settings: { configs }, result }, stored: { run } } of entriesOf(entries, "zero-shot")) {
    for (const queries of result.tests) {
      const key = originKey(originOf(queries.dataset, queries.dataRoot));
      const config = configs.find(({ dataset }) => dataset === queries.dataset) ?? configs[0]!;
      if (!sets.has(key)) sets.set(key, { result, config, queries, run });
    }
  }
  return ORIGIN_KINDS.flatMap((kind) => {
    const found = [...sets.values()].filter(({ queries }) => originOf(queries.dataset, queries.dataRoot).kind === kind);
    return found.length === 0 ? [] : [table(kind, found)];
  });
}

function table(kind: OriginKind, found: readonly Tested[]): ReportTable {
  const [{ queries, config }] = found as readonly [Tested, ...Tested[]];
  const first = originOf(queries.dataset, queries.dataRoot, config.maxPictures);
  const ours = kind === "published" ? "ours: the data sets themselves" : originTitle(first);
  return {
    name: `table4_${kind}`,
    title: `Table 4: zero-shot on transcripts and on written captions, recall in percent (${ours})`,
    note: paragraph(
      kind === "own" ? "" : `${PAPER_FIGURES} It has no row of Flickr8k on written captions.`,
      "Nothing is trained.",
      ...found.map(({ queries }) => `${setName(originOf(queries.dataset, queries.dataRoot))}: ${queriesNote(queries)}`),
      ...found.map(({ config }) => modelsNote(config)),
      INTERVALS,
      `Last row of each set: ${PAIRED[0]!.toLowerCase()}${PAIRED.slice(1)}`,
      `Ours from ${[...new Set(found.map(({ run }) => run))].join(", ")}.`,
    ),
    columns: ["data set", "text", "from", ...RECALL_HEADS],
    rows: found.flatMap(rowsOfSet),
  };
}

function rowsOfSet({ result, queries }: Tested): string[][] {
  const origin = originOf(queries.dataset, queries.dataRoot);
  const name = setName(origin);
  const rows = (["pip-zero-shot", "pip-zero-shot-gt"] as const).flatMap((variant) => {
    const published = isPaperSet(origin.set) ? paperRow(variant)?.row.recall[origin.set] : undefined;
    const own = rowsOf(result.rows, variant, queries.test);
    return [
      ...(published === undefined ? [] : [[name, TEXTS[variant], "paper", ...paperCells(published)]]),
      ...(own.length === 0 ? [] : [[name, TEXTS[variant], "ours", ...trialCells(own)]]),
    ];
  });
  const differences = result.comparisons.filter(({ test }) => test === queries.test)
    .map((comparison) => [name, "caption less transcript", "ours", ...differenceCells(comparison)]);
  return [...rows, ...differences];
}
