/** Transcripts of a split and their word errors (paper, section 3.1). */
import { openRunWhisper } from "../training/run_model.ts";
import { join } from "@std/path";
import { openManifest } from "../data/check/manifest.ts";
import type { Split } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { writeJsonLines } from "../files/json_lines.ts";
import { normalizeEnglish } from "../text/english.ts";
import { type WordErrors, wordErrors } from "../text/word_errors.ts";
import type { RunConfig } from "../training/config.ts";
import { SkippedFiles } from "../training/run_logs.ts";
import { runFolder } from "../training/run_folder.ts";
import { listPairs, transcribePairs, usablePairs } from "./pairs.ts";
import type { Report } from "./report.ts";
import { type CorpusErrors, corpusErrors } from "./wer_analysis.ts";

/** A recording with its texts. */
export type TranscribedRecording = {
  id: string;
  audio: string;
  image: string;
  seconds: number;
  reference: string;
  transcript: string;
  /** Word errors under the English normalizer. */
  errors: WordErrors;
};

/** The transcripts of a split. */
export type TranscribedSplit = {
  dataset: string;
  split: Split;
  /** Recordings with a written caption, in the order of the data set. */
  recordings: TranscribedRecording[];
  /** Word errors over all recordings, with a 95 % interval by bootstrap over images. */
  corpus: CorpusErrors;
};

/**
 * Transcribes the recordings of a split, unless their transcripts are stored, and counts word errors under the English
 * normalizer. Writes `transcripts.jsonl` into the folder.
 *
 * @param folder where the list of skipped files is written too
 * @throws {InputError} if the data or Whisper is at fault, or no recording has a written caption with a word in it.
 * @throws the signal's reason, if it was stopped; stored transcripts stay.
 */
export async function transcribeSplit(
  config:
    & Pick<
      RunConfig,
      "dataset" | "dataRoot" | "dataRoots" | "maxPictures" | "whisper" | "audioSeconds" | "attendPadding" | "cache"
    >
    & Partial<Pick<RunConfig, "language" | "task">>,
  folder: string,
  options: { split?: Split; report: Report; signal?: AbortSignal | undefined },
): Promise<TranscribedSplit> {
  const { split = "test", report, signal } = options;
  const { dataset, dataRoot, audioSeconds: maxSeconds, cache } = config;
  const source = await openRunWhisper(config);
  const skipped = await SkippedFiles.open({ file: runFolder(folder).skipped, onLine: report.line });
  const listed = await listPairs({ ...config, variant: "pip-zero-shot" }, [split], report.line);
  const manifest = await openManifest(dataset, dataRoot);
  const pairs = await usablePairs(listed, manifest, skipped);
  const speech = await transcribePairs(pairs, source, {
    states: false,
    maxSeconds,
    cache,
    skipped,
    manifest,
    report,
    signal,
  });
  await speech.close();
  const recordings = pairs.flatMap(({ id, audio, image, text }): TranscribedRecording[] => {
    const transcript = speech.transcripts.get(id);
    if (transcript === undefined) return [];
    const errors = wordErrors(normalizeEnglish(text), normalizeEnglish(transcript.text));
    return errors.words === 0
      ? []
      : [{ id, audio, image, seconds: transcript.seconds, reference: text, transcript: transcript.text, errors }];
  });
  if (recordings.length === 0) {
    throw new InputError(
      `Cannot count word errors as none of ${pairs.length} recordings of '${dataset}' has a written caption: ` +
        `expected at least 1.`,
    );
  }
  await writeJsonLines(join(folder, "transcripts.jsonl"), recordings);
  const corpus = corpusErrors(recordings.map(({ errors }) => errors), { images: recordings.map(({ image }) => image) });
  return { dataset, split, recordings, corpus };
}

/** Finds the recordings with the highest word error rates; ties put the longer one first. */
export function mostErrors(recordings: readonly TranscribedRecording[], count: number): TranscribedRecording[] {
  return recordings.toSorted((a, b) => b.errors.wer - a.errors.wer || b.errors.words - a.errors.words).slice(0, count);
}
