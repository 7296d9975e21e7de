/** Answers of the models to single queries. */
import { join } from "@std/path";
import type {
  GalleryAnswer,
  GalleryQuery,
  GalleryResult,
  GallerySettings,
} from "../../experiments/gallery/experiment.ts";
import { choiceInWords } from "../tables/queries.ts";
import { type MarkedWord, wordMarks } from "../../text/word_errors.ts";
import { originOf } from "../collect/origin.ts";
import { type Box, Canvas, FULL_WIDTH, LINE } from "./canvas.ts";
import { amount, describeData, listWords, plain, WAY_TITLES } from "./captions.ts";
import type { ExperimentParts, Figure } from "./figure.ts";
import { FONT_SIZES, LIGHT, PALETTE, VARIANT_COLOURS, VARIANT_LABELS } from "./style.ts";
import { fitted, textLines, textWidth, unmarked } from "./text_lines.ts";

const SHOWN = 4;
/** Pixels of an image's longer side, of few and of many images, so that the file stays small. */
const SIDES = { few: 112, many: 72 };
const MANY = 40;
/** CSS pixels. */
const PAGE = { title: 20, side: 8 };

type Way = GalleryQuery["direction"];
const WAYS: readonly Way[] = ["speech2image", "image2speech"];

/**
 * Queries of both directions with the first answers of each model, from `gallery`. A frame marks the correct answer. An image that
 * cannot be read is a gray panel with its name.
 *
 * @param options.shown most queries, split evenly between the directions. Default: 4
 * @param options.folder the data set's folder. Default: that in the result
 */
export async function galleryFigure(
  { settings, result }: ExperimentParts<GallerySettings, GalleryResult>,
  { shown = SHOWN, folder = result.dataFolder }: { shown?: number; folder?: string } = {},
): Promise<Figure> {
  const queries = chosen(result.queries, shown);
  const asking = queries.filter(({ direction }) => direction === "speech2image").length;
  const images = asking * result.models.length * 6 + queries.length - asking;
  const canvas = new Canvas({ side: images > MANY ? SIDES.many : SIDES.few });
  const names = modelNames(result);
  let top = 4;
  for (const way of WAYS) {
    const of = queries.filter(({ direction }) => direction === way);
    if (of.length === 0) continue;
    canvas.text(`<b>${WAY_TITLES[way]}</b>`, PAGE.side, top, { font: { size: FONT_SIZES.large, color: LIGHT.ink } });
    top += PAGE.title;
    for (const query of of) {
      canvas.rect({ x: PAGE.side, y: top, width: canvas.width - 2 * PAGE.side, height: 0.75 }, {
        fillcolor: LIGHT.grid,
      });
      top = await drawGalleryQuery({ query, result, names, folder, canvas, top: top + 6 });
    }
    top += 4;
  }
  if (queries.length === 0) {
    canvas.text("No query is stored.", PAGE.side, top);
    top += LINE + 4;
  }
  return canvas.figure({
    name: "gallery",
    title: "What does each model answer?",
    caption: captionOf(settings, result, queries, names),
    alt: queries.map((query) => describeQuery(query, result, names)).join(" ") || "No query is stored.",
  }, top);
}

/** The first queries, split evenly between the directions if there are enough. */
function chosen(queries: readonly GalleryQuery[], shown: number): GalleryQuery[] {
  const [speech, images] = WAYS.map((way) => queries.filter(({ direction }) => direction === way)) as [
    GalleryQuery[],
    GalleryQuery[],
  ];
  const first = Math.min(speech.length, Math.max(Math.ceil(shown / 2), shown - images.length));
  return [...speech.slice(0, first), ...images.slice(0, shown - first)];
}

/** Labels of the variants; the full names of models that share one. */
export function modelNames({ models }: GalleryResult): string[] {
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
  return `${describeData(originOf(of.dataset, models[0]!.config.dataRoot))}, ${of.split} split: ${
    amount(of.recordings, "recording")
  }, ${amount(of.pictures, "image")}. Shown: ${way("speech2image")} recordings and ${
    way("image2speech")
  } images as queries, out of ` +
    `${queries.length} stored (${
      choiceInWords(choice, names[0] ?? "", "queries each way")
    }). Each answer has its rank and ` +
    "its cosine similarity. A green frame marks the correct answer, at the end of the row if it is not among the first. Bold and " +
    `underlined: words that differ between transcript and caption. R@1 on the whole split in percent, in both directions: ${
      listWords(recall)
    }.`;
}

function describeQuery(query: GalleryQuery, { of, recordings }: GalleryResult, names: readonly string[]): string {
  const { direction, id, answers } = query;
  const bySpeech = direction === "speech2image";
  const asked = bySpeech ? `Recording ${id}, transcribed as "${recordings[id]?.transcript ?? ""}"` : `Image ${id}`;
  const ranks = answers.map(({ rank, top }, i) =>
    `${names[i]} ranks the correct ${bySpeech ? "image" : "recording"} ${rank} of ${
      bySpeech ? of.pictures : of.recordings
    }${rank === 1 || top.length === 0 ? "" : ` and ${top[0]!.id} first`}`
  );
  return `${asked}: ${ranks.join("; ")}.`;
}

/** Most answers in a row. */
const FIRST = 5;
/** CSS pixels. */
const SPACING = { side: 8, model: 88, gap: 6, apart: 12, image: 92, after: 10, least: 6 };
/** The colored bar at a model's name. */
const BAR = { width: 3, room: 8 };
/** Words shown before the first wrong one. */
const BEFORE = 5;
const RIGHT = PALETTE.green;

export interface GalleryRow {
  query: GalleryQuery;
  result: GalleryResult;
  names: readonly string[];
  folder: string;
  canvas: Canvas;
  /** CSS pixels above it. */
  top: number;
  /** Most answers in a row. Default: 5. */
  first?: number;
}

/** The canvas width for so many answers in a row. */
export function galleryWidth(first: number): number {
  return FULL_WIDTH + Math.max(0, first - FIRST) * (60 + SPACING.gap);
}

/** Draws a query with its answers and returns the y coordinate below it. */
export async function drawGalleryQuery(row: GalleryRow): Promise<number> {
  const { query: { answers, direction }, canvas, names, result, top, first = FIRST } = row;
  const size = answers.length > 3 ? 50 : answers.length > 2 ? 54 : 60;
  const hits = (first + 1) * size + first * SPACING.gap + SPACING.apart;
  const left = canvas.width - SPACING.side - hits;
  const models = left - SPACING.model;
  let bottom = top;
  for (const [i, answer] of answers.entries()) {
    const height = direction === "speech2image"
      ? await drawImages(row, answer, { x: left, y: bottom, width: size, height: size })
      : drawTexts(row, answer, { x: left, y: bottom, width: hits, height: LINE });
    const colour = VARIANT_COLOURS[result.models[i]!.variant as keyof typeof VARIANT_COLOURS] ?? LIGHT.muted;
    canvas.rect({ x: models, y: bottom, width: BAR.width, height: height - 4 }, { fillcolor: colour });
    const room = SPACING.model - BAR.room - 8;
    const of = direction === "speech2image" ? result.of.pictures : result.of.recordings;
    const lines = [
      ...textLines(unmarked(names[i]!), room, 2, true),
      "correct:",
      `${answer.rank} of ${of}`,
    ];
    canvas.text(lines.join("<br>"), models + BAR.room, bottom);
    bottom += Math.max(height, lines.length * LINE) + 4;
  }
  const asked = await drawAsked(row, models - SPACING.side - 12, bottom - top);
  return Math.max(bottom, top + asked) + SPACING.after;
}

/** Draws the query itself, a recording's words or an image, and returns its height. */
async function drawAsked({ query, result, folder, canvas, top }: GalleryRow, room: number, height: number) {
  const { id, direction } = query;
  const [name] = textLines(unmarked(fitted(id, room, { bold: true })), room, 1, true);
  canvas.text(name!, SPACING.side, top);
  const below = top + LINE + 3;
  if (direction === "image2speech") {
    const side = Math.max(48, Math.min(SPACING.image, height - LINE - 8));
    await canvas.file(join(folder, result.pictures[id] ?? id), {
      x: SPACING.side,
      y: below,
      width: side,
      height: side,
    });
    return LINE + 3 + side;
  }
  const { transcript = "", reference = "", errors = null } = result.recordings[id] ?? {};
  const marked = reference === ""
    ? { reference: [], transcript: unmarked(transcript) }
    : wordMarks(reference, transcript);
  const differs = errors !== null && errors.errors > 0;
  const wrong = differs ? ` (${amount(errors.errors, "error")} in ${amount(errors.words, "word")})` : "";
  const most = Math.max(SPACING.least, Math.floor((height / LINE - 1) / (differs ? 2 : 1)));
  const parts: [string, MarkedWord[]][] = [[
    `${errors !== null && !differs ? "Transcribed as written" : "Transcribed"}${wrong}:`,
    marked.transcript,
  ]];
  if (differs) parts.push(["Written:", marked.reference]);
  const lines = parts.flatMap(([label, words]) => [
    ...textLines([...unmarked(label), ...aroundMarks(words, room, most - 1)], room, most),
  ]);
  canvas.text(lines.join("<br>"), SPACING.side, below);
  return LINE + 3 + lines.length * LINE;
}

/** The words, or only those around the first wrong one if it would not fit otherwise. */
function aroundMarks(words: MarkedWord[], room: number, most: number): MarkedWord[] {
  const fits = (part: readonly MarkedWord[]) => textLines(part, room, Infinity).length <= most;
  const first = words.findIndex(({ marked }) => marked);
  if (first <= BEFORE || fits(words.slice(0, first + BEFORE))) return words;
  let from = first - BEFORE;
  while (from > 1 && fits(words.slice(from - 1))) from--;
  return [{ word: "…", marked: false }, ...words.slice(from)];
}

/** Draws the first images and the correct one, and returns the height. */
async function drawImages(row: GalleryRow, { rank, similarity, top }: GalleryAnswer, at: Box): Promise<number> {
  const { query, result, folder, canvas, first = FIRST } = row;
  const right = result.recordings[query.id]?.imageId;
  const shown = top.slice(0, first).map((hit, i) => ({
    ...hit,
    position: i + 1,
    x: at.x + i * (at.width + SPACING.gap),
  }));
  if (right !== undefined && !shown.some(({ id }) => id === right)) {
    const x = at.x + first * (at.width + SPACING.gap) + SPACING.apart;
    shown.push({ id: right, similarity, position: rank, x });
  }
  for (const { id, similarity, position, x } of shown) {
    const box = { ...at, x };
    await canvas.file(join(folder, result.pictures[id] ?? id), box);
    const whole = `${position}: ${signed(similarity)}`;
    const label = textWidth(whole, { bold: true }) > at.width + SPACING.apart ? signed(similarity) : whole;
    if (id === right) frame(canvas, box);
    canvas.text(id === right ? `<b>${label}</b>` : label, x + at.width / 2, at.y + at.height + 2, {
      xanchor: "center",
    });
  }
  return at.height + LINE + 3;
}

/** Draws the first transcripts and a correct one, and returns the height. */
function drawTexts(
  { query, result, canvas, first = FIRST }: GalleryRow,
  { rank, similarity, top }: GalleryAnswer,
  line: Box,
): number {
  const { recordings } = result;
  const isRight = (id: string) => recordings[id]?.imageId === query.id;
  const shown = top.slice(0, first).map(({ id, similarity }, i) => ({
    position: i + 1,
    similarity,
    right: isRight(id),
    text: recordings[id]?.transcript || id,
  }));
  if (!shown.some(({ right }) => right)) {
    const own = Object.entries(recordings).filter(([id]) => isRight(id));
    const text = own.length === 1 ? own[0]![1].transcript || own[0]![0] : `one of its ${own.length} recordings`;
    shown.push({ position: rank, similarity, right: true, text });
  }
  const step = line.height + 3;
  for (const [i, { position, similarity, right, text }] of shown.entries()) {
    const apart = position > first && i === shown.length - 1 ? 4 : 0;
    const y = line.y + i * step + apart;
    const number = `${position}:`, numberWidth = 30, value = 34;
    if (right) frame(canvas, { x: line.x, y, width: line.width, height: line.height + 1 });
    const bold = (text: string) => right ? `<b>${plain(text)}</b>` : plain(text);
    canvas.text(bold(number), line.x + numberWidth - 4, y, { xanchor: "right", align: "right" });
    canvas.text(bold(fitted(text, line.width - numberWidth - value - 4, { bold: right })), line.x + numberWidth, y);
    canvas.text(bold(signed(similarity)), line.x + line.width - 4, y, { xanchor: "right", align: "right" });
  }
  return shown.length * step + (shown.length > first ? 8 : 4);
}

/** With a true minus sign. */
function signed(similarity: number): string {
  return similarity.toFixed(2).replace("-", "−");
}

function frame(canvas: Canvas, { x, y, width, height }: Box): void {
  canvas.rect({ x: x - 1, y: y - 1, width: width + 2, height: height + 2 }, {
    line: { color: RIGHT, width: 2 },
    fillcolor: "rgba(0,0,0,0)",
  });
}
