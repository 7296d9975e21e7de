/**
 * Recordings whose length does not fit what is told of them.
 *
 * @module
 */
import { bareWords } from "../../text/normalise.ts";
import { type Entry, type Finding, finding, type Seen } from "./seen.ts";

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
