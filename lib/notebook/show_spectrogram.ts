/**
 * The sound of a recording as Whisper gets it, in a notebook.
 *
 * @module
 */
import { readAudio } from "../audio/read_audio.ts";
import { type Spectrogram, spectrogramOf } from "../experiments/attention/spectrogram.ts";
import { heatCss } from "../experiments/page/colours.ts";
import type { Figure } from "../report/figures/figure.ts";
import { axis, figureLayout } from "../report/figures/style.ts";
import { showFigure } from "./show_figure.ts";

/**
 * Shows the log-mel spectrogram of a recording below the running cell: time to the right, pitch upwards, loud is light.
 *
 * @param recording the path of a file, or `[N]` samples at 16 kHz
 * @param options.caption what is heard. Default: the path.
 * @throws {AudioError} where the file cannot be used. {InputError} outside of a notebook.
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

/** Plotly's form of the scale of all heat maps: quiet is dark. */
const COLOURS = Array.from({ length: 8 }, (_, i) => [i / 7, heatCss(i / 7).replaceAll(" ", ",")]);

/** Pitches that are named at the side. */
const HERTZ = [250, 500, 1000, 2000, 4000, 8000];

/** The row at which a pitch stands; rows are numbered at their middle, each two bands of Slaney's mel scale up to 8 kHz. */
function rowOf(hertz: number, bands: number): number {
  const mel = (f: number): number => f < 1000 ? 3 * f / 200 : 15 + Math.log(f / 1000) / (Math.log(6.4) / 27);
  return (mel(hertz) / mel(8000) * (2 * bands + 1) - 1.5) / 2;
}

/** A spectrogram as a figure: a heat map over seconds and pitch. */
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
      colorscale: COLOURS,
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
