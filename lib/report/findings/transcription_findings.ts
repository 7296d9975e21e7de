/**
 * What was seen of transcripts, in words.
 *
 * @module
 */
import type { TranscribedSplit } from "../../experiments/transcription/transcribe_split.ts";
import { bullets, percentWords } from "./words.ts";

/** Markdown: a point a data set, and which errors are the most common. */
export function transcriptionFindings(splits: readonly TranscribedSplit[]): string {
  return bullets(splits.map(({ dataset, split, recordings, corpus }) => {
    const { words, substitutions, deletions, insertions, wer, wer95, perfect } = corpus;
    const rate = percentWords(100 * wer, [100 * wer95[0], 100 * wer95[1]]);
    const share = percentWords(100 * perfect / recordings.length);
    return `**${dataset}** (${split}): ${recordings.length} recordings with ${words} written words. ` +
      `Word error rate ${rate}: words heard as others ${substitutions}, missed ${deletions}, added ${insertions}. ` +
      `Without an error: ${perfect} recordings (${share}).`;
  }));
}
