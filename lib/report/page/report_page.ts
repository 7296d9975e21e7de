/**
 * A report as one page that stands alone: no network, no other file.
 *
 * @module
 */
import { type Html, html, raw } from "../../experiments/page/page.ts";
import type { ReportEntry } from "../collect/entry.ts";
import type { Gap } from "../collect/gaps.ts";
import { ORIGIN_KINDS, originLabel, setsLine } from "../collect/origin.ts";
import type { ReportTable } from "../tables/report_table.ts";
import { figureBlock, type ShownFigure, tableBlock } from "./blocks.ts";
import { type Glance, glances } from "./glance.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page_style.ts";

/** A chapter as a page shows it. */
export interface ShownSection {
  /** Its anchor. */
  id: string;
  /** Its name in the navigation. */
  short: string;
  /** Its title. */
  title: string;
  /** The question that it answers, and its place in the paper. */
  text: string;
  /** Its figures. */
  figures: readonly ShownFigure[];
  /** Its tables, each with links to its files. */
  tables: readonly { table: ReportTable; files: readonly string[]; folded: boolean }[];
}

/** All that a page shows. */
export interface ReportPage {
  /** The results. */
  entries: readonly ReportEntry[];
  /** The chapters. */
  sections: readonly ShownSection[];
  /** What is missing of the sample. */
  gaps: readonly Gap[];
  /** What is missing of the paper's data. */
  published: readonly Gap[];
  /** Scripts that the figures need, each whole; none where all are pictures. */
  scripts: readonly string[];
}

/** The title of every report. */
export const REPORT_TITLE: string = "BrewCLIP in TypeScript: what was measured";

/** What the project is, in two sentences. */
export const REPORT_LEAD: string =
  "BrewCLIP (Lu and Sethi) finds pictures by speech and speech by pictures. These are the results of a reimplementation in " +
  "TypeScript, table by table beside the figures that the paper published.";

/** Whose data the results are of; undefined where there is nothing to warn of. */
export function dataNotice(entries: readonly ReportEntry[]): string | undefined {
  const kinds = new Set(entries.flatMap(({ data }) => data.map(({ kind }) => kind)));
  if (!kinds.has("sample")) return undefined;
  return "Results of the bundled sample come from drawn pictures, synthetic voices and two tiny models. They show that the method " +
    "works from end to end. They are not results on the paper's data and cannot be compared with its figures one to one; " +
    "those stand beside them for orientation." +
    (kinds.size > 1 ? " Each title says which data a table or figure is of." : "");
}

/** The page as text. */
export async function reportPage({ entries, sections, gaps, published, scripts }: ReportPage): Promise<string> {
  const shown = sections.filter(({ figures, tables }) => figures.length + tables.length > 0);
  const notice = dataNotice(entries);
  const text = `${await html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="description" content="${REPORT_LEAD}">
        <title>${REPORT_TITLE}</title>
        <link rel="icon" href="data:,">
        <style>${raw(PAGE_STYLE)}</style>
      </head>
      <body>
    <div class="wrap">
    <header>
    <h1>${REPORT_TITLE}</h1>
    <p class="lead">${REPORT_LEAD}</p>
    <ul class="facts">${facts(entries).map(([name, value]) => html`<li>${name} <b>${value}</b></li>`)}</ul>
    ${notice === undefined ? "" : html`<p class="notice">${notice}</p>`}
    </header>
    <nav aria-label="Chapters"><ul>
    ${shown.map(({ id, short }) => html`<li><a href="#${id}">${short}</a></li>\n`)}
    ${gaps.length + published.length > 0 ? html`<li><a href="#not-run">Not run</a></li>` : ""}
    <li><a href="#sources">Sources</a></li>
    </ul></nav>
    <main>
    ${glanceBlock(glances(entries))}
    ${shown.map(sectionBlock)}
    ${notRunBlock(gaps, published)}
    ${sourcesBlock(entries)}
    </main>
    <footer>S2I: a recording asks for its picture; I2S: a picture asks for one of its recordings. R@K: percent of queries whose right answer
    is among the first K of the whole test split.</footer>
    </div>
    <script>${raw(PAGE_SCRIPT)}</script>
    ${raw(SCRIPTS)}
      </body>
    </html>
  `}`;
  const clean = text.replaceAll(/[ \t]+\n/g, "\n").replaceAll(/\n{2,}/g, "\n").trim();
  return `${clean.replace(SCRIPTS, () => scripts.map((script) => `<script>${script}</script>`).join("\n"))}\n`;
}

/** Where scripts come into the page, letter for letter. */
const SCRIPTS = "<!-- scripts -->";

function glanceBlock(found: readonly Glance[]): Html {
  if (found.length === 0) return html``;
  return html`
    <section id="glance">
      <h2>At a glance</h2>
      <ul class="glance">${found.map(({ section, data, text }) =>
        html`<li><a href="#${section}">${data}</a><p>${text}</p></li>\n`
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

/** What is missing, with the commands that make it. */
export function notRunBlock(gaps: readonly Gap[], published: readonly Gap[]): Html {
  if (gaps.length + published.length === 0) return html``;
  const list = (items: readonly Gap[]): Html =>
    html`<ul class="todo">${items.map(({ what, command }) => html`<li>${what}<code>${command}</code></li>\n`)}</ul>`;
  return html`
    <section id="not-run">
      <h2>What was not run</h2>
      ${gaps.length === 0 ? "" : html`
        <p>On the sample. All at once: <code>deno task report --missing | sh</code>, then <code>deno task report</code>.</p>
        ${list(gaps)}
      `}
      ${published.length === 0 ? "" : html`
        <div class="table">
          <details><summary><h3>On the paper's data</h3></summary>
        <p class="note">The data sets and models have to be fetched first: <code>deno task data get NAME</code> tells where they are
        published. The full models want a GPU.</p>
        ${list(published)}</details>
        </div>
      `}
    </section>
  `;
}

/** The results that a report is made from. */
export function sourcesBlock(entries: readonly ReportEntry[]): Html {
  const sorted = entries.toSorted((a, b) => order(a) - order(b));
  return html`
    <section id="sources">
      <h2>Sources</h2>
      <p>The results that all of this is made from, and the command that makes each again. <code>results.json</code> beside this page holds
      them whole; <code>deno task report --from reports/results.json</code> makes the report again from that file alone.</p>
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
