/** What results of the bundled sample can and cannot show, in the numbers of the results themselves. */
import { summary } from "../../experiments/comparisons.ts";
import { rowsOf, type TrialResult } from "../../experiments/results.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { type DataOrigin, originKey, originOf, setName } from "../collect/origin.ts";
import { figureText } from "../tables/report_table.ts";

/** A sentence for each sample that was tested; none without results of a sample. */
export function sampleLimits(entries: readonly ReportEntry[]): string[] {
  const results = [...entriesOf(entries, "compare"), ...entriesOf(entries, "zero-shot")];
  const found = new Map<string, string>();
  for (const { file: { result } } of results) {
    for (const { test, dataset, dataRoot, recordings, pictures } of result.tests) {
      const origin = originOf(dataset, dataRoot), key = originKey(origin);
      if (origin.kind !== "sample" || found.has(key)) continue;
      found.set(
        key,
        [
          `${setName(origin)}: ${recordings.length} recordings of ${pictures.length} test images`,
          ...wordErrors(entries, origin),
          ...zeroShot(result, test),
          ...visible(result, test),
        ].join(", "),
      );
    }
  }
  return found.values().map((sentence) => `${sentence}.`).toArray();
}

function wordErrors(entries: readonly ReportEntry[], origin: DataOrigin): string[] {
  const same = entriesOf(entries, "wer").find(({ data }) => originKey(data[0]!) === originKey(origin));
  const { corpus } = same?.file.result.findings.find(({ normaliser }) => normaliser === "english") ?? {};
  return corpus === undefined ? [] : [`word error rate ${figureText({ value: 100 * corpus.wer })} %`];
}

function zeroShot(result: TrialResult, test: string): string[] {
  const rows = rowsOf(result.rows, "pip-zero-shot", test);
  if (rows.length === 0) return [];
  return [`the frozen models alone rank ${figureText({ value: summary(rows, "speech2image", 1).mean })} % first`];
}

/** The median half of the intervals: what is smaller cannot be told from nothing. */
function visible({ comparisons }: TrialResult, test: string): string[] {
  const widths = comparisons.filter((comparison) => comparison.test === test).map(({ differences }) => {
    const [low, high] = differences.speech2image["R@1"].interval;
    return (high - low) / 2;
  }).sort((a, b) => a - b);
  const middle = widths[Math.floor(widths.length / 2)];
  return middle === undefined ? [] : [`differences of R@1 are known to about ${figureText({ value: middle })} points`];
}
