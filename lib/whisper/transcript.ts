/**
 * The transcripts of a data set, compared with the spoken texts.
 */
import { bareWords, normalize } from "../text/normalize.ts";
import { wordErrors } from "../text/word_errors.ts";
import type { Outcome } from "./transcribe_files.ts";
import type { SpeechProblemKind, StoredLine, Wanted } from "./store/line.ts";
import { framesOf } from "./windows.ts";

/** A recording to transcribe. */
export interface Recording {
  /** Unique among the recordings. */
  id: string;
  audio: string;
  /** The spoken text, if it is known. */
  text?: string | undefined;
  /** The length, if it is known; only the estimate before the start uses it. */
  seconds?: number | undefined;
}

/** The transcript of a whole recording. The error counts are NaN if the reference is not known. */
export interface Transcript {
  id: string;
  file: string;
  text: string;
  /** The mean log-probability of its tokens, at most 0; undefined if the store lacks it and it was not asked for. */
  confidence?: number | undefined;
  /** Further transcripts, if they were asked for. */
  others?: string[] | undefined;
  /** The spoken text; empty if it is not known. */
  reference: string;
  /** Word errors in lower case without punctuation. */
  errors: number;
  /** The number of words in the reference. */
  words: number;
  /** Word error rate: `errors / words`. */
  wer: number;
  /** Word error rate in lower case, with punctuation as part of its word, as in the paper. */
  rawWer: number;
  seconds: number;
  /** Frames of encoder states, 50 a second, at most those of `maxSeconds`. */
  frames: number;
}

/** Why a recording could not be transcribed: `problem` is a sentence. */
export interface SpeechProblem {
  id: string;
  file: string;
  problem: string;
  kind: SpeechProblemKind;
}

/** The transcripts and encoder states of a data set. */
export interface StoredSpeech {
  /** By id, in the order of the recordings; recordings with a problem are missing. */
  transcripts: Map<string, Transcript>;
  /** In the order of the recordings. */
  problems: SpeechProblem[];
  /** Ids of recordings whose transcript is empty. */
  empty: string[];
  /** Width of a state. */
  width: number;
  /** How many recordings were computed in this call, not read from the store. */
  newRecordings: number;
  /** Their total length. */
  newSeconds: number;
  /** Seconds that this took, loading the model included. */
  elapsed: number;
  /**
   * Reads the encoder states of a recording, `[frames * width]`, float32: in half precision from the store, or computed again
   * if nothing is stored. Rejects with RangeError for an unknown id, with InputError if they are no longer available.
   */
  states(id: string): Promise<Float32Array>;
  /** Closes the store and frees the model; no states are available afterwards. */
  close(): Promise<void>;
}

/** Describes the speed of Whisper in a phrase; undefined if nothing was computed. */
export function describeSpeed(
  { newRecordings, newSeconds, elapsed }: Pick<StoredSpeech, "newRecordings" | "newSeconds" | "elapsed">,
): string | undefined {
  if (newRecordings === 0) return undefined;
  const rate = newSeconds / Math.max(1e-3, elapsed);
  return `${(newSeconds / 3600).toFixed(2)} h of speech in ${elapsed.toFixed(0)} s: ` +
    `${rate.toFixed(rate < 10 ? 1 : 0)} s of speech a second`;
}

/** Sorts outcomes into transcripts and problems, in the order of the recordings; `lines` has the line of each transcript. */
export function compareTranscripts(
  recordings: readonly Recording[],
  outcomes: ReadonlyMap<string, Outcome>,
  { maxSeconds, minFrames, transcripts: wanted = 1 }: Omit<Wanted, "states">,
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
    const { text = "", confidence, samples = 0 } = line;
    const lengths = { seconds: samples / 16000, frames: framesOf(samples, maxSeconds, minFrames) };
    const errors = wordErrorRates(reference, text);
    const others = wanted > 1 && { others: line.others!.slice(0, wanted - 1) };
    transcripts.set(id, { id, file: audio, text, confidence, ...others, reference, ...errors, ...lengths });
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
