/** The findings of a check: bad files, duplicates, splits that share files, implausible lengths. */
import { bareWords } from "../../text/normalize.ts";
import type { Split } from "../pair.ts";
import type { ManifestLine } from "./manifest.ts";

/** A pair or an emotion clip. */
export interface Entry {
  id: string;
  split: Split;
  /** Empty if unknown. */
  speaker: string;
  /** The stated words. Empty if unknown. */
  text: string;
  /** The recording's name in the manifest. */
  recording: string;
  /** Length of the recording, if the data set states it. */
  seconds?: number;
  /** The image's name in the manifest. Absent, like `imageId`, in an emotion clip. */
  image?: string;
  imageId?: string;
  /** Absent in a pair. */
  emotion?: string;
}

/** A data set and the facts about its files. */
export interface Seen {
  entries: readonly Entry[];
  /** The manifest line of each file. */
  lines: ReadonlyMap<string, ManifestLine>;
}

/** A finding about one or more files or entries. */
export interface Finding {
  /** A word for all findings of a kind, such as `"missing"`. */
  kind: string;
  /** Whether later runs skip the entries. Otherwise they are only reported. */
  leftOut: boolean;
  /** A sentence. */
  detail: string;
  /** Names of the files in the manifest. */
  files: string[];
  /** Ids of the entries. */
  entries: string[];
  /** Splits of the entries. */
  splits: Split[];
}

/** The kind of an oddity of the index files. The loader's own words follow after `": "`. */
export const INDEX = "index";

/** The meaning of each kind, in the order of a report: skipped entries first, then those that are only reported. */
const KINDS: Readonly<Record<string, string>> = {
  "missing": "The index lists a file that does not exist.",
  "empty": "A file of 0 bytes, or a recording of 0 samples.",
  "unknown-format": "A file whose content is of no known sound or image format.",
  "corrupt": "A file that the decoder refuses.",
  "truncated": "A file that ends before what its header announces, or in the middle of an image.",
  "not-finite": "A recording with samples that are not finite numbers.",
  "silent": "A recording of digital silence from beginning to end.",
  "too-large": "A file of more than 1 GiB, or an image of more pixels than are decoded.",
  "unreadable": "A file that the system does not allow to be read.",
  "stuck": "A file that was not decoded in the time allowed.",
  "crashed": "A file on which the decoder crashed.",
  [INDEX]: "As the loader of the index files reports.",
  "empty-split": "A split without entries: train and test need some.",
  "splits-share-image": "Images of one id in several splits: a model is tested on images that it was trained on.",
  "splits-share-picture": "The same image content, under several names, in several splits.",
  "splits-share-recording": "The same recording, or its content under several names, in several splits.",
  "same-id": "Several entries of one id.",
  "same-recording": "Several entries of one recording.",
  "same-recording-content": "The same recording content under several names.",
  "same-picture-content": "The same image content under several names.",
  "too-short": "A recording of less than 0.2 s.",
  "wrong-length":
    "A recording that is shorter than the data set states by more than 1 s plus 2 %, or longer by more than 5 s plus 10 %.",
  "too-many-words": "More than 8 words a second.",
  "too-few-words": "A recording of 5 s or more with less than one letter in two seconds.",
  "other-channels": "A recording with another number of channels than most.",
  "other-rate": "A recording with another sample rate than most.",
  "clipped": "A recording with a thousandth or more of its samples at full scale, in runs.",
  "nearly silent": "A recording that never comes within 60 dB of full scale.",
  "offset": "A recording whose mean is a tenth or more of its peak.",
  "warning": "An oddity of a file that can be used.",
};

/** A sentence about a kind, known or not. */
export function meaningOf(kind: string): string {
  return KINDS[wordOf(kind)] ?? "An oddity of a file, as its decoder saw it.";
}

/** Sorts kinds in the order of a report. */
export function inOrder(kinds: Iterable<string>): string[] {
  const known = Object.keys(KINDS);
  const place = (kind: string): number => (known.indexOf(wordOf(kind)) + 1) || known.length + 1;
  return [...kinds].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

function wordOf(kind: string): string {
  return kind.startsWith(`${INDEX}: `) ? INDEX : kind;
}

/** Collects all findings, by kind in the order of a report; within a kind in the order of the data set. */
export function collectFindings(seen: Seen, others: readonly Finding[] = []): Finding[] {
  const uses = entriesByFile(seen);
  const all = [
    ...fileFindings(seen, uses),
    ...others,
    ...repeatFindings(seen, uses),
    ...lengthFindings(seen),
    ...oddOnesOut(seen, uses),
  ];
  const groups = grouped(all, ({ kind }) => kind);
  const order = inOrder(groups.keys());
  // skipped entries come before those that are only reported, also for unknown kinds
  return [true, false].flatMap((leftOut) =>
    order.flatMap((kind) => groups.get(kind)!.filter((one) => one.leftOut === leftOut))
  );
}

const SPLITS: readonly Split[] = ["train", "dev", "test"];

export function finding(
  about: Pick<Finding, "kind" | "detail" | "files"> & { leftOut?: boolean },
  entries: readonly Entry[],
): Finding {
  const { kind, leftOut = false, detail, files } = about;
  return { kind, leftOut, detail, files, entries: entries.map(({ id }) => id), splits: splitsOf(entries) };
}

/** Finds an empty train or test split: `empty-split`. */
export function emptySplits(entries: readonly Entry[]): Finding[] {
  const used = splitsOf(entries);
  return (["train", "test"] as const).filter((split) => !used.includes(split)).map((split) => ({
    ...finding(
      { kind: "empty-split", detail: `no entry is in ${split}: all are in ${used.join(" and ")}`, files: [] },
      [],
    ),
    splits: [split],
  }));
}

/** Whether an entry's files can be used. */
export function isUsable({ recording, image }: Entry, { lines }: Pick<Seen, "lines">): boolean {
  return [recording, image].every((file) => file === undefined || lines.get(file)?.problem === undefined);
}

/** Groups items by a key, in the order of the keys. Items without a key are dropped. */
export function grouped<T, K>(items: Iterable<T>, key: (item: T) => K | undefined): Map<K, T[]> {
  const groups = Map.groupBy(items, key) as Map<K | undefined, T[]>;
  groups.delete(undefined);
  return groups as Map<K, T[]>;
}

function splitsOf(entries: readonly Entry[]): Split[] {
  return SPLITS.filter((split) => entries.some((entry) => entry.split === split));
}

function entriesByFile({ entries }: Seen): Map<string, Entry[]> {
  const uses = new Map<string, Entry[]>();
  for (const entry of entries) {
    for (const file of [entry.recording, entry.image]) {
      if (file !== undefined) uses.getOrInsert(file, []).push(entry);
    }
  }
  return uses;
}

/** A finding for each bad file, and for each warning about another file. The kind of a warning is before its first colon. */
function fileFindings(seen: Seen, uses: Map<string, Entry[]>): Finding[] {
  const found: Finding[] = [];
  for (const [file, { problem, warnings = [] }] of seen.lines) {
    const add = (kind: string, detail: string, leftOut: boolean): void => {
      found.push(finding({ kind, leftOut, detail, files: [file] }, uses.get(file) ?? []));
    };
    if (problem !== undefined) add(problem.kind, problem.reason, true);
    for (const warning of warnings) {
      const [, word = "warning", detail = warning] = /^([a-z][a-z -]*): (.*)$/s.exec(warning) ?? [];
      add(word, detail, false);
    }
  }
  return found;
}

/** Recordings with other channels, or another sample rate, than most: `other-channels` and `other-rate`. */
function oddOnesOut(seen: Seen, uses: Map<string, Entry[]>): Finding[] {
  const recordings = [...seen.lines.values()].filter(({ kind, problem }) => kind === "recording" && !problem);
  const unlike = (kind: string, field: "channels" | "rate", shown: (value: number) => string): Finding[] => {
    const groups = [...grouped(recordings, (line) => line[field])];
    const usual = groups.reduce((most, group) => group[1].length > most[1].length ? group : most, groups[0] ?? [0, []]);
    return groups.filter((group) => group !== usual).flatMap(([value, lines]) =>
      lines.map(({ file }) => {
        const detail = `it has ${shown(value)}, most recordings have ${shown(usual[0])}`;
        return finding({ kind, detail, files: [file] }, uses.get(file) ?? []);
      })
    );
  };
  return [
    ...unlike("other-channels", "channels", (count) => count === 1 ? "1 channel" : `${count} channels`),
    ...unlike("other-rate", "rate", (rate) => `${rate} Hz`),
  ];
}

/** Entries and files that occur several times: `same-...` within a split, `splits-share-...` in several splits. */
function repeatFindings(seen: Seen, uses: Map<string, Entry[]>): Finding[] {
  return [
    ...sameIds(seen),
    ...sameRecordings(seen),
    ...sameContents(seen, "recording", uses),
    ...sameContents(seen, "picture", uses),
    ...sharedImages(seen),
  ];
}

function sameIds({ entries }: Seen): Finding[] {
  return repeated(grouped(entries, ({ id }) => id)).map(([id, same]) => {
    const files = [...new Set(same.map(({ recording }) => recording))];
    return finding({ kind: "same-id", detail: `${same.length} entries have the id '${id}'`, files }, same);
  });
}

function sameRecordings({ entries }: Seen): Finding[] {
  return repeated(grouped(entries, ({ recording }) => recording)).map(([file, same]) => {
    const shared = splitsOf(same).length > 1;
    const detail = `${same.length} entries have this recording${shared ? ", in several splits" : ""}`;
    return finding({ kind: shared ? "splits-share-recording" : "same-recording", detail, files: [file] }, same);
  });
}

function sameContents(seen: Seen, kind: ManifestLine["kind"], uses: Map<string, Entry[]>): Finding[] {
  const whole = [...seen.lines.values()].filter((line) => line.kind === kind && line.problem === undefined);
  return repeated(grouped(whole, ({ sha256 }) => sha256)).map(([, lines]) => {
    const files = lines.map(({ file }) => file);
    const entries = [...new Set(files.flatMap((file) => uses.get(file) ?? []))];
    const shared = splitsOf(entries).length > 1;
    const detail = `${files.length} files have the same content${shared ? ", in several splits" : ""}`;
    return finding({ kind: shared ? `splits-share-${kind}` : `same-${kind}-content`, detail, files }, entries);
  });
}

function sharedImages({ entries }: Seen): Finding[] {
  return repeated(grouped(entries, ({ imageId }) => imageId)).flatMap(([imageId, same]) => {
    const splits = splitsOf(same);
    if (splits.length === 1) return [];
    const files = [...new Set(same.flatMap(({ image }) => image ?? []))];
    const detail = `the image '${imageId}' is in ${splits.join(" and ")}`;
    return finding({ kind: "splits-share-image", detail, files }, same);
  });
}

function repeated<K, T>(groups: Map<K, T[]>): [K, T[]][] {
  return [...groups].filter(([, group]) => group.length > 1);
}

/** Limits of plausible lengths. They are generous: beyond them the data are wrong. */
const LIMITS = {
  /** A shorter recording has no word in it: seconds. */
  shortest: 0.2,
  /** How much shorter than stated a recording may be: seconds, and a share of the stated length. */
  shorter: { seconds: 1, share: 0.02 },
  /** How much longer it may be, as people stop the recording late. */
  longer: { seconds: 5, share: 0.1 },
  /** Maximum number of words per second. */
  mostWords: 8,
  /** Minimum number of letters and digits per second of a recording that matches its text. */
  fewestLetters: 0.5,
  /** Shorter recordings may be mostly pauses: seconds. */
  pauses: 5,
} as const;

/** `too-short`, otherwise `wrong-length`, `too-many-words` and `too-few-words`, for each usable recording. */
function lengthFindings({ entries, lines }: Seen): Finding[] {
  const found: Finding[] = [];
  const short = new Set<string>();
  for (const entry of entries) {
    const { seconds, problem } = lines.get(entry.recording) ?? {};
    if (seconds === undefined || problem !== undefined) continue;
    const add = (kind: string, detail: string | undefined): void => {
      if (detail !== undefined) found.push(finding({ kind, detail, files: [entry.recording] }, [entry]));
    };
    if (seconds < LIMITS.shortest) {
      if (!short.has(entry.recording)) add("too-short", `it lasts ${shown(seconds)}`);
      short.add(entry.recording);
      continue;
    }
    add("wrong-length", unlikeStated(seconds, entry.seconds));
    const text = bareWords(entry.text);
    const words = text === "" ? 0 : text.split(" ").length;
    const letters = text.replaceAll(" ", "").length;
    if (words > LIMITS.mostWords * seconds) add("too-many-words", `${words} words in ${shown(seconds)}`);
    else if (words > 0 && seconds >= LIMITS.pauses && letters < LIMITS.fewestLetters * seconds) {
      add("too-few-words", `${letters} letters in ${shown(seconds)}`);
    }
  }
  return found;
}

function unlikeStated(seconds: number, stated: number | undefined): string | undefined {
  if (stated === undefined) return undefined;
  const { shorter, longer } = LIMITS;
  const lowest = stated - shorter.seconds - shorter.share * stated;
  const highest = stated + longer.seconds + longer.share * stated;
  if (seconds >= lowest && seconds <= highest) return undefined;
  return `it lasts ${shown(seconds)}, the data set states ${shown(stated)}`;
}

function shown(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}
