/**
 * What was seen of word errors and recall, in words.
 *
 * @module
 */
import { nameOf } from "../../experiments/table.ts";
import type { WerFinding, WerResult } from "../../experiments/wer/wer_results.ts";
import { figureText } from "../tables/report_table.ts";
import { bullets, percentWords } from "./words.ts";

/** Below this p a slope is told apart from none. */
const LEVEL = 0.05;

/** Markdown: how many errors and hits there are, what the regression says of them, and recall without and with errors. */
export function werFindings({ of, findings }: WerResult): string {
  const finding = findings.find(({ normaliser }) => normaliser === "english") ?? findings[0]!;
  const { recordings, hits, corpus, bins } = finding;
  const on = of === null ? "The table" : `${nameOf(of)} on **${of.dataset}** (${of.split}, ${of.images} pictures)`;
  const rate = corpus &&
    `; word error rate ${percentWords(100 * corpus.wer, [100 * corpus.wer95[0], 100 * corpus.wer95[1]])}`;
  const binWords = bins.map(({ from, to, count, recall, recall95: [low, high] }) => {
    const where = to === 0 ? "without an error" : to === null ? `above ${100 * from} %` : `up to ${100 * to} %`;
    return `${where} ${percentWords(100 * recall, [100 * low, 100 * high])} (${count})`;
  });
  return bullets([
    `${on}: ${hits} of ${recordings} recordings find their picture${rate ?? ""}.`,
    `Found, by word error rate (in brackets recordings): ${binWords.join("; ")}.`,
    slopeWords(finding),
  ]);
}

function slopeWords({ regression }: WerFinding): string {
  if (!regression.fitted) return `No regression: ${regression.reason}`;
  const { estimate, standardError, z, p, confidence95: [low, high] } = regression.fit.coefficients[1]!;
  const odds = (slope: number): number => Math.exp(0.1 * slope);
  const said = p >= LEVEL
    ? "**not told apart** from no effect with so many recordings"
    : estimate < 0
    ? "**recall falls** as the word error rate rises"
    : "**recall rises** as the word error rate rises";
  const change = figureText({ value: odds(estimate), interval: [odds(low), odds(high)], digits: 2 });
  return `Slope of the logistic regression ${estimate.toFixed(2)} (SE ${standardError.toFixed(2)}, z ${z.toFixed(2)}, ${
    p < 0.001 ? "p < 0.001" : `p ${p.toFixed(3)}`
  }): ${said}. ` +
    `Each 10 points of word error rate multiply the odds of a hit by ${change}; McFadden's R2 is ${
      regression.fit.mcFaddenR2.toFixed(3)
    }.`;
}
