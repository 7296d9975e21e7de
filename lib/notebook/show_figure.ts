/** Interactive figures below the running cell. */
import { readAudio } from "../audio/read_audio.ts";
import { type Spectrogram, spectrogramOf } from "../audio/log_mel.ts";
import { heatCss } from "../report/page/media.ts";
import { html, raw } from "../report/page/shell.ts";
import { type Figure, figurePixels, plotlyScript } from "../report/figures/figure.ts";
import { axis, figureLayout, PLOTLY_CONFIG } from "../report/figures/style.ts";
import { escapeScript } from "../files/escape.ts";
import { type Bundle, showOutput } from "./kernel.ts";

/** The global variable with the promise of plotly. */
const PROMISE = "brewclipPlotly";

/**
 * Makes a script element that loads plotly without a network; `window.brewclipPlotly` is its promise. The script's 4.9 MB are
 * compressed to 2 MB, which is below the message limit of a Jupyter server.
 */
export async function plotlyLoader(): Promise<string> {
  const packed = new Blob([await plotlyScript()]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  return `<script>window.${PROMISE} ??= (async () => {
if (window.Plotly) return window.Plotly;
const bytes = Uint8Array.from(atob("${bytes.toBase64()}"), (letter) => letter.charCodeAt(0));
const script = document.createElement("script");
script.textContent = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
document.head.append(script);
return window.Plotly;
})();</script>`;
}

/** Magnification of figures, compared with paper. */
const SCALE = 1.3;

/** After this many milliseconds, a figure of the same name comes from a rerun of its cell, not from a loop. */
const RERUN_AFTER = 5000;

/** The figure whose output contains plotly's script for the whole notebook, and when one of its name was last shown. */
let carrier: { name: string; caption: string; shown: number } | undefined;

/**
 * Draws a figure below the running cell. It has hover texts, can be zoomed and saved as an image, and needs no network.
 *
 * The output has two forms: `application/vnd.plotly.v1+json` for programs that draw plotly themselves (VS Code, JupyterLab with
 * the plotly extension), and HTML for all others and for `nbconvert --to html`. To keep the file small, only the HTML of a
 * notebook's first figure contains plotly's script, also when that cell runs again.
 *
 * @throws {InputError} outside of a notebook.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showFigure(retrievalBarsFigure(results));
 * ```
 */
export async function showFigure(figure: Figure): Promise<void> {
  const loader = needsScript(figure) ? await plotlyLoader() : "";
  await showOutput(figureBundle(figure, loader));
}

/** Whether a figure contains plotly's script: the first one does, also when its cell runs again. */
function needsScript({ name, caption }: Figure): boolean {
  const shown = performance.now();
  if (carrier !== undefined && carrier.name !== name) return false;
  const again = carrier === undefined || carrier.caption === caption || shown - carrier.shown > RERUN_AFTER;
  carrier = again ? { name, caption, shown } : { ...carrier!, shown };
  return again;
}

/** Makes the forms of a figure that a notebook stores. `loader` is HTML in front of it. */
function figureBundle(figure: Figure, loader: string): Bundle {
  const { title, caption, alt, data } = figure;
  const [drawnWidth, drawnHeight] = figurePixels(figure);
  const [width, height] = [Math.ceil(SCALE * drawnWidth), Math.ceil(SCALE * drawnHeight)];
  const layout = { width: drawnWidth, height: drawnHeight, ...figure.layout };
  const id = `figure-${crypto.randomUUID()}`;
  const target = html`
    <figure style="margin:0;max-width:${width}px">
      <div role="img" aria-label="${alt}" style="height:${height}px;overflow:auto hidden">
        <div id="${id}" style="transform:scale(${SCALE});transform-origin:0 0">
          <p>${title} (drawn once the notebook's first figure has been shown)</p>
        </div>
      </div>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
  const script = html`<script>${raw(drawingScript(id, { data, layout, config: PLOTLY_CONFIG }))}</script>`;
  return {
    "application/vnd.plotly.v1+json": { data, layout, config: PLOTLY_CONFIG },
    "text/html": `${loader}${target}${script}`,
    "text/plain": `figure: ${title}. ${caption}`,
  };
}

/** Makes a script that waits for plotly, which may come later in the page, and draws the figure. */
function drawingScript(id: string, drawing: object): string {
  const json = escapeScript(JSON.stringify(drawing));
  return `(async () => {
const target = document.getElementById("${id}");
while (!window.${PROMISE} && !window.Plotly) await new Promise((resolve) => setTimeout(resolve, 100));
const Plotly = await window.${PROMISE} ?? window.Plotly;
const { data, layout, config } = ${json};
config.displayModeBar &&= matchMedia("(hover: hover)").matches && "hover"; // on touch screens it would always cover a part
target.replaceChildren();
await Plotly.newPlot(target, data, layout, config);
})();`;
}

/**
 * Shows the log-mel spectrogram of a recording below the running cell. The x axis is time, the y axis frequency; louder is
 * lighter.
 *
 * @param recording the path of a file, or `[N]` samples at 16 kHz
 * @param options.caption Default: the path.
 * @throws {AudioError} if the file cannot be read; {InputError} outside of a notebook.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showSpectrogram(pair.audio, { caption: pair.text });
 * ```
 */
export async function showSpectrogram(
  recording: string | Float32Array,
  options: { caption?: string } = {},
): Promise<void> {
  const samples = typeof recording === "string" ? await readAudio(recording) : recording;
  const caption = options.caption ?? (typeof recording === "string" ? recording : `${samples.length} samples`);
  await showFigure(spectrogramFigure(spectrogramOf(samples, 400), caption));
}

/** The color scale of all heat maps, for plotly. */
const COLORS = Array.from({ length: 8 }, (_, i) => [i / 7, heatCss(i / 7).replaceAll(" ", ",")]);

/** Frequencies that are labeled on the axis. */
const HERTZ = [250, 500, 1000, 2000, 4000, 8000];

/** Computes the row of a frequency. Rows are numbered by their centers and have two bands of Slaney's mel scale up to 8 kHz. */
function rowOf(hertz: number, bands: number): number {
  const mel = (f: number): number => f < 1000 ? 3 * f / 200 : 15 + Math.log(f / 1000) / (Math.log(6.4) / 27);
  return (mel(hertz) / mel(8000) * (2 * bands + 1) - 1.5) / 2;
}

/** Draws a spectrogram as a heat map over seconds and frequency. */
export function spectrogramFigure(spectrogram: Spectrogram, caption: string): Figure {
  const { bands, columns, seconds, levels } = spectrogram;
  const z = Array.from({ length: bands }, (_, row) => levels.slice(row * columns, (row + 1) * columns));
  return {
    name: `spectrogram_${caption.toLowerCase().replace(/[^a-z0-9]+/g, "_").slice(0, 60)}`,
    title: "Log-mel spectrogram",
    caption,
    alt: `Log-mel spectrogram of ${seconds.toFixed(1)} s: ${caption}`,
    columns: 2,
    height: 1.8,
    data: [{
      type: "heatmap",
      z,
      x0: seconds / columns / 2,
      dx: seconds / columns,
      colorscale: COLORS,
      showscale: false,
      hovertemplate: "%{x:.2f} s<extra></extra>",
    }],
    layout: figureLayout({
      columns: 2,
      height: 1.8,
      axes: {
        xaxis: axis("seconds", { range: [0, seconds] }),
        yaxis: axis("Hz", { tickvals: HERTZ.map((hertz) => rowOf(hertz, bands)), ticktext: HERTZ.map(String) }),
      },
    }),
  };
}
