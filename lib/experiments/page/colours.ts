/**
 * Colours of maps.
 *
 * @module
 */

/** Anchors of a scale from black over purple and orange to light yellow, whose lightness rises evenly (after inferno). */
const SCALE: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [40, 11, 84],
  [101, 21, 110],
  [159, 42, 99],
  [212, 72, 66],
  [245, 125, 21],
  [250, 193, 39],
  [252, 255, 164],
];

/** The colour of a value in [0, 1]: red, green and blue from 0 to 255. */
export function heatColour(value: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, value)) * (SCALE.length - 1);
  const low = Math.min(SCALE.length - 2, Math.floor(place));
  const [from, to] = [SCALE[low]!, SCALE[low + 1]!];
  const mixed = ([0, 1, 2] as const).map((c) => Math.round(from[c] + (place - low) * (to[c] - from[c])));
  return mixed as [number, number, number];
}

/** The same for CSS and SVG. */
export function heatCss(value: number): string {
  return `rgb(${heatColour(value).join(" ")})`;
}
