/**
 * The transcripts and encoder states of a data set: computed once, stored, reused.
 *
 * @module
 */
import { join } from "@std/path";
import { wordErrors } from "../text/word_errors.ts";
import { bareWords, normalise } from "../text/normalise.ts";
import { hearAll, isEnough } from "./hear_all.ts";
import { stampOf } from "./read_for_hearing.ts";
import { SpeechStore, type StoredLine } from "./speech_store.ts";
import type { Whisper, WhisperSource } from "./whisper.ts";

/** A recording to be heard. */
export interface Recording {
  /** Unique among the recordings. */
  id: string;
  /** File of the recording. */
  audio: string;
  /** What was said, where that is known. */
  text?: string;
}

/** What was heard in a recording. */
export interface Transcript {
  /** The recording's id. */
  id: string;
  /** File of the recording. */
  file: string;
  /** What Whisper heard. */
  text: string;
  /** What was said; empty where that is not known. */
  reference: string;
  /** Word errors, both texts in lower case without punctuation; NaN where the reference is not known. */
  errors: number;
  /** Words of the reference. */
  words: number;
  /** Word error rate: `errors / words`; NaN where the reference is not known. */
  wer: number;
  /** Word error rate in lower case only, punctuation being part of its word, as in the paper; NaN likewise. */
  rawWer: number;
  /** Length of the recording in seconds. */
  seconds: number;
  /** Frames of encoder states, 50 a second. */
  frames: number;
}

/** A recording that could not be heard. */
export interface SpeechProblem {
  /** The recording's id. */
  id: string;
  /** Its file. */
  file: string;
  /** Why, in a sentence. */
  problem: string;
}

/** Options of {@link transcribeAll}. */
export interface TranscribeAllOptions {
  /** Where results are stored, for all models: each has a folder below. */
  folder: string;
  /** Whether encoder states are stored too. Default true. */
  states?: boolean;
  /** Recordings in a batch. Default 8. */
  batchSize?: number;
  /** Called with the number of recordings done, and of all. */
  progress?: (done: number, total: number) => void;
  /** Stops after the current batch; what is done stays stored. */
  signal?: AbortSignal;
}

/** What was heard in a data set. */
export interface StoredSpeech {
  /** By id, in the order of the recordings; without those that have a problem. */
  transcripts: Map<string, Transcript>;
  /** Recordings that are missing or cannot be used, in the order of the recordings. */
  problems: SpeechProblem[];
  /** Width of a state; 0 where nothing was heard. */
  width: number;
  /** How many were heard now, not taken from the store. */
  heardNow: number;
  /** The encoder states of a recording, `[frames * width]`, float32 of half precision. Rejects with RangeError for an unknown id. */
  states(id: string): Promise<Float32Array>;
  /** Closes the store; no states can be read afterwards. */
  close(): void;
}

/**
 * Hears recordings, or takes what was heard before from the store. A recording is heard again where its file's content
 * changed or another model listens; a file that moved or was only touched is not. Whisper is loaded only where something
 * must be heard. A killed run continues where it was.
 *
 * @param recordings several may share a file
 * @param source the model, or a source that loads it when needed
 * @throws {InputError} where the model cannot be loaded; never for a recording: those are listed
 * in `problems`.
 * @throws the signal's reason, where it was aborted.
 */
export async function transcribeAll(
  recordings: readonly Recording[],
  source: Whisper | WhisperSource,
  options: TranscribeAllOptions,
): Promise<StoredSpeech> {
  const { folder, states = true, progress } = options;
  const store = await SpeechStore.open(join(folder, `whisper-${source.key}`));
  try {
    const files = [...new Set(recordings.map((recording) => recording.audio))];
    const lines = new Map<string, StoredLine | { problem: string }>();
    const open: string[] = [];
    for (const file of files) {
      const line = store.ofFile(file);
      const stamp = line === undefined ? undefined : await stampOf(file);
      const same = line !== undefined && stamp?.size === line.size && stamp.changed === line.changed;
      if (same && isEnough(line, states)) lines.set(file, line);
      else open.push(file);
    }
    const share = (count: number) => Math.round(recordings.length * count / Math.max(1, files.length));
    progress?.(share(lines.size), recordings.length);
    const heardNow = open.length === 0 ? 0 : await hearAll(open, source, store, options, (file, line) => {
      lines.set(file, line);
      progress?.(share(lines.size), recordings.length);
    });
    await store.release();
    return assemble(recordings, lines, store, heardNow);
  } catch (error) {
    store.close();
    throw error;
  }
}

function assemble(
  recordings: readonly Recording[],
  lines: Map<string, StoredLine | { problem: string }>,
  store: SpeechStore,
  heardNow: number,
): StoredSpeech {
  const transcripts = new Map<string, Transcript>();
  const problems: SpeechProblem[] = [];
  const found = new Map<string, StoredLine>();
  for (const { id, audio, text: reference = "" } of recordings) {
    const line = lines.get(audio)!;
    if (line.problem !== undefined) {
      problems.push({ id, file: audio, problem: line.problem });
      continue;
    }
    const { text = "", seconds = 0, frames = 0 } = line as StoredLine;
    transcripts.set(id, { id, file: audio, text, reference, ...compared(reference, text), seconds, frames });
    found.set(id, line as StoredLine);
  }
  return {
    transcripts,
    problems,
    width: found.values().next().value?.width ?? 0,
    heardNow,
    async states(id) {
      const line = found.get(id);
      if (line === undefined) throw new RangeError(`Cannot read states of '${id}' as it was not heard`);
      return await store.states(line);
    },
    close: () => store.close(),
  };
}

function compared(reference: string, text: string): Pick<Transcript, "errors" | "words" | "wer" | "rawWer"> {
  if (reference === "") return { errors: NaN, words: 0, wer: NaN, rawWer: NaN };
  const { errors, words, wer } = wordErrors(bareWords(reference), bareWords(text));
  return { errors, words, wer, rawWer: wordErrors(normalise(reference), normalise(text)).wer };
}
