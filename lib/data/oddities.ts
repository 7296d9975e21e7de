/**
 * What is odd in an index file without being an error. Published files have such lines; none is passed over in silence.
 *
 * @module
 */

/** A line that a loader left out, or read in a stated way. */
export interface Oddity {
  /** What is odd and what is done about it, the same words for all of its kind. */
  kind: string;
  /** Where it stands: `file:line`, or file and entry. */
  where: string;
  /** The name or value at fault. */
  value: string;
}

/** Options that all loaders take. */
export interface LoadOptions {
  /** Hears of each oddity, in the order of the files. Default: nobody does. */
  onOddity?: (oddity: Oddity) => void;
}

/**
 * Says many oddities in one line a kind: how many there are, and where the first one stands.
 *
 * @returns lines in the order in which the kinds were met
 *
 * @example
 * ```ts
 * import { oddityLines } from "./oddities.ts";
 * const kind = "recording of a picture in no split, left out";
 * const [line] = oddityLines([
 *   { kind, where: "wav2capt.txt:3", value: "c_0.wav" },
 *   { kind, where: "wav2capt.txt:9", value: "d_0.wav" },
 * ]);
 * if (line !== "2 x recording of a picture in no split, left out (first: 'c_0.wav', wav2capt.txt:3)") throw new Error(line);
 * ```
 */
export function oddityLines(oddities: Iterable<Oddity>): string[] {
  const kinds = new Map<string, { first: Oddity; count: number }>();
  for (const oddity of oddities) {
    const met = kinds.get(oddity.kind);
    if (met) met.count++;
    else kinds.set(oddity.kind, { first: oddity, count: 1 });
  }
  return [...kinds.values()].map(({ first, count }) =>
    `${count} x ${first.kind} (first: '${first.value}', ${first.where})`
  );
}
