/** Figures as files and as parts of a page. */
import { InputError } from "../errors.ts";
import { findChromium, NO_CHROMIUM } from "./export/chromium.ts";
import { type Exporter, openExporter } from "./export/exporter.ts";
import { type Figure, figurePixels, plotlyScript } from "./figures/figure.ts";
import { compactSvg, DRAW_SCRIPT, figureBlock, type ShownFigure } from "./page/blocks.ts";
import { html, pageHtml } from "./page/shell.ts";

/** The formats of a figure. */
export const FIGURE_FORMATS = ["html", "svg", "png", "pdf"] as const;

/** A format of a figure. */
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

export type WriteFile = (file: string, content: string | Uint8Array) => Promise<void>;

export interface Drawing extends AsyncDisposable {
  /**
   * Writes a figure in each format.
   *
   * @throws {Error} with plotly's message if it cannot draw the figure.
   */
  draw(figure: Figure, write: WriteFile): Promise<ShownFigure>;
  scripts(): Promise<string[]>;
}

/**
 * Starts the browser that draws, if a format needs it and one is installed. Without it, pages draw their figures in the reader's
 * browser.
 *
 * @param options.temporary a folder for the browser's profile
 * @param options.warn receives a line about what is missing
 * @param options.signal ends the browser at once
 */
export async function openDrawing(
  formats: readonly FigureFormat[],
  { temporary, warn, signal }: { temporary: string; warn: (line: string) => void; signal?: AbortSignal | undefined },
): Promise<Drawing> {
  const exporter = formats.some((format) => format !== "html") ? await browser(temporary, warn, signal) : undefined;
  return {
    draw: async (figure, write) => {
      const stem = `figures/${figure.name}`;
      const files: string[] = [];
      const keep = async (format: FigureFormat, content: () => Promise<string | Uint8Array>): Promise<void> => {
        if (!formats.includes(format)) return;
        await write(`${stem}.${format}`, await content());
        files.push(`${stem}.${format}`);
      };
      const svg = exporter && compactSvg(await exporter.svg(figure), figure.name);
      await keep("html", () => figureHtml(figure));
      if (exporter !== undefined) {
        await keep("svg", () => Promise.resolve(svg as string));
        await keep("png", () => exporter.png(figure));
        await keep("pdf", () => exporter.pdf(figure));
      }
      return shown(figure, files, svg);
    },
    scripts: async () => exporter === undefined ? [await plotlyScript(), DRAW_SCRIPT] : [],
    [Symbol.asyncDispose]: async () => await exporter?.close(),
  };
}

async function browser(
  temporary: string,
  warn: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<Exporter | undefined> {
  try {
    const path = await findChromium();
    if (path === undefined) return void warn(NO_CHROMIUM);
    const { state } = await Deno.permissions.query({ name: "run", command: path });
    if (state === "granted") return await openExporter(path, temporary, signal);
    warn(
      `'${path}' may not be run, so no SVG, PNG or PDF is made: use 'deno task report' or --allow-run=${path}.`,
    );
  } catch (error) {
    if (signal?.aborted) return undefined;
    if (!(error instanceof InputError)) throw error;
    warn(`${error.message} No SVG, PNG or PDF is made.`);
  }
  return undefined;
}

/**
 * A self-contained page with the interactive figure, its title and caption. It contains plotly (4.9 MB), needs no network, and follows
 * the reader's light or dark scheme; it prints light.
 */
export async function figureHtml(figure: Figure): Promise<string> {
  return await pageHtml({
    title: figure.title,
    body: html`<main style="padding-top: 24px">${figureBlock(shown(figure, []))}</main>`,
    scripts: [await plotlyScript(), DRAW_SCRIPT],
  });
}

/** A figure as a part of a page: as SVG if it was drawn, else drawn by plotly in the reader's browser. */
function shown(figure: Figure, files: readonly string[], svg?: string): ShownFigure {
  const { name, title, caption, alt, columns, data, layout } = figure;
  const [width, height] = figurePixels(figure);
  const drawn = svg === undefined ? { plotly: { data, layout, width, height } } : { svg };
  return { name, title, caption, alt, columns, shape: height / width, files, drawn };
}
