import assert from "node:assert/strict";
import { transcriptSummary } from "../../lib/cli/transcribe_action.ts";
import type { Transcript } from "../../lib/whisper/transcript.ts";

const heard = (id: string, text: string, reference: string, errors: number, words: number): [string, Transcript] => [
  id,
  { id, file: id, text, reference, errors, words, wer: errors / words, rawWer: 0, seconds: 1800, frames: 1 },
];

Deno.test("the summary counts word errors over all words, and tells what has no reference or no words", () => {
  const transcripts = new Map([
    heard("a", "a dog", "a dog", 0, 2),
    heard("b", "a cat", "a red cat sat on it", 4, 6),
    heard("c", "hello", "", NaN, 0),
    heard("d", "", "", NaN, 0),
  ]);
  const pairs = [["a", "train"], ["b", "train"], ["c", "train"], ["d", "test"], ["not heard", "dev"]] as const;
  const lines = transcriptSummary(pairs.map(([id, split]) => ({ id, split })), transcripts).split("\n");
  assert.deepEqual(lines.map((line) => line.trim().split(/ {2,}/)), [
    ["split", "recordings", "hours", "WER", "without an error", "no word heard"],
    ["train", "3", "1.50", "50.0 %", "50 %", "0"],
    ["test", "1", "0.50", "-", "-", "1"],
    ["no reference text: 2 recordings, which the word error rate does not count"],
  ]);
  assert.equal(transcriptSummary([], transcripts), "no recording was heard");
});
