/**
 * A figure's ground in CSS pixels from its top left corner, for texts and images that no axis places.
 *
 * @module
 */
import { basename } from "@std/path";
import { thumbnailUri } from "../../experiments/page/media.ts";
import { COLUMN_INCHES, type FigureColumns, PIXELS_PER_INCH, type PlotlyLayout } from "./figure.ts";
import { FONT_SIZES, LIGHT } from "./style.ts";
import { textLines, unmarked } from "./text_lines.ts";

/** A place and a size in CSS pixels. */
export interface Box {
  /** From the left. */
  x: number;
  /** From the top. */
  y: number;
  /** Across. */
  width: number;
  /** Down. */
  height: number;
}

/** CSS pixels of a line of the smallest letters. */
export const LINE = 1.3 * FONT_SIZES.small;

/**
 * Collects what is drawn; {@link layout} turns it into parts of plotly's layout once the height is known. The layout's
 * margins must be 0.
 *
 * @example
 * ```ts
 * import { Canvas } from "./canvas.ts";
 * const canvas = new Canvas(1);
 * canvas.rect({ x: 0, y: 96, width: 3.5 * 96, height: 96 }, {});
 * const [{ y1 }] = canvas.layout(2).shapes as [{ y1: number }];
 * if (y1 !== 0.5) throw new Error(`${y1} is not half way up`);
 * ```
 */
export class Canvas {
  /** In CSS pixels. */
  readonly width: number;
  readonly #texts: { x: number; y: number; more: PlotlyLayout }[] = [];
  readonly #rects: { box: Box; more: PlotlyLayout }[] = [];
  readonly #pictures: { box: Box; source: string }[] = [];

  constructor(columns: FigureColumns) {
    this.width = COLUMN_INCHES[columns] * PIXELS_PER_INCH;
  }

  /** A text whose top left corner is here, with plotly's markup; lines are parted by `<br>`. */
  text(text: string, x: number, y: number, more: PlotlyLayout = {}): void {
    this.#texts.push({ x, y, more: { text, ...more } });
  }

  /** An area; a frame where `more` has a `line`. */
  rect(box: Box, more: PlotlyLayout): void {
    this.#rects.push({ box, more });
  }

  /** A picture as large as fits into a place, in its middle, below all areas. */
  picture(source: string, box: Box): void {
    this.#pictures.push({ box, source });
  }

  /** Where a box is, in shares of the whole from its lower left corner. */
  share({ x, y, width, height }: Box, inches: number): { x: [number, number]; y: [number, number] } {
    const tall = inches * PIXELS_PER_INCH;
    return { x: [x / this.width, (x + width) / this.width], y: [1 - (y + height) / tall, 1 - y / tall] };
  }

  /** What was drawn as parts of a layout. */
  layout(inches: number): Record<"annotations" | "shapes" | "images", PlotlyLayout[]> {
    const paper = { xref: "paper", yref: "paper" };
    return {
      annotations: this.#texts.map(({ x, y, more }) => ({
        ...paper,
        x: x / this.width,
        y: 1 - y / (inches * PIXELS_PER_INCH),
        xanchor: "left",
        yanchor: "top",
        align: "left",
        borderpad: 0,
        borderwidth: 0,
        showarrow: false,
        font: { size: FONT_SIZES.small, color: LIGHT.ink },
        ...more,
      })),
      shapes: this.#rects.map(({ box, more }) => {
        const { x: [x0, x1], y: [y0, y1] } = this.share(box, inches);
        return { type: "rect", layer: "below", ...paper, x0, x1, y0, y1, line: { width: 0 }, ...more };
      }),
      images: this.#pictures.map(({ box, source }) => {
        const { x, y } = this.share(box, inches);
        return {
          source,
          ...paper,
          x: (x[0] + x[1]) / 2,
          y: (y[0] + y[1]) / 2,
          xanchor: "center",
          yanchor: "middle",
          sizex: x[1] - x[0],
          sizey: y[1] - y[0],
          sizing: "contain",
          layer: "below",
        };
      }),
    };
  }
}

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
