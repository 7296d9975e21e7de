/**
 * Where do images and recordings lie?
 *
 * @module
 */
import type { Point, SpaceMap, SpaceModel, SpaceResult, SpaceSettings } from "../../experiments/space/experiment.ts";
import { originOf } from "../collect/origin.ts";
import type { ExperimentParts, Figure, PlotlyTrace } from "./figure.ts";
import { panelGrid } from "./panels.ts";
import { axis, COLOURWAY, figureLayout, LIGHT, PALETTE, panelTitle, VARIANT_LABELS } from "./style.ts";
import { describeData, listed } from "./captions.ts";

const MARGIN = { left: 8, right: 8, top: 44, bottom: 12 };
const METHODS = ["pca", "tsne"] as const;
/** Coordinates mean nothing by themselves. */
const BARE = { showticklabels: false, ticks: "", mirror: true, linecolor: LIGHT.grid };

/** Hues by their names, as near as the palette has them. */
const HUES: Readonly<Record<string, string>> = {
  red: PALETTE.vermilion,
  orange: PALETTE.orange,
  yellow: PALETTE.yellow,
  green: PALETTE.green,
  blue: PALETTE.blue,
  purple: "#7B4FA3",
  pink: PALETTE.purple,
  brown: "#8C5A2B",
  black: "#3c3c40",
  white: "#f4f4f4",
};

/**
 * Maps of each model's joint space, from `space`: images as squares, recordings as circles, a line from each image to
 * its recording.
 */
export function spaceFigure({ settings, result }: ExperimentParts<SpaceSettings, SpaceResult>): Figure {
  const { of, pairs, labelledBy, models } = result;
  const labels = [...new Set(pairs.map(({ label }) => label))].sort((a, b) => order(a) - order(b) || compare(a, b));
  const colours = new Map(labels.map((label, i) => [label, colourOf(label, i)]));
  const height = 5.9;
  const places = panelGrid({
    columns: 2,
    height,
    rows: 2,
    across: models.length,
    margin: MARGIN,
    gap: { x: 10, y: 26 },
  });
  const data = places.flatMap(({ axes, row, column }): PlotlyTrace[] => {
    const map = models[column]![METHODS[row]!];
    return [
      linesOf(map, axes),
      ...labels.flatMap((label) =>
        (["pictures", "recordings"] as const).map((kind) => ({
          ...pointsOf(map, kind, pairs.map((pair) => pair.label === label)),
          name: label ?? "other",
          legendgroup: label ?? "other",
          showlegend: row === 0 && column === 0 && kind === "pictures",
          xaxis: `x${axes}`,
          yaxis: `y${axes}`,
          text: pairs.filter((pair) => pair.label === label).map(({ id, imageId }) =>
            kind === "pictures" ? imageId : id
          ),
          hovertemplate: `%{text}<extra>${kind === "pictures" ? "image" : "recording"}</extra>`,
          marker: {
            color: colours.get(label),
            symbol: kind === "pictures" ? "square" : "circle",
            size: kind === "pictures" ? 4.5 : 5,
            opacity: 0.9,
            line: { color: LIGHT.ink, width: 0.5 },
          },
        }))
      ),
    ];
  });
  const layout = figureLayout({
    columns: 2,
    height,
    margin: MARGIN,
    legend: "top",
    axes: Object.fromEntries(places.flatMap(({ axes, x, y }) => [
      [`xaxis${axes}`, axis("", { domain: x, anchor: `y${axes}`, ...BARE })],
      [`yaxis${axes}`, axis("", { domain: y, anchor: `x${axes}`, ...BARE })],
    ])),
    annotations: places.map(({ x, y, row, column }) =>
      panelTitle(`${shortName(models[column]!)}: ${describeMethod(models[column]!, row)}`, x, y[1])
    ),
  });
  return {
    name: "space",
    title: "The joint space of images and recordings",
    caption:
      `${
        describeData(originOf(of.dataset, settings.models[0]!.config.dataRoot))
      }, ${of.split} split: ${pairs.length} images ` +
      `(squares) with one recording each (circles), joined by lines; coloured by ${
        labelledBy === "mood" ? "emotion" : "the first of the words in the legend that its written caption has"
      }. Distances in the space (0 to 2): ${
        listed(models.map(describeModel))
      }. Trust: trustworthiness of 10 neighbours on the map. Seed ${settings.seed}.`,
    alt: `Maps of the same pairs in two dimensions, a column a model. ${
      models.map((model) => METHODS.map((_, row) => `${shortName(model)}: ${describeMethod(model, row)}.`).join(" "))
        .join(
          " ",
        )
    } Distances: ${models.map(describeModel).join("; ")}.`,
    columns: 2,
    height,
    data,
    layout,
  };
}

/** A line from each image to its recording. */
function linesOf({ pictures, recordings }: SpaceMap, axes: string): PlotlyTrace {
  const along = (axis: 0 | 1) =>
    pictures.flatMap((point, i) => [round(point[axis]), round(recordings[i]![axis]), null]);
  return {
    type: "scatter",
    mode: "lines",
    xaxis: `x${axes}`,
    yaxis: `y${axes}`,
    x: along(0),
    y: along(1),
    line: { color: LIGHT.grid, width: 0.75 },
    hoverinfo: "skip",
    showlegend: false,
  };
}

function pointsOf(map: SpaceMap, kind: "pictures" | "recordings", shown: readonly boolean[]): PlotlyTrace {
  const points = map[kind].filter((_: Point, i: number) => shown[i]);
  return { type: "scatter", mode: "markers", x: points.map(([x]) => round(x)), y: points.map(([, y]) => round(y)) };
}

function describeModel(model: SpaceModel): string {
  const { pairDistance, otherDistance, modalityGap } = model;
  return `${shortName(model)} own pair ${pairDistance.toFixed(2)}, other pairs ${
    otherDistance.toFixed(2)
  }, modality gap ${modalityGap.toFixed(2)}`;
}

function describeMethod({ explained, pca, tsne }: SpaceModel, row: number): string {
  return row === 0
    ? `PCA (${(100 * (explained[0] + explained[1])).toFixed(0)} % of variance, trust ${pca.trustworthiness.toFixed(2)})`
    : `t-SNE (trust ${tsne.trustworthiness.toFixed(2)})`;
}

function shortName({ variant, name }: SpaceModel): string {
  return VARIANT_LABELS[variant as keyof typeof VARIANT_LABELS] ?? name;
}

function colourOf(label: string | null, place: number): string {
  return label === null ? LIGHT.muted : HUES[label] ?? COLOURWAY[place % COLOURWAY.length]!;
}

/** Hues as in the rainbow, what has no label last. */
function order(label: string | null): number {
  if (label === null) return Infinity;
  const place = Object.keys(HUES).indexOf(label);
  return place < 0 ? 0 : place;
}

function compare(a: string | null, b: string | null): number {
  return String(a) < String(b) ? -1 : 1;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
