/**
 * Trained on one data set, tested on another.
 *
 * @module
 */
import { type TrialResult, type Way, WAYS } from "../../experiments/trials/trial_results.ts";
import { namesOf, rowsOf, summary } from "../../experiments/trials/trial_statistics.ts";
import { PAPER_SET_NAMES, type PaperSet } from "../paper/paper_recall.ts";
import { modelName } from "./compare_differences.ts";
import type { Figure, PlotlyLayout } from "./figure.ts";
import { panelGrid } from "./grid.ts";
import { heatAxes, heatTrace } from "./heat.ts";
import { PALETTE } from "./palette.ts";
import { figureLayout, panelTitle } from "./style.ts";
import { listed, queriesTold, seedsTold, stepsTold, testName, WAY_TITLES } from "./told.ts";
import { wrapped } from "./values.ts";

/**
 * R@5 both ways as heat maps: a row the training set, a column the test set, from `cross` (paper, Table 5).
 *
 * @throws {RangeError} where there are no rows.
 */
export function crossFigure(result: TrialResult): Figure {
  const { tests, rows, comparisons } = result;
  if (rows.length === 0) throw new RangeError("Cannot draw the crossed sets as the result has no rows");
  const names = namesOf(rows), wide = tests.length <= 4;
  const setOf = (name: string): string =>
    Object.hasOwn(PAPER_SET_NAMES, name) ? PAPER_SET_NAMES[name as PaperSet] : name;
  const down = names.map((name) => wrapped(setOf(name), 16));
  const over = tests.map(({ test }) => wrapped(testName(tests, test), wide ? 12 : 16));
  const cell = (way: Way, name: string, test: string) => {
    const own = rowsOf(rows, name, test);
    return own.length === 0 ? undefined : summary(own, way, 5);
  };
  // Models that have names of their own are held against the one that was trained on the split's own data.
  const home = (test: string) =>
    names.includes(test) ? test : comparisons.find((comparison) => comparison.test === test)?.against;
  const margin = { left: 96, right: 10, top: 24, bottom: wide ? 42 : 104 }, gap = { x: 16, y: 0 };
  const height = Math.round(100 * (margin.top + margin.bottom + Math.max(34, 136 / names.length) * names.length) / 96) /
    100;
  const places = panelGrid({ columns: 2, height, rows: 1, across: 2, margin, gap });
  const variants = [...new Set(rows.map(({ variant }) => modelName(variant)))];
  const data = places.map(({ axes, column }) => {
    const cells = names.map((name) => tests.map(({ test }) => cell(WAYS[column]!, name, test)));
    return heatTrace({
      axes,
      z: cells.map((row) => row.map((found) => found?.mean ?? null)),
      text: cells.map((row) =>
        row.map((found) => {
          if (found === undefined) return "";
          const [low, high] = found.interval.map((end) => end.toFixed(0));
          return wide ? `<b>${found.mean.toFixed(1)}</b><br>${low} to ${high}` : found.mean.toFixed(0);
        })
      ),
    });
  });
  const told = WAYS.map((way) =>
    `${WAY_TITLES[way]}: ${
      names.map((name) =>
        `trained on ${setOf(name)} ${
          listed(
            tests.map(({ test }) => `${cell(way, name, test)?.mean.toFixed(1) ?? "-"} on ${testName(tests, test)}`),
          )
        }`
      ).join("; ")
    }.`
  );
  return {
    name: "cross",
    title: "Trained on one data set, tested on another",
    caption:
      `R@5 in percent${wide ? ", with 95 % intervals by bootstrap over pictures" : ""}; a row is the training set, a ` +
      `column the test set, framed where they are the same. ${listed(variants)}. ${queriesTold(tests)} ${
        seedsTold(rows.map(({ seed }) => seed))
      }${stepsTold(rows)}`,
    alt: `Heat maps of R@5 in percent. ${told.join(" ")}`,
    columns: 2,
    height,
    data,
    layout: figureLayout({
      columns: 2,
      height,
      margin,
      axes: Object.assign(
        {},
        ...places.map((place) =>
          heatAxes(place, {
            down,
            over,
            downTitle: "Trained on",
            overTitle: "Tested on",
            first: place.column === 0,
            tickangle: wide ? 0 : -90,
          })
        ),
      ),
      annotations: places.map(({ x, column }) => panelTitle(`${WAY_TITLES[WAYS[column]!]}, R@5 (%)`, x)),
      shapes: places.flatMap(({ axes }) =>
        names.flatMap((name, row) =>
          tests.flatMap(({ test }, column) =>
            home(test) === name ? [frame(axes, row, column, { x: 0.011 * tests.length, y: 0.014 * names.length })] : []
          )
        )
      ),
    }),
  };
}

function frame(axes: string, row: number, column: number, inset: { x: number; y: number }): PlotlyLayout {
  return {
    type: "rect",
    xref: `x${axes}`,
    yref: `y${axes}`,
    x0: column - 0.5 + inset.x,
    x1: column + 0.5 - inset.x,
    y0: row - 0.5 + inset.y,
    y1: row + 0.5 - inset.y,
    line: { color: PALETTE.orange, width: 2 },
  };
}
