/**
 * A data set as a check sees it: its entries, and a line about each of their files.
 *
 * @module
 */
import type { Split } from "../pair.ts";
import type { ManifestLine } from "./manifest_lines.ts";

/** A pair or an emotion clip. */
export interface Entry {
  /** As the loader names it. */
  id: string;
  /** Its part of the data set. */
  split: Split;
  /** Who speaks; empty where unknown. */
  speaker: string;
  /** What is said, as the data set tells; empty where unknown. */
  text: string;
  /** The recording: its name in the manifest. */
  recording: string;
  /** Length of the recording, as the data set tells; absent where it does not. */
  seconds?: number;
  /** The picture: its name in the manifest; absent in an emotion clip. */
  picture?: string;
  /** The same for all descriptions of a picture; absent in an emotion clip. */
  imageId?: string;
  /** The mood; absent in a pair. */
  mood?: string;
}

/** All that a report is made of. */
export interface Seen {
  /** The entries, in the order of the data set. */
  entries: readonly Entry[];
  /** The line of each file that an entry names. */
  lines: ReadonlyMap<string, ManifestLine>;
}

/** Something that was found, about one or more files or entries. */
export interface Finding {
  /** A word: see `KINDS` of `kinds.ts`. */
  kind: string;
  /** Whether later runs leave the entries out; otherwise they are told only. */
  leftOut: boolean;
  /** What was seen, in a sentence. */
  detail: string;
  /** The files, by their names in the manifest. */
  files: string[];
  /** Ids of the entries that it is about. */
  entries: string[];
  /** Their splits. */
  splits: Split[];
}

const SPLITS: readonly Split[] = ["train", "dev", "test"];

/** A finding about some entries. */
export function finding(
  about: Pick<Finding, "kind" | "detail" | "files"> & { leftOut?: boolean },
  entries: readonly Entry[],
): Finding {
  return {
    kind: about.kind,
    leftOut: about.leftOut ?? false,
    detail: about.detail,
    files: about.files,
    entries: entries.map(({ id }) => id),
    splits: splitsOf(entries),
  };
}

/** The splits of some entries: train, dev, test. */
export function splitsOf(entries: readonly Entry[]): Split[] {
  return SPLITS.filter((split) => entries.some((entry) => entry.split === split));
}

/** Whether an entry's files can be used. */
export function isUsable({ recording, picture }: Entry, { lines }: Pick<Seen, "lines">): boolean {
  return [recording, picture].every((file) => file === undefined || lines.get(file)?.problem === undefined);
}

/** Lists by a key, in the order in which the keys are met; without a key, left out. */
export function grouped<T, K>(items: Iterable<T>, key: (item: T) => K | undefined): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const name = key(item);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
