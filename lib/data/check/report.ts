/** The numbers of a check (`report.json`), and its reports for people: a table for the terminal, and `report.md`. */
import { resolve } from "@std/path";
import type { Split } from "../pair.ts";
import { type Entry, type Finding, grouped, INDEX, isUsable, meaningOf, type Seen } from "./findings.ts";
import type { ManifestLine } from "./manifest.ts";

/** The spread of some values. */
export type Spread = {
  min: number;
  /** The middle value, or the mean of the two middle values. */
  median: number;
  max: number;
};

/** Numbers of a split or of the whole set. */
export type SplitFacts = {
  /** Listed pairs or clips. */
  entries: number;
  /** Entries whose files can all be used. */
  usable: number;
  /** Different images (by imageId). */
  pictures: number;
  /** Different recordings (by file). */
  recordings: number;
  /** Different known speakers. */
  speakers: number;
  /** Total length of the usable recordings, each counted once. */
  hours: number;
  /** Lengths of the usable recordings. Null if there are none. */
  seconds: Spread | null;
  /** Entries per image. Null if there are no images. */
  captions: Spread | null;
};

/** The numbers of a check. */
export type CheckReport = {
  version: 1;
  /** `"flickr8k"`, `"spokencoco"`, `"ln-coco"`, `"ravdess"` or `"own"`. */
  dataset: string;
  /** Absolute path of the data set. */
  root: string;
  /** When the check ended: ISO 8601, UTC. */
  checked: string;
  /** Whether at least one entry can be used. */
  usable: boolean;
  all: SplitFacts;
  splits: Record<Split, SplitFacts>;
  /** Readable recordings by format, sample rate and number of channels, as stored. */
  recordings: { formats: Record<string, number>; rates: Record<string, number>; channels: Record<string, number> };
  /** Readable images by format, and their shortest and longest sides in pixels. Null for clips. */
  pictures: { formats: Record<string, number>; sides: { min: number; max: number } | null } | null;
  /** Clips by emotion and split, and by speaker and emotion. Null for pairs. */
  clips: { moods: Record<string, Record<Split, number>>; speakers: Record<string, Record<string, number>> } | null;
  /** Findings by kind: how many, and whether later runs skip their entries. */
  findings: Record<string, { count: number; leftOut: boolean }>;
};

/** Computes the numbers of a check. */
export function makeReport(
  seen: Seen,
  findings: readonly Finding[],
  { dataset, root, checked }: { dataset: string; root: string; checked: Date },
): CheckReport {
  const { entries } = seen;
  const part = (split: Split) => countFacts(entries.filter((entry) => entry.split === split), seen);
  const all = countFacts(entries, seen);
  const clips = entries.every(({ image }) => image === undefined);
  return {
    version: 1,
    dataset,
    root: resolve(root),
    checked: checked.toISOString(),
    usable: all.usable > 0,
    all,
    splits: { train: part("train"), dev: part("dev"), test: part("test") },
    recordings: {
      formats: tally(seen, "recording", "format"),
      rates: tally(seen, "recording", "rate"),
      channels: tally(seen, "recording", "channels"),
    },
    pictures: clips ? null : { formats: tally(seen, "picture", "format"), sides: rangeOfSides(seen) },
    clips: clips ? countClips(entries) : null,
    findings: Object.fromEntries(
      [...grouped(findings, ({ kind }) => kind)].map(([kind, group]) => [
        kind,
        { count: group.length, leftOut: group.some(({ leftOut }) => leftOut) },
      ]),
    ),
  };
}

/** Computes the numbers of some entries. */
export function countFacts(entries: readonly Entry[], seen: Pick<Seen, "lines">): SplitFacts {
  const images = grouped(entries, ({ imageId }) => imageId);
  const recordings = new Set(entries.map(({ recording }) => recording));
  const seconds = [...recordings].flatMap((file) => {
    const line = seen.lines.get(file);
    return line === undefined || line.problem !== undefined ? [] : line.seconds ?? [];
  });
  return {
    entries: entries.length,
    usable: entries.filter((entry) => isUsable(entry, seen)).length,
    pictures: images.size,
    recordings: recordings.size,
    speakers: new Set(entries.map(({ speaker }) => speaker).filter((speaker) => speaker !== "")).size,
    hours: seconds.reduce((sum, value) => sum + value, 0) / 3600,
    seconds: spreadOf(seconds),
    captions: spreadOf([...images.values()].map(({ length }) => length)),
  };
}

/** Clips by emotion and split, and by speaker and emotion, sorted by name. */
function countClips(entries: readonly Entry[]): NonNullable<CheckReport["clips"]> {
  const speakers = grouped(entries, ({ speaker }) => speaker === "" ? undefined : speaker);
  return {
    moods: sorted(grouped(entries, ({ emotion }) => emotion), (same) => {
      const counts = { train: 0, dev: 0, test: 0 };
      for (const { split } of same) counts[split]++;
      return counts;
    }),
    speakers: sorted(speakers, (own) => sorted(grouped(own, ({ emotion }) => emotion), ({ length }) => length)),
  };
}

/** How often each value of the files' lines occurs. */
function tally(
  { lines }: Seen,
  kind: ManifestLine["kind"],
  field: "format" | "rate" | "channels",
): Record<string, number> {
  const own = [...lines.values()].filter((line) => line.kind === kind);
  return sorted(grouped(own, (line) => line[field]?.toString()), ({ length }) => length);
}

function sorted<T, R>(groups: Map<string, T[]>, of: (group: T[]) => R): Record<string, R> {
  const entries = [...groups].sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([name, group]) => [name, of(group)]));
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const [below, above] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return { min: sorted[0]!, median: (below + above) / 2, max: sorted.at(-1)! };
}

function rangeOfSides({ lines }: Seen): { min: number; max: number } | null {
  let [min, max] = [Infinity, 0];
  for (const { width, height } of lines.values()) {
    if (width === undefined || height === undefined) continue;
    [min, max] = [Math.min(min, width, height), Math.max(max, width, height)];
  }
  return max === 0 ? null : { min, max };
}

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
