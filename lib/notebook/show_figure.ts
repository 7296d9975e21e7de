/**
 * Interactive figures in a notebook.
 *
 * @module
 */
import { type Figure, figurePixels } from "../report/figures/figure.ts";
import { html, raw } from "../experiments/page/page.ts";
import { type Bundle, showOutput } from "./kernel.ts";
import { plotlyLoader, PROMISE } from "./plotly_loader.ts";

/** How much larger than on paper a figure is shown. */
const SCALE = 1.3;

/** Milliseconds after which a figure of the same name is taken for the same one shown anew, not for another of a loop. */
const ANEW = 5000;

/** The figure whose output carries plotly's script for the whole notebook, and when one of its name was last shown. */
let carrier: { name: string; caption: string; shown: number } | undefined;

/**
 * Draws a figure below the running cell: it can be pointed at, zoomed and saved as a picture, and needs no network.
 *
 * The output holds it as `application/vnd.plotly.v1+json`, for programs that draw plotly themselves (VS Code, JupyterLab
 * with the plotly extension), and as HTML, for the others and for `nbconvert --to html`. Plotly's script is in the HTML of
 * the first figure of a notebook only, so that the file stays small; where that figure is shown again, as when its cell is
 * run again, it carries it again.
 *
 * @throws {InputError} outside of a notebook.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showFigure(retrievalBarsFigure(results));
 * ```
 */
export async function showFigure(figure: Figure): Promise<void> {
  const loader = carries(figure) ? await plotlyLoader() : "";
  await showOutput(figureBundle(figure, loader));
}

/** Whether plotly's script goes with a figure: with the first one, and again where that one is shown anew. */
function carries({ name, caption }: Figure): boolean {
  const shown = performance.now();
  if (carrier !== undefined && carrier.name !== name) return false;
  const again = carrier === undefined || carrier.caption === caption || shown - carrier.shown > ANEW;
  carrier = again ? { name, caption, shown } : { ...carrier!, shown };
  return again;
}

/**
 * A figure in the forms in which a notebook keeps it.
 *
 * @param loader HTML that stands before it, such as plotly's script. Default: nothing.
 */
export function figureBundle(figure: Figure, loader: string = ""): Bundle {
  const { title, caption, alt, data } = figure;
  const [drawnWidth, drawnHeight] = figurePixels(figure);
  const [width, height] = [Math.ceil(SCALE * drawnWidth), Math.ceil(SCALE * drawnHeight)];
  const layout = { width: drawnWidth, height: drawnHeight, ...figure.layout };
  const config = { displaylogo: false, displayModeBar: "hover", modeBarButtonsToRemove: ["select2d", "lasso2d"] };
  const id = `figure-${crypto.randomUUID()}`;
  const place = html`
    <figure style="margin:0;max-width:${width}px">
      <div role="img" aria-label="${alt}" style="height:${height}px;overflow:auto hidden">
        <div id="${id}" style="transform:scale(${SCALE});transform-origin:0 0">
          <p>${title} (drawn once the notebook's first figure has been shown)</p>
        </div>
      </div>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
  const script = html`<script>${raw(drawingScript(id, { data, layout, config }))}</script>`;
  return {
    "application/vnd.plotly.v1+json": { data, layout, config },
    "text/html": `${loader}${place}${script}`,
    "text/plain": `figure: ${title}. ${caption}`,
  };
}

/** Waits for plotly, which a later part of the page may bring, and draws. */
function drawingScript(id: string, drawing: object): string {
  const json = JSON.stringify(drawing).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028");
  return `(async () => {
const place = document.getElementById("${id}");
while (!window.${PROMISE} && !window.Plotly) await new Promise((resolve) => setTimeout(resolve, 100));
const Plotly = await window.${PROMISE} ?? window.Plotly;
const { data, layout, config } = ${json};
config.displayModeBar &&= matchMedia("(hover: hover)").matches && "hover"; // else it would cover a part for good
place.replaceChildren();
await Plotly.newPlot(place, data, layout, config);
})();`;
}
