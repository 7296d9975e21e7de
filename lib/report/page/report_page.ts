/** A report as one self-contained page. */
import { sampleLimits } from "./sample_limits.ts";
import { type Html, html, PAGE_SCRIPT, pageHtml } from "./shell.ts";
import type { ReportEntry } from "../collect/entry.ts";
import type { Gap } from "../collect/gaps.ts";
import { ORIGIN_KINDS, originLabel, setsLine } from "../collect/origin.ts";
import type { ReportTable } from "../tables/report_table.ts";
import { figureBlock, type ShownFigure, tableBlock } from "./blocks.ts";
import { type Glance, glances } from "./glance.ts";

export interface ShownSection {
  id: string;
  short: string;
  title: string;
  text: string;
  figures: readonly ShownFigure[];
  tables: readonly { table: ReportTable; files: readonly string[]; folded: boolean }[];
}

export interface ReportPage {
  entries: readonly ReportEntry[];
  sections: readonly ShownSection[];
  gaps: readonly Gap[];
  published: readonly Gap[];
  /** Scripts that the figures need. */
  scripts: readonly string[];
}

export const REPORT_TITLE: string = "BrewCLIP in TypeScript: what was measured";

export const REPORT_LEAD: string =
  "BrewCLIP (Lu and Sethi) finds images by speech and speech by images. These are the results of a reimplementation in " +
  "TypeScript, table by table next to the figures that the paper published.";

/** A warning if results of the sample could be mistaken for results on the paper's data. */
export function dataNotice(entries: readonly ReportEntry[]): string | undefined {
  const kinds = new Set(entries.flatMap(({ data }) => data.map(({ kind }) => kind)));
  if (!kinds.has("sample")) return undefined;
  return [
    "Results of the bundled sample come from drawn images, synthetic voices and two tiny models that were pretrained on the " +
    "same drawn world. They show how the parts of the method compare there. They are not results on the paper's data and " +
    "cannot be compared with its figures one to one; those appear next to them for orientation.",
    ...sampleLimits(entries),
    ...(kinds.size > 1 ? ["Each title names the data of its table or figure."] : []),
  ].join(" ");
}

export async function reportPage({ entries, sections, gaps, published, scripts }: ReportPage): Promise<string> {
  const shown = sections.filter(({ figures, tables }) => figures.length + tables.length > 0);
  const notice = dataNotice(entries);
  const body = html`
    <header>
    <h1>${REPORT_TITLE}</h1>
    <p class="lead">${REPORT_LEAD}</p>
    <ul class="facts">${facts(entries).map(([name, value]) => html`<li>${name} <b>${value}</b></li>`)}</ul>
    ${notice === undefined ? "" : html`<p class="notice">${notice}</p>`}
    </header>
    <nav aria-label="Chapters">
      <ul>
    ${shown.map(({ id, short }) => html`<li><a href="#${id}">${short}</a></li>\n`)}
    ${gaps.length + published.length > 0 ? html`<li><a href="#not-run">Not run</a></li>` : ""}
    <li><a href="#sources">Sources</a></li>
      </ul>
    </nav>
    <main>
    ${glanceBlock(glances(entries))}
    ${shown.map(sectionBlock)}
    ${notRunBlock(gaps, published)}
    ${sourcesBlock(entries)}
    </main>
    <footer>S2I: a recording retrieves its image; I2S: an image retrieves one of its recordings. R@K: percent of queries whose
    correct answer is among the first K of the whole test split.</footer>
  `;
  return await pageHtml({
    title: REPORT_TITLE,
    description: REPORT_LEAD,
    body,
    scripts: [PAGE_SCRIPT, ...scripts],
  });
}

function glanceBlock(found: readonly Glance[]): Html {
  if (found.length === 0) return html``;
  return html`
    <section id="glance">
      <h2>At a glance</h2>
      <ul class="glance">${found.map(({ section, data, text }) =>
        html`<li><a href="#${section}">${data}</a>${text.split("\n").map((line) => html`<p>${line}</p>`)}</li>\n`
      )}</ul>
    </section>
  `;
}

function facts(entries: readonly ReportEntry[]): [string, string][] {
  const kinds = new Set(entries.flatMap(({ data }) => data).map((origin) => originLabel(origin)));
  const times = entries.map(({ stored: { written } }) => written.slice(0, 10)).sort();
  const days = times[0] === times.at(-1) ? times[0] : `${times[0]} to ${times.at(-1)}`;
  return [
    ["data", [...kinds].join(", ") || "none"],
    ["results", String(entries.length)],
    ...(days === undefined ? [] : [["made", days] as [string, string]]),
  ];
}

function sectionBlock({ id, title, text, figures, tables }: ShownSection): Html {
  return html`
    <section id="${id}">
      <h2>${title}</h2>
      <p>${text}</p>
      ${figures.length > 0 ? html`<div class="figures">${figures.map(figureBlock)}</div>` : ""}
      ${tables.map(({ table, files, folded }) => tableBlock(table, { files, folded }))}
    </section>
  `;
}

export function notRunBlock(gaps: readonly Gap[], published: readonly Gap[]): Html {
  if (gaps.length + published.length === 0) return html``;
  const list = (items: readonly Gap[]): Html =>
    html`<ul class="todo">${items.map(({ what, command }) => html`<li>${what}<code>${command}</code></li>\n`)}</ul>`;
  return html`
    <section id="not-run">
      <h2>What was not run</h2>
      ${gaps.length === 0 ? "" : html`
        <p>On the sample. To run everything: <code>deno task report --missing | sh</code>, then <code>deno task report</code>.</p>
        ${list(gaps)}
      `}
      ${published.length === 0 ? "" : html`
        <div class="table">
          <details><summary><h3>On the paper's data</h3></summary>
        <p class="note">The data sets and models must be fetched first: <code>deno task data get NAME</code> prints where they are
        published. The full models need a GPU.</p>
        ${list(published)}</details>
        </div>
      `}
    </section>
  `;
}

export function sourcesBlock(entries: readonly ReportEntry[]): Html {
  const sorted = entries.toSorted((a, b) => order(a) - order(b));
  return html`
    <section id="sources">
      <h2>Sources</h2>
      <p>The results behind this report, and the command that repeats each. <code>results.json</code> next to this page holds
      all of them; <code>deno task report --from reports/results.json</code> makes the report again from that file alone.</p>
      <div class="table sources">
        <div class="scroll" tabindex="0" role="region" aria-label="Sources">
          <table>
            <thead>
              <tr>
                <th scope="col">run</th>
                <th scope="col">data</th>
                <th scope="col">seeds</th>
                <th scope="col">made</th>
                <th scope="col">command</th>
              </tr>
            </thead>
            <tbody>${sorted.map((entry) =>
              html`
                <tr>
                  <th scope="row">${entry.stored.run}</th>
                  <td>${setsLine(entry.data)}</td>
                  <td>${entry.seeds.join(", ") || "none"}</td>
                  <td><time>${entry.stored.written.slice(0, 10)}</time></td>
                  <td><code>${entry.stored.command}</code></td>
                </tr>\\n
              `
            )}</tbody>
          </table>
        </div>
        <ul class="links">
          <li><a href="results.json" download>results.json</a></li>
        </ul>
      </div>
    </section>
  `;
}

function order({ data }: ReportEntry): number {
  return Math.min(...data.map(({ kind }) => ORIGIN_KINDS.indexOf(kind)));
}
