/**
 * The word error experiment as Markdown.
 *
 * @module
 */
import type { LogisticFit } from "../../metrics/logistic_regression.ts";
import { markdownTable } from "../experiment_file.ts";
import type { Fitted } from "../wer_analysis.ts";
import type { WerFinding, WerResult, WerSettings } from "./wer_results.ts";

const NAMES = { raw: "lower case only", english: "English normaliser", table: "as given" } as const;

/** The tables of a result, with what data they are of. */
export function werTable(settings: WerSettings, { of, findings }: WerResult): string {
  const hit = settings.source === "model" ? `R@${settings.k}` : "hits";
  const parts = [`# Word error rate against ${hit}`];
  if (settings.source === "table") parts.push(`Rows of ${settings.table}.`);
  if (of !== null && settings.source === "model") {
    const model = settings.run === null
      ? `${of.variant}, not trained`
      : `${of.variant}, run ${settings.run.path}, step ` +
        `${of.step}, seed ${settings.config.seed}`;
    parts.push(
      `${of.dataset}, ${of.split} split: ${of.recordings} recordings ask for one of ${of.images} pictures (${model}). ` +
        `Whisper: ${settings.config.whisper}. ${
          of.withoutCaption === 0
            ? "All have a written caption."
            : `${of.withoutCaption} without a written caption are left out.`
        }`,
    );
  }
  const corpus = findings.flatMap((finding) => finding.corpus === undefined ? [] : [corpusRow(finding)]);
  if (corpus.length > 0) {
    const head = ["text", "recordings", "words", "S", "D", "I", "WER % (95 %)", "without an error", `${hit} %`];
    parts.push(markdownTable(head, corpus));
  }
  for (const finding of findings) parts.push(...sections(finding, hit));
  return `${parts.join("\n\n")}\n`;
}

function corpusRow({ normaliser, recordings, hits, corpus }: WerFinding): string[] {
  const { words, substitutions, deletions, insertions, wer, wer95, perfect } = corpus!;
  return [
    NAMES[normaliser],
    ...[recordings, words, substitutions, deletions, insertions].map(String),
    `${percent(wer)} (${wer95.map(percent).join(" to ")})`,
    String(perfect),
    percent(hits / recordings),
  ];
}

function sections(finding: WerFinding, hit: string): string[] {
  const { normaliser, regression, withLength, calibration, bins, recordings, hits } = finding;
  const parts = [
    `## ${NAMES[normaliser]}: ${recordings} rows, ${hits} hits`,
    regression.fitted ? fitTable(regression.fit) : `No regression. ${regression.reason}`,
  ];
  if (regression.fitted) {
    parts.push(
      `${facts(regression)} Each 10 points of WER multiply the odds of a hit by ${
        regression.oddsRatioPer10Points.toFixed(3)
      }.`,
    );
  }
  const rates = bins.map(({ from, to, count, hits, recall, recall95 }) => [
    to === 0 ? "0" : to === null ? `above ${percent(from)}` : `above ${percent(from)} to ${percent(to)}`,
    String(count),
    String(hits),
    `${percent(recall)} (${recall95.map(percent).join(" to ")})`,
  ]);
  parts.push(`By word error rate:`, markdownTable(["WER %", "rows", "hits", `${hit} % (95 %)`], rates));
  if (calibration !== undefined) {
    const rows = calibration.map((bin) => [
      `${percent(bin.from)} to ${percent(bin.to)}`,
      String(bin.count),
      percent(bin.predicted),
      `${percent(bin.observed)} (${bin.observed95.map(percent).join(" to ")})`,
    ]);
    parts.push(`Calibration:`, markdownTable(["WER %", "rows", "predicted %", "observed % (95 %)"], rows));
  }
  if (withLength !== undefined) {
    parts.push(
      "With the length of the reference in words as a second column:",
      withLength.fitted ? `${fitTable(withLength.fit)}\n\n${facts(withLength)}` : `No regression. ${withLength.reason}`,
    );
  }
  return parts;
}

function fitTable({ coefficients }: LogisticFit): string {
  const rows = coefficients.map(({ name, estimate, standardError, z, p, confidence95 }) => [
    name,
    estimate.toFixed(4),
    standardError.toFixed(4),
    z.toFixed(2),
    probability(p),
    confidence95.map((end) => end.toFixed(4)).join(" to "),
  ]);
  return markdownTable(["coefficient", "estimate", "standard error", "z", "p", "95 %"], rows);
}

function facts({ fit }: Extract<Fitted, { fitted: true }>): string {
  const { mcFaddenR2, likelihoodRatio: { statistic, degrees, p }, logLikelihood, nullLogLikelihood } = fit;
  return `McFadden R2 ${mcFaddenR2.toFixed(4)}; likelihood ratio ${statistic.toFixed(3)} with ${degrees} degree${
    degrees === 1 ? "" : "s"
  } of freedom, p ${probability(p)}; log-likelihood ${logLikelihood.toFixed(3)}, of the intercept alone ${
    nullLogLikelihood.toFixed(3)
  }.`;
}

function probability(p: number): string {
  return p < 0.0001 ? "<0.0001" : p.toFixed(4);
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
