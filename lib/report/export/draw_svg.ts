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
 * Plotly draws the names of clip paths by chance, and sets attributes as they come. Here the names follow from the figure's
 * content and attributes are sorted: the same figure gives the same text, and different figures may stand in one page.
 *
 * @param page one into which plotly's script was loaded
 * @throws {Error} with what plotly says of the figure.
 */
export async function drawSvg(page: Page, figure: Figure): Promise<string> {
  const [width, height] = figurePixels(figure);
  const { data, layout } = figure;
  const drawing: Drawing = { data, layout, width, height, seed: seedOf(JSON.stringify(figure)) };
  const svg = await page.evaluate(drawInPage, drawing as unknown as Record<string, unknown>);
  return described(svg, figure);
}

/** Runs in the page, where plotly is. */
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
