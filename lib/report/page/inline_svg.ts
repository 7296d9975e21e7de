/**
 * A figure's SVG as a part of a page.
 *
 * @module
 */
import { DARK, type Ground, LIGHT } from "../figures/palette.ts";

const NAMES = Object.keys(LIGHT) as (keyof Ground)[];

/** Colours of figures that are not data, as variables of a page: `--figure-ink: #1c1c1e; ...` */
export function figureColours(ground: Readonly<Ground>): string {
  return NAMES.map((name) => `--figure-${name}: ${ground[name]};`).join(" ");
}

/**
 * The SVG without its own title and description, which the page tells; colours that are not data become variables of the page,
 * so that they follow day and night.
 */
export function inlineSvg(svg: string): string {
  return svg.trim()
    .replace(/^<\?xml[^>]*\?>\s*/, "")
    .replace(/<title[\s\S]*?<\/title>/, "")
    .replace(/<desc>[\s\S]*?<\/desc>/, "")
    .replace(/ role="img" aria-labelledby="[^"]*"/, ' aria-hidden="true"')
    .replaceAll(
      /style="[^"]*"/g,
      (style) => NAMES.reduce((text, name) => text.replaceAll(rgb(LIGHT[name]), `var(--figure-${name})`), style),
    );
}

/** Each colour of a light figure with that of a dark one. */
export const NIGHT: readonly (readonly [light: string, dark: string])[] = NAMES.map((
  name,
) => [LIGHT[name], DARK[name]]);

/** `"#1c1c1e"` as plotly writes it: `"rgb(28, 28, 30)"`. */
function rgb(hex: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return `rgb(${channels.join(", ")})`;
}
