/**
 * A query that the centre crop harms: its picture with the part that is kept, and its ranks.
 *
 * @module
 */
import { join } from "@std/path";
import type { CropQuery, CropResult } from "../../experiments/crop/crop_results.ts";
import { type Box, type Canvas, LINE } from "./canvas.ts";
import { PALETTE } from "./palette.ts";
import { fitted, textLines, unmarked } from "./text_lines.ts";
import type { Thumbnails } from "./thumbnails.ts";

/** CSS pixels of a picture's height, at most. */
const TALL = 100;
/** Lines of what was heard, at most. */
const LINES = 4;
const DARK = "rgba(0,0,0,0.6)";
const FRAME = PALETTE.orange;

/** What a query is drawn from. */
export interface CroppedQuery {
  /** The query. */
  query: CropQuery;
  /** What was found. */
  result: CropResult;
  /** The data set's folder. */
  folder: string;
  /** Takes what is drawn. */
  canvas: Canvas;
  /** Reads the pictures. */
  thumbnails: Thumbnails;
  /** Where it is drawn. */
  place: Box;
}

/** Draws a query; gives its height. */
export async function drawCropped(
  { query: { direction, id, imageId, ranks }, result, folder, canvas, thumbnails, place }: CroppedQuery,
): Promise<number> {
  const picture = result.pictures[imageId];
  const { width = 1, height = 1, file = imageId, kept, cut = 0 } = picture ?? {};
  const scale = Math.min(place.width / width, TALL / height);
  const box = { x: place.x, y: place.y, width: scale * width, height: scale * height };
  await thumbnails.draw(canvas, join(folder, file), box);
  if (kept !== undefined) drawWindow(canvas, box, within(kept));
  const heard = direction === "speech2image" ? result.transcripts[id] ?? "" : "";
  const lines = [
    ...textLines(unmarked(fitted(id, place.width, { bold: true })), place.width, 1, true),
    `rank ${ranks.crop} cropped, ${ranks.pad} bars`,
    `${(100 * cut).toFixed(0)} % cut away`,
    ...(heard === "" ? [] : textLines(unmarked(`“${heard}”`), place.width, LINES)),
  ];
  canvas.text(lines.join("<br>"), place.x, box.y + box.height + 4);
  return box.height + 4 + lines.length * LINE;
}

/** The part of the picture itself that is kept, as shares. */
function within({ left, top, width, height }: Omit<Box, "x" | "y"> & { left: number; top: number }) {
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
  for (const part of dark) if (part.width > 0.1 && part.height > 0.1) canvas.rect(part, { fillcolor: DARK });
  const frame = { x: left + 1, y: top + 1, width: width - 2, height: height - 2 };
  canvas.rect(frame, { fillcolor: "rgba(0,0,0,0)", line: { color: FRAME, width: 2 } });
}
