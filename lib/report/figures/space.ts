/** Maps of the joint space. */
import type { SpaceMap, SpaceModel, SpaceResult, SpaceSettings } from "../../experiments/space/experiment.ts";
import { originOf } from "../collect/origin.ts";
import type { ExperimentParts, Figure, PlotlyTrace } from "./figure.ts";
import { panelFigure } from "./panels.ts";
import { axis, COLOURWAY, LIGHT, PALETTE, VARIANT_LABELS } from "./style.ts";
import { describeData, listWords } from "./captions.ts";

const METHODS = ["pca", "tsne"] as const;
/** Coordinates of a map have no meaning. */
const BARE = { showticklabels: false, ticks: "", mirror: true, linecolor: LIGHT.grid };

/** Hues as near as the palette allows. */
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
 * Maps of each model's joint space, from `space`: images are squares, recordings circles, and a line joins each pair.
 */
export function spaceFigure({ settings, result }: ExperimentParts<SpaceSettings, SpaceResult>): Figure {
  const { of, pairs, labelledBy, models } = result;
  const labels = [...new Set(pairs.map(({ label }) => label))].sort((a, b) => order(a) - order(b) || compare(a, b));
  const colours = new Map(labels.map((label, i) => [label, colourOf(label, i)]));
  const described = models.map((model) =>
    METHODS.map((method) => `${shortName(model)}: ${describeMethod(model, method)}.`).join(" ")
  );
  return panelFigure({
    name: "space",
    title: "The joint space of images and recordings",
    caption:
      `${
        describeData(originOf(of.dataset, settings.models[0]!.config.dataRoot))
      }, ${of.split} split: ${pairs.length} images ` +
      `(squares) with one recording each (circles), joined by lines. Colors: ${
        labelledBy === "mood" ? "emotion" : "the first word of the legend in the written caption"
      }. Distances in the space (0 to 2): ${
        listWords(models.map(describeModel))
      }. Trust: trustworthiness of the 10 nearest ` +
      `neighbors on the map. Seed ${settings.seed}.`,
    alt: `Maps of the same pairs in two dimensions, a column per model. ${described.join(" ")} Distances: ${
      models.map(describeModel).join("; ")
    }.`,
  }, {
    columns: 2,
    rows: METHODS.length,
    across: models.length,
    panelHeight: 242,
    margin: { left: 8, right: 8, top: 44, bottom: 12 },
    gap: { x: 10, y: 26 },
    legend: "top",
  }, ({ row, column }) => {
    const model = models[column]!, method = METHODS[row]!;
    return {
      title: `${shortName(model)}: ${describeMethod(model, method)}`,
      data: [
        linesOf(model[method]),
        ...labels.flatMap((label) =>
          (["pictures", "recordings"] as const).map((kind): PlotlyTrace => {
            const own = pairs.flatMap((pair, i) =>
              pair.label === label ? [{ ...pair, point: model[method][kind][i]! }] : []
            );
            return {
              type: "scatter",
              mode: "markers",
              name: label ?? "other",
              legendgroup: label ?? "other",
              showlegend: row === 0 && column === 0 && kind === "pictures",
              x: own.map(({ point: [x] }) => round(x)),
              y: own.map(({ point: [, y] }) => round(y)),
              text: own.map(({ id, imageId }) => kind === "pictures" ? imageId : id),
              hovertemplate: `%{text}<extra>${kind === "pictures" ? "image" : "recording"}</extra>`,
              marker: {
                color: colours.get(label),
                symbol: kind === "pictures" ? "square" : "circle",
                size: kind === "pictures" ? 4.5 : 5,
                opacity: 0.9,
                line: { color: LIGHT.ink, width: 0.5 },
              },
            };
          })
        ),
      ],
      xaxis: axis("", BARE),
      yaxis: axis("", BARE),
    };
  });
}

function linesOf({ pictures, recordings }: SpaceMap): PlotlyTrace {
  const along = (axis: 0 | 1) =>
    pictures.flatMap((point, i) => [round(point[axis]), round(recordings[i]![axis]), null]);
  return {
    type: "scatter",
    mode: "lines",
    x: along(0),
    y: along(1),
    line: { color: LIGHT.grid, width: 0.75 },
    hoverinfo: "skip",
    showlegend: false,
  };
}

function describeModel(model: SpaceModel): string {
  const { pairDistance, otherDistance, modalityGap } = model;
  return `${shortName(model)} own pair ${pairDistance.toFixed(2)}, other pairs ${
    otherDistance.toFixed(2)
  }, modality gap ${modalityGap.toFixed(2)}`;
}

function describeMethod({ explained, pca, tsne }: SpaceModel, method: "pca" | "tsne"): string {
  return method === "pca"
    ? `PCA (${(100 * (explained[0] + explained[1])).toFixed(0)} % of variance, trust ${pca.trustworthiness.toFixed(2)})`
    : `t-SNE (trust ${tsne.trustworthiness.toFixed(2)})`;
}

function shortName({ variant, name }: SpaceModel): string {
  return VARIANT_LABELS[variant as keyof typeof VARIANT_LABELS] ?? name;
}

function colourOf(label: string | null, index: number): string {
  return label === null ? LIGHT.muted : HUES[label] ?? COLOURWAY[index % COLOURWAY.length]!;
}

/** Hues in the order of the rainbow; pairs without a label last. */
function order(label: string | null): number {
  if (label === null) return Infinity;
  const index = Object.keys(HUES).indexOf(label);
  return index < 0 ? 0 : index;
}

function compare(a: string | null, b: string | null): number {
  return String(a) < String(b) ? -1 : 1;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
