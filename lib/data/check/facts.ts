/**
 * What a data set holds, in numbers.
 *
 * @module
 */
import { type Entry, grouped, isUsable, type Seen } from "./seen.ts";

/** Lowest, middle and highest of some values. */
export interface Spread {
  /** The lowest. */
  min: number;
  /** The middle one; of an even number of values the mean of the two in the middle. */
  median: number;
  /** The highest. */
  max: number;
}

/** What a split, or the whole set, holds. */
export interface SplitFacts {
  /** Pairs or clips that the index lists. */
  entries: number;
  /** Those of which every file can be used. */
  usable: number;
  /** Different pictures (by imageId). */
  pictures: number;
  /** Different recordings (by file). */
  recordings: number;
  /** Different speakers, unknown ones not counted. */
  speakers: number;
  /** Hours of the recordings that can be used, each counted once. */
  hours: number;
  /** Lengths of these in seconds; null where there is none. */
  seconds: Spread | null;
  /** Entries a picture; null where there are no pictures. */
  captions: Spread | null;
}

/** Counts some entries. */
export function factsOf(entries: readonly Entry[], seen: Pick<Seen, "lines">): SplitFacts {
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

/** Entries by speaker and mood, both in alphabetical order; unknown speakers are not counted. */
export function moodsOfSpeakers(entries: readonly Entry[]): Record<string, Record<string, number>> {
  const speakers = grouped(entries, ({ speaker }) => speaker === "" ? undefined : speaker);
  return inAlphabet(speakers, (own) => inAlphabet(grouped(own, ({ mood }) => mood), ({ length }) => length));
}

/** How often each value of the files' lines occurs; lines without it are not counted. */
export function tally(
  { lines }: Pick<Seen, "lines">,
  kind: "recording" | "picture",
  field: "format" | "rate" | "channels",
): Record<string, number> {
  const own = [...lines.values()].filter((line) => line.kind === kind);
  return inAlphabet(grouped(own, (line) => line[field]?.toString()), ({ length }) => length);
}

/** Entries by a name and by split, the names in alphabetical order. */
export function bySplit(
  entries: readonly Entry[],
  name: (entry: Entry) => string | undefined,
): Record<string, Record<Entry["split"], number>> {
  return inAlphabet(grouped(entries, name), (same) => {
    const counts = { train: 0, dev: 0, test: 0 };
    for (const { split } of same) counts[split]++;
    return counts;
  });
}

function inAlphabet<T, R>(groups: Map<string, T[]>, of: (group: T[]) => R): Record<string, R> {
  const sorted = [...groups].sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(sorted.map(([name, group]) => [name, of(group)]));
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const [below, above] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return { min: sorted[0]!, median: (below + above) / 2, max: sorted.at(-1)! };
}
