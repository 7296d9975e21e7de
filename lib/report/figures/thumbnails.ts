/**
 * Small copies of pictures in figures.
 *
 * @module
 */
import { basename } from "@std/path";
import { thumbnailUri } from "../../experiments/page/media.ts";
import { type Box, type Canvas, LINE } from "./canvas.ts";
import { LIGHT } from "./palette.ts";
import { textLines, unmarked } from "./text_lines.ts";

/** Draws pictures, each file read once. */
export class Thumbnails {
  readonly #side: number;
  readonly #read = new Map<string, Promise<string | undefined>>();

  /** @param side of the copies in pixels, at most */
  constructor(side: number) {
    this.#side = side;
  }

  /** Draws a picture into a place; a grey panel that names it where it cannot be read. */
  async draw(canvas: Canvas, path: string, box: Box): Promise<void> {
    const reading = this.#read.get(path) ?? thumbnailUri(path, this.#side);
    this.#read.set(path, reading);
    const uri = await reading;
    if (uri !== undefined) return canvas.picture(uri, box);
    canvas.rect(box, { fillcolor: LIGHT.grid });
    const words = [...unmarked("not found:"), ...unmarked(basename(path))];
    const lines = textLines(words, box.width - 6, Math.max(1, Math.floor((box.height - 4) / LINE)));
    canvas.text(lines.join("<br>"), box.x + 3, box.y + 2);
  }
}
