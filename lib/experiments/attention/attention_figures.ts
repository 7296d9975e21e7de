/**
 * The drawings of the attention maps: a picture with its patches, shaded words, a spectrogram with its map beneath.
 *
 * @module
 */
import sharp from "sharp";
import { shownMap } from "../../systems/relevance.ts";
import { heatColour, heatCss } from "../page/colours.ts";
import { dataUri, pngUri } from "../page/media.ts";
import { type Html, html } from "../page/page.ts";
import type { AttentionMaps } from "./experiment.ts";
import type { Spectrogram } from "../../audio/log_mel.ts";

/** Longer side of a picture, in pixels. */
const SIDE = 320;

/** A small picture. */
export interface PictureCopies {
  /** As it is: a JPEG's address. */
  colour: string;
  /** Without colours, so that those of a map can be told from its own. */
  grey: string;
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
}

/** Small copies of a picture, upright, its longer side of so many pixels. */
export async function pictureCopies(path: string, side: number): Promise<PictureCopies> {
  const copy = sharp(await Deno.readFile(path)).autoOrient().resize(side, side, { fit: "inside" })
    .flatten({ background: "#fff" });
  const { data, info: { width, height } } = await copy.jpeg({ quality: 85 }).toBuffer({ resolveWithObject: true });
  const colour = dataUri("image/jpeg", new Uint8Array(data));
  const grey = dataUri("image/jpeg", new Uint8Array(await sharp(data).greyscale().jpeg({ quality: 85 }).toBuffer()));
  return { colour, grey, width, height };
}

/** The picture in colour, and in grey with its patches coloured by their relevance. */
export async function pictureFigure(path: string, { grid, relevance, seen }: AttentionMaps["picture"]): Promise<Html> {
  const { colour, grey, width, height } = await pictureCopies(path, SIDE);
  const [across, down] = [seen.width * width / grid, seen.height * height / grid];
  const patches = shownMap(relevance).map((value, i) => {
    const [x, y] = [seen.left * width + (i % grid) * across, seen.top * height + Math.floor(i / grid) * down];
    return html`
      <rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${across.toFixed(1)}" height="${down.toFixed(
        1,
      )}" fill="${heatCss(value)}"
        fill-opacity="${(0.15 + 0.6 * value).toFixed(2)}">
        <title>${relevance[i]!.toFixed(4)}</title>
      </rect>
    `;
  });
  const frame = (content: Html, label: string) =>
    html`
      <svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"
        aria-label="${label}">${content}</svg>
    `;
  return html`<div class="pictures">${
    frame(
      html`
        <image href="${colour}" width="${width}" height="${height}" />
      `,
      "the picture",
    )
  }
${
    frame(
      html`
        <image href="${grey}" width="${width}" height="${height}" />${patches}
      `,
      `relevance of its ${grid} x ${grid} patches`,
    )
  }</div>`;
}

/** The words, each on the colour of its relevance. */
export function wordsFigure({ words }: NonNullable<AttentionMaps["text"]>): Html {
  const shown = shownMap(words.map(({ relevance }) => relevance ?? 0));
  const spans = words.map(({ word, relevance }, i) => {
    if (relevance === null) {
      return html`
        <span class="unread" title="past the tower's last place">${word}</span>
      `;
    }
    const style = `background: rgb(245 125 21 / ${(0.9 * shown[i]!).toFixed(2)})`;
    return html`
      <span style="${style}" title="${relevance.toFixed(4)}">${word}</span>
    `;
  });
  return html`<p class="words">${spans}</p>`;
}

/** Width of the drawing, height of the spectrogram, of the map below it, and of the axis, in pixels. */
const SOUND = { width: 1000, spectrogram: 150, map: 56, axis: 22 };

/** The spectrogram, and below it the relevance over the same time. */
export async function soundFigure(spectrogram: Spectrogram, sound: AttentionMaps["sound"]): Promise<Html> {
  const { width, map, axis } = SOUND;
  const { seconds } = spectrogram;
  const drawn = sound === null ? 0 : map;
  const bottom = SOUND.spectrogram + drawn;
  const every = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20].find((step) => seconds / step <= 12) ?? 60;
  const ticks = Array.from({ length: Math.floor(seconds / every + 1e-9) + 1 }, (_, i) => {
    const [x, time] = [i * every / seconds * width, Number((i * every).toFixed(1))];
    return html`
      <line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${bottom}" y2="${bottom + 5}" stroke="#667085" />
      <text x="${x.toFixed(1)}" y="${bottom + 18}" text-anchor="${i === 0 ? "start" : "middle"}">${time} s</text>
    `;
  });
  return html`
    <svg class="sound" viewBox="0 0 ${width} ${bottom + axis}" role="img"
      aria-label="log-mel spectrogram and relevance over time">
    <image href="${await spectrogramUri(spectrogram)}" width="${width}" height="${SOUND
      .spectrogram}" preserveAspectRatio="none"/>
    ${sound === null ? "" : areaOf(sound, seconds)}${ticks}</svg>
  `;
}

/** Columns of a map over time at most. */
const COLUMNS = 250;

/**
 * Relevance over time as it is drawn, averaged to columns; frames of padding past the recording's end, which a run with
 * attended padding has, are left out.
 *
 * @param seconds length of the recording
 * @returns values in [0, 1] that are evenly spread over `seconds`
 */
export function relevanceOverTime(
  { relevance: all, framesPerSecond }: NonNullable<AttentionMaps["sound"]>,
  seconds: number,
): { values: number[]; seconds: number } {
  const relevance = all.slice(0, Math.ceil(seconds * framesPerSecond));
  const columns = Math.min(relevance.length, COLUMNS);
  const means = Array.from({ length: columns }, (_, i) => {
    const part = relevance.slice(
      Math.floor(i * relevance.length / columns),
      Math.floor((i + 1) * relevance.length / columns),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  return { values: shownMap(means), seconds: relevance.length / framesPerSecond };
}

/** The relevance as bars over time. */
function areaOf(sound: NonNullable<AttentionMaps["sound"]>, seconds: number): Html {
  const { width, spectrogram, map } = SOUND;
  const { values, seconds: heard } = relevanceOverTime(sound, seconds);
  const columns = values.length;
  const end = Math.min(1, heard / seconds) * width;
  const bars = values.map((value, i) =>
    html`
      <rect x="${(i * end / columns).toFixed(1)}" y="${(spectrogram + map - value * (map - 6)).toFixed(
        1,
      )}" width="${(end / columns + 0.3).toFixed(1)}" height="${(value * (map - 6)).toFixed(1)}" fill="${heatCss(
        0.35 + 0.4 * value,
      )}" />
    `
  );
  return html`
    <rect x="0" y="${spectrogram}" width="${width}" height="${map}" fill="#f6f7f9" />${bars}
  `;
}

/** The spectrogram as a picture, high pitch at the top. */
export function spectrogramUri({ bands, columns, levels }: Spectrogram): Promise<string> {
  const data = new Uint8Array(bands * columns * 3);
  levels.forEach((level, i) => {
    const [band, column] = [Math.floor(i / columns), i % columns];
    data.set(heatColour(level / 255), ((bands - 1 - band) * columns + column) * 3);
  });
  return pngUri({ data, width: columns, height: bands, channels: 3 });
}
