/**
 * Tables 1, 2 and 4: recall by variant on each data set, ours next to the paper's, and their differences.
 *
 * @module
 */
import { nameOf, rowsOf, type TestQueries, type TrialRow } from "../../experiments/results.ts";
import type { Variant } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import { entriesOf, type FileOf, type ReportEntry } from "../collect/entry.ts";
import {
  type DataOrigin,
  isPaperSet,
  ORIGIN_KINDS,
  originKey,
  type OriginKind,
  originOf,
  originSlug,
  originTitle,
  setName,
  slug,
} from "../collect/origin.ts";
import { PAPER_TABLE_1, paperRow, type PaperSet } from "../paper.ts";
import {
  differenceCells,
  fromRuns,
  INTERVALS,
  modelsNote,
  PAIRED,
  PAPER_FIGURES,
  paperCells,
  paragraph,
  queriesNote,
  RECALL_HEADS,
  trainingNote,
  trialCells,
} from "./cells.ts";
import type { ReportTable } from "./report_table.ts";

/** One variant on one data set. */
export interface OurRow {
  variant: Variant;
  rows: TrialRow[];
  queries: TestQueries;
  config: RunConfig;
  run: string;
}

/**
 * Variants on the data sets that were tested: `compare` first, then `zero-shot`, then the models of `cross` on their own data
 * set; of each the newest.
 *
 * @returns by data set, in the order in which they are found
 */
export function ourRows(entries: readonly ReportEntry[]): Map<string, { origin: DataOrigin; rows: OurRow[] }> {
  const sets = new Map<string, { origin: DataOrigin; rows: OurRow[] }>();
  for (const row of [...fromCompare(entries), ...fromZeroShot(entries), ...fromCross(entries)]) {
    const origin = originOf(row.queries.dataset, row.queries.dataRoot, row.config.maxPictures);
    const key = originKey(origin);
    const known = sets.get(key) ?? { origin, rows: [] };
    sets.set(key, known);
    if (row.rows.length > 0 && !known.rows.some(({ variant }) => variant === row.variant)) known.rows.push(row);
  }
  return sets;
}

function fromCompare(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "compare").flatMap((
    { file: { settings: { variants, config }, result }, stored: { run } },
  ) =>
    result.tests.flatMap((queries) =>
      variants.map((variant) => ({ variant, rows: rowsOf(result.rows, variant, queries.test), queries, config, run }))
    )
  );
}

function fromZeroShot(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "zero-shot").flatMap(({ file: { settings: { configs }, result }, stored: { run } }) =>
    result.tests.flatMap((queries) =>
      (["pip-zero-shot", "pip-zero-shot-gt"] as const).map((variant) => ({
        variant,
        rows: rowsOf(result.rows, variant, queries.test),
        queries,
        config: configs.find(({ dataset }) => dataset === queries.dataset) ?? configs[0]!,
        run,
      }))
    )
  );
}

function fromCross(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "cross").flatMap(({ file: { settings: { models }, result }, stored: { run } }) =>
    models.flatMap(({ name, config }) =>
      result.tests.filter(({ dataset, dataRoot }) => dataset === config.dataset && dataRoot === config.dataRoot)
        .map((queries) => ({
          variant: config.variant,
          rows: rowsOf(result.rows, name, queries.test),
          queries,
          config,
          run,
        }))
    )
  );
}

/** Which runs the rows are from: `"Ours from runs/compare; zero-shot from runs/zero-shot."` */
function sourceNote(rows: readonly OurRow[]): string {
  const runs = Map.groupBy(rows, ({ run }) => run);
  if (runs.size === 1) return fromRuns(...runs.keys());
  const parts = [...runs].map(([run, rows]) =>
    `${rows.map(({ variant }) => variantTitle(variant)).join(", ")} from ${run}`
  );
  return `Ours: ${parts.join("; ")}.`;
}

/** The variants of Table 1. */
const TABLE_1: readonly Variant[] = ["pip-zero-shot", "pip", "full"];
/** The variants of Table 2. */
const TABLE_2: readonly Variant[] = ["pip-zero-shot", "pip", "e2e", "full", "pip-gt"];

/** Tables 1 and 2 of each of the paper's data sets; of other data one table of all variants. */
export function retrievalTables(entries: readonly ReportEntry[]): ReportTable[] {
  return [...ourRows(entries).values()].flatMap(({ origin, rows }) => {
    if (!isPaperSet(origin.set)) return rows.length > 0 ? [variantTable(origin, rows)] : [];
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

/** A table of each `compare`: all of its variants, next to the paper's figures where it has them. */
export function variantTables(entries: readonly ReportEntry[]): ReportTable[] {
  return [...ourRows(entriesOf(entries, "compare")).values()].map(({ origin, rows }) => variantTable(origin, rows));
}

function variantTable(origin: DataOrigin, ours: readonly OurRow[]): ReportTable {
  const { set } = origin;
  const table = { name: `variants_${slug(set)}_${originSlug(origin)}`, note: note(ours) };
  const title = `${setName(origin)}: recall in percent (${originTitle(origin)}`;
  return isPaperSet(set)
    ? {
      ...table,
      title: `${title})`,
      columns: ["model", "from", ...RECALL_HEADS],
      rows: ours.flatMap(({ variant }) => beside(variant, set, ours)),
    }
    : {
      ...table,
      title: `${title}; the paper has no figures for it)`,
      columns: ["model", ...RECALL_HEADS],
      rows: ours.map(({ variant, rows }) => [variantTitle(variant), ...trialCells(rows)]),
    };
}

/** The paper's row of a variant where it has one, and ours below. */
function beside(variant: Variant, set: PaperSet, ours: readonly OurRow[]): string[][] {
  const published = paperRow(variant)?.row.recall[set];
  const own = ours.find((row) => row.variant === variant);
  return [
    ...(published === undefined ? [] : [[variantTitle(variant), "paper", ...paperCells(published)]]),
    ...(own === undefined ? [] : [[variantTitle(variant), "ours", ...trialCells(own.rows)]]),
  ];
}

function variantTitle(variant: string): string {
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
    first && sourceNote(ours),
  );
}

/** A table of each `compare`: differences in points. */
export function differenceTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "compare").map(({ data, file: { settings: { config, seeds }, result }, stored }) => {
    const origin = data[0]!;
    return {
      name: `differences_${slug(origin.set)}_${originSlug(origin)}`,
      title: `Variants against each other on ${setName(origin)}, difference of recall in points (${
        originTitle(origin)
      })`,
      note: paragraph(
        result.tests[0] && queriesNote(result.tests[0]),
        trainingNote(config, seeds).replace("mean ± standard deviation over", "means over"),
        PAIRED,
        fromRuns(stored.run),
      ),
      columns: ["difference", ...RECALL_HEADS],
      rows: result.comparisons.map((comparison) => [
        `${variantTitle(comparison.name)} less ${variantTitle(comparison.against)}`,
        ...differenceCells(comparison),
      ]),
    };
  });
}

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
      fromRuns(...found.map(({ run }) => run)),
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
