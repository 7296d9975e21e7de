/**
 * Figures as SVG, PNG and PDF, drawn by plotly in a browser.
 *
 * @module
 */
import type { Page } from "puppeteer-core";
import { type Figure, figureInches, figurePixels } from "../figures/figure.ts";
import { plotlyScript } from "../figures/plotly_script.ts";
import { type OpenBrowser, openBrowser } from "./browser.ts";
import { drawSvg, escaped } from "./draw_svg.ts";

/** Makes files of figures. Calls may overlap; they are done one after the other. */
export interface Exporter extends AsyncDisposable {
  /** A vector picture with title and description, of the figure's size in inches; the same figure gives the same text. */
  svg(figure: Figure): Promise<string>;
  /** Pixels: inches times `dpi`. Default: 300. */
  png(figure: Figure, dpi?: number): Promise<Uint8Array>;
  /** One page of the figure's size; vectors and letters, no pixels. */
  pdf(figure: Figure): Promise<Uint8Array>;
  /** Ends the browser; may be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a browser for any number of figures. Close it when done, or write `await using`.
 *
 * @param path the browser's program, from `findChromium`
 * @param temporary a folder for the browser's profile. Default: the system's
 * @throws {InputError} where the browser cannot be started.
 * @throws {Error} of `svg`, `png` and `pdf`: what plotly says of a figure that it cannot draw.
 *
 * @example
 * ```ts ignore
 * const path = await findChromium();
 * if (path === undefined) throw new InputError(NO_CHROMIUM);
 * await using exporter = await openExporter(path);
 * await writeAtomic("bars.svg", await exporter.svg(retrievalBarsFigure(result)));
 * ```
 */
export async function openExporter(path: string, temporary?: string): Promise<Exporter> {
  return await exporterOn(await openBrowser(path, temporary));
}

/** The same with a browser that is open already. It becomes the exporter's, which ends it. */
export async function exporterOn(browser: OpenBrowser): Promise<Exporter> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => {});
    return mine;
  };
  try {
    const plotter = await browser.page();
    await plotter.addScriptTag({ content: await plotlyScript() });
    const sheet = await browser.page();
    return {
      svg: (figure) => inTurn(() => drawSvg(plotter, figure)),
      png: (figure, dpi = 300) => inTurn(async () => pngOf(sheet, await drawSvg(plotter, figure), figure, dpi)),
      pdf: (figure) => inTurn(async () => pdfOf(sheet, await drawSvg(plotter, figure), figure)),
      close: () => inTurn(() => browser.close()),
      [Symbol.asyncDispose]: () => inTurn(() => browser.close()),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function pngOf(page: Page, svg: string, figure: Figure, dpi: number): Promise<Uint8Array> {
  if (!Number.isFinite(dpi) || dpi < 10 || dpi > 2400) {
    throw new RangeError(`Cannot draw '${figure.name}' as dpi must be from 10 to 2400: ${dpi} found`);
  }
  const [width, height] = figureInches(figure).map((inches) => Math.round(inches * dpi)) as [number, number];
  await page.setViewport({ width, height, deviceScaleFactor: 1 });
  await page.setContent(sheetHtml(svg, `${width}px`, `${height}px`));
  // A page behind others draws no frame: a picture of it would never come.
  await page.bringToFront();
  return await page.screenshot({ type: "png", clip: { x: 0, y: 0, width, height } });
}

async function pdfOf(page: Page, svg: string, figure: Figure): Promise<Uint8Array> {
  const [width, height] = figurePixels(figure);
  await page.setContent(sheetHtml(svg, `${width}px`, `${height}px`, figure.title));
  const [inches, tall] = figureInches(figure).map((length) => `${length}in`);
  return await page.pdf({ width: inches!, height: tall!, printBackground: true, pageRanges: "1" });
}

/** A page that is one picture. */
function sheetHtml(svg: string, width: string, height: string, title = ""): string {
  const style = `html,body{margin:0;padding:0;overflow:hidden}svg{display:block;width:${width};height:${height}}`;
  return `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title><style>${style}</style>${svg}`;
}
