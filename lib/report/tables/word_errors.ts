/**
 * Word errors of whole splits, and what they cost.
 */
import { nameOf } from "../../experiments/results.ts";
import type { TranscribedSplit } from "../../experiments/transcribe_split.ts";
import type { WerFinding } from "../../experiments/wer.ts";
import type { Coefficient } from "../../metrics/logistic_regression.ts";
import type { Pair } from "../../data/pair.ts";
import type { Transcript } from "../../whisper/transcript.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { ORIGIN_KINDS, type OriginKind, originTitle, setName } from "../collect/origin.ts";
import { fromRuns, paragraph } from "./cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

/** One row per split: what was transcribed, and the errors. */
export function transcriptionTable(splits: readonly TranscribedSplit[]): ReportTable {
  return {
    name: "word_errors",
    title: "Word errors of the recognizer",
    note:
      "Errors in percent of the written words, under an English normalizer, with 95 % intervals by bootstrap over " +
      "images. Recordings without a written caption are not counted.",
    columns: [
      "data set",
      "split",
      "recordings",
      "minutes",
      "words",
      "substituted",
      "missed",
      "added",
      "word error rate",
      "without an error",
    ],
    rows: splits.map(({ dataset, split, recordings, corpus }) => {
      const { words, substitutions, deletions, insertions, wer, wer95, perfect } = corpus;
      return [
        dataset,
        split,
        String(recordings.length),
        (recordings.reduce((sum, { seconds }) => sum + seconds, 0) / 60).toFixed(1),
        String(words),
        percentText(substitutions / words),
        percentText(deletions / words),
        percentText(insertions / words),
        percentText(wer, wer95),
        percentText(perfect / recordings.length),
      ];
    }),
  };
}

/**
 * One row per split of a data set: the word error rate over all words, and recordings without an error or without any word. `-` for a
 * split without captions; recordings without a caption do not count.
 */
export function transcriptsTable(
  pairs: readonly Pick<Pair, "id" | "split">[],
  transcripts: ReadonlyMap<string, Transcript>,
): ReportTable {
  let bare = 0;
  const rows = (["train", "dev", "test"] as const).flatMap((split) => {
    const found = pairs.filter((pair) => pair.split === split).flatMap(({ id }) => transcripts.get(id) ?? []);
    if (found.length === 0) return [];
    const known = found.filter(({ words }) => words > 0);
    bare += found.length - known.length;
    const sum = (of: (transcript: Transcript) => number): number => known.reduce((total, one) => total + of(one), 0);
    const percent = (share: number, digits: number): string =>
      known.length === 0 ? "-" : `${(100 * share).toFixed(digits)} %`;
    return [[
      split,
      String(found.length),
      (found.reduce((total, { seconds }) => total + seconds, 0) / 3600).toFixed(2),
      percent(sum(({ errors }) => errors) / sum(({ words }) => words), 1),
      percent(sum(({ errors }) => Number(errors === 0)) / known.length, 0),
      String(found.filter(({ text }) => text === "").length),
    ]];
  });
  return {
    name: "transcripts",
    title: "Transcripts",
    note: rows.length === 0
      ? "No recording was transcribed."
      : bare > 0
      ? `${bare} recordings have no reference text; the word error rate does not count them.`
      : "",
    columns: ["split", "recordings", "hours", "WER", "without an error", "no word"],
    rows,
  };
}

const TEXTS: Readonly<Record<WerFinding["normaliser"], string>> = {
  raw: "lower case only",
  english: "English normalizer",
  table: "as given",
};

/** Two tables per kind of data: the regressions, and recall by word error rate. */
export function werTables(entries: readonly ReportEntry[]): ReportTable[] {
  const all = entriesOf(entries, "wer").toSorted((a, b) => describe(a).join() < describe(b).join() ? 1 : -1);
  return ORIGIN_KINDS.flatMap((kind) => {
    const found = all.filter(({ data }) => data[0]!.kind === kind);
    return found.length === 0 ? [] : [regressions(kind, found), bins(kind, found)];
  });
}

function ours(kind: OriginKind, found: readonly ReportEntry<"wer">[]): string {
  return kind === "published" ? "ours: the data sets themselves" : originTitle(found[0]!.data[0]!);
}

function regressions(kind: OriginKind, found: readonly ReportEntry<"wer">[]): ReportTable {
  const reasons = found.flatMap((entry) =>
    entry.file.result.findings.flatMap(({ regression, normaliser }) =>
      regression.fitted
        ? []
        : [`${describe(entry).join(", ")}, ${TEXTS[normaliser]}: no regression. ${regression.reason}`]
    )
  );
  return {
    name: `wer_${kind}`,
    title: `Word error rate against finding the image (${ours(kind, found)})`,
    note: paragraph(
      "The paper (Section 5) fits the same logistic regression and finds that recall falls as the rate rises; we do not list " +
        "its figures. Slope: change of the log odds of a hit from a rate of 0 to 1, with its 95 % interval. Odds: " +
        "factor on the odds of a hit for each 10 points of the rate. The rate's interval is by bootstrap over images. " +
        "Errors of the slope are clustered by image, as several recordings can describe one; the last column takes recordings " +
        "as independent, as the paper does.",
      ...reasons,
      fromRuns(...found.map(({ stored: { run } }) => run)),
    ),
    columns: [
      "data set",
      "model",
      "text",
      "recordings",
      "WER %",
      "hits %",
      "slope",
      "odds",
      "McFadden R2",
      "slope, independent",
    ],
    rows: found.flatMap((entry) =>
      entry.file.result.findings.map(({ normaliser, recordings, hits, corpus, regression }) => [
        ...describe(entry),
        TEXTS[normaliser],
        String(recordings),
        corpus === undefined ? "" : percentText(corpus.wer, corpus.wer95),
        percentText(hits / recordings),
        ...(regression.fitted ? fitCells(regression) : ["", "", "", ""]),
      ])
    ),
  };
}

function fitCells(
  { fit, oddsRatioPer10Points }: Extract<WerFinding["regression"], { fitted: true }>,
): [slope: string, odds: string, r2: string, independent: string] {
  const cell = (coefficients: readonly Coefficient[] | undefined): string => {
    const slope = coefficients?.[1];
    return slope === undefined
      ? ""
      : figureText({ value: slope.estimate, interval: slope.confidence95, p: slope.p, signed: true, digits: 2 });
  };
  return [
    cell(fit.clustered?.coefficients),
    figureText({ value: oddsRatioPer10Points, digits: 2 }),
    figureText({ value: fit.mcFaddenR2, digits: 3 }),
    cell(fit.coefficients),
  ];
}

function bins(kind: OriginKind, found: readonly ReportEntry<"wer">[]): ReportTable {
  return {
    name: `wer_bins_${kind}`,
    title: `Recordings whose image is among the first K, by word error rate (${ours(kind, found)})`,
    note: paragraph(
      "A hit is an image among the first K, 5 unless stated otherwise. With 95 % intervals, clustered by image.",
      ...found.map((entry) => {
        const { settings } = entry.file;
        return settings.source === "model" && settings.k !== 5 ? `${describe(entry).join("; ")}: K ${settings.k}.` : "";
      }),
      fromRuns(...found.map(({ stored: { run } }) => run)),
    ),
    columns: ["data set", "model", "text", "WER %", "recordings", "hits", "hits %"],
    rows: found.flatMap((entry) =>
      entry.file.result.findings.flatMap(({ normaliser, bins }) =>
        bins.map(({ from, to, count, hits, recall, recall95 }) => [
          ...describe(entry),
          TEXTS[normaliser],
          to === 0 ? "0" : to === null ? `above ${whole(from)}` : `above ${whole(from)} to ${whole(to)}`,
          String(count),
          String(hits),
          count === 0 ? "" : percentText(recall, recall95),
        ])
      )
    ),
  };
}

/** Details of each `wer`: error counts, the coefficients of each regression, and its calibration. */
export function werDetailTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "wer").flatMap((entry) => {
    const { settings, result: { findings } } = entry.file;
    const hit = settings.source === "model" ? `R@${settings.k}` : "hits";
    return [
      ...(findings.some(({ corpus }) => corpus !== undefined) ? [corpusTable(entry)] : []),
      ...findings.flatMap((finding) => [
        ...fitTable(finding, "regression", `${hit} on the word error rate`),
        ...fitTable(finding, "withLength", `${hit} on the word error rate and the reference's length in words`),
        ...(finding.calibration === undefined ? [] : [calibrationTable(finding)]),
      ]),
    ];
  });
}

function corpusTable(entry: ReportEntry<"wer">): ReportTable {
  const { settings, result: { of, findings } } = entry.file;
  return {
    name: "wer_errors",
    title: `Word errors, ${describe(entry).join(", ")}`,
    note: paragraph(
      of === null || settings.source === "table"
        ? ""
        : `${of.dataset}, ${of.split} split: ${of.recordings} recordings retrieve one of ${of.images} images (${of.variant}, ` +
          (settings.run === null
            ? "not trained"
            : `run ${settings.run.path}, step ${of.step}, seed ${settings.config.seed}`) +
          `). Whisper: ${settings.config.whisper}. ` +
          (of.withoutCaption === 0
            ? "All have a written caption."
            : `${of.withoutCaption} without a written caption are skipped.`),
      "S, D, I: substituted, deleted and inserted words. With the 95 % interval by bootstrap over images.",
    ),
    columns: ["text", "recordings", "words", "S", "D", "I", "WER %", "without an error", "hits %"],
    rows: findings.flatMap(({ normaliser, recordings, hits, corpus }) => {
      if (corpus === undefined) return [];
      const { words, substitutions, deletions, insertions, wer, wer95, perfect } = corpus;
      return [[
        TEXTS[normaliser],
        ...[recordings, words, substitutions, deletions, insertions].map(String),
        percentText(wer, wer95),
        String(perfect),
        percentText(hits / recordings),
      ]];
    }),
  };
}

function fitTable(finding: WerFinding, which: "regression" | "withLength", what: string): ReportTable[] {
  const found = finding[which];
  if (found === undefined) return [];
  const { normaliser, recordings, hits } = finding;
  const table = {
    name: `wer_${which === "regression" ? "fit" : "fit_length"}_${normaliser}`,
    title: `Logistic regression of ${what} (${TEXTS[normaliser]}): ${recordings} rows, ${hits} hits`,
    columns: [
      "coefficient",
      "estimate",
      "standard error",
      "z",
      "estimate, clustered by image",
      "standard error, clustered",
    ],
  };
  if (!found.fitted) return [{ ...table, note: `No regression. ${found.reason}`, rows: [] }];
  const { coefficients, mcFaddenR2, likelihoodRatio, logLikelihood, nullLogLikelihood } = found.fit;
  const { statistic, degrees, p } = likelihoodRatio;
  return [{
    ...table,
    note: paragraph(
      `McFadden R2 ${mcFaddenR2.toFixed(4)}; likelihood ratio ${statistic.toFixed(3)} with ${degrees} degree` +
        `${degrees === 1 ? "" : "s"} of freedom, p ${p < 0.0001 ? "< 0.0001" : p.toFixed(4)}; log-likelihood ` +
        `${logLikelihood.toFixed(3)}, of the intercept alone ${nullLogLikelihood.toFixed(3)}.`,
      which === "regression" && finding.regression.fitted
        ? `Each 10 points of WER multiply the odds of a hit by ${finding.regression.oddsRatioPer10Points.toFixed(3)}.`
        : "",
    ),
    rows: coefficients.map(({ name, estimate, standardError, z, p, confidence95 }) => [
      name,
      figureText({ value: estimate, interval: confidence95, p, digits: 4 }),
      standardError.toFixed(4),
      z.toFixed(2),
      ...clusteredCells(found.fit.clustered?.coefficients.find((coefficient) => coefficient.name === name)),
    ]),
  }];
}

function clusteredCells(found: Coefficient | undefined): string[] {
  if (found === undefined) return ["", ""];
  const { estimate, confidence95, p, standardError } = found;
  return [figureText({ value: estimate, interval: confidence95, p, digits: 4 }), standardError.toFixed(4)];
}

function calibrationTable({ normaliser, calibration = [] }: WerFinding): ReportTable {
  return {
    name: `wer_calibration_${normaliser}`,
    title: `Calibration of the regression (${TEXTS[normaliser]})`,
    note: "",
    columns: ["WER %", "rows", "predicted %", "observed %"],
    rows: calibration.map(({ from, to, count, predicted, observed, observed95 }) => [
      `${(100 * from).toFixed(1)} to ${(100 * to).toFixed(1)}`,
      String(count),
      percentText(predicted),
      percentText(observed, observed95),
    ]),
  };
}

/** Data set and model, such as `["LN-COCO", "BrewCLIP (full)"]`. */
function describe({ data, file: { settings, result } }: ReportEntry<"wer">): [set: string, model: string] {
  const model = settings.source === "table" ? "not named" : nameOf({
    variant: settings.config.variant,
    trained: result.of?.trained ?? false,
  });
  return [setName(data[0]!), model];
}

function percentText(share: number, interval?: readonly [number, number]): string {
  return figureText({ value: 100 * share, interval: interval && [100 * interval[0], 100 * interval[1]] });
}

function whole(share: number): string {
  return (100 * share).toFixed(0);
}
