/**
 * A query of a gallery and a row of answers a model.
 *
 * @module
 */
import { join } from "@std/path";
import type { GalleryAnswer, GalleryQuery, GalleryResult } from "../../experiments/gallery/gallery_results.ts";
import { type MarkedWord, wordMarks } from "../../text/word_marks.ts";
import { type Box, type Canvas, LINE } from "./canvas.ts";
import { LIGHT, PALETTE, VARIANT_COLOURS } from "./palette.ts";
import { fitted, textLines, textWidth, unmarked } from "./text_lines.ts";
import type { Thumbnails } from "./thumbnails.ts";
import { amount } from "./told.ts";
import { plain } from "./values.ts";

/** Answers in a row, at most. */
const FIRST = 5;
/** CSS pixels; `hits` is the width of five answers and the right one. */
const PLACES = { side: 8, model: 88, gap: 6, apart: 12, picture: 92, after: 10, least: 6 };
/** A colour's bar beside a model's name. */
const BAR = { width: 3, room: 8 };
/** Words before the first wrong one that are shown at least. */
const BEFORE = 5;
/** The right answer. */
const RIGHT = PALETTE.green;

/** What a query is drawn from. */
export interface GalleryRow {
  /** The query. */
  query: GalleryQuery;
  /** The whole gallery. */
  result: GalleryResult;
  /** What its models are called. */
  names: readonly string[];
  /** The data set's folder. */
  folder: string;
  /** Takes what is drawn. */
  canvas: Canvas;
  /** Reads the pictures. */
  thumbnails: Thumbnails;
  /** CSS pixels above it. */
  top: number;
}

/** Draws a query with its answers; gives where the next one begins. */
export async function drawGalleryQuery(row: GalleryRow): Promise<number> {
  const { query: { answers, direction }, canvas, names, result, top } = row;
  const size = answers.length > 3 ? 50 : answers.length > 2 ? 54 : 60;
  const hits = (FIRST + 1) * size + FIRST * PLACES.gap + PLACES.apart;
  const left = canvas.width - PLACES.side - hits;
  const models = left - PLACES.model;
  let bottom = top;
  for (const [i, answer] of answers.entries()) {
    const height = direction === "speech2image"
      ? await drawPictures(row, answer, { x: left, y: bottom, width: size, height: size })
      : drawTexts(row, answer, { x: left, y: bottom, width: hits, height: LINE });
    const colour = VARIANT_COLOURS[result.models[i]!.variant as keyof typeof VARIANT_COLOURS] ?? LIGHT.muted;
    canvas.rect({ x: models, y: bottom, width: BAR.width, height: height - 4 }, { fillcolor: colour });
    const room = PLACES.model - BAR.room - 8;
    const of = direction === "speech2image" ? result.of.pictures : result.of.recordings;
    const lines = [
      ...textLines(unmarked(names[i]!), room, 2, true),
      "right one:",
      `${answer.rank} of ${of}`,
    ];
    canvas.text(lines.join("<br>"), models + BAR.room, bottom);
    bottom += Math.max(height, lines.length * LINE) + 4;
  }
  const asked = await drawAsked(row, models - PLACES.side - 12, bottom - top);
  return Math.max(bottom, top + asked) + PLACES.after;
}

/** What asks: a recording's words, or a picture. Gives its height. */
async function drawAsked({ query, result, folder, canvas, thumbnails, top }: GalleryRow, room: number, height: number) {
  const { id, direction } = query;
  const [name] = textLines(unmarked(fitted(id, room, { bold: true })), room, 1, true);
  canvas.text(name!, PLACES.side, top);
  const below = top + LINE + 3;
  if (direction === "image2speech") {
    const side = Math.max(48, Math.min(PLACES.picture, height - LINE - 8));
    await thumbnails.draw(canvas, join(folder, result.pictures[id] ?? id), {
      x: PLACES.side,
      y: below,
      width: side,
      height: side,
    });
    return LINE + 3 + side;
  }
  const { transcript = "", reference = "", errors = null } = result.recordings[id] ?? {};
  const { said, heard } = reference === ""
    ? { said: [], heard: unmarked(transcript) }
    : wordMarks(reference, transcript);
  const differs = errors !== null && errors.errors > 0;
  const wrong = differs ? ` (${amount(errors.errors, "error")} in ${amount(errors.words, "word")})` : "";
  const most = Math.max(PLACES.least, Math.floor((height / LINE - 1) / (differs ? 2 : 1)));
  const parts: [string, MarkedWord[]][] = [[
    `${errors !== null && !differs ? "Heard as written" : "Heard"}${wrong}:`,
    heard,
  ]];
  if (differs) parts.push(["Written:", said]);
  const lines = parts.flatMap(([label, words]) => [
    ...textLines([...unmarked(label), ...aroundMarks(words, room, most - 1)], room, most),
  ]);
  canvas.text(lines.join("<br>"), PLACES.side, below);
  return LINE + 3 + lines.length * LINE;
}

/** The words, or where the first wrong one would have no room: what stands around it, as much as fits before it. */
function aroundMarks(words: MarkedWord[], room: number, most: number): MarkedWord[] {
  const fits = (part: readonly MarkedWord[]) => textLines(part, room, Infinity).length <= most;
  const first = words.findIndex(({ marked }) => marked);
  if (first <= BEFORE || fits(words.slice(0, first + BEFORE))) return words;
  let from = first - BEFORE;
  while (from > 1 && fits(words.slice(from - 1))) from--;
  return [{ word: "…", marked: false }, ...words.slice(from)];
}

/** The first pictures and the right one; gives the height. */
async function drawPictures(row: GalleryRow, { rank, similarity, top }: GalleryAnswer, first: Box): Promise<number> {
  const { query, result, folder, canvas, thumbnails } = row;
  const right = result.recordings[query.id]?.imageId;
  const shown = top.slice(0, FIRST).map((hit, i) => ({
    ...hit,
    place: i + 1,
    x: first.x + i * (first.width + PLACES.gap),
  }));
  if (right !== undefined && !shown.some(({ id }) => id === right)) {
    const x = first.x + FIRST * (first.width + PLACES.gap) + PLACES.apart;
    shown.push({ id: right, similarity, place: rank, x });
  }
  for (const { id, similarity, place, x } of shown) {
    const box = { ...first, x };
    await thumbnails.draw(canvas, join(folder, result.pictures[id] ?? id), box);
    const whole = `${place}: ${signed(similarity)}`;
    const told = textWidth(whole, { bold: true }) > first.width + PLACES.apart ? signed(similarity) : whole;
    if (id === right) frame(canvas, box);
    canvas.text(id === right ? `<b>${told}</b>` : told, x + first.width / 2, first.y + first.height + 2, {
      xanchor: "center",
    });
  }
  return first.height + LINE + 3;
}

/** The first recordings as they were heard, and a right one; gives the height. */
function drawTexts({ query, result, canvas }: GalleryRow, { rank, similarity, top }: GalleryAnswer, line: Box): number {
  const { recordings } = result;
  const isRight = (id: string) => recordings[id]?.imageId === query.id;
  const shown = top.slice(0, FIRST).map(({ id, similarity }, i) => ({
    place: i + 1,
    similarity,
    right: isRight(id),
    text: recordings[id]?.transcript || id,
  }));
  if (!shown.some(({ right }) => right)) {
    const own = Object.entries(recordings).filter(([id]) => isRight(id));
    const text = own.length === 1 ? own[0]![1].transcript || own[0]![0] : `one of its ${own.length} recordings`;
    shown.push({ place: rank, similarity, right: true, text });
  }
  const step = line.height + 3;
  for (const [i, { place, similarity, right, text }] of shown.entries()) {
    const apart = place > FIRST && i === shown.length - 1 ? 4 : 0;
    const y = line.y + i * step + apart;
    const number = `${place}:`, places = 30, value = 34;
    if (right) frame(canvas, { x: line.x, y, width: line.width, height: line.height + 1 });
    const bold = (text: string) => right ? `<b>${plain(text)}</b>` : plain(text);
    canvas.text(bold(number), line.x + places - 4, y, { xanchor: "right", align: "right" });
    canvas.text(bold(fitted(text, line.width - places - value - 4, { bold: right })), line.x + places, y);
    canvas.text(bold(signed(similarity)), line.x + line.width - 4, y, { xanchor: "right", align: "right" });
  }
  return shown.length * step + (shown.length > FIRST ? 8 : 4);
}

/** Two decimals, with a true minus. */
function signed(similarity: number): string {
  return similarity.toFixed(2).replace("-", "−");
}

/** A frame in the colour of what is right. */
function frame(canvas: Canvas, { x, y, width, height }: Box): void {
  canvas.rect({ x: x - 1, y: y - 1, width: width + 2, height: height + 2 }, {
    line: { color: RIGHT, width: 2 },
    fillcolor: "rgba(0,0,0,0)",
  });
}
