/**
 * Recall by variant and data set.
 *
 * @module
 */
import { type TestQueries, type TrialResult, type TrialRow, WAYS } from "../../experiments/trials/trial_results.ts";
import { KS } from "../../experiments/trials/trial_results.ts";
import { rowsOf, summary } from "../../experiments/trials/trial_statistics.ts";
import { modelName } from "./compare_differences.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import { panelGrid } from "./grid.ts";
import { COLOURWAY, LIGHT, VARIANT_COLOURS } from "./palette.ts";
import { axis, figureLayout, panelTitle } from "./style.ts";
import { amount, queriesTold, seedsTold, stepsTold, testName, WAY_TITLES } from "./told.ts";
import { errorBars, type Value } from "./values.ts";

const MARGIN = { left: 44, right: 8, top: 40, bottom: 22 };
const GAP = { x: 26, y: 40 };

/** A model of one data set. */
interface Model {
  name: string;
  variant: TrialRow["variant"];
}

/**
 * Recall both ways at 1, 5 and 10, by variant, a row of panels a data set, from `compare` (paper, Tables 1 and 2).
 *
 * @param results one, or several of different data sets
 * @throws {RangeError} where there are no rows.
 */
export function retrievalBarsFigure(...results: readonly TrialResult[]): Figure {
  const sets = results.flatMap(({ tests, rows }) =>
    tests.map((queries) => ({ queries, rows: rows.filter(({ test }) => test === queries.test) }))
  ).filter(({ rows }) => rows.length > 0);
  if (sets.length === 0) throw new RangeError("Cannot draw recall as the results have no rows");
  const tests = sets.map(({ queries }) => queries), rows = sets.flatMap((set) => set.rows);
  const models = [...new Map(rows.map(({ name, variant }) => [name, { name, variant }])).values()];
  const height = Math.round(100 * (MARGIN.top + MARGIN.bottom + sets.length * panelPixels(sets.length)) / 96) / 100 +
    (sets.length - 1) * Math.round(100 * GAP.y / 96) / 100;
  const places = panelGrid({ columns: 2, height, rows: sets.length, across: 2, margin: MARGIN, gap: GAP });
  const data = places.flatMap(({ axes, row, column }) =>
    models.map((model, i) => barTrace(model, i, sets[row]!, WAYS[column]!, { axes, legend: axes === "" }))
  );
  const best = (queries: TestQueries, own: readonly TrialRow[]): string => {
    const told = models.flatMap(({ name }) => {
      const found = rowsOf(own, name, queries.test);
      return found.length === 0 ? [] : [`${modelName(name)} ${summary(found, "speech2image", 5).mean.toFixed(1)}`];
    });
    return `${testName(tests, queries.test)}: ${told.join(", ")}`;
  };
  return {
    name: "retrieval_bars",
    title: sets.length === 1
      ? `Recall by variant on ${testName(tests, tests[0]!.test)}`
      : "Recall by variant and data set",
    caption: `Recall at 1, 5 and 10 of ${amount(models.length, "model")}. ${queriesTold(tests)} ${
      seedsTold(rows.map(({ seed }) => seed))
    }${
      stepsTold(rows)
    } Bars: 95 % intervals by bootstrap over pictures. Hatched: written captions instead of transcripts.`,
    alt: `Bars of recall. Speech to image, R@5 in percent. ${
      sets.map(({ queries, rows }) => best(queries, rows)).join(". ")
    }.`,
    columns: 2,
    height,
    data,
    layout: figureLayout({
      columns: 2,
      height,
      margin: MARGIN,
      legend: "top",
      axes: Object.fromEntries(places.flatMap(({ axes, x, y, column }) => [
        [`xaxis${axes}`, axis("", { domain: x, anchor: `y${axes}`, ticks: "" })],
        [
          `yaxis${axes}`,
          axis(column === 0 ? "Recall (%)" : "", {
            domain: y,
            anchor: `x${axes}`,
            range: [0, 100],
            dtick: sets.length > 3 ? 50 : 25,
            showgrid: true,
          }),
        ],
      ])),
      annotations: places.map(({ x, y, row, column }) => {
        const way = WAY_TITLES[WAYS[column]!];
        return panelTitle(
          sets.length === 1 ? way : `${testName(tests, tests[row]!.test)}: ${way.toLowerCase()}`,
          x,
          y[1],
        );
      }),
      more: { barmode: "group", bargap: 0.16, bargroupgap: 0.06 },
    }),
  };
}

/** Height of a panel: less where there are many. */
function panelPixels(sets: number): number {
  return sets === 1 ? 170 : sets <= 3 ? 130 : 95;
}

function barTrace(
  { name, variant }: Model,
  index: number,
  { queries, rows }: { queries: TestQueries; rows: readonly TrialRow[] },
  way: (typeof WAYS)[number],
  { axes, legend }: { axes: string; legend: boolean },
): PlotlyTrace {
  const own = rowsOf(rows, name, queries.test);
  const values = KS.map((k): Value | undefined => {
    if (own.length === 0) return undefined;
    const { mean, interval } = summary(own, way, k);
    return { value: mean, interval };
  });
  const named = name === variant;
  return {
    type: "bar",
    name: modelName(name),
    legendgroup: name,
    showlegend: legend,
    xaxis: `x${axes}`,
    yaxis: `y${axes}`,
    x: KS.map((k) => `R@${k}`),
    y: values.map((found) => found?.value ?? null),
    error_y: errorBars(values),
    marker: {
      color: named ? VARIANT_COLOURS[variant] : COLOURWAY[index % COLOURWAY.length],
      line: { color: LIGHT.ink, width: 0.5 },
      ...(variant.endsWith("-gt")
        ? { pattern: { shape: "/", size: 4, solidity: 0.25, fgcolor: "#ffffff", fillmode: "overlay" } }
        : {}),
    },
    hovertemplate: `%{x}: %{y:.1f} %<extra>${modelName(name)}</extra>`,
  };
}
