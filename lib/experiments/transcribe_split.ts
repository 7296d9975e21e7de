/**
 * What the recogniser transcribes in a split, next to what was written (paper, section 3.1).
 *
 * @module
 */
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
export interface TranscribedRecording {
  /** Name of the pair. */
  id: string;
  /** The recording's file. */
  audio: string;
  /** The picture's file. */
  image: string;
  /** Its length. */
  seconds: number;
  /** The written caption. */
  reference: string;
  /** What was heard. */
  transcript: string;
  /** Word errors under the English normaliser. */
  errors: WordErrors;
}

/** What was heard in a split. */
export interface TranscribedSplit {
  /** Layout of the data set. */
  dataset: string;
  /** The split. */
  split: Split;
  /** Recordings with a written caption, in the order of the data set. */
  recordings: TranscribedRecording[];
  /** Their errors together, with a 95 % interval by bootstrap over recordings. */
  corpus: CorpusErrors;
}

/**
 * Hears the recordings of a split, or takes what was heard before, and counts word errors under the English normaliser.
 * Writes `transcripts.jsonl` into the folder.
 *
 * @param folder where the list of recordings that cannot be used is written too
 * @throws {InputError} where the data or Whisper is at fault, or no recording has a written caption with a word in it.
 * @throws the signal's reason, where it was stopped; what is heard stays stored.
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
  const heard = await transcribePairs(pairs, source, {
    states: false,
    maxSeconds,
    cache,
    skipped,
    manifest,
    report,
    signal,
  });
  await heard.close();
  const recordings = pairs.flatMap(({ id, audio, image, text }): TranscribedRecording[] => {
    const transcript = heard.transcripts.get(id);
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
  return { dataset, split, recordings, corpus: corpusErrors(recordings.map(({ errors }) => errors)) };
}

/** Finds the recordings with the highest word error rates; ties put the longer one first. */
export function mostErrors(recordings: readonly TranscribedRecording[], count: number): TranscribedRecording[] {
  return recordings.toSorted((a, b) => b.errors.wer - a.errors.wer || b.errors.words - a.errors.words).slice(0, count);
}
