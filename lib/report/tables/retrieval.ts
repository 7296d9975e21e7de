/**
 * Tables 1, 2 and 4: recall by variant on each data set, ours next to the paper's, and their differences.
 */
import { controlComparisons, holmCorrected, untrainedRows } from "../../experiments/comparisons.ts";
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
import { PAPER_TABLE_1, paperRow } from "../paper.ts";
import {
  candidatesOf,
  chanceNote,
  COST_HEADS,
  COST_NOTE,
  costCells,
  differenceCells,
  fewCandidates,
  fromRuns,
  INTERVALS,
  modelsNote,
  pairedNote,
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
interface OurRow {
  variant: Variant;
  rows: TrialRow[];
  queries: TestQueries;
  config: RunConfig;
  run: string;
}

type OurSet = { origin: DataOrigin; rows: OurRow[] };

/**
 * The variants tested on each data set, in the order of the entries. Each variant comes from the newest `compare`, else
 * `zero-shot`, else from the model of `cross` that was trained on that data set.
 */
function ourSets(entries: readonly ReportEntry[]): OurSet[] {
  const sets = new Map<string, OurSet>();
  for (const row of [...fromCompare(entries), ...fromZeroShot(entries), ...fromCross(entries)]) {
    const origin = originOf(row.queries.dataset, row.queries.dataRoot, row.config.maxPictures);
    const known = sets.get(originKey(origin)) ?? { origin, rows: [] };
    sets.set(originKey(origin), known);
    if (row.rows.length > 0 && !known.rows.some(({ variant }) => variant === row.variant)) known.rows.push(row);
  }
  return [...sets.values()];
}

function fromCompare(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "compare").flatMap(({ file: { settings, result: { tests, rows } }, stored: { run } }) =>
    tests.flatMap((queries) =>
      settings.variants.map((variant) => (
        { variant, rows: rowsOf(rows, variant, queries.test), queries, config: settings.config, run }
      ))
    )
  );
}

function fromZeroShot(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "zero-shot").flatMap(({ file: { settings, result: { tests, rows } }, stored: { run } }) =>
    tests.flatMap((queries) =>
      ZERO_SHOT.map((variant) => (
        { variant, rows: rowsOf(rows, variant, queries.test), queries, config: configOf(settings, queries), run }
      ))
    )
  );
}

function configOf({ configs }: FileOf<"zero-shot">["settings"], { dataset }: TestQueries): RunConfig {
  return configs.find((config) => config.dataset === dataset) ?? configs[0]!;
}

function fromCross(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "cross").flatMap(({ file: { settings, result: { tests, rows } }, stored: { run } }) =>
    settings.models.flatMap(({ name, config }) =>
      tests.filter(({ dataset, dataRoot }) => dataset === config.dataset && dataRoot === config.dataRoot)
        .map((queries) => (
          { variant: config.variant, rows: rowsOf(rows, name, queries.test), queries, config, run }
        ))
    )
  );
}

const ZERO_SHOT = ["pip-zero-shot", "pip-zero-shot-gt"] as const;
const TABLE_1: readonly Variant[] = ["pip-zero-shot", "pip", "full"];
const OTHER_SYSTEMS: readonly Variant[] = [
  ...PAPER_TABLE_1.flatMap(({ inOurFrame }) => inOurFrame ?? []),
  "speechclip-h", // not in the paper, nor the next
  "speechclip-h-parallel",
];
const TABLE_2: readonly Variant[] = ["pip-zero-shot", "pip", "e2e", "full", "pip-gt"];

/** Tables 1 and 2 of the paper's data sets; one table of all variants on any other. */
export function retrievalTables(entries: readonly ReportEntry[]): ReportTable[] {
  return ourSets(entries).flatMap((ours) => {
    const { origin, rows } = ours;
    const { set } = origin;
    if (!isPaperSet(set)) return rows.length > 0 ? [variantTable(ours)] : [];
    const has = (variants: readonly Variant[]) => rows.some(({ variant }) => variants.includes(variant));
    return [
      ...(has([...TABLE_1, ...OTHER_SYSTEMS])
        ? [paperTable("table1", "recall in percent", { ours, variants: [...OTHER_SYSTEMS, ...TABLE_1] })]
        : []),
      ...(has(["e2e", "pip-gt"])
        ? [paperTable("table2", "each branch alone and written captions, recall in percent", {
          ours,
          variants: TABLE_2,
        })]
        : []),
    ];
  });
}

function paperTable(
  table: "table1" | "table2",
  what: string,
  { ours: { origin, rows: all }, variants }: { ours: OurSet; variants: readonly Variant[] },
): ReportTable {
  const rows = all.filter(({ variant }) => variants.includes(variant));
  return {
    name: `${table}_${slug(origin.set)}_${originSlug(origin)}`,
    title: `Table ${table.slice(-1)}, ${setName(origin)}: ${what} (${originTitle(origin)})`,
    note: note(rows),
    columns: ["model", "from", ...RECALL_HEADS, ...costHeads(rows)],
    rows: variants.flatMap((variant) => bothRows(variant, origin, rows)),
  };
}

/** One table per `compare` with all its variants, next to the paper's figures if it has them. */
export function variantTables(entries: readonly ReportEntry[]): ReportTable[] {
  return ourSets(entriesOf(entries, "compare")).map(variantTable);
}

function variantTable({ origin, rows }: OurSet): ReportTable {
  const inPaper = isPaperSet(origin.set);
  return {
    name: `variants_${slug(origin.set)}_${originSlug(origin)}`,
    title: `${setName(origin)}: recall in percent (${originTitle(origin)}${
      inPaper ? "" : "; the paper has no figures for it"
    })`,
    note: note(rows),
    columns: ["model", ...(inPaper ? ["from"] : []), ...RECALL_HEADS, ...costHeads(rows)],
    rows: rows.flatMap(({ variant }) => bothRows(variant, origin, rows)).map((row) =>
      inPaper ? row : row.toSpliced(1, 1)
    ),
  };
}

/** The paper's row of a variant, if it has one, and ours. */
function bothRows(variant: Variant, { set }: DataOrigin, ours: readonly OurRow[]): string[][] {
  const found = paperRow(variant)?.row;
  const published = isPaperSet(set) ? found?.recall[set] : undefined;
  const own = ours.find((row) => row.variant === variant);
  const empty = costHeads(ours).map(() => "");
  const title = found?.inOurFrame === undefined ? variantTitle(variant) : found.model;
  return [
    ...(published === undefined ? [] : [[title, "paper", ...paperCells(published), ...empty]]),
    ...[own?.rows ?? [], untrainedRows(own?.rows ?? [])].filter(({ length }) => length > 0).map((rows) => [
      variantTitle(rows[0]!.name.endsWith("-untrained") ? `${variant}-untrained` : variant),
      "ours",
      ...trialCells(rows, candidatesOf(own!.queries)),
      ...(empty.length === 0 ? [] : costCells(rows[0]!.name.endsWith("-untrained") ? [] : rows)),
    ]),
  ];
}

/** Heads of what models cost; none if no row has it, as in results of an earlier version. */
function costHeads(ours: readonly OurRow[]): readonly string[] {
  return ours.some(({ rows }) => rows.some(({ cost }) => cost !== undefined)) ? COST_HEADS : [];
}

function variantTitle(variant: string): string {
  return nameOf({ variant: variant.replace(/-untrained$/, ""), trained: !variant.endsWith("-untrained") });
}

function note(ours: readonly OurRow[]): string {
  const [first] = ours;
  const seeds = (rows: OurRow["rows"]) => rows.flatMap(({ seed }) => seed ?? []);
  return paragraph(
    PAPER_FIGURES,
    first && `Our rows: ${queriesNote(first.queries)}`,
    first && modelsNote(first.config),
    ...ours.filter(({ rows }) => seeds(rows).length > 0).map(({ config, rows }) => trainingNote(config, seeds(rows))),
    chanceNote(ours.flatMap(({ rows }) => rows)),
    INTERVALS,
    costHeads(ours).length === 0 ? "" : COST_NOTE,
    fewCandidates(...ours.map(({ queries }) => candidatesOf(queries))),
    first && sourceNote(ours),
  );
}

/** `"Ours: zero-shot (transcript) from runs/zero-shot; BrewCLIP (full) from runs/compare."` */
function sourceNote(rows: readonly OurRow[]): string {
  const runs = Map.groupBy(rows, ({ run }) => run);
  if (runs.size === 1) return fromRuns(...runs.keys());
  const parts = [...runs].map(([run, rows]) =>
    `${rows.map(({ variant }) => variantTitle(variant)).join(", ")} from ${run}`
  );
  return `Ours: ${parts.join("; ")}.`;
}

/** One table per `compare`: differences in points. */
export function differenceTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "compare").map(({ data, file: { settings: { config, seeds }, result }, stored }) => {
    const origin = data[0]!, queries = result.tests[0]!;
    const comparisons = [...result.comparisons, ...controlComparisons(result)];
    return {
      name: `differences_${slug(origin.set)}_${originSlug(origin)}`,
      title: `Variants against each other on ${setName(origin)}, difference of recall in points (${
        originTitle(origin)
      })`,
      note: paragraph(
        queriesNote(queries),
        trainingNote(config, seeds).replace("mean ± standard deviation over", "means over"),
        pairedNote(comparisons),
        fewCandidates(candidatesOf(queries)),
        fromRuns(stored.run),
      ),
      columns: ["difference", ...RECALL_HEADS],
      rows: holmCorrected(comparisons).map((comparison) => [
        `${variantTitle(comparison.name)} minus ${variantTitle(comparison.against)}`,
        ...differenceCells(comparison, candidatesOf(queries)),
      ]),
    };
  });
}

const TEXTS = { "pip-zero-shot": "transcript", "pip-zero-shot-gt": "written caption" } as const;

interface TestedSet {
  result: FileOf<"zero-shot">["result"];
  config: RunConfig;
  queries: TestQueries;
  origin: DataOrigin;
  run: string;
}

/** One table per kind of data, with the newest results on each data set. */
export function zeroShotTables(entries: readonly ReportEntry[]): ReportTable[] {
  const sets = new Map<string, TestedSet>();
  for (const { file: { settings, result }, stored: { run } } of entriesOf(entries, "zero-shot")) {
    for (const queries of result.tests) {
      const config = configOf(settings, queries);
      const origin = originOf(queries.dataset, queries.dataRoot, config.maxPictures);
      if (!sets.has(originKey(origin))) sets.set(originKey(origin), { result, config, queries, origin, run });
    }
  }
  return [...Map.groupBy(sets.values(), ({ origin }) => origin.kind)]
    .sort(([a], [b]) => ORIGIN_KINDS.indexOf(a) - ORIGIN_KINDS.indexOf(b))
    .map(([kind, found]) => zeroShotTable(kind, found));
}

function zeroShotTable(kind: OriginKind, found: readonly TestedSet[]): ReportTable {
  const ours = kind === "published" ? "ours: the data sets themselves" : originTitle(found[0]!.origin);
  const compared = found.flatMap(({ result, queries }) =>
    result.comparisons.filter(({ test }) => test === queries.test)
  );
  const corrected = new Map(holmCorrected(compared).map((comparison, i) => [compared[i]!, comparison]));
  const paired = pairedNote(compared, false);
  return {
    name: `table4_${kind}`,
    title: `Table 4: zero-shot on transcripts and on written captions, recall in percent (${ours})`,
    note: paragraph(
      kind === "own" ? "" : `${PAPER_FIGURES} It has no row of Flickr8k on written captions.`,
      "Nothing is trained.",
      ...found.map(({ queries, origin }) => `${setName(origin)}: ${queriesNote(queries)}`),
      ...found.map(({ config }) => modelsNote(config)),
      INTERVALS,
      fewCandidates(...found.map(({ queries }) => candidatesOf(queries))),
      `Last row of each set: ${paired[0]!.toLowerCase()}${paired.slice(1)}`,
      fromRuns(...found.map(({ run }) => run)),
    ),
    columns: ["data set", "text", "from", ...RECALL_HEADS],
    rows: found.flatMap(({ result, queries, origin }) => {
      const name = setName(origin), candidates = candidatesOf(queries);
      return [
        ...ZERO_SHOT.flatMap((variant) => {
          const published = isPaperSet(origin.set) ? paperRow(variant)?.row.recall[origin.set] : undefined;
          const own = rowsOf(result.rows, variant, queries.test);
          return [
            ...(published === undefined ? [] : [[name, TEXTS[variant], "paper", ...paperCells(published)]]),
            ...(own.length === 0 ? [] : [[name, TEXTS[variant], "ours", ...trialCells(own, candidates)]]),
          ];
        }),
        ...result.comparisons.filter(({ test }) => test === queries.test).map((comparison) => [
          name,
          "caption minus transcript",
          "ours",
          ...differenceCells(corrected.get(comparison)!, candidates),
        ]),
      ];
    }),
  };
}
