/** The main numbers of a report, in sentences. */
import { holmCorrected, nameOf, rowsOf, summary } from "../../experiments/results.ts";
import type { ToneCondition } from "../../experiments/tone/experiment.ts";
import { spreadOut } from "../../metrics/bootstrap.ts";
import { originKey, originLabel, setName } from "../collect/origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { groupedRows, systemName } from "../figures/ser.ts";
import { percentWords, verdict } from "../findings.ts";
import { figureText } from "../tables/report_table.ts";

export interface Glance {
  section: string;
  data: string;
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

function retrieval({ file: { result } }: ReportEntry<"compare">): string | undefined {
  const queries = result.tests[0]!, { test } = queries, comparisons = holmCorrected(result.comparisons);
  if (queries.pictures.length === 1) return undefined;
  const recall = (name: string): string => {
    const { mean, interval } = summary(rowsOf(result.rows, name, test), "speech2image", 1);
    return percentWords(mean, interval);
  };
  const [full, pip] = ["full", "pip"].map((name) =>
    rowsOf(result.rows, name, test).length > 0 ? recall(name) : undefined
  );
  const against = (name: string): string | undefined => {
    const found = comparisons.find((comparison) => comparison.name === "full" && comparison.against === name);
    if (found === undefined) return undefined;
    const { points, interval: stored, p } = found.differences.speech2image["R@1"];
    const interval = spreadOut(stored, queries.pictures.length, true);
    return `${figureText({ value: points, interval, signed: true }).replace(" ", " points ")} over ${
      nameOf({ variant: name, trained: true })
    } (${verdict({ points, interval, p })})`;
  };
  if (full === undefined) return undefined;
  const gains = [against("pip-zero-shot"), against("pip"), against("e2e")].filter((gain) => gain !== undefined);
  return `BrewCLIP ranks ${full} of images first, given speech${pip === undefined ? "" : `, words alone ${pip}`}${
    gains.length === 0 ? "" : `: ${gains.join(", ")}`
  }.`;
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

function emotions({ file: { settings, result } }: ReportEntry<"ser">): string | undefined {
  const groups = groupedRows(result).filter(({ protocol }) => protocol === "split");
  const parts = groups.map(({ rows, ...group }) => {
    const mean = rows.reduce((sum, { accuracy }) => sum + 100 * accuracy.value, 0) / rows.length;
    return `${systemName(group, settings)} ${figureText({ value: mean })}`;
  });
  return parts.length === 0 ? undefined : `Accuracy on test speakers in percent: ${parts.join("; ")}.`;
}

function tone({ file: { result } }: ReportEntry<"tone">): string | undefined {
  const of = (variant: string, condition: ToneCondition): string | undefined => {
    const values = result.rows.filter((row) => row.variant === variant && row.condition === condition)
      .map(({ scores }) => scores.twins.speech2image["R@1"]);
    if (values.length === 0) return undefined;
    return figureText({ value: values.reduce((sum, value) => sum + value, 0) / values.length });
  };
  const [spoken, flat, pip] = [of("full", "spoken"), of("full", "flat"), of("pip", "spoken")];
  if (spoken === undefined) return undefined;
  return `BrewCLIP ranks the twin with the emotion of the voice first in ${spoken} %${
    flat === undefined ? "" : `, with flattened prosody in ${flat} %`
  }${pip === undefined ? "" : `; words alone in ${pip} %`}; chance is ${
    figureText({ value: result.rows[0]!.scores.chance, digits: 0 })
  } %.`;
}
