/** A report for people: a short table for the terminal, and `report.md`. */
import { type Finding, grouped, INDEX, meaningOf } from "./findings.ts";
import type { CheckReport, SplitFacts } from "./report.ts";

/** Number of ids or files that a finding shows. The rest are in `problems.jsonl`. */
const SHOWN = 5;

/** The table at the end of a check: a line for each split and for each kind of finding. */
export function shortReport(report: CheckReport): string {
  const lines = aligned([HEAD, ...rowsOf(report)]);
  const kinds = Object.entries(report.findings);
  if (kinds.length === 0) return [...lines, "", "no fault was found"].join("\n");
  const found = kinds.map(([kind, { count, leftOut }]) => [
    leftOut ? "skipped" : "reported",
    String(count),
    kind.startsWith(`${INDEX}: `) ? kind : `${kind}: ${meaningOf(kind)}`,
  ]);
  return [...lines, "", ...aligned(found, [1])].join("\n");
}

/**
 * `report.md`.
 *
 * @param first findings of each kind that are listed
 */
export function longReport(report: CheckReport, findings: readonly Finding[], first: number): string {
  const { dataset, root, checked, all, recordings, pictures, clips } = report;
  const parts = [
    `# Check of ${dataset}`,
    `\`${root}\`, ${checked.slice(0, 16).replace("T", " ")} UTC. ${
      report.usable
        ? `${all.usable} of ${all.entries} entries can be used.`
        : `None of the ${all.entries} entries can be used.`
    }`,
    markdownTable(HEAD, rowsOf(report)),
    bullets([
      `recordings by format: ${listed(recordings.formats)}`,
      `recordings by sample rate: ${listed(recordings.rates, " Hz")}`,
      `recordings by channels: ${listed(recordings.channels)}`,
      ...pictures === null ? [] : [
        `images by format: ${listed(pictures.formats)}`,
        ...pictures.sides === null ? [] : [`sides of images: ${pictures.sides.min} to ${pictures.sides.max} pixels`],
      ],
    ]),
  ];
  if (clips !== null) {
    const rows = Object.entries(clips.moods).map(([emotion, by]) => [emotion, by.train, by.dev, by.test].map(String));
    parts.push("## Emotions", markdownTable(["emotion", "train", "dev", "test"], rows));
    const emotions = Object.keys(clips.moods);
    const names = Object.entries(clips.speakers).sort(([a], [b]) => a < b ? -1 : 1); // not numbers first
    const speakers = names.map(([speaker, counts]) => [
      speaker,
      ...emotions.map((emotion) => String(counts[emotion] ?? 0)),
    ]);
    parts.push("## Speakers", markdownTable(["speaker", ...emotions], speakers));
  }
  parts.push("## Findings", foundIn(report));
  for (const [kind, group] of grouped(findings, (one) => one.kind)) {
    parts.push(
      `### ${kind}`,
      `${meaningOf(kind)} ${group.length} found.`,
      bullets(group.slice(0, first).map(described)),
    );
    if (group.length > first) parts.push(`... and ${group.length - first} more in \`problems.jsonl\`.`);
  }
  return `${parts.join("\n\n")}\n`;
}

const HEAD = ["split", "entries", "usable", "images", "recordings", "speakers", "hours", "seconds", "captions"];

function rowsOf({ splits, all }: CheckReport): string[][] {
  return Object.entries({ ...splits, all }).map(([name, facts]) => rowOf(name, facts));
}

function rowOf(name: string, facts: SplitFacts): string[] {
  const { entries, usable, pictures, recordings, speakers, hours, seconds, captions } = facts;
  return [
    name,
    ...[entries, usable, pictures, recordings, speakers].map(String),
    hours.toFixed(2),
    seconds === null ? "-" : [seconds.min, seconds.median, seconds.max].map((value) => value.toFixed(1)).join(" / "),
    captions === null ? "-" : [captions.min, captions.median, captions.max].join(" / "),
  ];
}

function foundIn({ findings }: CheckReport): string {
  const rows = Object.entries(findings).map(([kind, { count, leftOut }]) => [
    kind,
    String(count),
    leftOut ? "skipped" : "reported only",
    meaningOf(kind),
  ]);
  if (rows.length === 0) return "No fault was found.";
  return "Later runs do not use entries that are skipped. They use entries that are only reported.\n\n" +
    markdownTable(["kind", "count", "later runs", "meaning"], rows);
}

function described({ files, entries, splits, detail }: Finding): string {
  if (files.length === 0) return oneLine(detail);
  const ids = entries.length === 0 ? "" : ` (${splits.join(", ")}: ${some(entries.map(code))})`;
  return `${some(files.map(code))}${ids}: ${oneLine(detail)}`;
}

function some(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** A name as Markdown code. */
function code(name: string): string {
  return `\`${oneLine(name).replaceAll("`", "'")}\``;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

function listed(counts: Record<string, number>, unit = ""): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name}${unit} ${count}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

function markdownTable(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Aligns columns. By default all but the first are right-aligned. */
function aligned(rows: readonly string[][], right?: readonly number[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, column) =>
      (right?.includes(column) ?? column > 0) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd()
  );
}
