/**
 * A drawing in CSS pixels from its top left corner, for texts and images that no axis positions. The same drawing becomes a
 * figure for plotly or an SVG for a page.
 */
import { basename } from "@std/path";
import { escapeHtml } from "../../files/escape.ts";
import { type Html, html, raw } from "../page/shell.ts";
import { thumbnailUri } from "../page/media.ts";
import { COLUMN_INCHES, type Figure, PIXELS_PER_INCH, type PlotlyLayout, type PlotlyTrace } from "./figure.ts";
import { figureLayout, FONT_FAMILY, FONT_SIZES, GROUND_NAMES, LIGHT } from "./style.ts";
import { textLines, unmarked } from "./text_lines.ts";

/** CSS pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Shares of the whole drawing, from its lower left corner. */
export interface Domain {
  x: [number, number];
  y: [number, number];
}

export interface Plot {
  data: PlotlyTrace[];
  axes: Record<string, PlotlyLayout>;
  annotations?: PlotlyLayout[];
}

/** A part with axes: as plotly draws it, and as SVG for pages. */
export interface Panel {
  /** @param axes the suffix of plotly's axes: `""`, `"2"`, `"3"`, ... */
  plot: (axes: string, domain: Domain) => Plot;
  svg?: (box: Box) => Html;
}

/** Height of a line of small text in CSS pixels. */
export const LINE = 1.3 * FONT_SIZES.small;

/** Width of a two-column figure in CSS pixels. */
export const FULL_WIDTH = COLUMN_INCHES[2] * PIXELS_PER_INCH;

/** Plotly needs a trace. */
const NOTHING: PlotlyTrace = {
  type: "scatter",
  mode: "markers",
  x: [0.5],
  y: [0.5],
  marker: { opacity: 0 },
  hoverinfo: "skip",
};
const HIDDEN_AXIS = { visible: false, range: [0, 1], fixedrange: true };

/** Collects texts, rectangles, images and panels. */
export class Canvas {
  readonly width: number;
  readonly #texts: { text: string; x: number; y: number; more: PlotlyLayout }[] = [];
  readonly #rects: { box: Box; more: PlotlyLayout }[] = [];
  readonly #images: { box: Box; source: string; stretch: boolean }[] = [];
  readonly #panels: { box: Box; panel: Panel }[] = [];
  readonly #side: number;
  readonly #read = new Map<string, Promise<string | undefined>>();

  /** @param side most pixels of an image's longer side */
  constructor({ width = FULL_WIDTH, side = 240 }: { width?: number; side?: number } = {}) {
    this.width = width;
    this.#side = side;
  }

  /** Top left corner at (x, y); plotly's markup (`<b>`, `<u>`), `<br>` separates lines. */
  text(text: string, x: number, y: number, more: PlotlyLayout = {}): void {
    this.#texts.push({ text, x, y, more });
  }

  rect(box: Box, more: PlotlyLayout): void {
    this.#rects.push({ box, more });
  }

  /** An image below all rectangles, centered in the box or stretched to it. */
  image(source: string, box: Box, { stretch = false }: { stretch?: boolean } = {}): void {
    this.#images.push({ box, source, stretch });
  }

  /** An image from its file; a gray panel with its name if it cannot be read. Each file is read once. */
  async file(path: string, box: Box): Promise<void> {
    const reading = this.#read.get(path) ?? thumbnailUri(path, this.#side);
    this.#read.set(path, reading);
    const uri = await reading;
    if (uri === undefined) this.missing(path, box);
    else this.image(uri, box);
  }

  missing(path: string, box: Box): void {
    this.rect(box, { fillcolor: LIGHT.grid });
    const words = [...unmarked("not found:"), ...unmarked(basename(path))];
    const lines = textLines(words, box.width - 6, Math.max(1, Math.floor((box.height - 4) / LINE)));
    this.text(lines.join("<br>"), box.x + 3, box.y + 2);
  }

  panel(box: Box, panel: Panel): void {
    this.#panels.push({ box, panel });
  }

  figure(texts: Pick<Figure, "name" | "title" | "caption" | "alt">, pixels: number): Figure {
    const height = Math.ceil(100 * pixels / PIXELS_PER_INCH) / 100;
    const share = ({ x, y, width, height: tall }: Box): Domain => {
      const whole = height * PIXELS_PER_INCH;
      return { x: [x / this.width, (x + width) / this.width], y: [1 - (y + tall) / whole, 1 - y / whole] };
    };
    const paper = { xref: "paper", yref: "paper" };
    const plots = this.#panels.map(({ box, panel }, i) => panel.plot(i === 0 ? "" : String(i + 1), share(box)));
    const annotations = this.#texts.map(({ text, x, y, more }) => ({
      text,
      ...paper,
      x: x / this.width,
      y: 1 - y / (height * PIXELS_PER_INCH),
      xanchor: "left",
      yanchor: "top",
      align: "left",
      borderpad: 0,
      borderwidth: 0,
      showarrow: false,
      font: { size: FONT_SIZES.small, color: LIGHT.ink },
      ...more,
    }));
    return {
      ...texts,
      columns: 2,
      height,
      data: plots.length === 0 ? [NOTHING] : plots.flatMap(({ data }) => data),
      layout: figureLayout({
        columns: 2,
        height,
        margin: { left: 0, right: 0, top: 0, bottom: 0 },
        axes: plots.length === 0
          ? { xaxis: HIDDEN_AXIS, yaxis: HIDDEN_AXIS }
          : Object.assign({}, ...plots.map(({ axes }) => axes)),
        annotations: [...annotations, ...plots.flatMap(({ annotations = [] }) => annotations)],
        shapes: this.#rects.map(({ box, more }) => {
          const { x: [x0, x1], y: [y0, y1] } = share(box);
          return { type: "rect", layer: "below", ...paper, x0, x1, y0, y1, line: { width: 0 }, ...more };
        }),
        more: {
          images: this.#images.map(({ box, source, stretch }) => {
            const { x, y } = share(box);
            return {
              source,
              ...paper,
              x: (x[0] + x[1]) / 2,
              y: (y[0] + y[1]) / 2,
              xanchor: "center",
              yanchor: "middle",
              sizex: x[1] - x[0],
              sizey: y[1] - y[0],
              sizing: stretch ? "stretch" : "contain",
              layer: "below",
            };
          }),
        },
      }),
    };
  }

  /**
   * The drawing as SVG, in the page's colors.
   *
   * @param label its alternative text
   */
  svg(pixels: number, label: string): Html {
    return html`
      <svg viewBox="0 0 ${round(this.width)} ${round(
        pixels,
      )}" role="img" aria-label="${label}" font-family="${FONT_FAMILY}">
      ${this.#images.map(({ box, source, stretch }) =>
        html`
          <image href="${source}" ${boxText(box)} ${raw(stretch ? `preserveAspectRatio="none"` : "")} />
        `
      )}
      ${this.#rects.map(({ box, more }) =>
        html`
          <rect ${boxText(box)} ${raw(paint(more))} />
        `
      )}
      ${this.#panels.map(({ box, panel }) => panel.svg?.(box) ?? "")}
      ${this.#texts.map((text) => raw(svgText(text)))}
      </svg>
    `;
  }
}

function round(value: number): string {
  return String(Number(value.toFixed(1)));
}

export function boxText({ x, y, width, height }: Box): Html {
  return raw(`x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`);
}

/** A color of {@link LIGHT} as the page's variable, which follows the color scheme. */
export function pageColour(colour: unknown): string {
  const name = GROUND_NAMES.find((name) => LIGHT[name] === colour);
  return name === undefined ? String(colour) : `var(--figure-${name})`;
}

function paint({ fillcolor = "none", line }: PlotlyLayout): string {
  const { color, width = 1 } = (line ?? {}) as { color?: string; width?: number };
  const stroke = color === undefined ? "" : ` stroke="${pageColour(color)}" stroke-width="${width}"`;
  return `fill="${pageColour(fillcolor)}"${stroke}`;
}

const ANCHORS: Readonly<Record<string, string>> = { left: "start", center: "middle", right: "end" };
const MARKUP: Readonly<Record<string, string>> = {
  "<b>": `<tspan font-weight="700">`,
  "</b>": "</tspan>",
  "<u>": `<tspan text-decoration="underline">`,
  "</u>": "</tspan>",
};

/** Plotly's markup as SVG; any other markup is escaped. */
function svgText({ text, x, y, more }: { text: string; x: number; y: number; more: PlotlyLayout }): string {
  const { xanchor = "left", yanchor = "top", font, hovertext } = more as Record<string, string> & { font?: object };
  const { size, color } = { size: FONT_SIZES.small as number, color: LIGHT.ink, ...font };
  const first = y + (yanchor === "top" ? 1 : 0.36) * size;
  const spans = text.split("<br>").map((line, i) => {
    const marked = line.replaceAll(/<\/?[bu]>|[<>]/g, (tag) => MARKUP[tag] ?? (tag === "<" ? "&lt;" : "&gt;"));
    return `<tspan x="${round(x)}" y="${round(first + 1.3 * i * size)}">${marked}</tspan>`;
  });
  const title = hovertext === undefined ? "" : `<title>${escapeHtml(hovertext)}</title>`;
  return `<text font-size="${round(size)}" fill="${pageColour(color)}" text-anchor="${ANCHORS[xanchor]}">${title}${
    spans.join("")
  }</text>`;
}
