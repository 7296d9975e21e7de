/**
 * A figure on a report's page.
 *
 * @module
 */
import { type Html, html, raw } from "../../experiments/page/page.ts";
import { links } from "./table_block.ts";

/** A figure as a page shows it. */
export interface ShownFigure {
  /** Name of its files. */
  name: string;
  /** What it shows. */
  title: string;
  /** What is seen, with data set, split, counts and seeds. */
  caption: string;
  /** The same for those who cannot see it. */
  alt: string;
  /** Columns of a paper that it takes. */
  columns: 1 | 2;
  /** Height by width. */
  shape: number;
  /** Its copies, as links from the page. */
  files: readonly string[];
  /** What is drawn: SVG for a white page and, where there is one, for a dark page; or what plotly draws in the reader's browser. */
  drawn: { light: string; dark?: string | undefined } | { plotly: object };
}

/** The figure with its caption and its files. */
export function figureBlock(figure: ShownFigure): Html {
  const { name, title, caption, columns, files } = figure;
  return html`
    <figure id="${name}" class="${columns === 2 ? "wide" : "narrow"}">
      ${drawing(figure)}
      <figcaption>
        <h3>${title}</h3>
        <p>${caption}</p>
        ${links(files)}
      </figcaption>
    </figure>
  `;
}

function drawing({ name, alt, shape, drawn }: ShownFigure): Html {
  if ("plotly" in drawn) {
    const text = JSON.stringify(drawn.plotly).replaceAll("<", "\\u003c");
    return html`
      <div class="plot" id="plot-${name}" role="img" aria-label="${alt}" style="aspect-ratio: ${(1 / shape).toFixed(
        3,
      )}"></div>
      <script type="application/json" class="plotly" data-for="plot-${name}">${raw(text)}</script>
    `;
  }
  const { light, dark } = drawn;
  const [width, height] = [1000, Math.round(1000 * shape)];
  const picture = html`<img src="${svgUri(light)}" alt="${alt}" width="${width}" height="${height}">`;
  if (dark === undefined) return html`<div class="drawing lit">${picture}</div>`;
  return html`
    <div class="drawing">
      <picture>
        <source media="screen and (prefers-color-scheme: dark)" srcset="${svgUri(dark)}">
        ${picture}
      </picture>
    </div>
  `;
}

/** An SVG as the address of itself. */
export function svgUri(svg: string): string {
  return `data:image/svg+xml;base64,${new TextEncoder().encode(svg).toBase64()}`;
}
