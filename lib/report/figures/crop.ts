/** What the center crop costs. */
import { join } from "@std/path";
import type { CropQuery, CropResult, CropSettings } from "../../experiments/crop/experiment.ts";
import { worstOf } from "../../experiments/crop/experiment.ts";
import { originOf } from "../collect/origin.ts";
import { type Box, Canvas, LINE } from "./canvas.ts";
import { amount, describeData, signed, WAY_TITLES } from "./captions.ts";
import type { ExperimentParts, Figure, PlotlyLayout, PlotlyTrace } from "./figure.ts";
import { axis, FONT_SIZES, LIGHT, PALETTE } from "./style.ts";
import { fitted, textLines, unmarked } from "./text_lines.ts";

/** Images per direction. */
const SHOWN = 3;
/** CSS pixels: with images next to the ranks, and without. */
const BESIDE = { width: 172, height: 172 };
const ALONE = { width: 270, height: 210 };
/** Most CSS pixels. */
const IMAGE_HEIGHT = 100;
/** CSS pixels around a panel. */
const SPACING = { side: 10, ticks: 52, title: 22, under: 42, apart: 22, gap: 10 };

type Way = CropQuery["direction"];
const WAYS: readonly Way[] = ["speech2image", "image2speech"];

/**
 * The rank of each query with cropped images against that with whole ones, from `crop`. Next to them are the images of the queries
 * that lose most, with the part that the crop keeps.
 *
 * @param options.shown most images per direction, up to 3. Default: 3
 * @param options.folder the data set's folder. Default: that in the result
 */
export async function cropFigure(
  { settings, result }: ExperimentParts<CropSettings, CropResult>,
  { shown = SHOWN, folder = result.dataFolder }: { shown?: number; folder?: string } = {},
): Promise<Figure> {
  const worst = worstOf(result.queries, Math.min(shown, SHOWN));
  const canvas = new Canvas();
  const beside = worst.length > 0;
  let bottom = 0;
  for (const [i, way] of WAYS.entries()) {
    const panel = beside
      ? { x: SPACING.ticks, y: bottom + SPACING.title, ...BESIDE }
      : { x: SPACING.ticks + i * (ALONE.width + SPACING.ticks + SPACING.side), y: SPACING.title, ...ALONE };
    canvas.panel(panel, { plot: (axes, domain) => cropPoints(result, way, axes, domain) });
    canvas.text(`<b>${WAY_TITLES[way]}</b>`, panel.x, panel.y - SPACING.title + 4, {
      font: { size: FONT_SIZES.normal, color: LIGHT.ink },
    });
    const own = worst.filter(({ direction }) => direction === way);
    const left = panel.x + panel.width + SPACING.apart;
    const room = (canvas.width - SPACING.side - left - (SHOWN - 1) * SPACING.gap) / SHOWN;
    if (beside && own.length === 0) {
      canvas.text("No query ranks lower when its image is cropped.", left, panel.y);
    }
    const heights: number[] = [];
    for (const [at, query] of own.entries()) {
      const within = { x: left + at * (room + SPACING.gap), y: panel.y, width: room, height: IMAGE_HEIGHT };
      heights.push(await drawCropped(canvas, query, { result, folder, within }));
    }
    bottom = panel.y + Math.max(panel.height + SPACING.under, ...heights.map((height) => height + 8));
  }
  return canvas.figure({
    name: "crop",
    title: "What does the center crop cost?",
    caption: captionOf(settings, result, worst),
    alt: altOf(result, worst),
  }, bottom);
}

function captionOf({ model: { config } }: CropSettings, result: CropResult, worst: readonly CropQuery[]): string {
  const { of, model, step, trainedWith, gain } = result;
  const parts = [
    `${describeData(originOf(of.dataset, config.dataRoot))}, ${of.split} split: ${
      amount(of.recordings, "recording")
    }, ${amount(of.pictures, "image")}.`,
    of.notSquare === 0
      ? "All images are square: no fit cuts, pads or squeezes anything, so that every query has the same rank and all " +
        "points lie on the diagonal. Wide or tall images, such as published photographs, would show the cost of the crop."
      : `${of.notSquare.toLocaleString("en")} images are not square.`,
    "Each point: queries with the same two ranks, larger for more queries; those below the diagonal (vermilion) " +
    "rank lower when images are cropped, those above it (blue) higher.",
    ...(of.notSquare > 0 && worst.length === 0 ? ["No query ranks lower when its image is cropped."] : []),
    ...(worst.length > 0
      ? ["Right: the queries that lose most, with the part that the crop keeps framed and the rest dark."]
      : []),
    `R@1 with bars minus R@1 cropped, in points with 95 % intervals: ${
      WAYS.map((way) => {
        const { points, interval: [low, high] } = gain[way]["R@1"];
        return `${WAY_TITLES[way].toLowerCase()} ${signed(points)} (${signed(low)} to ${signed(high)})`;
      }).join(", ")
    }.`,
    `${model}, checkpoint of step ${step}, trained with images ${FITS[trainedWith]}.`,
  ];
  return parts.join(" ");
}

const FITS = { crop: "cropped", pad: "on bars", squash: "squeezed" } as const;

function altOf({ queries, of }: CropResult, worst: readonly CropQuery[]): string {
  const counts = WAYS.map((way) => {
    const own = queries.filter(({ direction }) => direction === way);
    const later = own.filter(({ loss }) => loss > 0).length, earlier = own.filter(({ loss }) => loss < 0).length;
    return `${WAY_TITLES[way]}: of ${
      amount(own.length, "query").replace(/ys$/, "ies")
    } ${later} rank lower when images are cropped, ${earlier} higher, ${own.length - later - earlier} the same.`;
  });
  const square = of.notSquare === 0 ? ["All images are square."] : [];
  const losses = worst.map(({ id, ranks }) => `${id}: rank ${ranks.crop} cropped, ${ranks.pad} with bars.`);
  return [...square, ...counts, ...losses].join(" ");
}

/** Most lines of the transcript. */
const LINES = 4;

/**
 * Draws a query that the crop harms: its image with the part that is kept, and its ranks. Returns the height.
 *
 * @param options.within where it is drawn; at most as high
 * @param options.lines most lines of the transcript. Default: 4
 */
export async function drawCropped(
  canvas: Canvas,
  { direction, id, imageId, ranks }: CropQuery,
  options: { result: CropResult; folder: string; within: Box; lines?: number },
): Promise<number> {
  const { result, folder, within, lines: most = LINES } = options;
  const { width = 1, height = 1, file = imageId, kept, cut = 0 } = result.pictures[imageId] ?? {};
  const scale = Math.min(within.width / width, within.height / height);
  const box = { x: within.x, y: within.y, width: scale * width, height: scale * height };
  await canvas.file(join(folder, file), box);
  if (kept !== undefined) drawWindow(canvas, box, insideImage(kept));
  const transcript = direction === "speech2image" ? result.transcripts[id] ?? "" : "";
  const lines = [
    ...textLines(unmarked(fitted(id, within.width, { bold: true })), within.width, 1, true),
    `rank ${ranks.crop} cropped, ${ranks.pad} bars`,
    `${(100 * cut).toFixed(0)} % cut away`,
    ...(transcript === "" ? [] : textLines(unmarked(`“${transcript}”`), within.width, most)),
  ];
  canvas.text(lines.join("<br>"), within.x, box.y + box.height + 4);
  return box.height + 4 + lines.length * LINE;
}

/** The kept part of the image itself, as shares of it. */
function insideImage({ left, top, width, height }: Omit<Box, "x" | "y"> & { left: number; top: number }) {
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  return { x, y, width: Math.min(1, left + width) - x, height: Math.min(1, top + height) - y };
}

/** Darkens what is cut away and frames what is kept. */
function drawWindow(canvas: Canvas, box: Box, kept: Box): void {
  const [left, top] = [box.x + kept.x * box.width, box.y + kept.y * box.height];
  const [width, height] = [kept.width * box.width, kept.height * box.height];
  const [right, bottom] = [left + width, top + height];
  const dark = [
    { x: box.x, y: box.y, width: left - box.x, height: box.height },
    { x: right, y: box.y, width: box.x + box.width - right, height: box.height },
    { x: left, y: box.y, width, height: top - box.y },
    { x: left, y: bottom, width, height: box.y + box.height - bottom },
  ];
  for (const part of dark) {
    if (part.width > 0.1 && part.height > 0.1) canvas.rect(part, { fillcolor: "rgba(0,0,0,0.6)" });
  }
  const frame = { x: left + 1, y: top + 1, width: width - 2, height: height - 2 };
  canvas.rect(frame, { fillcolor: "rgba(0,0,0,0)", line: { color: PALETTE.orange, width: 2 } });
}

const KINDS = [
  { name: "lower when cropped", is: (loss: number) => loss > 0, color: PALETTE.vermilion },
  { name: "higher when cropped", is: (loss: number) => loss < 0, color: PALETTE.blue },
  { name: "same rank", is: (loss: number) => loss === 0, color: LIGHT.muted },
] as const;
/** Diameters of points in CSS pixels. */
const SIZES = { one: 4, most: 16 };

/** The ranks of one direction on logarithmic axes, with the diagonal. */
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
      corner(`lower: ${own.filter(({ loss }) => loss > 0).length}`, [domain.x[1], domain.y[0]], ["right", "bottom"]),
      corner(`higher: ${own.filter(({ loss }) => loss < 0).length}`, [domain.x[0], domain.y[1]], ["left", "top"]),
    ],
  };
}

function corner(text: string, [x, y]: [number, number], [xanchor, yanchor]: [string, string]): PlotlyLayout {
  const position = { xref: "paper", yref: "paper", x, y, xanchor, yanchor, xshift: xanchor === "left" ? 4 : -4 };
  return { text, ...position, showarrow: false, font: { size: FONT_SIZES.small, color: LIGHT.muted } };
}

/** One point for all queries with the same two ranks. */
function pointsOf(queries: readonly CropQuery[]): { crop: number; pad: number; ids: string[] }[] {
  const points = new Map<string, { crop: number; pad: number; ids: string[] }>();
  for (const { id, ranks: { crop, pad } } of queries) {
    const point = points.get(`${crop} ${pad}`) ?? { crop, pad, ids: [] };
    point.ids.push(id);
    points.set(`${crop} ${pad}`, point);
  }
  return [...points.values()];
}

/** Powers of ten up to the worst rank; 2 and 5 in between if there are few. */
function ticksTo(worst: number): number[] {
  const steps = worst <= 200 ? [1, 2, 5] : [1];
  return Array.from({ length: 8 }, (_, power) => steps.map((step) => step * 10 ** power)).flat()
    .filter((rank) => rank <= worst);
}
