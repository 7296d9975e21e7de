/** Retrieval as MTEB counts it, and ranks: a table next to those of the paper's recall. */
import { nameOf, namesOf, rowsOf, type TrialResult, type TrialRow, type Way, WAYS } from "../../experiments/results.ts";
import { type RankMetrics, rankMetrics } from "../../metrics/rank_metrics.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { originOf, originSlug, originTitle, setName, slug } from "../collect/origin.ts";
import { type Candidates, candidatesOf, fromRuns, paragraph, seedsCell } from "./cells.ts";
import type { ReportTable } from "./report_table.ts";

const NOTE =
  "In percent but for the median rank. The paper's recall asks whether any correct item is among the first K; MTEB (tasks " +
  "SpokenCOCOA2IRetrieval and SpokenCOCOI2ARetrieval, main score nDCG@10) asks which share of the relevant items is. The two " +
  "differ for an image with several recordings; a recording has one image, so its shares are the paper's R@K. MRR: mean " +
  "reciprocal rank of the first relevant item.";

const HEADS = [
  "S2I nDCG@10",
  "S2I MRR",
  "S2I median rank",
  "I2S nDCG@10",
  "I2S share@1",
  "I2S share@5",
  "I2S share@10",
  "I2S MRR",
  "I2S median rank",
];

/** One table per test split of `compare` and `zero-shot`, and per run; none for results without the ranks of all recordings. */
export function rankTables(entries: readonly ReportEntry[]): ReportTable[] {
  const trials = [...entriesOf(entries, "compare"), ...entriesOf(entries, "zero-shot")];
  return [
    ...trials.flatMap(({ file: { experiment, result }, stored: { run } }) =>
      result.tests.map((queries) => {
        const origin = originOf(queries.dataset, queries.dataRoot);
        return table(`${experiment}_${slug(origin.set)}_${originSlug(origin)}`, {
          title: `${setName(origin)}: nDCG, shares of relevant items, and ranks (${originTitle(origin)})`,
          run,
          rows: trialRows(result, queries.test, candidatesOf(queries)),
        });
      })
    ),
    ...entriesOf(entries, "train").map(({ data, file: { settings, result }, stored: { run } }) => {
      const origin = data[0]!, candidates = { speech2image: result.images, image2speech: result.recordings };
      return table(`run_${slug(settings.variant)}_${slug(origin.set)}_${originSlug(origin)}`, {
        title: `${setName(origin)}: nDCG, shares of relevant items, and ranks of one run (${originTitle(origin)})`,
        run,
        rows: [...result.baselines, ...(result.trained ? [result] : [])].flatMap((row) =>
          row.metrics === undefined ? [] : [[nameOf(row), ...cells([row.metrics], candidates)]]
        ),
      });
    }),
  ].filter(({ rows }) => rows.length > 0);
}

function table(name: string, { title, run, rows }: { title: string; run: string; rows: string[][] }): ReportTable {
  return {
    name: `ranks_${name}`.replaceAll("-", "_"),
    title,
    note: paragraph(NOTE, fromRuns(run)),
    columns: ["model", ...HEADS],
    rows,
  };
}

function trialRows({ rows }: TrialResult, test: string, candidates: Candidates): string[][] {
  return namesOf(rows).flatMap((name) => {
    const own = rowsOf(rows, name, test);
    const metrics = own.flatMap((row) => metricsOf(row) ?? []);
    if (metrics.length < own.length || own.length === 0) return [];
    return [[nameOf({ variant: name, trained: true }), ...cells(metrics, candidates)]];
  });
}

/** Results of an earlier version have only the best rank of each image, which suffices if it has one recording. */
function metricsOf({ metrics, ranks, pictureOf }: TrialRow): Record<Way, RankMetrics> | undefined {
  if (metrics !== undefined) return metrics;
  if (new Set(pictureOf).size < pictureOf.length) return undefined;
  const of = (way: Way) => rankMetrics(ranks[way].filter((rank) => rank > 0).map((rank) => [rank]));
  return { speech2image: of("speech2image"), image2speech: of("image2speech") };
}

/** Means over seeds. `-` for a share that every model reaches with so few candidates. */
function cells(seeds: readonly Record<Way, RankMetrics>[], candidates: Candidates): string[] {
  return WAYS.flatMap((way) => {
    const mean = (of: (metrics: RankMetrics) => number) =>
      seedsCell(seeds.map((metrics) => ({ value: of(metrics[way]) })));
    const shares = ([1, 5, 10] as const).map((k) =>
      k < candidates[way] ? mean(({ itemRecall }) => itemRecall[`R@${k}`]) : "-"
    );
    return [
      mean((metrics) => metrics["nDCG@10"]),
      ...(way === "speech2image" ? [] : shares),
      mean(({ mrr }) => mrr),
      mean(({ medianRank }) => medianRank),
    ];
  });
}
