/**
 * Figures as files and as parts of a page.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { escapeScript } from "../files/escape.ts";
import { findChromium, NO_CHROMIUM } from "./export/chromium.ts";
import { type Exporter, openExporter } from "./export/exporter.ts";
import { type Figure, figurePixels, plotlyScript } from "./figures/figure.ts";
import { DARK, darkFigure, FONT_FAMILY, LIGHT } from "./figures/style.ts";
import { compactSvg, DRAW_SCRIPT, type ShownFigure } from "./page/blocks.ts";
import { html, raw } from "./page/shell.ts";

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
 */
export async function openDrawing(
  formats: readonly FigureFormat[],
  { temporary, warn }: { temporary: string; warn: (line: string) => void },
): Promise<Drawing> {
  const exporter = formats.some((format) => format !== "html") ? await browser(temporary, warn) : undefined;
  return {
    draw: async (figure, write) => {
      const place = `figures/${figure.name}`;
      const files: string[] = [];
      const keep = async (format: FigureFormat, content: () => Promise<string | Uint8Array>): Promise<void> => {
        if (!formats.includes(format)) return;
        await write(`${place}.${format}`, await content());
        files.push(`${place}.${format}`);
      };
      const [width, height] = figurePixels(figure);
      const svg = exporter && compactSvg(await exporter.svg(figure), figure.name);
      await keep("html", () => figureHtml(figure));
      if (exporter !== undefined) {
        await keep("svg", () => Promise.resolve(svg as string));
        await keep("png", () => exporter.png(figure));
        await keep("pdf", () => exporter.pdf(figure));
      }
      const { name, title, caption, alt, columns, data, layout } = figure;
      const drawn = svg === undefined ? { plotly: { data, layout, width, height } } : { svg };
      return { name, title, caption, alt, columns, shape: height / width, files, drawn };
    },
    scripts: async () => exporter === undefined ? [await plotlyScript(), DRAW_SCRIPT] : [],
    [Symbol.asyncDispose]: async () => await exporter?.close(),
  };
}

async function browser(temporary: string, warn: (line: string) => void): Promise<Exporter | undefined> {
  try {
    const path = await findChromium();
    if (path === undefined) return void warn(NO_CHROMIUM);
    const { state } = await Deno.permissions.query({ name: "run", command: path });
    if (state === "granted") return await openExporter(path, temporary);
    warn(
      `'${path}' may not be run, so no SVG, PNG or PDF is made: use 'deno task report' or --allow-run=${path}.`,
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    warn(`${error.message} No SVG, PNG or PDF is made.`);
  }
  return undefined;
}

const CONFIG = {
  displaylogo: false,
  displayModeBar: "hover",
  modeBarButtonsToRemove: ["select2d", "lasso2d"],
  toImageButtonOptions: { format: "svg" },
};

const STYLE = `:root{color-scheme:light dark}
body{margin:1.5rem auto;padding:0 1rem;max-width:60rem;font:1rem/1.5 ${FONT_FAMILY};background:${LIGHT.paper};color:${LIGHT.ink}}
h1{font-size:1.25rem}
figure{margin:0}
#plot{overflow-x:auto}
figcaption{margin-top:.75rem;max-width:45rem}
@media(prefers-color-scheme:dark){body{background:${DARK.paper};color:${DARK.ink}}}
@media print{body{background:#fff;color:#000;margin:0}}`;

/**
 * A self-contained page with title, caption and the interactive figure. It contains plotly (4.9 MB), needs no network, and follows
 * the reader's light or dark scheme; it prints light.
 */
export async function figureHtml(figure: Figure): Promise<string> {
  const { title, caption, alt } = figure;
  const [, height] = figurePixels(figure);
  const page = html`
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <title>${title}</title>
        <style>
        ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        <figure>
          <div id="plot" role="img" aria-label="${alt}" style="min-height:${String(Math.ceil(height))}px">
            <noscript>${alt}</noscript>
          </div>
          <figcaption>${caption}</figcaption>
        </figure>
        <script>${raw(await plotlyScript())}</script>
        <script>${raw(drawingScript(figure))}</script>
      </body>
    </html>
  `;
  return `<!doctype html>\n${String(page).trim()}\n`;
}

function drawingScript(figure: Figure): string {
  const drawings = [figure, darkFigure(figure)].map(({ data, layout }) =>
    escapeScript(JSON.stringify({ data, layout }))
  );
  return `const drawings = { light: ${drawings[0]}, dark: ${drawings[1]} };
const night = matchMedia("(prefers-color-scheme: dark)");
const draw = (name) => Plotly.react("plot", drawings[name].data, drawings[name].layout, ${JSON.stringify(CONFIG)});
const fit = () => draw(night.matches ? "dark" : "light");
night.addEventListener("change", fit);
addEventListener("beforeprint", () => draw("light"));
addEventListener("afterprint", fit);
fit();`;
}
