/**
 * Differences of recall between models, with zero as the line to cross.
 *
 * @module
 */
import { type Comparison, type KS, type TrialResult, WAYS } from "../../experiments/results.ts";
import type { Recall } from "../../metrics/recall.ts";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import {
  describeQueries,
  describeSeeds,
  describeSteps,
  listed,
  signed,
  testName,
  WAY_TITLES,
  wrapped,
} from "./captions.ts";
import type { Figure, PlotlyLayout, PlotlyTrace } from "./figure.ts";
import { dotPanels, type DotSeries } from "./panels.ts";
import { PALETTE, VARIANT_LABELS } from "./style.ts";

const SERIES = [
  { k: 1, colour: PALETTE.blue, symbol: "circle" },
  { k: 5, colour: PALETTE.orange, symbol: "square" },
  { k: 10, colour: PALETTE.green, symbol: "diamond" },
] as const satisfies readonly { k: (typeof KS)[number]; colour: string; symbol: DotSeries["symbol"] }[];

/** What the intervals are, in a sentence. */
export const PAIRED_LINE =
  "Bars: 95 % intervals by paired bootstrap over images, not corrected for the number of comparisons; one that stays clear of " +
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

/**
 * The differences between variants with intervals, from `compare` (paper, Tables 1 and 2).
 *
 * @throws {RangeError} where nothing is compared.
 */
export function compareDifferencesFigure(result: TrialResult): Figure {
  const { tests, rows, comparisons } = result;
  if (comparisons.length === 0) throw new RangeError("Cannot draw differences as the result has no comparisons");
  const labels = comparisons.map(({ name, against, test }) => {
    const pair = `${modelName(name)} − ${modelName(against)}`;
    return wrapped(tests.length > 1 ? `${testName(tests, test)}: ${pair}` : pair, 42);
  });
  const parted = comparisons.flatMap(({ name }, i) => i > 0 && comparisons[i - 1]!.name !== name ? [i] : []);
  const { data, layout, height } = differencePanels(comparisons, labels, parted);
  const described = comparisons.map(({ name, against, differences }) =>
    `${modelName(name)} less ${modelName(against)} ${signed(differences.speech2image["R@1"].points)}`
  );
  return {
    name: "compare_differences",
    title: "What one variant gains over another",
    caption: `Differences of recall between variants, in percentage points. ${describeQueries(tests)} ${
      describeSeeds(seedsOf(result))
    }${describeSteps(rows)} ${PAIRED_LINE}`,
    alt: `Dots with intervals. Speech to image, R@1, points: ${described.join("; ")}.`,
    columns: 2,
    height,
    data,
    layout,
  };
}

/** A variant as figures call it; other names stay. */
export function modelName(name: string): string {
  return Object.hasOwn(VARIANTS, name) ? VARIANT_LABELS[name as Variant] : name;
}

/**
 * Each changed setting less the default, with intervals, from `ablate`.
 *
 * @throws {RangeError} where nothing is compared.
 */
export function ablateFigure(result: TrialResult): Figure {
  const { tests, rows, comparisons } = result;
  if (comparisons.length === 0) throw new RangeError("Cannot draw ablations as the result has no comparisons");
  const labels = comparisons.map(({ name }) => wrapped(name.replaceAll(",", ", "), 30));
  const { data, layout, height } = differencePanels(comparisons, labels);
  const against = listed([...new Set(comparisons.map(({ against }) => `'${modelName(against)}'`))]);
  const base = rows.find(({ name }) => name === comparisons[0]!.against);
  const model = base === undefined ? "the model" : VARIANT_LABELS[base.variant];
  const described = comparisons.map(({ name, differences }) =>
    `${name} ${signed(differences.speech2image["R@1"].points)}`
  );
  return {
    name: "ablate",
    title: "What each setting changes",
    caption: `Recall of ${model} with one setting changed, less that of ${against}, in percentage points. ${
      describeQueries(tests)
    } ${describeSeeds(seedsOf(result))}${describeSteps(rows)} ${PAIRED_LINE}`,
    alt: `Dots with intervals. Speech to image, R@1, points against ${against}: ${described.join("; ")}.`,
    columns: 2,
    height,
    data,
    layout,
  };
}
