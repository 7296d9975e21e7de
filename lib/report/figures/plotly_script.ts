/**
 * Plotly's script as text.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

let script: Promise<string> | undefined;

/** Plotly's script (4.9 MB), read once; ready to stand inside a `script` element. */
export function plotlyScript(): Promise<string> {
  return script ??= Deno.readTextFile(fileURLToPath(import.meta.resolve("plotly.js/plotly.min.js")))
    .then((text) => text.replaceAll("</script", "<\\/script"));
}
