/** The results of a comparison, and how they are printed. */
import type { Profile } from "./sides.ts";

import type { Words } from "./transcripts.ts";

/** Runs of one side in one case. */
export interface SideResult {
  side: string;
  /** Medians over the runs. */
  seconds: number;
  cpu: number;
  /** Peak of resident memory in bytes; null where it is not known. */
  peak: number | null;
  /** Every run's seconds. */
  runs: number[];
  /** Whether what it computed equals what `ours` did; null where there is nothing to compare. */
  equal: boolean | null;
  /** Of `transcribe` only. */
  words?: Words;
}

/** A case. */
export interface CaseResult {
  case: string;
  what: string;
  sides: SideResult[];
  /** Of each other side: ours / theirs, by the clock and by processor time. */
  ratios: Record<string, { seconds: number; cpu: number }>;
  profile?: Profile;
}

/** The middle value; of an even count the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Whether two sides computed the same, to single precision summed in another order. */
export function alike(a: readonly number[], b: readonly number[], tolerance = 2e-3): boolean {
  return a.length === b.length &&
    a.every((value, i) => Math.abs(value - b[i]!) <= tolerance * Math.max(1, Math.abs(value)));
}

/** Joins a case's sides; the first one is ours. */
export function caseResult(name: string, what: string, sides: SideResult[], profile?: Profile): CaseResult {
  const [ours, ...others] = sides as [SideResult, ...SideResult[]];
  const ratios = Object.fromEntries(
    others.map(({ side, seconds, cpu }) => [side, { seconds: ours.seconds / seconds, cpu: ours.cpu / cpu }]),
  );
  return { case: name, what, sides, ratios, ...(profile ? { profile } : {}) };
}

const short = (value: number): string => value.toPrecision(3);

/** The printed lines of a case. */
export function linesOf({ case: name, what, sides, ratios, profile }: CaseResult): string[] {
  const lines = [`${name}: ${what}`];
  for (const { side, seconds, cpu, peak, runs, equal, words } of sides) {
    const ratio = ratios[side];
    lines.push([
      `  ${side.padEnd(11)} ${short(seconds).padStart(7)} s, processors ${short(cpu).padStart(7)} s`,
      ...(peak === null ? [] : [`peak ${(peak / 2 ** 20).toFixed(0)} MB`]),
      `${runs.length} run${runs.length === 1 ? "" : "s"}`,
      ...(equal === null ? [] : [equal ? "equal results" : "OTHER RESULTS"]),
      ...(words ? [`${words.same} of ${words.of} transcripts have our words, WER ${words.wer.toFixed(2)} %`] : []),
      ...(ratio ? [`ours / ${side} = ${short(ratio.seconds)} (processors ${short(ratio.cpu)})`] : []),
    ].join(", "));
  }
  if (profile?.products) lines.push(floorLine(profile.products, sides[0]!.seconds));
  for (const { kernel, calls, seconds } of (profile?.kernels ?? []).slice(0, 12)) {
    lines.push(`    ${(1000 * seconds).toFixed(1).padStart(8)} ms  ${kernel} x ${calls}`);
  }
  return lines;
}

/** What the same products take alone, and how far the run is from that floor. */
function floorLine({ count, operations, seconds, floor }: NonNullable<Profile["products"]>, whole: number): string {
  return `    floor: ${count} plain products of the same sizes take ${short(floor)} s, ${
    short(operations / floor / 1e9)
  } GFLOP/s; ` +
    `within the run they took ${short(seconds)} s; the run takes ${short(whole / floor)} times the floor`;
}
