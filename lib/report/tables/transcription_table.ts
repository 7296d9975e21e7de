/**
 * Word errors of whole splits.
 *
 * @module
 */
import type { TranscribedSplit } from "../../experiments/transcription/transcribe_split.ts";
import { paragraph } from "./notes.ts";
import { figureText, type ReportTable } from "./report_table.ts";

/** A table with a row a split: how much was heard, and which errors were made. */
export function transcriptionTable(splits: readonly TranscribedSplit[]): ReportTable {
  return {
    name: "word_errors",
    title: "Word errors of the recogniser",
    note: paragraph(
      "Errors in percent of the written words, under an English normaliser; in brackets 95 % intervals by bootstrap over recordings.",
      "Recordings without a written caption are not counted.",
    ),
    columns: [
      "data set",
      "split",
      "recordings",
      "minutes",
      "words",
      "heard as others",
      "missed",
      "added",
      "word error rate",
      "without an error",
    ],
    rows: splits.map(({ dataset, split, recordings, corpus }) => {
      const { words, substitutions, deletions, insertions, wer, wer95: [low, high], perfect } = corpus;
      const percent = (count: number, all: number): string => figureText({ value: 100 * count / all });
      return [
        dataset,
        split,
        String(recordings.length),
        (recordings.reduce((sum, { seconds }) => sum + seconds, 0) / 60).toFixed(1),
        String(words),
        percent(substitutions, words),
        percent(deletions, words),
        percent(insertions, words),
        figureText({ value: 100 * wer, interval: [100 * low, 100 * high] }),
        percent(perfect, recordings.length),
      ];
    }),
  };
}
