/**
 * What the recogniser's errors cost.
 *
 * @module
 */
import { KS, type TrialResult, type Way, WAYS } from "../../experiments/trials/trial_results.ts";
import { rowsOf, summary } from "../../experiments/trials/trial_statistics.ts";
import type { Recall } from "../../metrics/recall.ts";
import type { Variant } from "../../systems/variants.ts";
import { dotPanels, rowNote } from "./dots.ts";
import type { Figure, PlotlyLayout } from "./figure.ts";
import { VARIANT_COLOURS } from "./palette.ts";
import { queriesTold, testName, WAY_TITLES } from "./told.ts";
import { signed, type Value, wrapped } from "./values.ts";

const TEXTS = [
  { variant: "pip-zero-shot", name: "Transcripts by the recogniser", symbol: "circle" },
  { variant: "pip-zero-shot-gt", name: "Written captions", symbol: "diamond" },
] as const satisfies readonly { variant: Variant; name: string; symbol: string }[];

/**
 * Zero-shot recall on transcripts against written captions, with intervals, by data set, from `zero-shot` (paper, Table 4).
 *
 * @throws {RangeError} where neither was asked.
 */
export function zeroShotFigure(result: TrialResult): Figure {
  const texts = TEXTS.filter(({ variant }) => result.rows.some((row) => row.variant === variant));
  const tests = result.tests.filter(({ test }) =>
    result.rows.some((row) => row.test === test && texts.some(({ variant }) => row.variant === variant))
  );
  if (tests.length === 0) throw new RangeError("Cannot draw zero-shot recall as the result has no zero-shot rows");
  const rows = tests.flatMap(({ test }) => KS.map((k) => ({ test, k })));
  const value = (way: Way, test: string, k: number, variant: Variant): Value | undefined => {
    const own = rowsOf(result.rows.filter((row) => row.variant === variant), variant, test);
    if (own.length === 0) return undefined;
    const { mean, interval } = summary(own, way, k);
    return { value: mean, interval };
  };
  const { data, layout, height } = dotPanels({
    panels: WAYS.map((way) => `${WAY_TITLES[way]}`),
    rows: rows.map(({ test, k }, i) =>
      k === KS[0] || i === 0 ? `<b>${wrapped(testName(tests, test), 24)}</b>  R@${k}` : `R@${k}`
    ),
    series: texts.map(({ variant, name, symbol }) => ({
      name,
      symbol,
      colour: VARIANT_COLOURS[variant],
      values: WAYS.map((way) => rows.map(({ test, k }) => value(way, test, k, variant))),
    })),
    measure: "Recall (%); at the right the difference",
    range: [0, 122],
    parted: tests.slice(1).map((_, i) => (i + 1) * KS.length),
  });
  const costs = WAYS.map((way) => rows.map(({ test, k }) => costOf(result, way, test, `R@${k}` as keyof Recall)));
  const notes = costs.flatMap((own, panel) =>
    own.flatMap((points, row) => points === undefined ? [] : [rowNote(signed(points), panel === 0 ? "" : "2", row)])
  );
  for (const name of ["xaxis", "xaxis2"]) {
    Object.assign(layout[name] as PlotlyLayout, { tickvals: [0, 25, 50, 75, 100] });
  }
  const told = tests.map(({ test }) => {
    const [heard, written] = texts.map(({ variant }) =>
      value("speech2image", test, 5, variant)?.value.toFixed(1) ?? "-"
    );
    return `${testName(tests, test)} ${heard} on transcripts, ${written ?? "-"} on captions`;
  });
  return {
    name: "zero_shot",
    title: "What the recogniser's errors cost",
    caption:
      `Zero-shot recall, by what is read: what the recogniser heard, or the written caption. ${
        queriesTold(tests)
      } Nothing is trained. Bars: 95 % intervals by bootstrap over pictures. Numbers: written captions less transcripts, in ` +
      `percentage points.`,
    alt: `Dots with intervals. Speech to image, R@5 in percent: ${told.join("; ")}.`,
    columns: 2,
    height,
    data,
    layout: { ...layout, annotations: [...layout.annotations as PlotlyLayout[], ...notes] },
  };
}

/** Points that the written caption gains, as the result tells them. */
function costOf({ comparisons }: TrialResult, way: Way, test: string, k: keyof Recall): number | undefined {
  return comparisons.find((comparison) =>
    comparison.test === test && comparison.name === "pip-zero-shot-gt" && comparison.against === "pip-zero-shot"
  )?.differences[way][k].points;
}
