/** What a report found about the method, in sentences. */
import { holmCorrected, summary } from "../../experiments/comparisons.ts";
import { nameOf, namesOf, rowsOf } from "../../experiments/results.ts";
import type { ToneCondition } from "../../experiments/tone/experiment.ts";
import { spreadOut } from "../../metrics/bootstrap.ts";
import { holm } from "../../metrics/holm.ts";
import { originKey, originLabel, setName } from "../collect/origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { controlsText, encoderWarnings, groupedRows, systemName } from "../figures/ser.ts";
import { differenceFigure, percentWords, soundByWer, verdict } from "../findings.ts";
import { accuracyDifference } from "../ser_accuracy.ts";
import { chanceNote } from "../tables/cells.ts";
import { figureText } from "../tables/report_table.ts";
import { toneRecall } from "../tone_recall.ts";

export interface Glance {
  section: string;
  data: string;
  /** Each finding on a line of its own. */
  text: string;
}

/** One sentence for each experiment with a main number. */
export function glances(entries: readonly ReportEntry[]): Glance[] {
  return [
    ...entriesOf(entries, "compare").flatMap((entry) => glance("retrieval", entry, retrieval(entry))),
    ...ofTrained(entriesOf(entries, "wer")).flatMap((entry) => glance("words", entry, words(entry))),
    ...entriesOf(entries, "ser").flatMap((entry) => glance("emotions", entry, emotions(entry))),
    ...entriesOf(entries, "tone").flatMap((entry) => glance("tone", entry, tone(entry))),
  ];
}

/** One result per data set, preferably of a trained model. */
function ofTrained(found: readonly ReportEntry<"wer">[]): ReportEntry<"wer">[] {
  const sets = Map.groupBy(found, ({ data }) => originKey(data[0]!));
  return [...sets.values()].map((same) => same.find(({ file }) => file.result.of?.trained) ?? same[0]!);
}

function glance(section: string, { data }: ReportEntry, text: string | undefined): Glance[] {
  const origin = data[0]!;
  return text === undefined ? [] : [{ section, data: `${setName(origin)}, ${originLabel(origin)}`, text }];
}

/** What each part of the method adds, then the numbers that it is measured against. */
function retrieval({ file: { result } }: ReportEntry<"compare">): string | undefined {
  const queries = result.tests[0]!, comparisons = holmCorrected(result.comparisons);
  const names = namesOf(result.rows);
  if (queries.pictures.length === 1 || names.length === 0) return undefined;
  const gain = (
    name: string,
    against: string,
    claims: Readonly<Record<ReturnType<typeof verdict>, string>>,
  ): string[] => {
    const found = comparisons.find((comparison) => comparison.name === name && comparison.against === against);
    if (found === undefined) return [];
    const [at1, ...others] = ([1, 5, 10] as const).map((k) => {
      const { points, interval, p } = found.differences.speech2image[`R@${k}`];
      return { k, points, interval: spreadOut(interval, queries.pictures.length, true), p };
    });
    const differing = others.filter((other) => other.k < queries.pictures.length && verdict(other) !== verdict(at1!))
      .map((other) => `; R@${other.k} ${differenceFigure(other)} (${verdict(other)})`);
    return [
      `${claims[verdict(at1!)]} at R@1: ${title(name)} minus ${title(against)} ${differenceFigure(at1!)}${
        differing.join("")
      }.`,
    ];
  };
  const recalls = names.map((name) => {
    const { mean, interval } = summary(rowsOf(result.rows, name, queries.test), "speech2image", 1);
    return `${title(name)} ${percentWords(mean, interval)}`;
  });
  return [
    ...gain("full", "pip", {
      higher: "Sound adds to the words",
      lower: "Sound takes away from the words",
      "not distinguishable": "Sound adds nothing distinguishable to the words",
    }),
    ...soundByWer(result),
    ...["full", "pip"].flatMap((name) =>
      gain(name, "pip-zero-shot", {
        higher: "Training adds to the frozen models",
        lower: "Training takes away from the frozen models",
        "not distinguishable": "Training changes nothing distinguishable",
      })
    ),
    ...gain("full", "e2e", {
      higher: "Words add to the sound",
      lower: "Words take away from the sound",
      "not distinguishable": "Words add nothing distinguishable to the sound",
    }),
    `Images ranked first, given speech: ${recalls.join("; ")}; chance ${percentWords(100 / queries.pictures.length)}.`,
    chanceNote(result.rows),
  ].filter((text) => text !== "").join("\n");
}

function title(name: string): string {
  return nameOf({ variant: name, trained: true });
}

function words({ file: { settings, result } }: ReportEntry<"wer">): string | undefined {
  const finding = result.findings.find(({ normaliser }) => normaliser === "english") ?? result.findings[0]!;
  if (!finding.regression.fitted || result.of === null || settings.source === "table") return undefined;
  const { oddsRatioPer10Points, fit } = finding.regression;
  const p = figureText({ value: 0, p: (fit.clustered?.coefficients ?? fit.coefficients)[1]?.p ?? NaN }).replace(
    /^\S+ /,
    "",
  );
  return `${
    nameOf(result.of)
  }: each 10 points of word error rate multiply the odds that the image is among the first ` +
    `${settings.k} by ${oddsRatioPer10Points.toFixed(2)} (${p}).`;
}

/** What each model adds to a classifier of plain acoustic statistics, then all accuracies. */
function emotions({ file: { settings, result } }: ReportEntry<"ser">): string | undefined {
  const groups = groupedRows(result).filter(({ protocol }) => protocol === "split");
  const base = groups.find(({ system }) => system === "log-mel");
  const tested = base === undefined ? [] : groups.filter(({ encoder }) => encoder !== null).map((group) => ({
    group,
    ...accuracyDifference(group.rows, base.rows, result.clips),
  }));
  const corrected = holm(tested.map(({ p }) => p));
  const gains = tested.map(({ group, difference, interval }, i) =>
    `${systemName(group, settings)} ${
      figureText({ value: difference, interval, signed: true }).replace(" ", " points ")
    } (${verdict({ points: difference, interval, p: corrected[i]! })})`
  );
  const parts = groups.map(({ rows, ...group }) => {
    const mean = rows.reduce((sum, { accuracy }) => sum + 100 * accuracy.value, 0) / rows.length;
    return `${systemName(group, settings)} ${figureText({ value: mean })}`;
  });
  if (parts.length === 0) return undefined;
  const controls = controlsText(result, settings);
  return `${gains.length === 0 ? "" : `Compared with log-mel statistics: ${gains.join("; ")}.\n`}` +
    `${controls === "" ? "" : `${controls}\n`}` +
    `Accuracy on test speakers in percent: ${parts.join("; ")}. ${encoderWarnings({ settings, result })}`.trimEnd();
}

function tone({ file: { result } }: ReportEntry<"tone">): string | undefined {
  const of = (variant: string, condition: ToneCondition): string | undefined => {
    const scores = result.rows.filter((row) => row.variant === variant && row.condition === condition)
      .map(({ scores }) => scores);
    if (scores.length === 0) return undefined;
    const { value, interval } = toneRecall(scores, "speech2image", "twins");
    return percentWords(value, interval);
  };
  const [spoken, flat, pip] = [of("full", "spoken"), of("full", "flat"), of("pip", "spoken")];
  if (spoken === undefined) return undefined;
  return `BrewCLIP ranks the twin with the emotion of the voice first in ${spoken}${
    flat === undefined ? "" : `, with flattened prosody in ${flat}`
  }${pip === undefined ? "" : `; words alone in ${pip}`}; chance is ${
    figureText({ value: result.rows[0]!.scores.chance, digits: 0 })
  } %. ${
    chanceNote(
      result.rows.filter(({ condition }) => condition === "spoken").map((row) => ({ ...row, name: row.variant })),
    )
  }`.trimEnd();
}
