/**
 * Retrieval experiments as Markdown.
 *
 * @module
 */
import type { Recall } from "../../metrics/recall.ts";
import { markdownTable } from "../experiment_file.ts";
import { signed } from "../signed.ts";
import { type Comparison, KS, type TestQueries, type TrialResult, type TrialRow, WAYS } from "./trial_results.ts";
import { namesOf, rowsOf, summary } from "./trial_statistics.ts";

const HEAD = ["S2I R@1", "S2I R@5", "S2I R@10", "I2S R@1", "I2S R@5", "I2S R@10"];

/** `"ln-coco, test split in data/coco: 550 recordings, 110 pictures."` */
export function testLine({ test, dataset, dataRoot, recordings, pictures }: TestQueries): string {
  const name = test === dataset ? dataset : `${test} (${dataset})`;
  return `${name}, test split in ${dataRoot}: ${recordings.length} recordings, ${pictures.length} pictures.`;
}

/** What the figures are, in a sentence. */
export function seedLine(rows: readonly TrialRow[]): string {
  const seeds = [...new Set(rows.flatMap(({ seed }) => seed ?? []))];
  if (seeds.length === 0) return "Nothing is trained. Percent, with 95 % intervals by bootstrap over pictures.";
  if (seeds.length === 1) return `Seed ${seeds[0]}. Percent, with 95 % intervals by bootstrap over pictures.`;
  return `Seeds ${
    seeds.join(", ")
  }: mean and standard deviation over seeds in percent, with 95 % intervals by bootstrap ` +
    `over pictures of each query's mean over seeds.`;
}

/** A row a model, for one test split. */
export function recallTable(
  { rows }: Pick<TrialResult, "rows">,
  test: string,
  options: { head: string; nameOf?: (name: string) => string },
): string {
  const { head, nameOf = (name) => name } = options;
  const here = rows.filter((row) => row.test === test);
  const lines = namesOf(here).map((name) => {
    const own = rowsOf(here, name, test);
    return [nameOf(name), ...WAYS.flatMap((way) => KS.map((k) => recallCell(own, way, k)))];
  });
  return markdownTable([head, ...HEAD], lines);
}

/** `"66.5 [60.1, 72.3]"`, with ` ± 1.2` where there are several seeds. */
export function recallCell(rows: readonly TrialRow[], way: (typeof WAYS)[number], k: number): string {
  const { mean, deviation, interval: [low, high] } = summary(rows, way, k);
  const spread = rows.length > 1 ? ` ± ${deviation.toFixed(1)}` : "";
  return `${mean.toFixed(1)}${spread} [${low.toFixed(1)}, ${high.toFixed(1)}]`;
}

/** A row a pair of models: difference, 95 % interval, p. */
export function comparisonTable(
  comparisons: readonly Comparison[],
  nameOf: (comparison: Comparison) => string,
): string {
  const lines = comparisons.map((comparison) => [
    nameOf(comparison),
    ...WAYS.flatMap((way) =>
      KS.map((k) => {
        const { points, interval: [low, high], p } = comparison.differences[way][`R@${k}` as keyof Recall];
        return `${signed(points)} [${signed(low)}, ${signed(high)}] p ${p < 0.001 ? "< 0.001" : p.toFixed(3)}`;
      })
    ),
  ]);
  return markdownTable(["difference in points", ...HEAD], lines);
}

/** What the comparisons are, in a sentence. */
export const COMPARISON_LINE: string =
  "Differences: paired bootstrap over pictures, each with all of its recordings (2,000 resamples), 95 % intervals, two-sided " +
  "p, not corrected for the number of comparisons; of the models as trained, without the spread over seeds.";
