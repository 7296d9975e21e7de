/** The numbers of a check (`report.json`). */
import { resolve } from "@std/path";
import type { Split } from "../pair.ts";
import { type Entry, type Finding, grouped, isUsable, type Seen } from "./findings.ts";
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
