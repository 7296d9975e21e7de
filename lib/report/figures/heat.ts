/**
 * Heat maps of shares in percent.
 *
 * @module
 */
import type { PlotlyLayout, PlotlyTrace } from "./figure.ts";
import type { Panel } from "./grid.ts";
import { BLUES } from "./palette.ts";
import { axis, FONT_SIZES } from "./style.ts";

/** A heat map from 0 to 100 with a text in each cell. */
export function heatTrace(
  { axes, z, text }: { axes: string; z: (number | null)[][]; text: string[][] },
): PlotlyTrace {
  return {
    type: "heatmap",
    xaxis: `x${axes}`,
    yaxis: `y${axes}`,
    z,
    text,
    texttemplate: "%{text}",
    textfont: { size: FONT_SIZES.small },
    zmin: 0,
    zmax: 100,
    colorscale: BLUES,
    showscale: false,
    xgap: 1,
    ygap: 1,
    hovertemplate: "%{z:.1f} %<extra></extra>",
  };
}

/** Axes of a heat map: names below, and at the left of the first of a row. */
export function heatAxes(
  { axes, x, y }: Panel,
  names: { down: string[]; over: string[]; downTitle: string; overTitle: string; first: boolean; tickangle?: number },
): Record<string, PlotlyLayout> {
  const { down, over, downTitle, overTitle, first, tickangle = 0 } = names;
  const bare = { showline: false, ticks: "", tickmode: "array", ticklabelstandoff: 3 };
  return {
    [`xaxis${axes}`]: axis(overTitle, {
      ...bare,
      domain: x,
      anchor: `y${axes}`,
      range: [-0.5, over.length - 0.5],
      tickvals: over.map((_, i) => i),
      ticktext: over,
      tickangle,
    }),
    [`yaxis${axes}`]: axis(first ? downTitle : "", {
      ...bare,
      domain: y,
      anchor: `x${axes}`,
      range: [down.length - 0.5, -0.5],
      tickvals: down.map((_, i) => i),
      ticktext: down,
      showticklabels: first,
    }),
  };
}
