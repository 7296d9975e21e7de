/**
 * Recall by variant and data set: bars, zero-shot dots, and the matrix of crossed data sets.
 *
 * @module
 */
import {
  KS,
  namesOf,
  rowsOf,
  summary,
  type TestQueries,
  type TrialResult,
  type TrialRow,
  type Way,
  WAYS,
} from "../../experiments/results.ts";
import type { Recall } from "../../metrics/recall.ts";
import type { Variant } from "../../systems/variants.ts";
import { PAPER_SET_NAMES, type PaperSet } from "../paper.ts";
import {
  amount,
  describeQueries,
  describeSeeds,
  describeSteps,
  errorBars,
  listed,
  signed,
  testName,
  type Value,
  WAY_TITLES,
  wrapped,
} from "./captions.ts";
import { modelName } from "./differences.ts";
import type { Figure, PlotlyLayout, PlotlyTrace } from "./figure.ts";
import { dotPanels, heatAxes, heatTrace, panelGrid, rowNote } from "./panels.ts";
import { axis, COLOURWAY, figureLayout, LIGHT, PALETTE, panelTitle, VARIANT_COLOURS } from "./style.ts";

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
    const described = models.flatMap(({ name }) => {
      const found = rowsOf(own, name, queries.test);
      return found.length === 0 ? [] : [`${modelName(name)} ${summary(found, "speech2image", 5).mean.toFixed(1)}`];
    });
    return `${testName(tests, queries.test)}: ${described.join(", ")}`;
  };
  return {
    name: "retrieval_bars",
    title: sets.length === 1
      ? `Recall by variant on ${testName(tests, tests[0]!.test)}`
      : "Recall by variant and data set",
    caption: `Recall at 1, 5 and 10 of ${amount(models.length, "model")}. ${describeQueries(tests)} ${
      describeSeeds(rows.map(({ seed }) => seed))
    }${
      describeSteps(rows)
    } Bars: 95 % intervals by bootstrap over images. Hatched: written captions instead of transcripts.`,
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

const TEXTS = [
  { variant: "pip-zero-shot", name: "Transcripts", symbol: "circle" },
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
  const described = tests.map(({ test }) => {
    const [heard, written] = texts.map(({ variant }) =>
      value("speech2image", test, 5, variant)?.value.toFixed(1) ?? "-"
    );
    return `${testName(tests, test)} ${heard} on transcripts, ${written ?? "-"} on captions`;
  });
  return {
    name: "zero_shot",
    title: "What transcription errors cost",
    caption:
      `Zero-shot recall, by the text: the transcript, or the written caption. ${
        describeQueries(tests)
      } Nothing is trained. Bars: 95 % intervals by bootstrap over images. Numbers: written captions less transcripts, in ` +
      `percentage points.`,
    alt: `Dots with intervals. Speech to image, R@5 in percent: ${described.join("; ")}.`,
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
  const described = WAYS.map((way) =>
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
      `R@5 in percent${wide ? ", with 95 % intervals by bootstrap over images" : ""}; a row is the training set, a ` +
      `column the test set, framed where they are the same. ${listed(variants)}. ${describeQueries(tests)} ${
        describeSeeds(rows.map(({ seed }) => seed))
      }${describeSteps(rows)}`,
    alt: `Heat maps of R@5 in percent. ${described.join(" ")}`,
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
