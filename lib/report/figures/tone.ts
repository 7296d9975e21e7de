/**
 * Which of the twins is right?
 *
 * @module
 */
import { WAYS } from "../../experiments/results.ts";
import {
  TONE_CONDITIONS,
  type ToneCondition,
  type ToneResult,
  type ToneSettings,
} from "../../experiments/tone/experiment.ts";
import { originOf } from "../collect/origin.ts";
import type { ExperimentParts, Figure, PlotlyTrace } from "./figure.ts";
import { panelGrid } from "./panels.ts";
import { axis, figureLayout, guideLine, LIGHT, panelTitle, VARIANT_COLOURS, VARIANT_LABELS } from "./style.ts";
import { describeData, errorBars, meanValue, WAY_TITLES } from "./captions.ts";

const CONDITIONS: Readonly<Record<ToneCondition, string>> = {
  spoken: "as spoken",
  flat: "prosody<br>flattened",
  caption: "caption for<br>transcript",
};
const MARGIN = { left: 44, right: 8, top: 40, bottom: 44 };

/**
 * R@1 among twins, which differ in their emotion only, by variant and by what was heard, with the line of chance, from `tone`.
 *
 * @throws {RangeError} where there are no rows.
 */
export function toneFigure({ settings, result: { rows } }: ExperimentParts<ToneSettings, ToneResult>): Figure {
  const [first] = rows;
  if (first === undefined) throw new RangeError("Cannot draw the twins as the result has no rows");
  const { chance, groups, recordings, moods } = first.scores;
  const variants = settings.variants.filter((variant) => rows.some((row) => row.variant === variant));
  const conditions = TONE_CONDITIONS.filter((condition) => rows.some((row) => row.condition === condition));
  const height = 2.5;
  const places = panelGrid({ columns: 2, height, rows: 1, across: 2, margin: MARGIN, gap: { x: 26, y: 0 } });
  const value = (variant: string, condition: ToneCondition, way: (typeof WAYS)[number]) =>
    meanValue(
      rows.filter((row) => row.variant === variant && row.condition === condition)
        .map(({ scores: { twins } }) => ({ value: twins[way]["R@1"], interval: twins[way].interval })),
    );
  const seeds = [...new Set(rows.map(({ seed }) => seed))];
  const described = variants.map((variant) =>
    `${VARIANT_LABELS[variant]} ${
      conditions.map((condition) =>
        `${value(variant, condition, "speech2image")?.value.toFixed(1) ?? "-"} ${
          CONDITIONS[condition].replace("<br>", " ")
        }`
      ).join(", ")
    }`
  );
  return {
    name: "tone",
    title: "Tone of voice: which of the twins is right?",
    caption: `R@1 among twins: images and recordings that differ in their emotion only (${moods.join(", ")}). ${
      describeData(originOf(settings.config.dataset, settings.config.dataRoot))
    }, test split: ${groups} groups of twins, ${recordings} recordings. ${
      seeds.length === 1 ? `Seed ${seeds[0]}.` : `Means over seeds ${seeds.join(", ")}, of values and of intervals.`
    } Bars: 95 % intervals by bootstrap over groups. Dashed: chance, ${chance.toFixed(0)} %.`,
    alt: `Bars. Speech to image, R@1 among twins in percent, chance ${chance.toFixed(0)}: ${described.join("; ")}.`,
    columns: 2,
    height,
    data: places.flatMap(({ axes, column }) =>
      variants.map((variant): PlotlyTrace => {
        const values = conditions.map((condition) => value(variant, condition, WAYS[column]!));
        return {
          type: "bar",
          name: VARIANT_LABELS[variant],
          legendgroup: variant,
          showlegend: column === 0,
          xaxis: `x${axes}`,
          yaxis: `y${axes}`,
          x: conditions.map((condition) => CONDITIONS[condition]),
          y: values.map((found) => found?.value ?? null),
          error_y: errorBars(values),
          marker: { color: VARIANT_COLOURS[variant], line: { color: LIGHT.ink, width: 0.5 } },
          hovertemplate: `%{y:.1f} %<extra>${VARIANT_LABELS[variant]}</extra>`,
        };
      })
    ),
    layout: figureLayout({
      columns: 2,
      height,
      margin: MARGIN,
      legend: "top",
      axes: Object.fromEntries(places.flatMap(({ axes, x, y, column }) => [
        [`xaxis${axes}`, axis("", { domain: x, anchor: `y${axes}`, ticks: "", tickangle: 0 })],
        [
          `yaxis${axes}`,
          axis(column === 0 ? "R@1 among twins (%)" : "", {
            domain: y,
            anchor: `x${axes}`,
            range: [0, 100],
            dtick: 25,
            showgrid: true,
          }),
        ],
      ])),
      annotations: places.map(({ x, column }) => panelTitle(WAY_TITLES[WAYS[column]!], x)),
      shapes: places.map(({ axes, x }) =>
        guideLine({ xref: "paper", x0: x[0], x1: x[1], yref: `y${axes}`, y0: chance, y1: chance, layer: "above" })
      ),
      more: { barmode: "group", bargap: 0.25, bargroupgap: 0.06 },
    }),
  };
}
