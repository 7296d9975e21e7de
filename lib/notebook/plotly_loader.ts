/**
 * Plotly's script inside a notebook: once, not once a figure.
 *
 * @module
 */
import { plotlyScript } from "../report/figures/figure.ts";

/** The name of the script's promise in the page. */
export const PROMISE = "brewclipPlotly";

/**
 * A script element that brings plotly into a page without a network: `window.brewclipPlotly` becomes the promise of it.
 *
 * The 4.9 MB are packed to 2 MB: that is less to store, and stays below what a Jupyter server lets through in one go.
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
