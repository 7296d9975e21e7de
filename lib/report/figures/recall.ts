/** Recall by variant and data set: bars, zero-shot dots, and the matrix of crossed data sets. */
import { summary } from "../../experiments/comparisons.ts";
import {
  KS,
  namesOf,
  rowsOf,
  type TestQueries,
  type TrialResult,
  type TrialRow,
  type Way,
  WAYS,
} from "../../experiments/results.ts";
import type { Recall } from "../../metrics/recall.ts";
import type { BrewClipVariant, Variant } from "../../systems/variants.ts";
import { candidatesOf } from "../tables/cells.ts";
import { PAPER_SET_NAMES, type PaperSet } from "../paper.ts";
import {
  amount,
  describeChance,
  describeQueries,
  describeSeeds,
  describeSteps,
  listWords,
  signed,
  testName,
  type Value,
  WAY_TITLES,
  wrapped,
} from "./captions.ts";
import { modelName } from "./differences.ts";
import type { Figure, PlotlyLayout } from "./figure.ts";
import { barTrace, dotFigure, heatAxes, heatTrace, panelFigure } from "./panels.ts";
import { axis, COLOURWAY, PALETTE, VARIANT_COLOURS } from "./style.ts";

const MARGIN = { left: 44, right: 8, top: 40, bottom: 22 };

/**
 * Recall at 1, 5 and 10 in both directions, by variant, one row of panels per data set, from `compare` (paper, Tables 1 and 2).
 *
 * @param results one, or several of different data sets
 * @throws {RangeError} if there are no rows.
 */
export function retrievalBarsFigure(...results: readonly TrialResult[]): Figure {
  const sets = results.flatMap(({ tests, rows }) =>
    tests.map((queries) => ({ queries, rows: rows.filter(({ test }) => test === queries.test) }))
  ).filter(({ rows }) => rows.length > 0);
  if (sets.length === 0) throw new RangeError("Cannot draw recall as the results have no rows");
  const tests = sets.map(({ queries }) => queries), rows = sets.flatMap((set) => set.rows);
  const models = [...new Map(rows.map(({ name, variant }) => [name, { name, variant }])).values()];
  const described = sets.map(({ queries, rows }) => {
    const { test } = queries;
    const recalls = models.flatMap(({ name }) => {
      const found = recallOf(rows, name, queries, { way: "speech2image", k: 5 });
      return found === undefined ? [] : [`${modelName(name)} ${found.value.toFixed(1)}`];
    });
    return `${testName(tests, test)}: ${recalls.join(", ")}`;
  });
  return panelFigure({
    name: "retrieval_bars",
    title: sets.length === 1
      ? `Recall by variant on ${testName(tests, tests[0]!.test)}`
      : "Recall by variant and data set",
    caption: `Recall at 1, 5 and 10 of ${amount(models.length, "model")}. ${describeQueries(tests)} ${
      describeSeeds(rows.map(({ seed }) => seed))
    }${describeSteps(rows)}${
      describeChance(rows)
    } Error bars: 95 % intervals by bootstrap over images and seeds. Hatched: written captions instead of transcripts.`,
    alt: `Bar chart of recall. Speech to image, R@5 in percent. ${described.join(". ")}.`,
  }, {
    columns: 2,
    rows: sets.length,
    across: 2,
    panelHeight: sets.length === 1 ? 170 : sets.length <= 3 ? 130 : 95,
    margin: MARGIN,
    gap: { x: 26, y: 40 },
    legend: "top",
    more: { barmode: "group", bargap: 0.16, bargroupgap: 0.06 },
  }, ({ axes, row, column }) => {
    const { queries, rows } = sets[row]!, way = WAYS[column]!, { test } = queries;
    return {
      title: sets.length === 1 ? WAY_TITLES[way] : `${testName(tests, test)}: ${WAY_TITLES[way].toLowerCase()}`,
      data: models.map(({ name, variant }, i) =>
        barTrace({
          name: modelName(name),
          group: name,
          legend: axes === "",
          x: KS.map((k) => `R@${k}`),
          values: KS.map((k) => recallOf(rows, name, queries, { way, k })),
          marker: {
            color: (name === variant && ofBrewClip(variant)) || COLOURWAY[i % COLOURWAY.length],
            ...(variant.endsWith("-gt") && { pattern: HATCHED }),
            ...(ofBrewClip(variant) === undefined && { pattern: DOTTED }),
          },
          hover: "%{x}: %{y:.1f} %",
        })
      ),
      xaxis: axis("", { ticks: "" }),
      yaxis: axis(column === 0 ? "Recall (%)" : "", {
        range: [0, 100],
        dtick: sets.length > 3 ? 50 : 25,
        showgrid: true,
      }),
    };
  });
}

/** The color of a variant of BrewCLIP; undefined for another system. */
const ofBrewClip = (variant: string): string | undefined => VARIANT_COLOURS[variant as BrewClipVariant];

/** Other systems. */
const DOTTED = { shape: ".", size: 5, solidity: 0.3, fgcolor: "#ffffff", fillmode: "overlay" };
const HATCHED = { shape: "/", size: 4, solidity: 0.25, fgcolor: "#ffffff", fillmode: "overlay" };

/** Undefined without rows, and if K reaches the number of candidates, as every query then succeeds. */
function recallOf(
  rows: readonly TrialRow[],
  name: string,
  queries: TestQueries,
  { way, k }: { way: Way; k: number },
): Value | undefined {
  const own = rowsOf(rows, name, queries.test);
  if (own.length === 0 || k >= candidatesOf(queries)[way]) return undefined;
  const { mean, interval } = summary(own, way, k);
  return { value: mean, interval };
}

const TEXTS = [
  { variant: "pip-zero-shot", name: "Transcripts", symbol: "circle" },
  { variant: "pip-zero-shot-gt", name: "Written captions", symbol: "diamond" },
] as const;

/**
 * Zero-shot recall on transcripts and on written captions, with intervals, by data set, from `zero-shot` (paper, Table 4).
 *
 * @throws {RangeError} if the result has no zero-shot rows.
 */
export function zeroShotFigure(result: TrialResult): Figure {
  const texts = TEXTS.filter(({ variant }) => result.rows.some((row) => row.variant === variant));
  const tests = result.tests.filter(({ test }) =>
    result.rows.some((row) => row.test === test && texts.some(({ variant }) => row.variant === variant))
  );
  if (tests.length === 0) throw new RangeError("Cannot draw zero-shot recall as the result has no zero-shot rows");
  const rows = tests.flatMap((queries) => KS.map((k) => ({ queries, k })));
  const value = (way: Way, queries: TestQueries, k: number, variant: Variant): Value | undefined =>
    recallOf(result.rows.filter((row) => row.variant === variant), variant, queries, { way, k });
  const described = tests.map((queries) => {
    const [spoken = "-", written = "-"] = texts.map(({ variant }) =>
      value("speech2image", queries, 5, variant)?.value.toFixed(1) ?? "-"
    );
    return `${testName(tests, queries.test)} ${spoken} on transcripts, ${written} on captions`;
  });
  return dotFigure({
    name: "zero_shot",
    title: "What transcription errors cost",
    caption: `Zero-shot recall on transcripts and on written captions. ${describeQueries(tests)} Nothing is trained. ` +
      "Error bars: 95 % intervals by bootstrap over images. Numbers: written captions minus transcripts, in percentage points.",
    alt: `Dots with intervals. Speech to image, R@5 in percent: ${described.join("; ")}.`,
  }, {
    panels: WAYS.map((way) => WAY_TITLES[way]),
    rows: rows.map(({ queries: { test }, k }) =>
      k === KS[0] ? `<b>${wrapped(testName(tests, test), 24)}</b>  R@${k}` : `R@${k}`
    ),
    series: texts.map(({ variant, name, symbol }) => ({
      name,
      symbol,
      colour: VARIANT_COLOURS[variant as BrewClipVariant],
      values: WAYS.map((way) => rows.map(({ queries, k }) => value(way, queries, k, variant))),
    })),
    measure: "Recall (%), and the difference at the right",
    range: [0, 122],
    tickvals: [0, 25, 50, 75, 100],
    parted: tests.slice(1).map((_, i) => (i + 1) * KS.length),
    notes: WAYS.map((way) => rows.map(({ queries, k }) => captionGain(result, queries, { way, k }))),
  });
}

/** What the written captions gain over the transcripts, in points. */
function captionGain(
  { comparisons }: TrialResult,
  queries: TestQueries,
  { way, k }: { way: Way; k: number },
): string | undefined {
  if (k >= candidatesOf(queries)[way]) return undefined;
  const found = comparisons.find((comparison) =>
    comparison.test === queries.test && comparison.name === "pip-zero-shot-gt" && comparison.against === "pip-zero-shot"
  );
  return found && signed(found.differences[way][`R@${k}` as keyof Recall].points);
}

/**
 * R@5 in both directions as heat maps from `cross` (paper, Table 5): a row per training set, a column per test set.
 *
 * @throws {RangeError} if there are no rows.
 */
export function crossFigure(result: TrialResult): Figure {
  const { tests, rows, comparisons } = result;
  if (rows.length === 0) throw new RangeError("Cannot draw the crossed sets as the result has no rows");
  const names = namesOf(rows), wide = tests.length <= 4;
  const setOf = (name: string): string =>
    Object.hasOwn(PAPER_SET_NAMES, name) ? PAPER_SET_NAMES[name as PaperSet] : name;
  // Models with names of their own are compared with the one that was trained on the split's own data.
  const home = (test: string) =>
    names.includes(test) ? test : comparisons.find((comparison) => comparison.test === test)?.against;
  const described = WAYS.map((way) => {
    const models = names.map((name) => {
      const recalls = tests.map((queries) =>
        `${recallOf(rows, name, queries, { way, k: 5 })?.value.toFixed(1) ?? "-"} on ${testName(tests, queries.test)}`
      );
      return `trained on ${setOf(name)} ${listWords(recalls)}`;
    });
    return `${WAY_TITLES[way]}: ${models.join("; ")}.`;
  });
  return panelFigure({
    name: "cross",
    title: "Trained on one data set, tested on another",
    caption:
      `R@5 in percent${
        wide ? ", with 95 % intervals by bootstrap over images and seeds" : ""
      }. Each row is a training set, ` +
      `each column a test set; a frame marks where they are the same. ${
        listWords([...new Set(rows.map(({ variant }) => modelName(variant)))])
      }. ${describeQueries(tests)} ${describeSeeds(rows.map(({ seed }) => seed))}${describeSteps(rows)}${
        describeChance(rows)
      }`,
    alt: `Heat maps of R@5 in percent. ${described.join(" ")}`,
  }, {
    columns: 2,
    across: 2,
    panelHeight: Math.max(34, 136 / names.length) * names.length,
    margin: { left: 96, right: 10, top: 24, bottom: wide ? 42 : 104 },
    gap: { x: 16, y: 0 },
  }, (panel) => {
    const way = WAYS[panel.column]!;
    const cells = names.map((name) => tests.map((queries) => recallOf(rows, name, queries, { way, k: 5 })));
    const text = (found: Value | undefined): string => {
      if (found === undefined) return "";
      const [low, high] = found.interval!.map((end) => end.toFixed(0));
      return wide ? `<b>${found.value.toFixed(1)}</b><br>${low} to ${high}` : found.value.toFixed(0);
    };
    return {
      title: `${WAY_TITLES[way]}, R@5 (%)`,
      data: [
        heatTrace(cells.map((row) => row.map((found) => found?.value ?? null)), cells.map((row) => row.map(text))),
      ],
      ...heatAxes(panel, {
        down: names.map((name) => wrapped(setOf(name), 16)),
        over: tests.map(({ test }) => wrapped(testName(tests, test), wide ? 12 : 16)),
        downTitle: "Trained on",
        overTitle: "Tested on",
        tickangle: wide ? 0 : -90,
      }),
      shapes: names.flatMap((name, row) =>
        tests.flatMap(({ test }, column) => {
          const reach = { x: 0.5 - 0.011 * tests.length, y: 0.5 - 0.014 * names.length };
          return home(test) === name ? [frame(panel.axes, row, column, reach)] : [];
        })
      ),
    };
  });
}

function frame(axes: string, row: number, column: number, reach: { x: number; y: number }): PlotlyLayout {
  return {
    type: "rect",
    xref: `x${axes}`,
    yref: `y${axes}`,
    x0: column - reach.x,
    x1: column + reach.x,
    y0: row - reach.y,
    y1: row + reach.y,
    line: { color: PALETTE.orange, width: 2 },
  };
}
