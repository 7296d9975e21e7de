/**
 * Ranks with cropped pictures against those with whole ones.
 *
 * @module
 */
import type { CropQuery, CropResult } from "../../experiments/crop/crop_results.ts";
import type { PlotlyLayout, PlotlyTrace } from "./figure.ts";
import { LIGHT, PALETTE } from "./palette.ts";
import { axis, FONT_SIZES } from "./style.ts";

/** Colours of queries that the crop harms, helps, and leaves where they are. */
const KINDS = [
  { name: "later when cropped", is: (loss: number) => loss > 0, color: PALETTE.vermilion },
  { name: "earlier when cropped", is: (loss: number) => loss < 0, color: PALETTE.blue },
  { name: "same place", is: (loss: number) => loss === 0, color: LIGHT.muted },
] as const;
/** Diameters of points in CSS pixels. */
const SIZES = { one: 4, most: 16 };

/** A panel of one way in logarithms, with the diagonal. */
export function cropPoints(
  { queries, of }: CropResult,
  way: CropQuery["direction"],
  axes: string,
  domain: { x: [number, number]; y: [number, number] },
): { data: PlotlyTrace[]; axes: Record<string, PlotlyLayout>; annotations: PlotlyLayout[] } {
  const own = queries.filter(({ direction }) => direction === way);
  const worst = Math.max(
    2,
    way === "speech2image" ? of.pictures : of.recordings,
    ...own.flatMap(({ ranks }) => [
      ranks.crop,
      ranks.pad,
    ]),
  );
  const on = { xaxis: `x${axes}`, yaxis: `y${axes}` };
  const range = [Math.log10(0.75), Math.log10(worst * 1.35)];
  const ticks = {
    type: "log",
    range,
    tickvals: ticksTo(worst),
    ticktext: ticksTo(worst).map(String),
    automargin: false,
  };
  return {
    data: [
      {
        type: "scatter",
        mode: "lines",
        x: [1, worst],
        y: [1, worst],
        line: { color: LIGHT.muted, width: 1, dash: "4px,3px" },
        hoverinfo: "skip",
        showlegend: false,
        ...on,
      },
      ...KINDS.flatMap(({ name, is, color }): PlotlyTrace[] => {
        const points = pointsOf(own.filter(({ loss }) => is(loss)));
        if (points.length === 0) return [];
        return [{
          type: "scatter",
          mode: "markers",
          name,
          x: points.map(({ crop }) => crop),
          y: points.map(({ pad }) => pad),
          text: points.map(({ ids }) => ids.length === 1 ? ids[0] : `${ids.length} queries`),
          marker: {
            color,
            opacity: 0.9,
            size: points.map(({ ids }) => Math.min(SIZES.most, Number((SIZES.one * Math.sqrt(ids.length)).toFixed(1)))),
            line: { width: 0 },
          },
          hovertemplate: "%{text}: rank %{x} cropped, %{y} with bars<extra></extra>",
          showlegend: false,
          ...on,
        }];
      }),
    ],
    axes: {
      [`xaxis${axes}`]: axis("rank, cropped", { domain: domain.x, anchor: `y${axes}`, ...ticks }),
      [`yaxis${axes}`]: axis("rank, with bars", { domain: domain.y, anchor: `x${axes}`, ...ticks }),
    },
    annotations: [
      corner(`later: ${own.filter(({ loss }) => loss > 0).length}`, [domain.x[1], domain.y[0]], ["right", "bottom"]),
      corner(`earlier: ${own.filter(({ loss }) => loss < 0).length}`, [domain.x[0], domain.y[1]], ["left", "top"]),
    ],
  };
}

/** How many are found later or earlier when cropped, in a corner of the panel. */
function corner(text: string, [x, y]: [number, number], [xanchor, yanchor]: [string, string]): PlotlyLayout {
  const place = { xref: "paper", yref: "paper", x, y, xanchor, yanchor, xshift: xanchor === "left" ? 4 : -4 };
  return { text, ...place, showarrow: false, font: { size: FONT_SIZES.small, color: LIGHT.muted } };
}

/** Queries with the same two ranks as one point. */
function pointsOf(queries: readonly CropQuery[]): { crop: number; pad: number; ids: string[] }[] {
  const points = new Map<string, { crop: number; pad: number; ids: string[] }>();
  for (const { id, ranks: { crop, pad } } of queries) {
    const point = points.get(`${crop} ${pad}`) ?? { crop, pad, ids: [] };
    point.ids.push(id);
    points.set(`${crop} ${pad}`, point);
  }
  return [...points.values()];
}

/** Powers of ten up to the last rank; more of them where there are few. */
function ticksTo(worst: number): number[] {
  const steps = worst <= 200 ? [1, 2, 5] : [1];
  return Array.from({ length: 8 }, (_, power) => steps.map((step) => step * 10 ** power)).flat()
    .filter((rank) => rank <= worst);
}
