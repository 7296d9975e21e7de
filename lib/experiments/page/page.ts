/**
 * Pages that stand alone: one HTML file with its pictures and recordings inside, which no script and no network needs.
 *
 * @module
 */
import { html, raw } from "hono/html";

/** A piece of HTML; what is put into `html` templates is escaped. */
export type Html = ReturnType<typeof html>;

export { html, raw };

const STYLE = `
:root { color-scheme: light; --ink: #1d2129; --soft: #667085; --line: #dfe3ea; --right: #1f8a4c; --wrong: #b42318; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 24px 20px 60px; color: var(--ink); background: #fff;
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 19px; margin: 36px 0 8px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 4px 0; max-width: 80ch; }
.soft { color: var(--soft); font-size: 13px; }
.query { border-top: 1px solid var(--line); margin-top: 24px; padding-top: 16px; }
.ask { display: flex; gap: 16px; align-items: flex-start; flex-wrap: wrap; }
.ask > div { flex: 1 1 320px; min-width: 0; }
.row { display: grid; grid-template-columns: 190px 1fr; gap: 12px; margin-top: 12px; align-items: start; }
.hits { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 10px; }
.hits.speech { grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); }
.hit { border: 2px solid var(--line); border-radius: 8px; padding: 6px; font-size: 13px; overflow-wrap: anywhere; }
.hit.right { border-color: var(--right); background: #f0faf4; }
.hit b { color: var(--right); }
.picture { display: block; max-width: 100%; border-radius: 6px; }
.hit .picture { width: 100%; }
audio { display: block; width: 100%; height: 34px; margin: 6px 0; }
table { border-collapse: collapse; margin: 10px 0; font-size: 13px; }
th, td { text-align: left; padding: 4px 10px; border-bottom: 1px solid var(--line); }
.scroll { overflow-x: auto; }
.words { font-size: 17px; line-height: 2.1; }
.words span { border-radius: 4px; padding: 2px 3px; }
svg text { font: 12px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: var(--soft); }
@media (max-width: 720px) { .row { grid-template-columns: 1fr; gap: 4px; } }
`;

/** The whole page as text. */
export async function page(title: string, lead: Html, body: Html): Promise<string> {
  const text = `${await html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title}</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
    <h1>${title}</h1>
    ${lead}
    ${body}
      </body>
    </html>
  `}`;
  return `${text.trim()}\n`;
}

/** A table of plain cells. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): Html {
  return html`
    <div class="scroll">
      <table><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr>
    ${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</table>
    </div>
  `;
}
