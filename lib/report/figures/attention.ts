/**
 * What does the similarity of a pair rest on?
 *
 * @module
 */
import { join } from "@std/path";
import { pictureCopies, relevanceOverTime, spectrogramUri } from "../../experiments/attention/attention_figures.ts";
import type { AttentionMaps, AttentionResult, AttentionSettings } from "../../experiments/attention/experiment.ts";
import { shownMap } from "../../systems/relevance.ts";
import { originOf } from "../collect/origin.ts";
import {
  type ExperimentParts,
  type Figure,
  figurePixels,
  PIXELS_PER_INCH,
  type PlotlyLayout,
  type PlotlyTrace,
} from "./figure.ts";
import { axis, figureLayout, FONT_SIZES, LIGHT } from "./style.ts";
import { amount, dataTold, plain } from "./captions.ts";
import { type PlacedWord, placeWords } from "./text_lines.ts";

/** How many pairs are shown where nothing is said. */
const SHOWN = 3;
/** Where things stand, in CSS pixels. */
const PLACES = {
  left: 8,
  picture: 116,
  gap: 8,
  right: 10,
  title: 20,
  line: 17,
  sound: 44,
  map: 26,
  ticks: 40,
  after: 8,
};
/** The colour of relevance, with its strength. */
const RELEVANCE = (strength: number) => `rgba(230,120,0,${(0.85 * strength).toFixed(2)})`;
const SCALE = [[0, "rgba(230,120,0,0)"], [1, "rgba(230,120,0,0.85)"]];

/**
 * The picture, the same with its patches, the words and the sound of the first pairs, each with its relevance, from
 * `attention` and the pictures that it names.
 *
 * @param options.shown pairs at most. Default: 3.
 */
export async function attentionFigure(
  { settings, result }: ExperimentParts<AttentionSettings, AttentionResult>,
  { shown = SHOWN }: { shown?: number } = {},
): Promise<Figure> {
  const maps = result.maps.slice(0, shown);
  const [width] = figurePixels({ columns: 2, height: 1 });
  const left = PLACES.left + 2 * (PLACES.picture + PLACES.gap) + 10;
  const room = width - PLACES.right - left;
  const rows: { map: AttentionMaps; words: PlacedWord[]; lines: number; top: number; height: number }[] = [];
  let top = 2;
  for (const map of maps) {
    const { words, lines } = placeWords(map.text?.words ?? [], room);
    const right = lines * PLACES.line + PLACES.sound + (map.sound === null ? 4 : PLACES.map) + PLACES.ticks;
    const height = PLACES.title + Math.max(right, PLACES.picture + 22) + PLACES.after;
    rows.push({ map, words, lines, top, height });
    top += height;
  }
  const height = Math.ceil(100 * Math.max(top, 96) / PIXELS_PER_INCH) / 100;
  const size = { width, height: height * PIXELS_PER_INCH };
  const drawn = await Promise.all(rows.map((row, i) => drawRow({ ...row, size, left, room, place: i, of: result })));
  const { of, model, step } = result;
  return {
    name: "attention",
    title: "What does the similarity rest on?",
    caption:
      `${dataTold(originOf(of.dataset, settings.model.config.dataRoot))}, ${of.split} split: ${
        amount(of.recordings, "recording")
      }, ${amount(of.pictures, "picture")}; ${
        amount(maps.length, "pair")
      }. ${model}, checkpoint of step ${step}. Orange: ` +
      "places that speak for the pair, each map on its own scale; over the picture's patches, the words that the text tower " +
      "read, and below the log-mel spectrogram the acoustic branch's frames; what has no colour speaks for nothing or against the " +
      "pair. Gradient times activation (HiResCAM).",
    alt: maps.map((map) =>
      `Pair ${map.id}, similarity ${map.similarity.toFixed(2)}, rank ${map.rank} of ${of.pictures}: ${strongest(map)}.`
    ).join(" "),
    columns: 2,
    height,
    data: drawn.flatMap(({ data }) => data),
    layout: figureLayout({
      columns: 2,
      height,
      margin: { left: 0, right: 0, top: 0, bottom: 0 },
      axes: Object.assign({}, ...drawn.map(({ axes }) => axes)),
      annotations: drawn.flatMap(({ annotations }) => annotations),
      shapes: drawn.flatMap(({ shapes }) => shapes),
      more: { images: drawn.flatMap(({ images }) => images) },
    }),
  };
}

interface Row {
  map: AttentionMaps;
  words: PlacedWord[];
  lines: number;
  top: number;
  size: { width: number; height: number };
  left: number;
  room: number;
  place: number;
  of: AttentionResult;
}

interface Drawn {
  data: PlotlyTrace[];
  axes: Record<string, PlotlyLayout>;
  annotations: PlotlyLayout[];
  shapes: PlotlyLayout[];
  images: PlotlyLayout[];
}

async function drawRow(
  { map, words, lines, top, size, left, room, place, of: { of, dataFolder } }: Row,
): Promise<Drawn> {
  const x = (pixels: number) => pixels / size.width, y = (pixels: number) => 1 - pixels / size.height;
  const paper = { xref: "paper", yref: "paper" };
  const text = (words: string, at: [number, number], more: PlotlyLayout = {}): PlotlyLayout => ({
    text: words,
    ...paper,
    x: x(at[0]),
    y: y(at[1]),
    xanchor: "left",
    yanchor: "middle",
    showarrow: false,
    font: { size: FONT_SIZES.small, color: LIGHT.ink },
    ...more,
  });
  const picture = (
    source: string,
    at: [number, number],
    wide: number,
    tall: number,
    sizing = "stretch",
  ): PlotlyLayout => ({
    source,
    ...paper,
    x: x(at[0]),
    y: y(at[1]),
    sizex: wide / size.width,
    sizey: tall / size.height,
    sizing,
    layer: "below",
  });
  const begin = top + PLACES.title;
  const sound = begin + lines * PLACES.line + 4;
  const bottom = sound + PLACES.sound + (map.sound === null ? 0 : PLACES.map);
  const [a, b] = [2 * place + 1, 2 * place + 2].map((number) => number === 1 ? "" : String(number));
  const { seconds } = map.spectrogram;
  const drawn: Drawn = {
    data: [],
    axes: {
      [`xaxis${b}`]: axis(`time (s)`, {
        domain: [x(left), x(left + room)],
        anchor: `y${b}`,
        range: [0, seconds],
        automargin: false,
        title: { text: "time (s)", standoff: 2, font: { size: FONT_SIZES.small, color: LIGHT.ink } },
      }),
      [`yaxis${b}`]: axis("", {
        domain: [y(bottom), y(map.sound === null ? sound : sound + PLACES.sound)],
        anchor: `x${b}`,
        range: [0, 1.08],
        showticklabels: false,
        ticks: "",
        showline: false,
        automargin: false,
      }),
    },
    annotations: [
      text(`<b>${plain(map.id)}</b>: similarity ${map.similarity.toFixed(2)}, rank ${map.rank} of ${of.pictures}`, [
        PLACES.left,
        top + PLACES.title / 2,
      ], { font: { size: FONT_SIZES.normal, color: LIGHT.ink } }),
      ...words.map(({ word, x: from, width, line }) =>
        text(plain(word), [left + from + width / 2, begin + (line + 0.5) * PLACES.line], { xanchor: "center" })
      ),
    ],
    shapes: words.filter(({ shown }) => shown > 0.02).map(({ x: from, width, line, shown }) => ({
      type: "rect",
      layer: "below",
      ...paper,
      x0: x(left + from),
      x1: x(left + from + width),
      y0: y(begin + line * PLACES.line + 1.5),
      y1: y(begin + (line + 1) * PLACES.line - 1.5),
      fillcolor: RELEVANCE(shown),
      line: { width: 0 },
    })),
    images: [picture(await spectrogramUri(map.spectrogram), [left, sound], room, PLACES.sound)],
  };
  drawn.data.push({ ...timeTrace(map), xaxis: `x${b}`, yaxis: `y${b}` });
  await drawPicture();
  return drawn;

  /** The picture beside itself in grey with its map; a line of text where it is gone. */
  async function drawPicture(): Promise<void> {
    const second = PLACES.left + PLACES.picture + PLACES.gap;
    let copies;
    try {
      copies = await pictureCopies(join(dataFolder, map.image), 2 * PLACES.picture);
    } catch {
      const box = { type: "rect", layer: "below", ...paper, fillcolor: LIGHT.grid, line: { width: 0 } };
      const [x1, y1] = [x(second + PLACES.picture), y(begin + PLACES.picture)];
      drawn.shapes.push({ ...box, x0: x(PLACES.left), x1, y0: y(begin), y1 });
      drawn.annotations.push(
        text(`picture not found:<br>${plain(map.image)}`, [PLACES.left + 6, begin + PLACES.picture / 2]),
      );
      return;
    }
    const scale = PLACES.picture / Math.max(copies.width, copies.height);
    const [wide, tall] = [scale * copies.width, scale * copies.height];
    drawn.images.push(picture(copies.colour, [PLACES.left, begin], wide, tall));
    drawn.images.push(picture(copies.grey, [second, begin], wide, tall));
    const hidden = { showticklabels: false, ticks: "", showline: false, automargin: false };
    drawn.axes[`xaxis${a}`] = axis("", {
      domain: [x(second), x(second + wide)],
      anchor: `y${a}`,
      range: [0, 1],
      ...hidden,
    });
    drawn.axes[`yaxis${a}`] = axis("", {
      domain: [y(begin + tall), y(begin)],
      anchor: `x${a}`,
      range: [1, 0],
      ...hidden,
    });
    drawn.data.push({ ...patchTrace(map), xaxis: `x${a}`, yaxis: `y${a}` });
  }
}

/** The patches over the part of the picture that the tower sees. */
function patchTrace({ picture: { grid, relevance, seen } }: AttentionMaps): PlotlyTrace {
  const values = shownMap(relevance);
  return {
    type: "heatmap",
    x0: seen.left + seen.width / grid / 2,
    dx: seen.width / grid,
    y0: seen.top + seen.height / grid / 2,
    dy: seen.height / grid,
    z: Array.from({ length: grid }, (_, row) => values.slice(row * grid, (row + 1) * grid)),
    zmin: 0,
    zmax: 1,
    colorscale: SCALE,
    showscale: false,
    hovertemplate: "%{z:.2f}<extra></extra>",
  };
}

/** The frames' relevance over time; nothing that is seen where the variant does not hear. */
function timeTrace({ sound, spectrogram }: AttentionMaps): PlotlyTrace {
  if (sound === null) {
    const unseen = { marker: { opacity: 0 }, hoverinfo: "skip", showlegend: false };
    return { type: "scatter", mode: "markers", x: [spectrogram.seconds / 2], y: [0.5], ...unseen };
  }
  const { values, seconds } = relevanceOverTime(sound, spectrogram.seconds);
  return {
    type: "scatter",
    mode: "lines",
    x: values.map((_, i) => Number(((i + 0.5) * seconds / values.length).toFixed(3))),
    y: values.map((value) => Number(value.toFixed(3))),
    fill: "tozeroy",
    fillcolor: RELEVANCE(0.6),
    line: { color: RELEVANCE(1), width: 1 },
    hovertemplate: "%{x:.1f} s: %{y:.2f}<extra></extra>",
    showlegend: false,
  };
}

/** The words and the second that count most, for those who do not see the maps. */
function strongest({ text, sound, spectrogram }: AttentionMaps): string {
  const words = (text?.words ?? []).filter(({ relevance }) => (relevance ?? 0) > 0)
    .sort((a, b) => b.relevance! - a.relevance!).slice(0, 3).map(({ word }) => word.trim());
  const parts = words.length > 0
    ? [`of the words '${words.join("', '")}' count most`]
    : text
    ? ["no word speaks for it"]
    : [];
  if (sound !== null) {
    const { values, seconds } = relevanceOverTime(sound, spectrogram.seconds);
    parts.push(
      `of the sound second ${((values.indexOf(Math.max(...values)) + 0.5) * seconds / values.length).toFixed(1)}`,
    );
  }
  return parts.join(", ") || "only the picture has a map";
}
