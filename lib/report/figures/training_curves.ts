/** Loss and dev recall during training. */
import type { DataOrigin } from "../collect/origin.ts";
import type { RunCurve } from "../collect/entry.ts";
import { type BrewClipVariant, VARIANTS } from "../../systems/variants.ts";
import { modelName } from "./differences.ts";
import { type Figure, figurePixels, type PlotlyTrace } from "./figure.ts";
import { panelFigure } from "./panels.ts";
import { axis, COLOURWAY, VARIANT_COLOURS } from "./style.ts";
import type { TrainedModel } from "../tables/cells.ts";
import { amount, describeChance, describeData, plain } from "./captions.ts";

/** A curve with more points is drawn as the means of equal parts. */
const MOST_POINTS = 120;
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"] as const;

/**
 * Loss by step, and recall on dev if it was logged.
 *
 * @param curves one per run
 * @param origin the data that they were trained on
 * @param trained the trained models, whose warnings the caption repeats
 * @throws {RangeError} if no curve has a step.
 */
export function trainingCurvesFigure(
  curves: readonly RunCurve[],
  origin: DataOrigin,
  trained: readonly TrainedModel[] = [],
): Figure {
  const order = Object.keys(VARIANTS);
  const drawn = curves.filter(({ steps }) => steps.length > 0)
    .sort((a, b) => order.indexOf(a.variant) - order.indexOf(b.variant));
  if (drawn.length === 0) throw new RangeError("Cannot draw training curves as no run has a step");
  const styles = curveStyles(drawn);
  const withDev = drawn.some(({ devSteps }) => devSteps.length > 0);
  const columns = withDev ? 2 : 1;
  const width = drawn.length > 4 ? 1.1 : 1.5;
  const labels = new Set(styles.map(({ label }) => label));
  const names = labels.size;
  const longestLabel = Math.max(...[...labels].map(({ length }) => length));
  const inRow = Math.max(1, Math.floor(figurePixels({ columns, height: 1 })[0] / (6 * longestLabel + 50)));
  const legendRows = names === 1 ? 0 : Math.ceil(names / inRow);
  const margin = { left: 44, right: 10, top: (withDev ? 24 : 8) + 17 * legendRows, bottom: 40 };
  const trace = (i: number, points: { x: number[]; y: number[] }, more: PlotlyTrace): PlotlyTrace => {
    const { label, colour, dash } = styles[i]!;
    return {
      type: "scatter",
      name: plain(label),
      legendgroup: label,
      ...points,
      line: { color: colour, dash, width },
      ...more,
    };
  };
  const lossTraces = drawn.map(({ steps, loss }, i) => {
    const points = thinned(steps, loss);
    return trace(i, points, {
      mode: points.x.length > 1 ? "lines" : "markers",
      showlegend: names > 1 && styles.findIndex(({ label }) => label === styles[i]!.label) === i,
      marker: { color: styles[i]!.colour, size: 5 },
    });
  });
  const devTraces = drawn.flatMap(({ devSteps, dev }, i) =>
    devSteps.length === 0 ? [] : [trace(i, { x: devSteps, y: dev }, {
      mode: "lines+markers",
      showlegend: false,
      marker: { color: styles[i]!.colour, size: 4 },
    })]
  );
  const last = Math.max(...drawn.flatMap(({ steps, devSteps }) => [...steps.slice(-1), ...devSteps]));
  const range = [0, Math.max(1, last) * 1.02];
  const highest = Math.max(...drawn.flatMap(({ dev }) => dev), 1);
  const averaged = drawn.some(({ steps }) => steps.length > MOST_POINTS);
  const seeds = [...new Set(drawn.map(({ seed }) => seed))];
  const described = drawn.map(({ loss }, i) =>
    `${styles[i]!.label} from ${loss[0]!.toPrecision(3)} to ${loss.at(-1)!.toPrecision(3)}`
  );
  return panelFigure({
    name: "training_curves",
    title: withDev ? "Training: loss, and recall on dev" : "Training: loss by step",
    caption: `Loss of each batch of ${amount(drawn.length, "run")} on the train split of ${describeData(origin)}${
      averaged ? `, the mean of every ${Math.ceil(longest(drawn) / MOST_POINTS)} steps` : ""
    }${withDev ? "; right: mean R@1 of both directions on the dev split" : ""}. ${
      seeds.length === 1 ? `Seed ${seeds[0]}` : `Seeds ${seeds.join(", ")}, one line per seed`
    }.${describeChance(trained)}`,
    alt: `Line chart. Loss at the first and last step: ${described.join("; ")}.`,
  }, {
    columns,
    across: columns,
    panelHeight: 165,
    margin,
    gap: { x: 52, y: 0 },
    legend: legendRows > 0 ? "top" : "none",
  }, ({ column }) => ({
    ...(withDev && { title: column === 0 ? "Train" : "Dev" }),
    data: column === 0 ? lossTraces : devTraces,
    xaxis: axis("Step", { range, nticks: 6 }),
    yaxis: column === 0
      ? axis("Loss", { rangemode: "tozero", showgrid: true, nticks: 6 })
      : axis("Mean R@1 on dev (%)", { range: [0, Math.min(100, highest * 1.1)], showgrid: true, nticks: 6 }),
  }));
}

/** The variant's color if runs differ in variant and seed only; else a color and a dash per run. */
function curveStyles(curves: readonly RunCurve[]): { label: string; colour: string; dash: string }[] {
  const keys = curves.map(({ variant, seed }) => `${variant} ${seed}`);
  const byVariant = new Set(keys).size === keys.length &&
    curves.every(({ variant }) => Object.hasOwn(VARIANT_COLOURS, variant));
  return curves.map(({ variant, run }, i) =>
    byVariant ? { label: modelName(variant), colour: VARIANT_COLOURS[variant as BrewClipVariant], dash: "solid" } : {
      label: run,
      colour: COLOURWAY[i % COLOURWAY.length]!,
      dash: DASHES[Math.floor(i / COLOURWAY.length) % DASHES.length]!,
    }
  );
}

function longest(curves: readonly RunCurve[]): number {
  return Math.max(...curves.map(({ steps }) => steps.length));
}

function thinned(steps: readonly number[], loss: readonly number[]): { x: number[]; y: number[] } {
  const size = Math.ceil(steps.length / MOST_POINTS);
  const mean = (values: readonly number[]) =>
    Array.from({ length: Math.ceil(values.length / size) }, (_, part) => {
      const own = values.slice(part * size, (part + 1) * size);
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    });
  return { x: mean(steps), y: mean(loss) };
}
