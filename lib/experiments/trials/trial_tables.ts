/**
 * Retrieval experiments as Markdown.
 *
 * @module
 */
import type { Recall } from "../../metrics/recall.ts";
import { markdownTable } from "../experiment_file.ts";
import type { AblateSettings } from "../ablate.ts";
import type { CompareSettings } from "../compare.ts";
import type { CrossSettings } from "../cross.ts";
import { signed } from "../signed.ts";
import { nameOf } from "../table.ts";
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
  const { head, nameOf: called = (name) => name } = options;
  const here = rows.filter((row) => row.test === test);
  const lines = namesOf(here).map((name) => {
    const own = rowsOf(here, name, test);
    return [called(name), ...WAYS.flatMap((way) => KS.map((k) => recallCell(own, way, k)))];
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
  called: (comparison: Comparison) => string,
): string {
  const lines = comparisons.map((comparison) => [
    called(comparison),
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

/** Markdown: a table a data set, then the differences. */
export function zeroShotTable({ tests, rows, comparisons }: TrialResult): string {
  return [
    `# Zero-shot: what the recogniser's errors cost (Table 4)`,
    seedLine(rows),
    ...tests.flatMap((queries) => [
      testLine(queries),
      recallTable({ rows }, queries.test, { head: "text", nameOf: (variant) => nameOf({ variant, trained: false }) }),
    ]),
    `${COMPARISON_LINE} Written caption less transcript:`,
    comparisonTable(comparisons, ({ test }) => test),
  ].join("\n\n");
}

/** Markdown: recall of each variant, then every two of them against each other. */
export function compareTable({ config }: CompareSettings, { tests, rows, comparisons }: TrialResult): string {
  const title = (name: string): string => nameOf({ variant: name, trained: true });
  return [
    `# Variants on ${config.dataset} (Tables 1 and 2)`,
    `${tests.map(testLine).join(" ")} ${config.steps} steps of ${config.batchSize} pairs. ${seedLine(rows)}`,
    recallTable({ rows }, config.dataset, { head: "variant", nameOf: title }),
    COMPARISON_LINE,
    comparisonTable(comparisons, ({ name, against }) => `${title(name)} less ${title(against)}`),
  ].join("\n\n");
}

/** Markdown: a matrix each way, R@5. */
export function crossTable(_: CrossSettings, { tests, rows }: TrialResult): string {
  const matrix = (way: "speech2image" | "image2speech"): string =>
    markdownTable(
      ["trained on \\ tested on", ...tests.map(({ test }) => test)],
      namesOf(rows).map((name) => [name, ...tests.map(({ test }) => recallCell(rowsOf(rows, name, test), way, 5))]),
    );
  return [
    "# Trained on one data set, tested on another: R@5 (Table 5)",
    `${tests.map(testLine).join(" ")} ${seedLine(rows)}`,
    `Speech to image:\n\n${matrix("speech2image")}`,
    `Image to speech:\n\n${matrix("image2speech")}`,
    "A row is the training set, a column the test set. The paper's caption of Table 5 names them the other way round; its " +
    "text and the sizes of its numbers show that there, too, a row is the training set.",
  ].join("\n\n");
}

/** Markdown: recall of each model, then its difference from the first. */
export function ablateTable({ models }: AblateSettings, { tests, rows, comparisons }: TrialResult): string {
  const { name: first, config } = models[0]!;
  const title = nameOf({ variant: config.variant, trained: true });
  return [
    `# Ablations of ${title} on ${config.dataset}`,
    `${tests.map(testLine).join(" ")} ${config.steps} steps of ${config.batchSize} pairs. ${seedLine(rows)}`,
    recallTable({ rows }, config.dataset, { head: "setting" }),
    ...comparisons.length === 0
      ? [`No setting differs from '${first}': there is nothing to compare.`]
      : [`${COMPARISON_LINE} Each setting less '${first}':`, comparisonTable(comparisons, ({ name }) => name)],
  ].join("\n\n");
}
