/** Figures and tables as parts of a page. */
import { escapeScript } from "../../files/escape.ts";
import { type Html, html, raw } from "./shell.ts";
import { DARKER, GROUND_NAMES, LIGHT, PLOTLY_CONFIG } from "../figures/style.ts";
import { figureParts, type ReportTable } from "../tables/report_table.ts";

export interface ShownFigure {
  name: string;
  title: string;
  caption: string;
  alt: string;
  columns: 1 | 2;
  shape: number;
  /** Links to its files. */
  files: readonly string[];
  /** SVG, or what plotly draws in the reader's browser. */
  drawn: { svg: string } | { plotly: { data: unknown; layout: unknown; width: number; height: number } };
}

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
  const text = escapeScript(JSON.stringify(drawn.plotly));
  const ratio = (1 / shape).toFixed(3);
  return html`
    <div class="drawing" id="plot-${name}" role="img" aria-label="${alt}" style="aspect-ratio: ${ratio}">
      <noscript>${alt}</noscript>
    </div>
    <script type="application/json" class="plotly" data-for="plot-${name}">${raw(text)}</script>
  `;
}

const WAYS: Readonly<Record<string, string>> = { S2I: "speech to image", I2S: "image to speech" };

/**
 * @param options.files links to its files
 * @param options.folded whether it opens only when its title is clicked
 */
export function tableBlock(table: ReportTable, options: { files: readonly string[]; folded?: boolean }): Html {
  const { files, folded = false } = options;
  const body = html`
    <div class="scroll" tabindex="0" role="region" aria-label="${table.title}">
      <table class="${table.columns.length > 4 ? "long" : ""}">
        <caption hidden>${table.title}</caption>
        <thead>${head(table.columns)}</thead>
        <tbody>${table.rows.map((row) => line(table.columns, row))}</tbody>
      </table>
    </div>
    <p class="note">${table.note}</p>
    ${links(files)}
  `;
  const title = html`<h3>${table.title}</h3>`;
  return html`
    <div class="table" id="table-${table.name}">
      ${folded ? html`<details><summary>${title}</summary>${body}</details>` : html`${title}${body}`}
    </div>
  `;
}

export function links(files: readonly string[]): Html {
  if (files.length === 0) return html``;
  return html`
    <ul class="links">
      ${files.map((file) => {
        const kind = file.split(".").pop() ?? file;
        return kind === "html"
          ? html`<li><a href="${file}">interactive</a></li>`
          : html`<li><a href="${file}" download>${kind.toUpperCase()}</a></li>`;
      })}
    </ul>
  `;
}

/** Two lines if columns are grouped, as `S2I R@1` or `LN-COCO S2I`. */
function head(columns: readonly string[]): Html {
  const parts = columns.map((column): [group: string, leaf: string] => {
    const way = /^(S2I|I2S) (R@\d+)$/.exec(column);
    if (way !== null) return [WAYS[way[1]!]!, way[2]!];
    const set = /^(.+) (S2I|I2S)$/.exec(column);
    return set === null ? ["", column] : [set[1]!, set[2]!];
  });
  const leaves = html`<tr>${parts.map(([, leaf]) => html`<th scope="col">${leaf}</th>`)}</tr>`;
  if (parts.every(([group]) => group === "")) return leaves;
  const groups: { name: string; span: number }[] = [];
  for (const [name] of parts) {
    const last = groups.at(-1);
    if (last !== undefined && last.name === name) last.span += 1;
    else groups.push({ name, span: 1 });
  }
  return html`
    <tr>${groups.map(({ name, span }) =>
      name === ""
        ? html`<td colspan="${span}"></td>`
        : html`<th class="group" scope="colgroup" colspan="${span}">${name}</th>`
    )}</tr>
    ${leaves}
  `;
}

function line(columns: readonly string[], row: readonly string[]): Html {
  const from = row[columns.indexOf("from")];
  const cells = row.map((text, i) => {
    if (i === 0) return html`<th scope="row">${text}</th>`;
    if (columns[i] === "from") return html`<td><span class="from ${text}">${text}</span></td>`;
    return cell(text);
  });
  return html`<tr class="${from === "paper" ? "paper" : ""}">${cells}</tr>\n`;
}

/** A figure's interval and p are below it, which keeps columns narrow. */
function cell(text: string): Html {
  const parts = figureParts(text);
  if (parts === undefined) return html`<td>${text}</td>`;
  const { value, deviation, low, high, p } = parts;
  return html`<td class="number"><b>${value}</b>${deviation === undefined ? "" : ` ± ${deviation}`}${
    low === undefined ? "" : html`
      <small>[${low}, ${high}]</small>
    `
  }${
    p === undefined ? "" : html`
      <small>p ${p}</small>
    `
  }</td>`;
}

/**
 * Moves styles into classes, which halves the SVG, and drops attributes that only plotly needs.
 *
 * @param name of the figure; its classes start with it
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
 * Prepares an SVG of {@link compactSvg} for a page, which has title and description itself. Colors that are not data become variables
 * of the page, so that they follow the color scheme.
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
  return GROUND_NAMES.reduce((text, name) => text.replaceAll(rgb(LIGHT[name]), `var(--figure-${name})`), style);
}

/** Decodes an attribute; drops what could end a style sheet. */
function unescaped(value: string): string {
  return value.replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll(/[<>{}]|&\w+;/g, "");
}

/** `"#1c1c1e"` as plotly writes it: `"rgb(28, 28, 30)"`. */
function rgb(hex: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return `rgb(${channels.join(", ")})`;
}

/**
 * Draws every figure of a page with plotly, as wide as its column but never too small to read (it scrolls then), in the colors of
 * the reader's scheme; it prints light.
 */
export const DRAW_SCRIPT: string = `
const NIGHT = ${JSON.stringify([...DARKER])};
const CONFIG = ${JSON.stringify(PLOTLY_CONFIG)};
(() => {
  const night = matchMedia("(prefers-color-scheme: dark)");
  const LEAST = 0.9;
  CONFIG.displayModeBar = matchMedia("(hover: hover)").matches && "hover"; // on touch screens it would always cover a part
  const draw = async (script, dark) => {
    const place = document.getElementById(script.dataset.for);
    const text = dark
      ? NIGHT.reduce((text, [day, night]) => text.replaceAll(JSON.stringify(day), JSON.stringify(night)), script.textContent)
      : script.textContent;
    const { width, height, data, layout } = JSON.parse(text);
    place.style.aspectRatio = "auto";
    let sheet = place.querySelector("div");
    if (!sheet) {
      sheet = place.appendChild(document.createElement("div"));
      sheet.style.transformOrigin = "0 0";
      const fit = () => {
        const scale = Math.max(LEAST, Math.min(1.75, place.clientWidth / width));
        sheet.style.width = width + "px";
        sheet.style.height = height + "px";
        sheet.style.transform = "scale(" + scale + ")";
        place.style.height = Math.ceil(height * scale) + "px";
      };
      new ResizeObserver(fit).observe(place);
      fit();
    }
    await Plotly.react(sheet, data, { ...layout, width, height }, CONFIG);
    place.dataset.drawn = "true";
  };
  const all = (dark) => Promise.all([...document.querySelectorAll("script.plotly")].map((script) => draw(script, dark)));
  night.addEventListener("change", () => all(night.matches));
  addEventListener("beforeprint", () => all(false));
  addEventListener("afterprint", () => all(night.matches));
  all(night.matches);
})();`;
