/**
 * The transcripts of a data set, compared with what was said.
 *
 * @module
 */
import { bareWords, normalize } from "../text/normalize.ts";
import { wordErrors } from "../text/word_errors.ts";
import type { Outcome } from "./transcribe_files.ts";
import type { SpeechProblemKind, StoredLine } from "./store/line.ts";
import { framesOf } from "./windows.ts";

/** A recording to transcribe. */
export interface Recording {
  /** Unique among the recordings. */
  id: string;
  /** File of the recording. */
  audio: string;
  /** What was said, if that is known. */
  text?: string | undefined;
  /** Its length, if that is known: used only for the estimate before the start. */
  seconds?: number | undefined;
}

/** The transcript of a recording. */
export interface Transcript {
  /** The recording's id. */
  id: string;
  /** File of the recording. */
  file: string;
  /** What Whisper wrote, for all of it. */
  text: string;
  /** What was said; empty if that is not known. */
  reference: string;
  /** Word errors, both texts in lower case without punctuation; NaN if the reference is not known. */
  errors: number;
  /** Words of the reference. */
  words: number;
  /** Word error rate: `errors / words`; NaN if the reference is not known. */
  wer: number;
  /** Word error rate in lower case only, punctuation being part of its word, as in the paper; NaN likewise. */
  rawWer: number;
  /** Length of the recording in seconds. */
  seconds: number;
  /** Frames of encoder states, 50 a second, at most those of `maxSeconds`. */
  frames: number;
}

/** A recording that could not be transcribed. */
export interface SpeechProblem {
  /** The recording's id. */
  id: string;
  /** Its file. */
  file: string;
  /** Why, in a sentence. */
  problem: string;
  /** Why, in a word: a fault of the file, or `"whisper"` if Whisper failed on it in a batch and alone. */
  kind: SpeechProblemKind;
}

/** The transcripts and encoder states of a data set. */
export interface StoredSpeech {
  /** By id, in the order of the recordings; without those that have a problem. */
  transcripts: Map<string, Transcript>;
  /** Recordings that are missing or cannot be used, in the order of the recordings. */
  problems: SpeechProblem[];
  /** Ids of recordings whose transcript is empty. */
  empty: string[];
  /** Width of a state. */
  width: number;
  /** How many were computed now, not taken from the store. */
  newRecordings: number;
  /** Length of those together, in seconds. */
  newSeconds: number;
  /** Time that this took, with the loading of the model, in seconds. */
  elapsed: number;
  /**
   * The encoder states of a recording, `[frames * width]`, float32: in half precision from the store, or computed again
   * if nothing is stored. Rejects with RangeError for an unknown id, with InputError if they are no longer available.
   */
  states(id: string): Promise<Float32Array>;
  /** Closes the store and frees the model; no states are available afterwards. */
  close(): Promise<void>;
}

/** How fast Whisper was, in a phrase; undefined if nothing was computed now. */
export function describeSpeed(
  speech: Pick<StoredSpeech, "newRecordings" | "newSeconds" | "elapsed">,
): string | undefined {
  const { newRecordings, newSeconds, elapsed } = speech;
  if (newRecordings === 0) return undefined;
  const rate = newSeconds / Math.max(1e-3, elapsed);
  return `${(newSeconds / 3600).toFixed(2)} h of speech in ${elapsed.toFixed(0)} s: ` +
    `${rate.toFixed(rate < 10 ? 1 : 0)} s of speech a second`;
}

/** Transcripts and problems in the order of the recordings, with the stored line of each transcript. */
export function compareTranscripts(
  recordings: readonly Recording[],
  outcomes: ReadonlyMap<string, Outcome>,
  maxSeconds: number,
  minFrames?: number,
): Pick<StoredSpeech, "transcripts" | "problems" | "empty"> & { lines: Map<string, StoredLine> } {
  const transcripts = new Map<string, Transcript>();
  const problems: SpeechProblem[] = [];
  const lines = new Map<string, StoredLine>();
  for (const { id, audio, text: reference = "" } of recordings) {
    const outcome = outcomes.get(audio)!;
    if (outcome.problem !== undefined) {
      problems.push({ id, file: audio, problem: outcome.problem, kind: outcome.kind ?? "corrupt" });
      continue;
    }
    const line = outcome as StoredLine;
    const { text = "", samples = 0 } = line;
    const lengths = { seconds: samples / 16000, frames: framesOf(samples, maxSeconds, minFrames) };
    transcripts.set(id, { id, file: audio, text, reference, ...wordErrorRates(reference, text), ...lengths });
    lines.set(id, line);
  }
  const empty = [...transcripts.values()].filter(({ text }) => text === "").map(({ id }) => id);
  return { transcripts, problems, empty, lines };
}

function wordErrorRates(reference: string, text: string): Pick<Transcript, "errors" | "words" | "wer" | "rawWer"> {
  if (reference === "") return { errors: NaN, words: 0, wer: NaN, rawWer: NaN };
  const { errors, words, wer } = wordErrors(bareWords(reference), bareWords(text));
  return { errors, words, wer, rawWer: wordErrors(normalize(reference), normalize(text)).wer };
}
