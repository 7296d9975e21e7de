/** The relevance of patches, words and frames for the similarity of a pair. */
import { join } from "@std/path";
import type { AttentionMaps, AttentionResult, AttentionSettings } from "../../experiments/attention/experiment.ts";
import { shownMap } from "../../systems/relevance.ts";
import { originOf } from "../collect/origin.ts";
import { imageCopies, spectrogramUri } from "../page/media.ts";
import { html } from "../page/shell.ts";
import { boxText, Canvas, pageColour, type Panel } from "./canvas.ts";
import { amount, describeData, plain } from "./captions.ts";
import type { ExperimentParts, Figure } from "./figure.ts";
import { axis, FONT_SIZES, LIGHT } from "./style.ts";
import { placeWords } from "./text_lines.ts";

/** CSS pixels. */
const SIZES = { left: 8, image: 116, gap: 8, right: 10, title: 20, line: 17, sound: 44, map: 26, ticks: 40, after: 8 };
/** Most lines of words in a figure. */
const LINES = 7;
/** Most columns of a map over time. */
const COLUMNS = 250;

export function relevanceColour(strength: number): string {
  return `rgba(230,120,0,${(0.85 * strength).toFixed(2)})`;
}

/**
 * For the first pairs: the image, its patches, the words and the sound, each with its relevance, from `attention`.
 *
 * @param options.shown most pairs. Default: 3
 */
export async function attentionFigure(
  { settings, result }: ExperimentParts<AttentionSettings, AttentionResult>,
  { shown = 3 }: { shown?: number } = {},
): Promise<Figure> {
  const maps = result.maps.slice(0, shown);
  const canvas = new Canvas();
  let top = 2;
  for (const map of maps) top = await drawPair(canvas, map, { result, top });
  const { of, model, step } = result;
  return canvas.figure({
    name: "attention",
    title: "What does the similarity rest on?",
    caption:
      `${describeData(originOf(of.dataset, settings.model.config.dataRoot))}, ${of.split} split: ${
        amount(of.recordings, "recording")
      }, ${amount(of.pictures, "image")}; ${
        amount(maps.length, "pair")
      }. ${model}, checkpoint of step ${step}. Orange marks what raises the similarity, each map on its own scale: patches of ` +
      "the image, words that the text tower read, and below the log-mel spectrogram the frames of the acoustic branch. Parts " +
      "without color do not matter or lower the similarity. Gradient times activation (HiResCAM).",
    alt: maps.map((map) =>
      `Pair ${map.id}, similarity ${map.similarity.toFixed(2)}, rank ${map.rank} of ${of.pictures}: ${strongest(map)}.`
    ).join(" "),
  }, Math.max(top, 96));
}

/**
 * Draws a pair and returns the y coordinate below it.
 *
 * @param options.image CSS pixels of the image's longer side. Default: 116
 * @param options.lines most lines of words. Default: 7
 * @param options.folder the data set's folder. Default: that in the result
 */
export async function drawPair(
  canvas: Canvas,
  map: AttentionMaps,
  options: { result: AttentionResult; top: number; image?: number; lines?: number; folder?: string },
): Promise<number> {
  const { result, top, image = SIZES.image, lines: most = LINES, folder = result.dataFolder } = options;
  const left = SIZES.left + 2 * (image + SIZES.gap) + 10;
  const room = canvas.width - SIZES.right - left;
  const begin = top + SIZES.title;
  canvas.text(
    `<b>${plain(map.id)}</b>: similarity ${map.similarity.toFixed(2)}, rank ${map.rank} of ${result.of.pictures}`,
    SIZES.left,
    top + SIZES.title / 2,
    { yanchor: "middle", font: { size: FONT_SIZES.normal, color: LIGHT.ink } },
  );
  const { words, lines } = placeWords(map.text?.words ?? [], room, most);
  for (const { word, x, width, line, shown, relevance } of words) {
    const box = { x: left + x, y: begin + line * SIZES.line + 1.5, width, height: SIZES.line - 3 };
    if (shown > 0.02) canvas.rect(box, { fillcolor: relevanceColour(shown) });
    canvas.text(plain(word), box.x + width / 2, begin + (line + 0.5) * SIZES.line, {
      xanchor: "center",
      yanchor: "middle",
      ...(relevance === null
        ? { font: { size: FONT_SIZES.small, color: LIGHT.muted } }
        : { hovertext: relevance.toFixed(4) }),
    });
  }
  const sound = begin + lines * SIZES.line + 4;
  const spectrogram = { x: left, y: sound, width: room, height: SIZES.sound };
  canvas.image(await spectrogramUri(map.spectrogram), spectrogram, { stretch: true });
  const below = { x: left, y: sound + SIZES.sound, width: room, height: SIZES.map };
  canvas.panel(map.sound === null ? spectrogram : below, timePanel(map));
  await drawImage(canvas, map, { path: join(folder, map.image), side: image, y: begin });
  const right = lines * SIZES.line + SIZES.sound + (map.sound === null ? 4 : SIZES.map) + SIZES.ticks;
  return begin + Math.max(right, image + 22) + SIZES.after;
}

/** The image in color, and next to it in gray with its map. */
async function drawImage(
  canvas: Canvas,
  map: AttentionMaps,
  { path, side, y }: { path: string; side: number; y: number },
): Promise<void> {
  let copies;
  try {
    copies = await imageCopies(path, 2 * side);
  } catch {
    return canvas.missing(path, { x: SIZES.left, y, width: 2 * side + SIZES.gap, height: side });
  }
  const scale = side / Math.max(copies.width, copies.height);
  const colour = { x: SIZES.left, y, width: scale * copies.width, height: scale * copies.height };
  const grey = { ...colour, x: SIZES.left + side + SIZES.gap };
  canvas.image(copies.colour, colour);
  canvas.image(copies.grey, grey);
  canvas.panel(grey, patchPanel(map));
}

const HIDDEN = { showticklabels: false, ticks: "", showline: false, automargin: false };

/** The patches, over the part of the image that the tower sees. */
function patchPanel({ picture: { grid, relevance, seen } }: AttentionMaps): Panel {
  const values = shownMap(relevance);
  const [across, down] = [seen.width / grid, seen.height / grid];
  return {
    plot: (axes, { x, y }) => ({
      data: [{
        type: "heatmap",
        x0: seen.left + across / 2,
        dx: across,
        y0: seen.top + down / 2,
        dy: down,
        z: Array.from({ length: grid }, (_, row) => values.slice(row * grid, (row + 1) * grid)),
        zmin: 0,
        zmax: 1,
        colorscale: [[0, relevanceColour(0)], [1, relevanceColour(1)]],
        showscale: false,
        hovertemplate: "%{z:.2f}<extra></extra>",
        xaxis: `x${axes}`,
        yaxis: `y${axes}`,
      }],
      axes: {
        [`xaxis${axes}`]: axis("", { domain: x, anchor: `y${axes}`, range: [0, 1], ...HIDDEN }),
        [`yaxis${axes}`]: axis("", { domain: y, anchor: `x${axes}`, range: [1, 0], ...HIDDEN }),
      },
    }),
    svg: ({ x, y, width, height }) => {
      const patches = values.map((value, i) => {
        const box = {
          x: x + (seen.left + (i % grid) * across) * width,
          y: y + (seen.top + Math.floor(i / grid) * down) * height,
          width: across * width,
          height: down * height,
        };
        return html`
          <rect ${boxText(box)} fill="${relevanceColour(value)}">
            <title>${relevance[i]!.toFixed(4)}</title>
          </rect>
        `;
      });
      return html`<g class="patches">${patches}</g>`;
    },
  };
}

/** The relevance of frames over time; an empty axis if the variant has no acoustic branch. */
function timePanel({ sound, spectrogram: { seconds } }: AttentionMaps): Panel {
  const { values, seconds: covered } = sound === null ? { values: [], seconds } : relevanceOverTime(sound, seconds);
  const at = (i: number): number => (i + 0.5) * covered / values.length;
  const invisible = { mode: "markers", x: [seconds / 2], y: [0.5], marker: { opacity: 0 }, hoverinfo: "skip" };
  const curve = {
    mode: "lines",
    x: values.map((_, i) => Number(at(i).toFixed(3))),
    y: values.map((value) => Number(value.toFixed(3))),
    fill: "tozeroy",
    fillcolor: relevanceColour(0.6),
    line: { color: relevanceColour(1), width: 1 },
    hovertemplate: "%{x:.1f} s: %{y:.2f}<extra></extra>",
  };
  return {
    plot: (axes, { x, y }) => ({
      data: [{
        type: "scatter",
        ...(sound === null ? invisible : curve),
        showlegend: false,
        xaxis: `x${axes}`,
        yaxis: `y${axes}`,
      }],
      axes: {
        [`xaxis${axes}`]: axis("time (s)", {
          domain: x,
          anchor: `y${axes}`,
          range: [0, seconds],
          automargin: false,
          title: { text: "time (s)", standoff: 2, font: { size: FONT_SIZES.small, color: LIGHT.ink } },
        }),
        [`yaxis${axes}`]: axis("", { domain: y, anchor: `x${axes}`, range: [0, 1.08], ...HIDDEN }),
      },
    }),
    svg: ({ x, y, width, height }) => {
      const bottom = y + height;
      const xOf = (time: number): string => (x + time / seconds * width).toFixed(1);
      const points = values.map((value, i) => `${xOf(at(i))},${(bottom - value / 1.08 * height).toFixed(1)}`);
      const every = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20].find((step) => seconds / step <= 12) ?? 60;
      const ticks = Array.from(
        { length: Math.floor(seconds / every + 1e-9) + 1 },
        (_, i) => Number((i * every).toFixed(1)),
      );
      const ink = pageColour(LIGHT.ink);
      return html`
        ${values.length === 0 ? "" : html`
          <polygon points="${xOf(0)},${bottom} ${points.join(" ")} ${xOf(Math.min(covered, seconds))},${bottom}"
            fill="${relevanceColour(0.6)}" stroke="${relevanceColour(1)}" />
        `}
        <rect ${boxText({ x, y: bottom, width, height: 0.75 })} fill="${ink}" />
        ${ticks.map((time) =>
          html`
            <text x="${xOf(time)}" y="${(bottom + 12).toFixed(1)}" font-size="8" text-anchor="middle"
              fill="${ink}">${time}</text>
          `
        )}
        <text x="${(x + width / 2).toFixed(1)}" y="${(bottom + 24).toFixed(1)}" font-size="8" text-anchor="middle"
          fill="${ink}">time (s)</text>
      `;
    },
  };
}

/**
 * Relevance over time, averaged to columns, without frames of padding past the recording's end.
 *
 * @param seconds length of the recording
 * @returns values in [0, 1], evenly spaced over `seconds`
 */
export function relevanceOverTime(
  { relevance: all, framesPerSecond }: NonNullable<AttentionMaps["sound"]>,
  seconds: number,
): { values: number[]; seconds: number } {
  const relevance = all.slice(0, Math.ceil(seconds * framesPerSecond));
  const columns = Math.min(relevance.length, COLUMNS);
  const means = Array.from({ length: columns }, (_, i) => {
    const [from, to] = [i, i + 1].map((end) => Math.floor(end * relevance.length / columns));
    const part = relevance.slice(from, to);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  return { values: shownMap(means), seconds: relevance.length / framesPerSecond };
}

/** The most relevant words and second, for the alternative text. */
function strongest({ text, sound, spectrogram }: AttentionMaps): string {
  const words = (text?.words ?? []).filter(({ relevance }) => (relevance ?? 0) > 0)
    .sort((a, b) => b.relevance! - a.relevance!).slice(0, 3).map(({ word }) => word.trim());
  const parts = words.length > 0
    ? [`the words '${words.join("', '")}' matter most`]
    : text
    ? ["no word raises it"]
    : [];
  if (sound !== null) {
    const { values, seconds } = relevanceOverTime(sound, spectrogram.seconds);
    const second = (values.indexOf(Math.max(...values)) + 0.5) * seconds / values.length;
    parts.push(`in the sound second ${second.toFixed(1)} matters most`);
  }
  return parts.join(", ") || "only the image has a map";
}
