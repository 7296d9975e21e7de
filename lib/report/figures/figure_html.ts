/**
 * A figure as a page of its own.
 *
 * @module
 */
import { escapeScript } from "../../files/escape.ts";
import { html, raw } from "../page/shell.ts";
import { type Figure, figurePixels, plotlyScript } from "./figure.ts";
import { DARK, darkFigure, FONT_FAMILY, LIGHT } from "./style.ts";

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
 * One self-contained page: title, the figure drawn by plotly (it can be pointed at and zoomed), caption. It has plotly inside
 * (4.9 MB) and needs no network; on a dark screen it is dark, on paper light.
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
