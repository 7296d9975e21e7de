/**
 * What do the models answer to single queries?
 *
 * @module
 */
import type { GalleryQuery, GalleryResult, GallerySettings } from "../../experiments/gallery/gallery_results.ts";
import { choiceInWords } from "../../experiments/qualitative/words.ts";
import { originOf } from "../collect/data_origin.ts";
import { Canvas, LINE } from "./canvas.ts";
import { type ExperimentParts, type Figure, PIXELS_PER_INCH } from "./figure.ts";
import { drawGalleryQuery } from "./gallery_rows.ts";
import { LIGHT, VARIANT_LABELS } from "./palette.ts";
import { figureLayout, FONT_SIZES } from "./style.ts";
import { Thumbnails } from "./thumbnails.ts";
import { amount, dataTold, listed, WAY_TITLES } from "./told.ts";

/** Queries where nothing is said. */
const SHOWN = 4;
/** Pixels of a picture's longer side: of few pictures and of many, so that the file stays small. */
const SIDES = { few: 112, many: 72 };
/** More pictures than this are many. */
const MANY = 40;
/** CSS pixels. */
const PLACES = { title: 20, side: 8 };

type Way = GalleryQuery["direction"];
const WAYS: readonly Way[] = ["speech2image", "image2speech"];

/**
 * Queries of both ways, each with the first answers of each model and the right one framed, from `gallery` and the
 * pictures that it names. A picture that cannot be read is a grey panel with its name.
 *
 * @param options.shown queries at most, as many of each way as there are. Default: 4.
 * @param options.folder the data set's folder, seen from here. Default: as the result names it.
 */
export async function galleryFigure(
  { settings, result }: ExperimentParts<GallerySettings, GalleryResult>,
  { shown = SHOWN, folder = result.dataFolder }: { shown?: number; folder?: string } = {},
): Promise<Figure> {
  const queries = chosen(result.queries, shown);
  const asking = queries.filter(({ direction }) => direction === "speech2image").length;
  const pictures = asking * result.models.length * 6 + queries.length - asking;
  const thumbnails = new Thumbnails(pictures > MANY ? SIDES.many : SIDES.few);
  const names = modelNames(result);
  const canvas = new Canvas(2);
  let top = 4;
  for (const way of WAYS) {
    const of = queries.filter(({ direction }) => direction === way);
    if (of.length === 0) continue;
    canvas.text(`<b>${WAY_TITLES[way]}</b>`, PLACES.side, top, { font: { size: FONT_SIZES.large, color: LIGHT.ink } });
    top += PLACES.title;
    for (const query of of) {
      canvas.rect({ x: PLACES.side, y: top, width: canvas.width - 2 * PLACES.side, height: 0.75 }, {
        fillcolor: LIGHT.grid,
      });
      top = await drawGalleryQuery({ query, result, names, folder, canvas, thumbnails, top: top + 6 });
    }
    top += 4;
  }
  if (queries.length === 0) {
    canvas.text("No query is stored.", PLACES.side, top);
    top += LINE + 4;
  }
  const height = Math.ceil(100 * top / PIXELS_PER_INCH) / 100;
  const { annotations, shapes, images } = canvas.layout(height);
  return {
    name: "gallery",
    title: "What does each model answer?",
    caption: captionOf(settings, result, queries, names),
    alt: queries.map((query) => told(query, result, names)).join(" ") || "No query is stored.",
    columns: 2,
    height,
    data: [{ type: "scatter", mode: "markers", x: [0.5], y: [0.5], marker: { opacity: 0 }, hoverinfo: "skip" }],
    layout: figureLayout({
      columns: 2,
      height,
      margin: { left: 0, right: 0, top: 0, bottom: 0 },
      axes: {
        xaxis: { visible: false, range: [0, 1], fixedrange: true },
        yaxis: { visible: false, range: [0, 1], fixedrange: true },
      },
      annotations,
      shapes,
      more: { images },
    }),
  };
}

/** Queries as they are stored, as many of each way as there are. */
function chosen(queries: readonly GalleryQuery[], shown: number): GalleryQuery[] {
  const [speech, pictures] = WAYS.map((way) => queries.filter(({ direction }) => direction === way)) as [
    GalleryQuery[],
    GalleryQuery[],
  ];
  const first = Math.min(speech.length, Math.max(Math.ceil(shown / 2), shown - pictures.length));
  return [...speech.slice(0, first), ...pictures.slice(0, shown - first)];
}

/** What the models are called: by their variants, where no two have the same. */
function modelNames({ models }: GalleryResult): string[] {
  const short = models.map(({ variant, name }) => VARIANT_LABELS[variant as keyof typeof VARIANT_LABELS] ?? name);
  return models.map(({ name }, i) => short.filter((other) => other === short[i]).length > 1 ? name : short[i]!);
}

function captionOf(
  { choice, models }: GallerySettings,
  { of, queries, models: found }: GalleryResult,
  shown: readonly GalleryQuery[],
  names: readonly string[],
): string {
  const way = (way: Way) => shown.filter(({ direction }) => direction === way).length;
  const recall = found.map(({ run, step, recall }, i) =>
    `${names[i]}${run === null ? " (not trained)" : ` (${run}, step ${step})`} ${
      WAYS.map((way) => recall[way]["R@1"].toFixed(1)).join(" and ")
    }`
  );
  return `${dataTold(originOf(of.dataset, models[0]!.config.dataRoot))}, ${of.split} split: ${
    amount(of.recordings, "recording")
  }, ${amount(of.pictures, "picture")}. Shown: ${way("speech2image")} recordings and ${
    way("image2speech")
  } pictures that ask, of ` +
    `${queries.length} stored (${
      choiceInWords(choice, names[0] ?? "", "queries each way")
    }). Each answer with its place and ` +
    "its cosine similarity; framed in green: the right one, at the end of the row where it is not among the first. Bold and " +
    `underlined: words that differ between what was heard and what is written. R@1 of the whole split in percent, both ways: ${
      listed(recall)
    }.`;
}

/** A query and its answers in words. */
function told(query: GalleryQuery, { of, recordings }: GalleryResult, names: readonly string[]): string {
  const { direction, id, answers } = query;
  const bySpeech = direction === "speech2image";
  const asked = bySpeech ? `Recording ${id}, heard as "${recordings[id]?.transcript ?? ""}"` : `Picture ${id}`;
  const places = answers.map(({ rank, top }, i) =>
    `${names[i]} puts the right ${bySpeech ? "picture" : "recording"} at place ${rank} of ${
      bySpeech ? of.pictures : of.recordings
    }${rank === 1 || top.length === 0 ? "" : ` and ${top[0]!.id} first`}`
  );
  return `${asked}: ${places.join("; ")}.`;
}
