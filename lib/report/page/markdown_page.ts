/** A report as Markdown, readable in the repository. */
import { escapeHtml, escapeMarkdown } from "../../files/escape.ts";
import { glances } from "./glance.ts";
import { markdownOf, markdownTable } from "../tables/render.ts";
import { dataNotice, REPORT_LEAD, REPORT_TITLE, type ReportPage, type ShownSection } from "./report_page.ts";
import { setsLine } from "../collect/origin.ts";

export function markdownPage({ entries, sections, gaps, published }: ReportPage): string {
  const shown = sections.filter(({ figures, tables }) => figures.length + tables.length > 0);
  const notice = dataNotice(entries);
  const glance = glances(entries).map(({ data, text }) => {
    const lines = text.split("\n");
    return lines.length === 1 ? `- **${data}.** ${text}` : [`- **${data}**`, ...lines].join("\n  - ");
  });
  const parts = [
    `# ${REPORT_TITLE}`,
    "Written by `deno task report`; do not edit.",
    REPORT_LEAD,
    ...(notice === undefined ? [] : [`> ${notice}`]),
    "The same as a page that opens offline: [index.html](index.html).",
    ...(glance.length === 0 ? [] : ["## At a glance", glance.join("\n")]),
    shown.map(({ id, title }) => `- [${title}](#${id})`).join("\n"),
    ...shown.map(sectionText),
    ...missing("What was not run", "On the sample: `deno task report --missing | sh` runs everything.", gaps),
    ...missing(
      "What was not run on the paper's data",
      "`deno task data get NAME` prints where they are published.",
      published,
    ),
    "## Sources",
    markdownTable(
      ["run", "data", "seeds", "made", "command"],
      entries.map(({ stored: { run, written, command }, data, seeds }) => [
        escapeMarkdown(run),
        escapeMarkdown(setsLine(data)),
        seeds.join(", ") || "none",
        written.slice(0, 10),
        codeCell(command),
      ]),
    ),
    "[results.json](results.json) holds all of them; `deno task report --from reports/results.json` makes the report again.",
  ];
  return `${parts.join("\n\n")}\n`;
}

function sectionText({ id, title, text, figures, tables }: ShownSection): string {
  return [
    `<a id="${id}"></a>\n\n## ${title}`,
    text,
    ...figures.flatMap(({ title, caption, alt, files }) => {
      const svg = files.find((file) => file.endsWith(".svg"));
      return svg === undefined
        ? []
        : [`![${alt.replaceAll(/[[\]]/g, "").replaceAll(/\s+/g, " ")}](${svg})`, `**${title}.** ${caption}`];
    }),
    ...tables.map(({ table, files, folded }) => {
      const copies = files.map((file) => `[${file.split(".").pop()}](${file})`).join(" · ");
      const body = markdownOf(table, { level: 3 }).trim();
      if (!folded) return `${body}\n\n${copies}`;
      const [head = "", ...rest] = body.split("\n");
      return `<details><summary>${escapeHtml(head.replace(/^#+ /, ""))}</summary>\n${
        rest.join("\n")
      }\n\n${copies}\n\n</details>`;
    }),
  ].join("\n\n");
}

function missing(title: string, text: string, gaps: ReportPage["gaps"]): string[] {
  if (gaps.length === 0) return [];
  return [
    `## ${title}`,
    text,
    markdownTable(["what", "command"], gaps.map(({ what, command }) => [what, codeCell(command)])),
  ];
}

/** In a table a bar ends the cell even between backticks. */
function codeCell(code: string): string {
  return `\`${code.replaceAll("|", "\\|")}\``;
}
