/**
 * What does the centre crop cost?
 *
 * @module
 */
import type { CropQuery, CropResult, CropSettings } from "../../experiments/crop/crop_results.ts";
import { worstOf } from "../../experiments/crop/worst.ts";
import { originOf } from "../collect/data_origin.ts";
import { type Box, Canvas } from "./canvas.ts";
import { drawCropped } from "./crop_pictures.ts";
import { cropPoints } from "./crop_points.ts";
import { type ExperimentParts, type Figure, PIXELS_PER_INCH } from "./figure.ts";
import { LIGHT } from "./palette.ts";
import { figureLayout, FONT_SIZES } from "./style.ts";
import { Thumbnails } from "./thumbnails.ts";
import { amount, dataTold, WAY_TITLES } from "./told.ts";
import { signed } from "./values.ts";

/** Pictures of each way. */
const SHOWN = 3;
/** CSS pixels: with pictures beside the ranks, and where there are none. */
const BESIDE = { width: 172, height: 172 };
const ALONE = { width: 270, height: 210 };
/** CSS pixels around a panel. */
const PLACES = { side: 10, ticks: 52, title: 22, under: 42, apart: 22, gap: 10 };

type Way = CropQuery["direction"];
const WAYS: readonly Way[] = ["speech2image", "image2speech"];

/**
 * Every query's rank with cropped pictures against that with whole ones, and beside them the pictures of those that lose
 * most, with the part that the crop keeps, from `crop` and the pictures that it names. Where no query loses there are
 * no pictures, and where all pictures are square the caption says that nothing can.
 *
 * @param options.shown pictures of each way at most; the room is for three. Default: 3.
 * @param options.folder the data set's folder, seen from here. Default: as the result names it.
 */
export async function cropFigure(
  { settings, result }: ExperimentParts<CropSettings, CropResult>,
  { shown = SHOWN, folder = result.dataFolder }: { shown?: number; folder?: string } = {},
): Promise<Figure> {
  const worst = worstOf(result.queries, Math.min(shown, SHOWN));
  const canvas = new Canvas(2);
  const thumbnails = new Thumbnails(240);
  const beside = worst.length > 0;
  const panels: Box[] = [];
  let bottom = 0;
  for (const [i, way] of WAYS.entries()) {
    const panel = beside
      ? { x: PLACES.ticks, y: bottom + PLACES.title, ...BESIDE }
      : { x: PLACES.ticks + i * (ALONE.width + PLACES.ticks + PLACES.side), y: PLACES.title, ...ALONE };
    panels.push(panel);
    canvas.text(`<b>${WAY_TITLES[way]}</b>`, panel.x, panel.y - PLACES.title + 4, {
      font: { size: FONT_SIZES.normal, color: LIGHT.ink },
    });
    const own = worst.filter(({ direction }) => direction === way);
    const left = panel.x + panel.width + PLACES.apart;
    const room = (canvas.width - PLACES.side - left - (SHOWN - 1) * PLACES.gap) / SHOWN;
    if (beside && own.length === 0) {
      canvas.text("No query is found later when its picture is cropped.", left, panel.y);
    }
    const heights: number[] = [];
    for (const [at, query] of own.entries()) {
      const place = { x: left + at * (room + PLACES.gap), y: panel.y, width: room, height: BESIDE.height };
      heights.push(await drawCropped({ query, result, folder, canvas, thumbnails, place }));
    }
    bottom = panel.y + Math.max(panel.height + PLACES.under, ...heights.map((height) => height + 8));
  }
  const height = Math.ceil(100 * bottom / PIXELS_PER_INCH) / 100;
  const drawn = WAYS.map((way, i) =>
    cropPoints(result, way, i === 0 ? "" : String(i + 1), canvas.share(panels[i]!, height))
  );
  const { annotations, shapes, images } = canvas.layout(height);
  return {
    name: "crop",
    title: "What does the centre crop cost?",
    caption: captionOf(settings, result, worst),
    alt: altOf(result, worst),
    columns: 2,
    height,
    data: drawn.flatMap(({ data }) => data),
    layout: figureLayout({
      columns: 2,
      height,
      margin: { left: 0, right: 0, top: 0, bottom: 0 },
      axes: Object.assign({}, ...drawn.map(({ axes }) => axes)),
      annotations: [...annotations, ...drawn.flatMap(({ annotations }) => annotations)],
      shapes,
      more: { images },
    }),
  };
}

function captionOf({ model: { config } }: CropSettings, result: CropResult, worst: readonly CropQuery[]): string {
  const { of, model, step, trainedWith, gain } = result;
  const parts = [
    `${dataTold(originOf(of.dataset, config.dataRoot))}, ${of.split} split: ${amount(of.recordings, "recording")}, ${
      amount(of.pictures, "picture")
    }.`,
    of.notSquare === 0
      ? "All pictures are square: no fit cuts, pads or squeezes anything, so that every query has the same rank and all " +
        "points lie on the diagonal. It takes wide or tall pictures, such as published photographs, to see what a crop costs."
      : `${of.notSquare.toLocaleString("en")} pictures are not square.`,
    "Each point: queries with the same two ranks, larger for more of them; below the diagonal (vermilion) those " +
    "that are found later when pictures are cropped, above it (blue) those that are found earlier.",
    ...(of.notSquare > 0 && worst.length === 0 ? ["No query is found later when its picture is cropped."] : []),
    ...(worst.length > 0
      ? ["Beside: the queries that lose most, with the part that the crop keeps framed and the rest dark."]
      : []),
    `R@1 with bars less R@1 cropped, in points with 95 % intervals: ${
      WAYS.map((way) => {
        const { points, interval: [low, high] } = gain[way]["R@1"];
        return `${WAY_TITLES[way].toLowerCase()} ${signed(points)} (${signed(low)} to ${signed(high)})`;
      }).join(", ")
    }.`,
    `${model}, checkpoint of step ${step}, trained with pictures ${FITS[trainedWith]}.`,
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
    } ${later} are found later when pictures are cropped, ${earlier} earlier, ${
      own.length - later - earlier
    } at the same place.`;
  });
  const square = of.notSquare === 0 ? ["All pictures are square."] : [];
  const losses = worst.map(({ id, ranks }) => `${id}: place ${ranks.crop} cropped, ${ranks.pad} with bars.`);
  return [...square, ...counts, ...losses].join(" ");
}
