/** Recordings, images, tables and text below the running cell. */
import { inspectAudio } from "../audio/read_audio.ts";
import { audioUri, dataUri } from "../report/page/media.ts";
import { type Html, html } from "../report/page/shell.ts";
import { InputError } from "../errors.ts";
import { escapeMarkdown, printable, shellWord } from "../files/escape.ts";
import { reading } from "../files/read.ts";
import { decodeImage, openWithSharp, readImageFile } from "../image/decode_image.ts";
import { type Bundle, showOutput } from "./kernel.ts";

/**
 * Shows Markdown below the running cell, such as a finding with its numbers filled in.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showMarkdown(`BrewCLIP finds **${recall.toFixed(1)} %** of the images at rank 1.`);
 * ```
 *
 * @throws {InputError} outside of a notebook.
 */
export async function showMarkdown(text: string): Promise<void> {
  await showOutput({ "text/markdown": text, "text/plain": printable(text) });
}

/**
 * Shows a player for a recording below the running cell. The file is embedded unchanged; browsers play WAV, FLAC, Ogg
 * Vorbis, Opus and MP3.
 *
 * @param recording the path of a file, or a file's bytes
 * @param options.caption shown above the player. Default: nothing.
 * @throws {InputError} if the file is missing, damaged or of an unknown format, or outside of a notebook.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showAudio(pair.audio, { caption: pair.text });
 * ```
 */
export async function showAudio(recording: string | Uint8Array, options: { caption?: string } = {}): Promise<void> {
  const { caption } = options;
  const { name, bytes } = typeof recording === "string"
    ? { name: recording, bytes: await readRecording(recording) }
    : { name: "bytes", bytes: recording };
  const { seconds, format } = await inspectAudio(bytes, name);
  await showOutput(playerBundle(bytes, `${format}, ${seconds.toFixed(1)} s`, caption, name));
}

/** Makes the forms of a recording that a notebook stores. */
export function playerBundle(bytes: Uint8Array, facts: string, caption: string | undefined, name: string): Bundle {
  const player = html`<figure style="margin:0">${
    caption === undefined ? "" : html`<figcaption>${caption}</figcaption>`
  }<audio controls preload="metadata" src="${audioUri(bytes)}"></audio></figure>`;
  return { "text/html": String(player), "text/plain": printable(`recording: ${caption ?? name}, ${facts}`) };
}

/** A larger recording makes a notebook that browsers do not open. */
const MAX_EMBEDDED = 100e6;

async function readRecording(path: string): Promise<Uint8Array> {
  const { size } = await reading(path, () => Deno.stat(path));
  if (size > MAX_EMBEDDED) {
    throw new InputError(
      `Cannot show the recording '${path}' as it has ${size} bytes: expected at most ${MAX_EMBEDDED}. Cut a part: ` +
        `ffmpeg -i ${shellWord(path)} -t 60 part.wav`,
    );
  }
  return await reading(path, () => Deno.readFile(path));
}

/** How to show an image. */
export type ImageView = {
  /** Text below it. Default: nothing. */
  caption?: string;
  /** Longest side in pixels; larger images are scaled down. Default 384. */
  side?: number;
};

/**
 * Shows an image below the running cell, upright.
 *
 * @param source the path of a file, or a file's bytes
 * @throws {InputError} if the file is missing, damaged or of an unknown format, or outside of a notebook.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * const [pair] = await loadPairs("ln-coco", "../data/sample/coco");
 * await showImage(pair.image, { caption: pair.text });
 * ```
 */
export async function showImage(source: string | Uint8Array, view: ImageView = {}): Promise<void> {
  const { caption, side = 384 } = view;
  const { name, bytes } = typeof source === "string"
    ? { name: source, bytes: await readImageFile(source) }
    : { name: "bytes", bytes: source };
  await decodeImage(bytes, name); // throws a clear error for a damaged file
  const image = await openWithSharp(bytes, name);
  const copy = await image.resize(side, side, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#fff" }).jpeg({ quality: 88 }).toBuffer();
  const jpeg = new Uint8Array(copy);
  await showOutput(imageBundle(jpeg, caption, name));
}

/** Makes the forms of an image that a notebook stores. */
export function imageBundle(jpeg: Uint8Array, caption: string | undefined, name: string): Bundle {
  const alternative = caption ?? name;
  const figure = html`<figure style="margin:0"><img src="${dataUri("image/jpeg", jpeg)}" alt="${alternative}">${
    caption === undefined ? "" : html`<figcaption>${caption}</figcaption>`
  }</figure>`;
  return {
    "text/html": String(figure),
    "image/jpeg": jpeg.toBase64(),
    "text/plain": printable(`image: ${alternative}`),
  };
}

/** @deprecated Use {@link showImage}. */
export const showPicture: typeof showImage = showImage;

/** A table. */
export interface ShownTable {
  /** Text above it. */
  title?: string;
  /** Text below it. */
  note?: string;
  /** The headings. */
  columns: readonly string[];
  /** The cells. Numbers are not rounded. */
  rows: readonly (readonly (string | number | boolean | null | undefined)[])[];
}

/**
 * Shows a table below the running cell: as HTML, as Markdown, and as plain text.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showTable({ title: "Recordings", columns: ["split", "count"], rows: [["train", 450], ["test", 110]] });
 * ```
 *
 * @throws {InputError} outside of a notebook.
 */
export async function showTable(table: ShownTable): Promise<void> {
  await showOutput(tableBundle(table));
}

/** Makes the forms of a table that a notebook stores. */
export function tableBundle(table: ShownTable): Bundle {
  const markdown = markdownTable(table);
  return { "text/html": String(htmlTable(table)), "text/markdown": markdown, "text/plain": markdown };
}

const text = (cell: unknown): string => cell === null || cell === undefined ? "" : String(cell);

/** Whether a cell is right-aligned: `12`, `-3.4`, `41.8 (35-49)`, `5 %`. */
const isNumber = (cell: unknown): boolean => /^[-+<]?\s?\d/.test(text(cell));

/** Whether each column contains only numbers. */
function numeric({ columns, rows }: ShownTable): boolean[] {
  return columns.map((_, at) => {
    const cells = rows.map((row) => row[at]).filter((cell) => text(cell) !== "");
    return cells.length > 0 && cells.every(isNumber);
  });
}

function markdownTable(table: ShownTable): string {
  const line = (cells: readonly unknown[]): string =>
    `| ${cells.map((cell) => escapeMarkdown(text(cell))).join(" | ")} |`;
  const rule = `| ${numeric(table).map((right) => right ? "---:" : "---").join(" | ")} |`;
  const lines = [line(table.columns), rule, ...table.rows.map(line)].join("\n");
  const { title, note } = table;
  return [title && `**${escapeMarkdown(title)}**`, lines, note && escapeMarkdown(note)].filter(Boolean).join("\n\n");
}

function htmlTable(table: ShownTable): Html {
  const sides = numeric(table).map((right) => `text-align:${right ? "right" : "left"}`);
  const head = table.columns.map((cell, at) => html`<th scope="col" style="${sides[at]}">${cell}</th>`);
  const rows = table.rows.map((row) =>
    html`<tr>${row.map((cell, at) => html`<td style="${sides[at]}">${text(cell)}</td>`)}</tr>`
  );
  const caption = !table.title
    ? ""
    : html`<caption style="caption-side:top;text-align:left;font-weight:bold;color:inherit">${table.title}</caption>`;
  const note = !table.note ? "" : html`<p style="max-width:60em;opacity:.75">${table.note}</p>`;
  return html`
    <table
      style="font-variant-numeric:tabular-nums">${caption}<thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>${note}
  `;
}
