/**
 * A figure on a report's page.
 *
 * @module
 */
import { type Html, html, raw } from "../../experiments/page/page.ts";
import { inlineSvg } from "./inline_svg.ts";
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
  /** What is drawn: SVG, or what plotly draws in the reader's browser. */
  drawn: { svg: string } | { plotly: { data: unknown; layout: unknown; width: number; height: number } };
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
  if ("svg" in drawn) {
    return html`<div class="drawing" role="img" aria-label="${alt}">${raw(inlineSvg(drawn.svg))}</div>`;
  }
  const text = JSON.stringify(drawn.plotly).replaceAll("<", "\\u003c");
  const ratio = (1 / shape).toFixed(3);
  return html`
    <div class="drawing" id="plot-${name}" role="img" aria-label="${alt}" style="aspect-ratio: ${ratio}"></div>
    <script type="application/json" class="plotly" data-for="plot-${name}">${raw(text)}</script>
  `;
}
