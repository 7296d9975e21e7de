/**
 * Differences of recall between models, with zero as the line to cross.
 *
 * @module
 */
import { type Comparison, type KS, type TrialResult, WAYS } from "../../experiments/trials/trial_results.ts";
import type { Recall } from "../../metrics/recall.ts";
import { dotPanels, type DotSeries } from "./dots.ts";
import type { PlotlyLayout, PlotlyTrace } from "./figure.ts";
import { PALETTE } from "./palette.ts";
import { WAY_TITLES } from "./told.ts";

const SERIES = [
  { k: 1, colour: PALETTE.blue, symbol: "circle" },
  { k: 5, colour: PALETTE.orange, symbol: "square" },
  { k: 10, colour: PALETTE.green, symbol: "diamond" },
] as const satisfies readonly { k: (typeof KS)[number]; colour: string; symbol: DotSeries["symbol"] }[];

/** What the intervals are, in a sentence. */
export const PAIRED_LINE =
  "Bars: 95 % intervals by paired bootstrap over pictures, not corrected for the number of comparisons; one that stays clear of " +
  "the dashed line tells the two apart.";

/** Traces, layout and height of comparisons, a row each. */
export function differencePanels(
  comparisons: readonly Comparison[],
  labels: readonly string[],
  parted: number[] = [],
): { data: PlotlyTrace[]; layout: PlotlyLayout; height: number } {
  const series = SERIES.map(({ k, colour, symbol }): DotSeries => ({
    name: `R@${k}`,
    colour,
    symbol,
    values: WAYS.map((way) =>
      comparisons.map(({ differences }) => {
        const { points, interval } = differences[way][`R@${k}` as keyof Recall];
        return { value: points, interval };
      })
    ),
  }));
  const ends = series.flatMap(({ values }) =>
    values.flat().flatMap((found) => [found?.value ?? 0, ...(found?.interval ?? [])])
  ).filter(Number.isFinite);
  const [low, high] = [Math.min(-1, ...ends), Math.max(1, ...ends)];
  const spare = 0.04 * (high - low);
  return dotPanels({
    panels: WAYS.map((way) => WAY_TITLES[way]),
    rows: [...labels],
    series,
    measure: "Difference of recall (points)",
    range: [low - spare, high + spare],
    reference: 0,
    parted,
  });
}

/** Seeds of a result's rows. */
export function seedsOf({ rows }: TrialResult): (number | null)[] {
  return rows.map(({ seed }) => seed);
}
