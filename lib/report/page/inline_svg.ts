/**
 * A figure's SVG as a part of a page.
 *
 * @module
 */
import { DARK, type Ground, LIGHT } from "../figures/palette.ts";

const NAMES = Object.keys(LIGHT) as (keyof Ground)[];

/** Each colour of a light figure with that of a dark one. */
export const NIGHT: readonly (readonly [light: string, dark: string])[] = NAMES.map((
  name,
) => [LIGHT[name], DARK[name]]);

/** Colours of figures that are not data, as variables of a page: `--figure-ink: #1c1c1e; ...` */
export function figureColours(ground: Readonly<Ground>): string {
  return NAMES.map((name) => `--figure-${name}: ${ground[name]};`).join(" ");
}

/**
 * The SVG with its styles as classes, which makes it about half as long; what plotly alone needs is left out.
 *
 * @param name of the figure, in small letters, digits and underscores: its classes start with it
 */
export function compactSvg(svg: string, name: string): string {
  const styles = new Map<string, string>();
  const body = svg.replaceAll(/<[a-zA-Z][^<>]*>/g, (tag) => {
    const [, style] = / style="([^"]*)"/.exec(tag) ?? [];
    const plain = tag.replace(/ class="[^"]*"/, "").replace(/ style="[^"]*"/, "").replaceAll(
      / data-[\w-]+="[^"]*"/g,
      "",
    );
    if (style === undefined) return plain;
    if (!styles.has(style)) styles.set(style, `${name}-${styles.size}`);
    return plain.replace(/^<[a-zA-Z]+/, (start) => `${start} class="${styles.get(style)}"`);
  });
  const rules = [...styles].map(([style, selector]) => `.${selector}{${unescaped(style)}}`);
  return body.replace(/(<svg[^>]*>(?:<title[\s\S]*?<\/desc>)?)/, (start) => `${start}<style>${rules.join("")}</style>`);
}

/**
 * An SVG of {@link compactSvg} without its own title and description, which the page tells. Colours that are not data become
 * variables of the page, so that they follow day and night.
 */
export function inlineSvg(svg: string): string {
  return svg.trim()
    .replace(/^<\?xml[^>]*\?>\s*/, "")
    .replace(/<title[\s\S]*?<\/title>/, "")
    .replace(/<desc>[\s\S]*?<\/desc>/, "")
    .replace(/ role="img" aria-labelledby="[^"]*"/, ' aria-hidden="true"')
    .replace(/<style>[\s\S]*?<\/style>/, variables);
}

function variables(style: string): string {
  return NAMES.reduce((text, name) => text.replaceAll(rgb(LIGHT[name]), `var(--figure-${name})`), style);
}

/** The value of an attribute as it is meant; what could end a style sheet is left out. */
function unescaped(value: string): string {
  return value.replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll(/[<>{}]|&\w+;/g, "");
}

/** `"#1c1c1e"` as plotly writes it: `"rgb(28, 28, 30)"`. */
function rgb(hex: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return `rgb(${channels.join(", ")})`;
}
