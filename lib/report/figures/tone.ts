/** The tone benchmark: R@1 among twins. */
import { WAYS } from "../../experiments/results.ts";
import {
  TONE_CONDITIONS,
  type ToneCondition,
  type ToneResult,
  type ToneSettings,
} from "../../experiments/tone/experiment.ts";
import { originOf } from "../collect/origin.ts";
import type { BrewClipVariant } from "../../systems/variants.ts";
import type { ExperimentParts, Figure } from "./figure.ts";
import { barTrace, panelFigure } from "./panels.ts";
import { axis, guideLine, VARIANT_COLOURS, VARIANT_LABELS } from "./style.ts";
import { toneRecall } from "../tone_recall.ts";
import { describeChance, describeData, describeSeeds, WAY_TITLES } from "./captions.ts";

const CONDITIONS: Readonly<Record<ToneCondition, string>> = {
  spoken: "as spoken",
  flat: "prosody<br>flattened",
  caption: "caption for<br>transcript",
};

/**
 * R@1 among twins, which differ in emotion only, by variant and spoken condition, with chance as a line, from `tone`.
 *
 * @throws {RangeError} if there are no rows.
 */
export function toneFigure({ settings, result: { rows } }: ExperimentParts<ToneSettings, ToneResult>): Figure {
  const [first] = rows;
  if (first === undefined) throw new RangeError("Cannot draw the twins as the result has no rows");
  const { chance, groups, recordings, moods } = first.scores;
  const variants = settings.variants.filter((variant) => rows.some((row) => row.variant === variant));
  const conditions = TONE_CONDITIONS.filter((condition) => rows.some((row) => row.condition === condition));
  const value = (variant: string, condition: ToneCondition, way: (typeof WAYS)[number]) => {
    const own = rows.filter((row) => row.variant === variant && row.condition === condition);
    return own.length === 0 ? undefined : toneRecall(own.map(({ scores }) => scores), way, "twins");
  };
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
  return panelFigure({
    name: "tone",
    title: "Tone of voice: which twin matches?",
    caption: `R@1 among twins: images and recordings that differ in emotion only (${moods.join(", ")}). ${
      describeData(originOf(settings.config.dataset, settings.config.dataRoot))
    }, test split: ${groups} groups of twins, ${recordings} recordings. ${
      describeSeeds(seeds)
    } Error bars: 95 % intervals over groups of twins${seeds.length > 1 ? " and seeds" : ""}. Dashed: chance, ${
      chance.toFixed(0)
    } %.${
      describeChance(
        rows.filter(({ condition }) => condition === "spoken").map((row) => ({ ...row, name: row.variant })),
      )
    }`,
    alt: `Bar chart. Speech to image, R@1 among twins in percent, chance ${chance.toFixed(0)}: ${
      described.join("; ")
    }.`,
  }, {
    columns: 2,
    across: 2,
    panelHeight: 156,
    margin: { left: 44, right: 8, top: 40, bottom: 44 },
    gap: { x: 26, y: 0 },
    legend: "top",
    more: { barmode: "group", bargap: 0.25, bargroupgap: 0.06 },
  }, ({ axes, x, column }) => ({
    title: WAY_TITLES[WAYS[column]!],
    data: variants.map((variant) =>
      barTrace({
        name: VARIANT_LABELS[variant],
        group: variant,
        legend: column === 0,
        x: conditions.map((condition) => CONDITIONS[condition]),
        values: conditions.map((condition) => value(variant, condition, WAYS[column]!)),
        marker: { color: VARIANT_COLOURS[variant as BrewClipVariant] },
        hover: "%{y:.1f} %",
      })
    ),
    xaxis: axis("", { ticks: "", tickangle: 0 }),
    yaxis: axis(column === 0 ? "R@1 among twins (%)" : "", { range: [0, 100], dtick: 25, showgrid: true }),
    shapes: [
      guideLine({ xref: "paper", x0: x[0], x1: x[1], yref: `y${axes}`, y0: chance, y1: chance, layer: "above" }),
    ],
  }));
}
