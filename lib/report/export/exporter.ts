/** Draws figures as SVG, PNG and PDF with plotly in a headless browser. */
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { escapeHtml } from "../../files/escape.ts";
import { InputError, messageOf } from "../../errors.ts";
import { type Figure, figureInches, figurePixels, plotlyScript } from "../figures/figure.ts";

/** Renders figures. Overlapping calls run one after the other. */
export interface Exporter extends AsyncDisposable {
  /** With title and description, in the figure's size in inches. Deterministic. */
  svg(figure: Figure): Promise<string>;
  /** Pixels: inches times `dpi`. Default: 300. */
  png(figure: Figure, dpi?: number): Promise<Uint8Array>;
  /** One page of the figure's size, all vectors. */
  pdf(figure: Figure): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Starts a browser for any number of figures. Close it when done, or write `await using`.
 *
 * @param path the browser's program, from `findChromium`
 * @param temporary a folder for the browser's profile. Default: the system's
 * @param signal ends the browser at once
 * @throws {InputError} if the browser does not start.
 */
export async function openExporter(path: string, temporary?: string, signal?: AbortSignal): Promise<Exporter> {
  return await exporterOn(await openBrowser(path, temporary, [], signal));
}

/** Uses an open browser, and closes it. */
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
  // A page behind others draws no frame: an image of it would never come.
  await page.bringToFront();
  return await page.screenshot({ type: "png", clip: { x: 0, y: 0, width, height } });
}

async function pdfOf(page: Page, svg: string, figure: Figure): Promise<Uint8Array> {
  const [width, height] = figurePixels(figure);
  await page.setContent(sheetHtml(svg, `${width}px`, `${height}px`, figure.title));
  const [inches, tall] = figureInches(figure).map((length) => `${length}in`);
  return await page.pdf({ width: inches!, height: tall!, printBackground: true, pageRanges: "1" });
}

function sheetHtml(svg: string, width: string, height: string, title = ""): string {
  const style = `html,body{margin:0;padding:0;overflow:hidden}svg{display:block;width:${width};height:${height}}`;
  return `<!doctype html><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${style}</style>${svg}`;
}

interface Drawing {
  data: Figure["data"];
  layout: Figure["layout"];
  width: number;
  height: number;
  seed: number;
}

/**
 * Draws a figure.
 *
 * Plotly picks random names for clip paths and sets attributes in any order. Here the names follow from the figure's content and
 * attributes are sorted, so that drawing is deterministic and several figures can share a page.
 *
 * @param page one with plotly's script
 * @throws {Error} with plotly's message.
 */
export async function drawSvg(page: Page, figure: Figure): Promise<string> {
  const [width, height] = figurePixels(figure);
  const { data, layout } = figure;
  const drawing: Drawing = { data, layout, width, height, seed: seedOf(JSON.stringify(figure)) };
  const svg = await page.evaluate(drawInPage, drawing as unknown as Record<string, unknown>);
  return described(svg, figure);
}

/** Runs in the page. */
// deno-lint-ignore no-explicit-any -- the types of a page are not those of Deno.
async function drawInPage({ data, layout, width, height, seed }: any): Promise<string> {
  // deno-lint-ignore no-explicit-any
  const { Plotly, DOMParser, XMLSerializer } = globalThis as any;
  const chance = Math.random;
  let state = seed;
  Math.random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  try {
    const figure = { data, layout: { ...layout, width, height } };
    const url = await Plotly.toImage(figure, { format: "svg", width, height });
    const text = decodeURIComponent(url.slice(url.indexOf(",") + 1));
    const svg = new DOMParser().parseFromString(text, "image/svg+xml");
    for (const element of svg.querySelectorAll("*")) {
      const attributes = [...element.attributes].sort((a, b) => a.name < b.name ? -1 : 1);
      for (const attribute of attributes) element.removeAttributeNode(attribute);
      for (const attribute of attributes) if (attribute.value !== "") element.setAttributeNode(attribute);
    }
    return new XMLSerializer().serializeToString(svg);
  } finally {
    Math.random = chance;
  }
}

function described(svg: string, figure: Figure): string {
  const id = `figure-${figure.name}-${seedOf(JSON.stringify(figure)).toString(36)}`;
  const [open] = /<svg[^>]*>/.exec(svg) ?? [""];
  const texts = `<title id="${id}">${escapeHtml(figure.title)}</title><desc>${escapeHtml(figure.alt)}</desc>`;
  const named = open.replace(/>$/, ` role="img" aria-labelledby="${id}">`);
  return `${svg.replace(open, () => named + texts)}\n`;
}

/** FNV-1a. */
function seedOf(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

/** What the browser gets of the environment. */
const PASSED = ["HOME", "PATH", "LANG", "TMPDIR", "XDG_RUNTIME_DIR", "DISPLAY", "SYSTEMROOT", "LOCALAPPDATA", "TEMP"];

/** No network, no storage; `--no-sandbox` because root, as in a container, may start it. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--no-first-run",
  "--disable-extensions",
  "--disable-dev-shm-usage",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
];

export interface OpenBrowser {
  page(): Promise<Page>;
  /** Closes the browser and removes its profile; may be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a browser that ends with the process.
 *
 * @param path its program, from `findChromium`
 * @param temporary a folder for its profile. Default: the system's
 * @param flags of the program, after ours
 * @param signal ends it at once
 * @throws {InputError} if it does not start.
 */
export async function openBrowser(
  path: string,
  temporary?: string,
  flags: readonly string[] = [],
  signal?: AbortSignal,
): Promise<OpenBrowser> {
  const profile = await Deno.makeTempDir({ dir: temporary, prefix: "brewclip-browser-" });
  let browser: Browser;
  try {
    browser = await puppeteer.launch({
      executablePath: path,
      headless: true,
      pipe: true,
      args: [...FLAGS, ...flags],
      userDataDir: profile,
      env: PASSED.reduce((all, name) => ({ ...all, [name]: Deno.env.get(name) }), {}),
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    await removed(profile);
    const [reason] = messageOf(error).split("\n");
    throw new InputError(
      `Cannot start the browser '${path}': ${reason}. Set CHROME_PATH to a Chromium or Chrome that starts with --headless.`,
    );
  }
  const child = browser.process();
  const kill = (): void => {
    child?.kill("SIGKILL");
    try {
      Deno.removeSync(profile, { recursive: true });
    } catch {
      // A file that still changes stays behind in the system's temporary folder.
    }
  };
  globalThis.addEventListener("unload", kill);
  signal?.addEventListener("abort", kill);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    globalThis.removeEventListener("unload", kill);
    signal?.removeEventListener("abort", kill);
    await browser.close().catch(() => child?.kill("SIGKILL"));
    await removed(profile);
  };
  return { page: () => browser.newPage(), close: () => closed ??= close() };
}

/** The browser's children may still write to the profile for a moment. */
async function removed(profile: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return await Deno.remove(profile, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
