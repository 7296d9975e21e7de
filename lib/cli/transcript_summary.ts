/**
 * What `transcribe` tells at its end.
 *
 * @module
 */
import type { Pair } from "../data/pair.ts";
import type { Transcript } from "../whisper/transcript.ts";

/**
 * A line a split: word error rate over all words, recordings without an error, and recordings in which no word was heard.
 * Where no reference is known, `-` stands in place of what cannot be told; where some are, the rate counts those, and a
 * last line tells how many.
 */
export function transcriptSummary(
  pairs: readonly Pick<Pair, "id" | "split">[],
  transcripts: ReadonlyMap<string, Transcript>,
): string {
  const lines = ["split   recordings  hours    WER  without an error  no word heard"];
  let bare = 0;
  for (const split of ["train", "dev", "test"] as const) {
    const heard = pairs.filter((pair) => pair.split === split).flatMap(({ id }) => transcripts.get(id) ?? []);
    if (heard.length === 0) continue;
    const known = heard.filter(({ words }) => words > 0);
    bare += heard.length - known.length;
    const errors = known.reduce((sum, { errors }) => sum + errors, 0);
    const words = known.reduce((sum, { words }) => sum + words, 0);
    const hours = heard.reduce((sum, { seconds }) => sum + seconds, 0) / 3600;
    const right = known.filter(({ errors }) => errors === 0).length;
    const percent = (share: number, digits: number): string =>
      known.length === 0 ? "-" : `${(100 * share).toFixed(digits)} %`;
    lines.push(
      [
        split.padEnd(6),
        String(heard.length).padStart(11),
        hours.toFixed(2).padStart(6),
        percent(errors / words, 1).padStart(7),
        percent(right / known.length, 0).padStart(16),
        String(heard.filter(({ text }) => text === "").length).padStart(14),
      ].join(" "),
    );
  }
  if (lines.length === 1) return "no recording was heard";
  if (bare > 0) lines.push(`no reference text: ${bare} recordings, which the word error rate does not count`);
  return lines.join("\n");
}
