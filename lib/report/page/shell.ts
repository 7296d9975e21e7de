/** The shell of every page: one HTML file that needs no network and no other file. */
import { html, raw } from "hono/html";
import { PAGE_STYLE } from "./page_style.ts";

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
