/**
 * What a check finds: faulty files, repeats, splits that share files, lengths that do not fit.
 *
 * @module
 */
import { bareWords } from "../../text/normalize.ts";
import type { Split } from "../pair.ts";
import type { ManifestLine } from "./manifest.ts";

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

/** The word of an oddity of the index files; the reader's own words stand behind it, after `": "`. */
export const INDEX = "index";

/** A sentence for each word, in the order of a report: first what cannot be used, then what is told only. */
export const KINDS: Readonly<Record<string, string>> = {
  "missing": "The index lists a file that is not there.",
  "empty": "A file of 0 bytes, or a recording of 0 samples.",
  "unknown-format": "A file whose content is of no known sound or picture format.",
  "corrupt": "A file that the decoder refuses.",
  "truncated": "A file that ends before what its header announces, or in the middle of a picture.",
  "not-finite": "A recording with samples that are no numbers.",
  "silent": "A recording of digital silence from beginning to end.",
  "too-large": "A file of more than 1 GiB, or a picture of more pixels than are decoded.",
  "unreadable": "A file that the system does not let be read.",
  "stuck": "A file that was not decoded in the time allowed.",
  "crashed": "A file on which the decoder broke down.",
  [INDEX]: "As the reader of the index files says.",
  "splits-share-image": "Pictures of one id in several splits: what is learned from one is measured on the other.",
  "splits-share-picture": "The same picture content, under several names, in several splits.",
  "splits-share-recording": "The same recording, or its content under several names, in several splits.",
  "same-id": "Several entries of one id.",
  "same-recording": "Several entries of one recording.",
  "same-recording-content": "The same recording content under several names.",
  "same-picture-content": "The same picture content under several names.",
  "too-short": "A recording of less than 0.2 s.",
  "wrong-length":
    "A recording that is shorter than the data set tells by more than 1 s plus 2 %, or longer by more than 5 s plus 10 %.",
  "too-many-words": "More than 8 words a second.",
  "too-few-words": "A recording of 5 s or more with less than one letter in two seconds.",
  "other-channels": "A recording with another number of channels than most.",
  "other-rate": "A recording with another sample rate than most.",
  "clipped": "A recording with a thousandth or more of its samples at full scale, in runs.",
  "nearly silent": "A recording that never comes within 60 dB of full scale.",
  "offset": "A recording whose mean is a tenth or more of its peak.",
  "warning": "An oddity of a file that can be used.",
};

/** The meaning of a word, known or not. */
export function meaningOf(kind: string): string {
  return KINDS[wordOf(kind)] ?? "An oddity of a file, as its decoder saw it.";
}

/** Words in the order of a report. */
export function inOrder(kinds: Iterable<string>): string[] {
  const known = Object.keys(KINDS);
  const place = (kind: string): number => (known.indexOf(wordOf(kind)) + 1) || known.length + 1;
  return [...kinds].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

function wordOf(kind: string): string {
  return kind.startsWith(`${INDEX}: `) ? INDEX : kind;
}

/** The entries of each file, recordings and pictures. */
export function entriesByFile({ entries }: Pick<Seen, "entries">): Map<string, Entry[]> {
  const named = entries.flatMap((entry) =>
    [entry.recording, entry.picture].flatMap((file) => file === undefined ? [] : [{ file, entry }])
  );
  const groups = grouped(named, ({ file }) => file);
  return new Map([...groups].map(([file, uses]) => [file, uses.map(({ entry }) => entry)]));
}

/**
 * Files that cannot be used, a finding each, under the word of their problem; and what is odd about the others, a finding a
 * warning. A warning's word is what stands before its first colon.
 */
export function fileFindings(seen: Seen): Finding[] {
  const uses = entriesByFile(seen);
  const found: Finding[] = [];
  for (const [file, { problem, warnings = [] }] of seen.lines) {
    const about = (kind: string, detail: string, leftOut: boolean): void => {
      found.push(finding({ kind, leftOut, detail, files: [file] }, uses.get(file) ?? []));
    };
    if (problem !== undefined) about(problem.kind, problem.reason, true);
    for (const warning of warnings) {
      const [, word = "warning", detail = warning] = /^([a-z][a-z -]*): (.*)$/s.exec(warning) ?? [];
      about(word, detail, false);
    }
  }
  return found;
}

/** Recordings with other channels, or another sample rate, than most: `other-channels` and `other-rate`. */
export function oddOnesOut(seen: Seen): Finding[] {
  const uses = entriesByFile(seen);
  const recordings = [...seen.lines.values()].filter(({ kind, problem }) => kind === "recording" && !problem);
  const unlike = (kind: string, field: "channels" | "rate", shown: (value: number) => string): Finding[] => {
    const groups = grouped(recordings, (line) => line[field]);
    const usual = [...groups].reduce((most, group) => group[1].length > most[1].length ? group : most, [0, []] as [
      number,
      ManifestLine[],
    ])[0];
    return [...groups].filter(([value]) => value !== usual).flatMap(([value, lines]) =>
      lines.map(({ file }) => {
        const detail = `it has ${shown(value)}, most recordings have ${shown(usual)}`;
        return finding({ kind, detail, files: [file] }, uses.get(file) ?? []);
      })
    );
  };
  return [
    ...unlike("other-channels", "channels", (count) => count === 1 ? "1 channel" : `${count} channels`),
    ...unlike("other-rate", "rate", (rate) => `${rate} Hz`),
  ];
}

/**
 * - `same-id`: several entries of one id;
 * - `same-recording`: several entries of one recording;
 * - `same-recording-content`, `same-picture-content`: the same bytes under several names;
 * - `splits-share-image`: pictures of one imageId in several splits;
 * - `splits-share-picture`, `splits-share-recording`: the same bytes, under several names, in several splits (these are not
 *   listed as same content again); a recording that is listed in several splits counts too.
 */
export function repeatFindings(seen: Seen): Finding[] {
  const uses = entriesByFile(seen);
  return [
    ...sameIds(seen),
    ...sameRecordings(seen),
    ...sameContents(seen, "recording", uses),
    ...sameContents(seen, "picture", uses),
    ...sharedImages(seen),
  ];
}

function sameIds({ entries }: Seen): Finding[] {
  return repeated(grouped(entries, ({ id }) => id)).map(([id, same]) =>
    finding({ kind: "same-id", detail: `${same.length} entries have the id '${id}'`, files: filesOf(same) }, same)
  );
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
  return repeated(grouped(entries, ({ imageId }) => imageId))
    .filter(([, same]) => splitsOf(same).length > 1)
    .map(([imageId, same]) => {
      const files = [...new Set(same.flatMap(({ picture }) => picture ?? []))];
      const detail = `the picture '${imageId}' stands in ${splitsOf(same).join(" and ")}`;
      return finding({ kind: "splits-share-image", detail, files }, same);
    });
}

function repeated<K, T>(groups: Map<K, T[]>): [K, T[]][] {
  return [...groups].filter(([, group]) => group.length > 1);
}

function filesOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.map(({ recording }) => recording))];
}

/** What counts as a fitting length. All are generous: what lies beyond them is an error of the data, not a matter of taste. */
export const LIMITS = {
  /** A shorter recording holds no word: seconds. */
  shortest: 0.2,
  /** By how much a recording may be shorter than the data set tells: seconds, and a share of the length told. */
  shorter: { seconds: 1, share: 0.02 },
  /** By how much it may be longer, as people stop the recording late: seconds, and a share of the length told. */
  longer: { seconds: 5, share: 0.1 },
  /** Nobody says more words a second. */
  mostWords: 8,
  /** A recording with fewer letters and digits a second is about something else than its text. */
  fewestLetters: 0.5,
  /** Shorter recordings may be mostly pauses: seconds. */
  pauses: 5,
} as const;

/**
 * `too-short`: below 0.2 s. `wrong-length`: shorter than the data set tells by more than 1 s plus 2 %, or longer by more than 5 s
 * plus 10 %. `too-many-words`: more than 8 words a second. `too-few-words`: in 5 s or more, fewer than one letter in two seconds.
 * A recording that is too short has no further finding. A recording that cannot be used has none.
 */
export function lengthFindings({ entries, lines }: Seen): Finding[] {
  const found: Finding[] = [];
  const short = new Set<string>();
  for (const entry of entries) {
    const { seconds, problem } = lines.get(entry.recording) ?? {};
    if (seconds === undefined || problem !== undefined) continue;
    const about = (kind: string, detail: string): void => {
      found.push(finding({ kind, detail, files: [entry.recording] }, [entry]));
    };
    if (seconds < LIMITS.shortest) {
      if (!short.has(entry.recording)) about("too-short", `it lasts ${shown(seconds)}`);
      short.add(entry.recording);
      continue;
    }
    const told = againstTold(seconds, entry.seconds);
    if (told !== undefined) about("wrong-length", told);
    for (const { kind, detail } of againstText(seconds, entry)) about(kind, detail);
  }
  return found;
}

function againstTold(seconds: number, told: number | undefined): string | undefined {
  if (told === undefined) return undefined;
  const { shorter, longer } = LIMITS;
  const lowest = told - shorter.seconds - shorter.share * told;
  const highest = told + longer.seconds + longer.share * told;
  return seconds >= lowest && seconds <= highest
    ? undefined
    : `it lasts ${shown(seconds)}, the data set tells ${shown(told)}`;
}

function againstText(seconds: number, { text }: Entry): { kind: string; detail: string }[] {
  const bare = bareWords(text);
  if (bare === "") return [];
  const words = bare.split(" ").length;
  const letters = bare.replaceAll(" ", "").length;
  if (words > LIMITS.mostWords * seconds) {
    return [{ kind: "too-many-words", detail: `${words} words in ${shown(seconds)}` }];
  }
  if (seconds >= LIMITS.pauses && letters < LIMITS.fewestLetters * seconds) {
    return [{ kind: "too-few-words", detail: `${letters} letters in ${shown(seconds)}` }];
  }
  return [];
}

function shown(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}
