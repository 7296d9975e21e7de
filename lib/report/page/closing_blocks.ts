/**
 * The end of a report's page: what was not run, and what the report is made from.
 *
 * @module
 */
import { type Html, html } from "../../experiments/page/page.ts";
import { ORIGIN_KINDS } from "../collect/data_origin.ts";
import type { ReportEntry } from "../collect/entry.ts";
import type { Gap } from "../collect/gaps.ts";
import { setsLine } from "./sources.ts";

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
