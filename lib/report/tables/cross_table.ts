/**
 * Table 5: trained on one data set, tested on another, ours beside the paper's.
 *
 * @module
 */
import { type TestQueries, WAYS } from "../../experiments/trials/trial_results.ts";
import { rowsOf, summary } from "../../experiments/trials/trial_statistics.ts";
import { type DataOrigin, isPaperSet, originOf, originSlug, originTitle, setName } from "../collect/data_origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { PAPER_TABLE_5, PAPER_TABLE_5_NOTE } from "../paper/paper_cross.ts";
import { INTERVALS, modelsNote, PAPER_FIGURES, paragraph, queriesNote, trainingNote } from "./notes.ts";
import { figureText, type ReportTable } from "./report_table.ts";

/** A table of each `cross`: R@5 both ways. */
export function crossTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "cross").map((entry) => {
    const { data, seeds, file: { settings: { models }, result }, stored: { run } } = entry;
    const tests = result.tests.map((queries) => ({ queries, origin: originOf(queries.dataset, queries.dataRoot) }));
    const kinds = [...new Set(data.map(originTitle))];
    return {
      name: `table5_${[...new Set(data.map(originSlug))].join("_")}`,
      title: `Table 5: trained on one data set, tested on another, R@5 in percent (${kinds.join("; ")})`,
      note: paragraph(
        "A row is the training set, a column the test set.",
        PAPER_TABLE_5_NOTE,
        PAPER_FIGURES,
        ...tests.map(({ queries, origin }) => `${setName(origin)}: ${queriesNote(queries)}`),
        ...models.map(({ config }) => modelsNote(config)),
        ...models.map(({ config }) => trainingNote(config, seeds)),
        INTERVALS,
        `Ours from ${run}.`,
      ),
      columns: [
        "trained on",
        "from",
        ...tests.flatMap(({ origin }) => [`${setName(origin)} S2I`, `${setName(origin)} I2S`]),
      ],
      rows: models.flatMap(({ name, config }) => {
        const trained = originOf(config.dataset, config.dataRoot);
        const cells = tests.flatMap(({ queries }) => ourCells(result, name, queries));
        const paper = paperCells(trained, tests.map(({ origin }) => origin));
        const called = models.some((other) => other.name !== name && other.config.dataset === config.dataset)
          ? `${setName(trained)} (${name})`
          : setName(trained);
        return [...(paper === undefined ? [] : [[called, "paper", ...paper]]), [called, "ours", ...cells]];
      }),
    };
  });
}

function ourCells(
  result: ReportEntry<"cross">["file"]["result"],
  name: string,
  { test }: TestQueries,
): string[] {
  const rows = rowsOf(result.rows, name, test);
  return WAYS.map((way) => {
    if (rows.length === 0) return "";
    const { mean, deviation, interval } = summary(rows, way, 5);
    return figureText({ value: mean, deviation, interval });
  });
}

function paperCells(trained: DataOrigin, tests: readonly DataOrigin[]): string[] | undefined {
  const { set } = trained;
  if (!isPaperSet(set)) return undefined;
  return tests.flatMap((test) =>
    isPaperSet(test.set) ? PAPER_TABLE_5[set][test.set].map((value) => value.toFixed(1)) : ["", ""]
  );
}
