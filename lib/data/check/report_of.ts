/**
 * From what was seen to the report and its findings.
 *
 * @module
 */
import { resolve } from "@std/path";
import { bySplit, factsOf, moodsOfSpeakers, tally } from "./facts.ts";
import { fileFindings, oddOnesOut } from "./file_findings.ts";
import { inOrder } from "./kinds.ts";
import { lengthFindings } from "./length_findings.ts";
import { repeatFindings } from "./repeat_findings.ts";
import type { CheckReport } from "./report_schema.ts";
import { type Finding, grouped, type Seen } from "./seen.ts";

/** All findings, by kind in the order of a report; of a kind in the order of the data set. */
export function findingsOf(seen: Seen, oddities: readonly Finding[] = []): Finding[] {
  const all = [
    ...fileFindings(seen),
    ...oddities,
    ...repeatFindings(seen),
    ...lengthFindings(seen),
    ...oddOnesOut(seen),
  ];
  const groups = grouped(all, ({ kind }) => kind);
  const order = inOrder(groups.keys());
  // what is left out stands before what is only told, also under a word that is not known
  return [true, false].flatMap((leftOut) =>
    order.flatMap((kind) => groups.get(kind)!.filter((one) => one.leftOut === leftOut))
  );
}

/** The report. */
export function reportOf(
  seen: Seen,
  findings: readonly Finding[],
  { dataset, root, checked }: { dataset: string; root: string; checked: Date },
): CheckReport {
  const { entries } = seen;
  const part = (split: string) => factsOf(entries.filter((entry) => entry.split === split), seen);
  const all = factsOf(entries, seen);
  const clips = entries.every(({ picture }) => picture === undefined);
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
    pictures: clips ? null : { formats: tally(seen, "picture", "format"), sides: sidesOf(seen) },
    clips: clips ? { moods: bySplit(entries, ({ mood }) => mood), speakers: moodsOfSpeakers(entries) } : null,
    findings: Object.fromEntries(
      [...grouped(findings, ({ kind }) => kind)].map((
        [kind, group],
      ) => [kind, { count: group.length, leftOut: group.some(({ leftOut }) => leftOut) }]),
    ),
  };
}

function sidesOf({ lines }: Seen): { min: number; max: number } | null {
  let [min, max] = [Infinity, 0];
  for (const { width, height } of lines.values()) {
    if (width === undefined || height === undefined) continue;
    [min, max] = [Math.min(min, width, height), Math.max(max, width, height)];
  }
  return max === 0 ? null : { min, max };
}
