/** Retrieval as MTEB counts it, and ranks: a table next to those of the paper's recall. */
import { nameOf, namesOf, rowsOf, type TrialResult, type TrialRow, type Way, WAYS } from "../../experiments/results.ts";
import { sampleDeviation } from "../../metrics/distributions.ts";
import {
  type QueryMetrics,
  queryMetrics,
  type RankIntervals,
  rankIntervals,
  type RankMetrics,
  rankMetrics,
  ranksByImage,
} from "../../metrics/rank_metrics.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { originOf, originSlug, originTitle, setName, slug } from "../collect/origin.ts";
import { type Candidates, candidatesOf, fromRuns, INTERVALS, paragraph } from "./cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

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
          row.metrics === undefined
            ? []
            : [[nameOf(row), ...cells([row.metrics], candidates, ownIntervals(row.metrics))]]
        ),
      });
    }),
  ].filter(({ rows }) => rows.length > 0);
}

function ownIntervals({ speech2image, image2speech }: Record<Way, RankMetrics>): Partial<Record<Way, RankIntervals>> {
  return {
    ...(speech2image.intervals && { speech2image: speech2image.intervals }),
    ...(image2speech.intervals && { image2speech: image2speech.intervals }),
  };
}

function table(name: string, { title, run, rows }: { title: string; run: string; rows: string[][] }): ReportTable {
  return {
    name: `ranks_${name}`.replaceAll("-", "_"),
    title,
    note: paragraph(NOTE, "Mean ± standard deviation over seeds where there are several.", INTERVALS, fromRuns(run)),
    columns: ["model", ...HEADS],
    rows,
  };
}

function trialRows({ rows }: TrialResult, test: string, candidates: Candidates): string[][] {
  return namesOf(rows).flatMap((name) => {
    const own = rowsOf(rows, name, test);
    const metrics = own.flatMap((row) => metricsOf(row) ?? []);
    if (metrics.length < own.length || own.length === 0) return [];
    return [[nameOf({ variant: name, trained: true }), ...cells(metrics, candidates, intervalsOf(own))]];
  });
}

/** For each way the intervals over images and seeds; none for a way whose ranks results of an earlier version lack. */
function intervalsOf(rows: readonly TrialRow[]): Partial<Record<Way, RankIntervals>> {
  const toSpeech = rows.flatMap((row) => queriesToSpeech(row) ?? []);
  return {
    speech2image: rankIntervals(
      rows.map(({ ranks }) => queryMetrics(Array.from(ranks.speech2image, (rank) => [rank]))),
      rows[0]!.pictureOf,
    ),
    ...(toSpeech.length === rows.length && { image2speech: rankIntervals(toSpeech) }),
  };
}

function queriesToSpeech({ itemRanks, ranks, pictureOf }: TrialRow): QueryMetrics | undefined {
  if (itemRanks !== undefined) return queryMetrics(ranksByImage(itemRanks, pictureOf));
  if (new Set(pictureOf).size < pictureOf.length) return undefined;
  return queryMetrics(ranks.image2speech.filter((rank) => rank > 0).map((rank) => [rank]));
}

/** Results of an earlier version have only the best rank of each image, which suffices if it has one recording. */
function metricsOf({ metrics, ranks, pictureOf }: TrialRow): Record<Way, RankMetrics> | undefined {
  if (metrics !== undefined) return metrics;
  if (new Set(pictureOf).size < pictureOf.length) return undefined;
  const of = (way: Way) => rankMetrics(ranks[way].filter((rank) => rank > 0).map((rank) => [rank]));
  return { speech2image: of("speech2image"), image2speech: of("image2speech") };
}

/**
 * Means over seeds. `-` for a share that every model reaches with so few candidates.
 *
 * @param intervals those of a single seed are its own
 */
function cells(
  seeds: readonly Record<Way, RankMetrics>[],
  candidates: Candidates,
  intervals: Partial<Record<Way, RankIntervals>>,
): string[] {
  return WAYS.flatMap((way) => {
    const ends = intervals[way];
    const mean = (of: (metrics: RankMetrics) => number, interval?: [number, number]) => {
      const values = seeds.map((metrics) => of(metrics[way]));
      const value = values.reduce((sum, one) => sum + one, 0) / values.length;
      return figureText({ value, deviation: sampleDeviation(values), interval });
    };
    const shares = ([1, 5, 10] as const).map((k) => {
      const name = `R@${k}` as const;
      return k < candidates[way] ? mean(({ itemRecall }) => itemRecall[name], ends?.itemRecall[name]) : "-";
    });
    return [
      mean((metrics) => metrics["nDCG@10"], ends?.["nDCG@10"]),
      ...(way === "speech2image" ? [] : shares),
      mean(({ mrr }) => mrr, ends?.mrr),
      mean(({ medianRank }) => medianRank, ends?.medianRank),
    ];
  });
}
