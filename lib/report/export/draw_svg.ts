/**
 * Plotly's drawing as SVG text.
 *
 * @module
 */
import type { Page } from "puppeteer-core";
import { type Figure, figurePixels } from "../figures/figure.ts";

/** What the page's script is given. */
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
 * Plotly draws the names of clip paths by chance. Here they follow from the figure's content: the same figure gives the same
 * text, and different figures may stand in one page.
 *
 * @param page one into which plotly's script was loaded
 * @throws {Error} with what plotly says of the figure.
 */
export async function drawSvg(page: Page, figure: Figure): Promise<string> {
  const [width, height] = figurePixels(figure);
  const { data, layout } = figure;
  const drawing: Drawing = { data, layout, width, height, seed: seedOf(JSON.stringify(figure)) };
  // deno-lint-ignore no-explicit-any -- the function runs in the page, where plotly is.
  const url = await page.evaluate(async ({ data, layout, width, height, seed }: any) => {
    const { Plotly } = globalThis as unknown as { Plotly: { toImage: (figure: unknown, options: unknown) => string } };
    const chance = Math.random;
    let state = seed;
    Math.random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    try {
      return await Plotly.toImage({ data, layout: { ...layout, width, height } }, { format: "svg", width, height });
    } finally {
      Math.random = chance;
    }
  }, drawing as unknown as Record<string, unknown>);
  return described(decodeURIComponent(url.slice(url.indexOf(",") + 1)), figure);
}

/** Puts title and description in, the size in inches, and no default font size that would differ outside of the page. */
function described(svg: string, figure: Figure): string {
  const id = `figure-${figure.name}-${seedOf(JSON.stringify(figure)).toString(36)}`;
  const [open] = /<svg[^>]*>/.exec(svg) ?? [""];
  const texts = `<title id="${id}">${escaped(figure.title)}</title><desc>${escaped(figure.alt)}</desc>`;
  const named = open.replace(/>$/, ` role="img" aria-labelledby="${id}">`);
  return `${svg.replace(open, () => named + texts)}\n`;
}

/** A text inside of an element. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** FNV-1a. */
function seedOf(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}
