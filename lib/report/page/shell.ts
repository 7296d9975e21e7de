/** The shell and the style of every page: one HTML file that needs no network and no other file, readable on a phone and on paper. */
import { html, raw } from "hono/html";
import { DARK, figureColours, LIGHT } from "../figures/style.ts";

export type Html = ReturnType<typeof html>;

export { html, raw };

export interface PageParts {
  title: string;
  description?: string;
  body: Html;
  scripts?: readonly string[];
}

/** Placeholder, so that templates do not touch scripts. */
const SCRIPTS = "<!-- scripts -->";

export async function pageHtml({ title, description, body, scripts = [] }: PageParts): Promise<string> {
  const text = `${await html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        ${description === undefined ? "" : html`<meta name="description" content="${description}">`}
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style>${raw(PAGE_STYLE)}</style>
      </head>
      <body>
    <div class="wrap">
    ${body}
    </div>
    ${raw(SCRIPTS)}
      </body>
    </html>
  `}`;
  const clean = text.replaceAll(/[ \t]+\n/g, "\n").replaceAll(/\n{2,}/g, "\n").trim();
  return `${clean.replace(SCRIPTS, () => scripts.map((script) => `<script>${script}</script>`).join("\n"))}\n`;
}

/** The style of every page. */
export const PAGE_STYLE: string = `
:root { ${figureColours(LIGHT)} }
@media screen and (prefers-color-scheme: dark) { :root { ${figureColours(DARK)} } }
:root {
  color-scheme: light dark;
  --paper: #f7f8f9; --card: #ffffff; --ink: #1c2127; --soft: #5d6772; --line: #e2e5e8; --accent: #0b66a0;
  --tint: #eef5fa; --warn: #8a5a00; --warn-tint: #fdf6e7; --quiet: #f3f4f5;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #0f1114; --card: #16181d; --ink: #e6e9ec; --soft: #9aa5b0; --line: #2f363d; --accent: #6db7e8;
    --tint: #182731; --warn: #e3b75f; --warn-tint: #2a2416; --quiet: #20252a;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 72px; -webkit-text-size-adjust: 100%; }
body { margin: 0; color: var(--ink); background: var(--paper);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
a { color: var(--accent); text-underline-offset: 2px; text-decoration-thickness: 1px; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre { font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.wrap { max-width: 1240px; margin: 0 auto; padding: 0 20px 80px; }
header { padding: 56px 0 28px; max-width: 860px; }
h1 { font-size: clamp(30px, 5vw, 44px); line-height: 1.12; letter-spacing: -0.02em; margin: 0 0 14px; font-weight: 680; text-wrap: balance; }
.lead { font-size: 18px; color: var(--soft); margin: 0 0 18px; max-width: 62ch; text-wrap: pretty; }
.facts { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 0; padding: 0; list-style: none; color: var(--soft); font-size: 14px; }
.facts b { color: var(--ink); font-weight: 600; }
.notice { margin: 22px 0 0; padding: 12px 16px; border-left: 3px solid var(--warn); background: var(--warn-tint); border-radius: 0 8px 8px 0;
  font-size: 15px; max-width: 76ch; }
nav { position: sticky; top: 0; z-index: 5; background: var(--paper); border-bottom: 1px solid var(--line); margin: 0 -20px; }
nav ul { display: flex; gap: 4px; list-style: none; margin: 0; padding: 8px 16px; overflow-x: auto; scrollbar-width: none; }
nav ul::-webkit-scrollbar { display: none; }
nav a { display: block; padding: 5px 11px; border-radius: 999px; white-space: nowrap; color: var(--soft); text-decoration: none; font-size: 14px; }
nav a:hover { background: var(--quiet); color: var(--ink); }
main > section { padding-top: 44px; }
h2 { font-size: 26px; line-height: 1.25; letter-spacing: -0.01em; margin: 0 0 6px; font-weight: 650; }
h3 { font-size: 16px; line-height: 1.4; margin: 0 0 4px; font-weight: 620; }
section > p { max-width: 72ch; margin: 0 0 8px; color: var(--soft); }
.figures { display: grid; grid-template-columns: minmax(0, 1fr); gap: 24px; margin: 22px 0; }
figure, .table { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px; min-width: 0; }
.table { margin: 24px 0; }
.drawing { overflow-x: auto; overflow-y: hidden; }
.drawing > svg { display: block; width: 100%; height: auto; margin: 0 auto; }
figure.narrow .drawing > svg { max-width: 560px; }
figure.narrow:only-child { grid-column: 1 / -1; }
figcaption { margin-top: 14px; }
figcaption p, .note { margin: 4px 0 0; color: var(--soft); font-size: 14px; line-height: 1.55; max-width: 92ch; }
.links { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 10px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.scroll { overflow-x: auto; margin: 10px 0 4px; }
table { border-collapse: collapse; font-size: 14px; line-height: 1.35; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { padding: 7px 12px 7px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { font-weight: 600; color: var(--soft); font-size: 13px; white-space: nowrap; border-bottom-color: var(--soft); vertical-align: bottom; }
thead th.group { border-bottom: 1px solid var(--line); padding-bottom: 3px; }
td.number { white-space: nowrap; }
td small { display: block; color: var(--soft); font-size: 12px; }
tbody th { font-weight: 500; }
tr.paper td, tr.paper th { color: var(--soft); }
tr.paper td.number b { font-weight: 400; }
td b { font-weight: 600; }
.from { display: inline-block; font-size: 12px; padding: 0 8px; border-radius: 999px; border: 1px solid var(--line); color: var(--soft); }
.from.ours { color: var(--accent); border-color: currentColor; background: var(--tint); }
.glance { columns: 2 440px; column-gap: 14px; margin: 16px 0 0; padding: 0; list-style: none; }
.glance li { break-inside: avoid; margin: 0 0 14px; padding: 14px 18px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.glance a { font-size: 13px; text-decoration: none; }
.glance p { margin: 8px 0 0; line-height: 1.5; }
details > summary { cursor: pointer; }
details > summary h3 { display: inline; }
.todo { list-style: none; margin: 12px 0 0; padding: 0; }
.todo li { padding: 10px 0; border-bottom: 1px solid var(--line); }
.todo code { display: block; margin-top: 3px; overflow-wrap: anywhere; color: var(--soft); }
.sources td code { overflow-wrap: anywhere; }
.sources td { min-width: 3em; }
time { white-space: nowrap; }
.soft { color: var(--soft); font-size: 14px; margin: 4px 0; }
.query { border-top: 1px solid var(--line); margin-top: 24px; padding-top: 16px; }
.recordings { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 14px; margin: 10px 0 0;
  padding: 0; list-style: none; }
.recordings p { margin: 2px 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 18px; }
.scale { display: inline-block; width: 160px; height: 10px; border-radius: 5px; vertical-align: middle; }
audio { display: block; width: 100%; max-width: 420px; height: 34px; margin: 6px 0; }
footer { margin-top: 56px; padding-top: 18px; border-top: 1px solid var(--line); color: var(--soft); font-size: 14px; }
@media (min-width: 900px) {
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  figure.wide { grid-column: 1 / -1; }
  .wrap { padding: 0 32px 96px; }
  nav { margin: 0 -32px; }
  nav ul { padding: 8px 28px; }
}
@media screen and (max-width: 700px) {
  figure.wide .drawing > svg { width: 660px; }
  figure.wide::before { content: "swipe sideways to see all of it"; display: block; margin-bottom: 6px; font-size: 12px; color: var(--soft); }
}
@media (max-width: 520px) {
  body { font-size: 15px; }
  header { padding-top: 32px; }
  figure, .table { padding: 14px; border-radius: 10px; }
  th, td { padding-right: 14px; }
  table.long thead tr:last-child th:first-child, table.long tbody th { position: sticky; left: 0; background: var(--card); max-width: 38vw; }
}
@media print {
  @page { margin: 14mm 12mm; }
  body { font-size: 10pt; background: #fff; }
  .wrap { max-width: none; padding: 0; }
  header { padding: 0 0 8pt; }
  nav, .links { display: none; }
  main > section { padding-top: 16pt; }
  h2, h3, figcaption { break-after: avoid; }
  figure, .table { border: 0; padding: 0; border-radius: 0; }
  figure, .glance li { break-inside: avoid; }
  .glance li { padding: 4pt 0; border: 0; }
  .drawing { overflow: visible; }
  .drawing > svg { max-height: 200mm; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  thead th { white-space: normal; font-size: 7.5pt; }
  td small, .from { font-size: 6.5pt; }
  .from { padding: 0 4pt; }
  h3 { font-size: 10pt; }
  figcaption p, .note { font-size: 8pt; }
  th, td { padding: 2.5pt 5pt 2.5pt 0; }
  tr { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
}
`;

/** Opens folded tables for print. */
export const PAGE_SCRIPT: string = `addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});`;
