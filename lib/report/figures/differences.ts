/** Differences of recall between models. */
import type { AblateResult } from "../../experiments/ablate.ts";
import { holmCorrected } from "../../experiments/comparisons.ts";
import { type KS, type TrialResult, WAYS } from "../../experiments/results.ts";
import { spreadOut } from "../../metrics/bootstrap.ts";
import type { Recall } from "../../metrics/recall.ts";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import { verdict } from "../findings.ts";
import { candidatesOf, unitsOf } from "../tables/cells.ts";
import {
  describeChance,
  describeQueries,
  describeSeeds,
  describeSteps,
  listWords,
  signed,
  testName,
  WAY_TITLES,
  wrapped,
} from "./captions.ts";
import type { Figure } from "./figure.ts";
import { dotFigure, type DotSeries } from "./panels.ts";
import { PALETTE, VARIANT_LABELS } from "./style.ts";

const SERIES = [
  { k: 1, colour: PALETTE.blue, symbol: "circle" },
  { k: 5, colour: PALETTE.orange, symbol: "square" },
  { k: 10, colour: PALETTE.green, symbol: "diamond" },
] as const satisfies readonly { k: (typeof KS)[number]; colour: string; symbol: DotSeries["symbol"] }[];

const PAIRED_LINE =
  "Error bars: 95 % intervals by paired bootstrap over images and seeds, each on its own. Filled: distinguishable at 5 %, corrected " +
  "for the comparisons of a panel and K by Holm's method.";

function differenceFigure(
  texts: Pick<Figure, "name" | "title" | "caption" | "alt">,
  { tests, comparisons: uncorrected }: TrialResult,
  { labels, parted }: { labels: string[]; parted?: number[] },
): Figure {
  const comparisons = holmCorrected(uncorrected);
  const series = SERIES.map(({ k, colour, symbol }): DotSeries => ({
    name: `R@${k}`,
    colour,
    symbol,
    values: WAYS.map((way) =>
      comparisons.map(({ test, differences }) => {
        const candidates = candidatesOf(tests.find((queries) => queries.test === test) ?? tests[0]!);
        if (k >= candidates[way]) return undefined;
        const { points, interval, p } = differences[way][`R@${k}` as keyof Recall];
        const width = spreadOut(interval, unitsOf(candidates), true);
        return {
          value: points,
          interval: width,
          hollow: verdict({ points, interval: width, p }) === "not distinguishable",
        };
      })
    ),
  }));
  const ends = series.flatMap(({ values }) =>
    values.flat().flatMap((found) => [found?.value ?? 0, ...(found?.interval ?? [])])
  ).filter(Number.isFinite);
  const [low, high] = [Math.min(-1, ...ends), Math.max(1, ...ends)];
  const spare = 0.04 * (high - low);
  return dotFigure(texts, {
    panels: WAYS.map((way) => WAY_TITLES[way]),
    rows: labels,
    series,
    measure: "Difference of recall (points)",
    range: [low - spare, high + spare],
    reference: 0,
    ...(parted && { parted }),
  });
}

/**
 * The differences between variants with intervals, from `compare` (paper, Tables 1 and 2).
 *
 * @throws {RangeError} if nothing is compared.
 */
export function compareDifferencesFigure(result: TrialResult): Figure {
  const { tests, rows, comparisons } = result;
  if (comparisons.length === 0) throw new RangeError("Cannot draw differences as the result has no comparisons");
  const described = comparisons.map(({ name, against, differences }) =>
    `${modelName(name)} minus ${modelName(against)} ${signed(differences.speech2image["R@1"].points)}`
  );
  return differenceFigure(
    {
      name: "compare_differences",
      title: "What one variant gains over another",
      caption: `Differences of recall between variants, in percentage points. ${describeQueries(tests)} ${
        describeSeeds(rows.map(({ seed }) => seed))
      }${describeSteps(rows)}${describeChance(rows)} ${PAIRED_LINE}`,
      alt: `Dots with intervals. Speech to image, R@1, points: ${described.join("; ")}.`,
    },
    result,
    {
      labels: comparisons.map(({ name, against, test }) => {
        const pair = `${modelName(name)} − ${modelName(against)}`;
        return wrapped(tests.length > 1 ? `${testName(tests, test)}: ${pair}` : pair, 42);
      }),
      parted: comparisons.flatMap(({ name }, i) => i > 0 && comparisons[i - 1]!.name !== name ? [i] : []),
    },
  );
}

/** A variant's label; any other name unchanged. */
export function modelName(name: string): string {
  return Object.hasOwn(VARIANTS, name) ? VARIANT_LABELS[name as Variant] : name;
}

/**
 * Each changed setting minus the default, with intervals, from `ablate`.
 *
 * @throws {RangeError} if nothing is compared.
 */
export function ablateFigure(result: AblateResult): Figure {
  const { tests, rows, comparisons } = result;
  if (comparisons.length === 0) throw new RangeError("Cannot draw ablations as the result has no comparisons");
  const against = listWords([...new Set(comparisons.map(({ against }) => `'${modelName(against)}'`))]);
  const base = rows.find(({ name }) => name === comparisons[0]!.against);
  const model = base === undefined ? "the model" : VARIANT_LABELS[base.variant];
  const described = comparisons.map(({ name, differences }) =>
    `${name} ${signed(differences.speech2image["R@1"].points)}`
  );
  return differenceFigure(
    {
      name: "ablate",
      title: "What each setting changes",
      caption: `Recall of ${model} with one setting changed, minus that of ${against}, in percentage points. ${
        describeQueries(tests, result.chosen === undefined ? "test" : "dev")
      } ${describeSeeds(rows.map(({ seed }) => seed))}${describeSteps(rows)}${describeChance(rows)} ${PAIRED_LINE}`,
      alt: `Dots with intervals. Speech to image, R@1, points relative to ${against}: ${described.join("; ")}.`,
    },
    result,
    { labels: comparisons.map(({ name }) => wrapped(name.replaceAll(",", ", "), 30)) },
  );
}
