/**
 * A table on a report's page.
 *
 * @module
 */
import { type Html, html } from "../../experiments/page/page.ts";
import { figureParts, type ReportTable } from "../tables/report_table.ts";

/** Groups of columns by the beginnings or ends of their heads. */
const WAYS: Readonly<Record<string, string>> = { S2I: "speech to image", I2S: "image to speech" };

/**
 * The table with its title, note and files.
 *
 * @param files links to its copies, from the page
 * @param folded whether it is shown only when its title is pressed
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

/** Links to files, each named by its kind. */
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

/** One line of heads, or two where columns come in groups: `S2I R@1`, or `LN-COCO S2I`. */
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

/** A figure has its interval and p below it, which keeps columns narrow. */
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
