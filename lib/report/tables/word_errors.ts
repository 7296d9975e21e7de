/**
 * Word errors of whole splits, and what they cost.
 *
 * @module
 */
import { nameOf } from "../../experiments/table.ts";
import type { TranscribedSplit } from "../../experiments/transcribe_split.ts";
import type { WerFinding } from "../../experiments/wer/wer_results.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { ORIGIN_KINDS, type OriginKind, originTitle, setName } from "../collect/origin.ts";
import { paragraph } from "./cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

/** A table with a row a split: how much was heard, and which errors were made. */
export function transcriptionTable(splits: readonly TranscribedSplit[]): ReportTable {
  return {
    name: "word_errors",
    title: "Word errors of the recogniser",
    note: paragraph(
      "Errors in percent of the written words, under an English normaliser; in brackets 95 % intervals by bootstrap over recordings.",
      "Recordings without a written caption are not counted.",
    ),
    columns: [
      "data set",
      "split",
      "recordings",
      "minutes",
      "words",
      "heard as others",
      "missed",
      "added",
      "word error rate",
      "without an error",
    ],
    rows: splits.map(({ dataset, split, recordings, corpus }) => {
      const { words, substitutions, deletions, insertions, wer, wer95: [low, high], perfect } = corpus;
      const percent = (count: number, all: number): string => figureText({ value: 100 * count / all });
      return [
        dataset,
        split,
        String(recordings.length),
        (recordings.reduce((sum, { seconds }) => sum + seconds, 0) / 60).toFixed(1),
        String(words),
        percent(substitutions, words),
        percent(deletions, words),
        percent(insertions, words),
        figureText({ value: 100 * wer, interval: [100 * low, 100 * high] }),
        percent(perfect, recordings.length),
      ];
    }),
  };
}

const TEXTS: Readonly<Record<WerFinding["normaliser"], string>> = {
  raw: "lower case only",
  english: "English normaliser",
  table: "as given",
};

/** Two tables of each kind of data: the regressions, and recall by bins of the rate. */
export function werTables(entries: readonly ReportEntry[]): ReportTable[] {
  const all = entriesOf(entries, "wer").toSorted((a, b) => describe(a) < describe(b) ? 1 : -1);
  return ORIGIN_KINDS.flatMap((kind) => {
    const found = all.filter(({ data }) => data[0]!.kind === kind);
    return found.length === 0 ? [] : [regressions(kind, found), bins(kind, found)];
  });
}

function title(kind: OriginKind, found: readonly ReportEntry<"wer">[]): string {
  return kind === "published" ? "ours: the data sets themselves" : originTitle(found[0]!.data[0]!);
}

function regressions(kind: OriginKind, found: readonly ReportEntry<"wer">[]): ReportTable {
  const reasons = found.flatMap((entry) =>
    entry.file.result.findings.flatMap(({ regression, normaliser }) =>
      regression.fitted ? [] : [`${describe(entry)}, ${TEXTS[normaliser]}: no regression. ${regression.reason}`]
    )
  );
  return {
    name: `wer_${kind}`,
    title: `Word error rate against finding the picture (${title(kind, found)})`,
    note: paragraph(
      "The paper (section 5) fits the same logistic regression and finds that recall falls as the rate rises; its figures " +
        "are not in our list. Slope: change of the log odds of a hit from a rate of 0 to 1, with its 95 % interval. Odds: what " +
        "each 10 points of the rate multiply the odds of a hit by. The rate's interval is by bootstrap over recordings. Recordings count as independent, " +
        "as in the paper; where several describe one picture, intervals and p are smaller than they should be.",
      ...reasons,
      `Ours from ${found.map(({ stored: { run } }) => run).join(", ")}.`,
    ),
    columns: ["data set", "model", "text", "recordings", "WER %", "hits %", "slope", "odds", "McFadden R2"],
    rows: found.flatMap((entry) =>
      entry.file.result.findings.map(({ normaliser, recordings, hits, corpus, regression }) => [
        ...describe(entry).split("; "),
        TEXTS[normaliser],
        String(recordings),
        corpus === undefined ? "" : figureText({
          value: 100 * corpus.wer,
          interval: [100 * corpus.wer95[0], 100 * corpus.wer95[1]],
        }),
        figureText({ value: 100 * hits / recordings }),
        ...(regression.fitted ? fitCells(regression) : ["", "", ""]),
      ])
    ),
  };
}

function fitCells(
  { fit, oddsRatioPer10Points }: Extract<WerFinding["regression"], { fitted: true }>,
): [slope: string, odds: string, r2: string] {
  const slope = fit.coefficients[1];
  return [
    slope === undefined
      ? ""
      : figureText({ value: slope.estimate, interval: slope.confidence95, p: slope.p, signed: true, digits: 2 }),
    figureText({ value: oddsRatioPer10Points, digits: 2 }),
    figureText({ value: fit.mcFaddenR2, digits: 3 }),
  ];
}

function bins(kind: OriginKind, found: readonly ReportEntry<"wer">[]): ReportTable {
  return {
    name: `wer_bins_${kind}`,
    title: `Recordings whose picture is among the first, by word error rate (${title(kind, found)})`,
    note: paragraph(
      "A hit is a picture among the first K: 5 where nothing else is said. In brackets 95 % intervals (Wilson).",
      ...found.map((entry) => {
        const { settings } = entry.file;
        return settings.source === "model" && settings.k !== 5 ? `${describe(entry)}: K ${settings.k}.` : "";
      }),
      `Ours from ${found.map(({ stored: { run } }) => run).join(", ")}.`,
    ),
    columns: ["data set", "model", "text", "WER %", "recordings", "hits", "hits %"],
    rows: found.flatMap((entry) =>
      entry.file.result.findings.flatMap(({ normaliser, bins }) =>
        bins.map(({ from, to, count, hits, recall, recall95 }) => [
          ...describe(entry).split("; "),
          TEXTS[normaliser],
          to === 0 ? "0" : to === null ? `above ${percent(from)}` : `above ${percent(from)} to ${percent(to)}`,
          String(count),
          String(hits),
          count === 0 ? "" : figureText({ value: 100 * recall, interval: [100 * recall95[0], 100 * recall95[1]] }),
        ])
      )
    ),
  };
}

/** `"LN-COCO; BrewCLIP (full)"` */
function describe({ data, file: { settings, result } }: ReportEntry<"wer">): string {
  const model = settings.source === "table" ? "not named" : nameOf({
    variant: settings.config.variant,
    trained: result.of?.trained ?? false,
  });
  return `${setName(data[0]!)}; ${model}`;
}

function percent(share: number): string {
  return (100 * share).toFixed(0);
}
