/**
 * The speech of a few recordings for a dry run: taken from the store, or heard now and kept in memory only.
 *
 * @module
 */
import { readAudio } from "../../audio/read_audio.ts";
import type { Pair } from "../../data/pair.ts";
import { InputError } from "../../errors.ts";
import type { FrameStates } from "../../training/examples.ts";
import { StateReader } from "../../whisper/store/speech_store.ts";
import type { Whisper } from "../../whisper/whisper.ts";
import { framesOf } from "../../whisper/windows.ts";
import type { HeardBefore } from "./heard_before.ts";

/** Recordings that are heard now at most: enough to tell a speed, few enough not to wait for. */
const HEARD_NOW = 8;

/** One recording's speech. */
export interface FewSpeech {
  /** The transcript. */
  text: string;
  /** States of Whisper's encoder, where they are wanted. */
  states?: FrameStates | undefined;
}

/** Some recordings' speech, and how fast it was heard. */
export interface FewHeard {
  /** At least one. */
  speech: FewSpeech[];
  /** Recordings that were heard now. */
  newRecordings: number;
  /** Their length together, in seconds. */
  seconds: number;
  /** Time that their reading and hearing took, in seconds, without the loading of the model. */
  elapsed: number;
}

/** What is wanted of the recordings. */
export interface FewOptions {
  /** Whether states are wanted. */
  acoustic: boolean;
  /** The acoustic branch attends to so many seconds. */
  audioSeconds: number;
  /** At least so many frames of each recording. Default 1. */
  minFrames?: number | undefined;
  /** Whether the run stores states; false: they are computed anew whenever they are asked for, as in the run itself. */
  cache: boolean;
  /** Width of a state. */
  width: number;
}

/**
 * Takes the speech of `pairs` from the store, and hears the first few that are not stored, of these pairs or of others.
 *
 * @param load gives the model; called where something must be heard
 * @throws {InputError} where nothing is stored and nothing can be heard.
 */
export async function fewHeard(
  pairs: readonly Pair[],
  before: HeardBefore,
  load: () => Promise<Whisper>,
  options: FewOptions,
): Promise<FewHeard> {
  const files = [...new Set(pairs.map(({ audio }) => audio))];
  const stored = storedSpeech(files, before, options);
  const unheard = new Set(before.open.map(({ audio }) => audio));
  const wanted = files.filter((file) => unheard.has(file)).concat([...unheard].filter((file) => !files.includes(file)));
  if (wanted.length === 0 && stored.length > 0) return { speech: stored, newRecordings: 0, seconds: 0, elapsed: 0 };

  const whisper = await load();
  const start = performance.now();
  const read: { file: string; samples: Float32Array }[] = [];
  for (const file of wanted) {
    if (read.length === HEARD_NOW) break;
    try {
      read.push({ file, samples: await readAudio(file) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error; // the run itself tells of it and leaves it out
    }
  }
  const maxSeconds = options.audioSeconds;
  const heard = await whisper.transcribe(read.map(({ samples }) => samples), { maxSeconds });
  const now = heard.map(({ text, states, frames, width }, i): FewSpeech => {
    const values = options.cache ? () => Promise.resolve(states) : recompute(read[i]!.file, load, maxSeconds);
    return { text, states: options.acoustic ? { values, frames, width } : undefined };
  });
  const speech = [...stored, ...now];
  if (speech.length === 0) {
    throw new InputError(
      `Cannot time the training as none of ${files.length} recordings can be heard, such as '${
        files[0]
      }': check the data set.`,
    );
  }
  const seconds = read.reduce((sum, { samples }) => sum + samples.length / 16000, 0);
  return { speech, newRecordings: read.length, seconds, elapsed: (performance.now() - start) / 1000 };
}

function storedSpeech(
  files: readonly string[],
  { folder, lines }: HeardBefore,
  { acoustic, audioSeconds, minFrames, width }: FewOptions,
): FewSpeech[] {
  const reader = new StateReader(folder);
  try {
    return files.flatMap((file): FewSpeech[] => {
      const line = lines.get(file);
      if (line?.text === undefined) return [];
      if (!acoustic) return [{ text: line.text }];
      const frames = framesOf(line.samples ?? 0, audioSeconds, minFrames);
      const states = reader.read(line, frames);
      return [{ text: line.text, states: { values: () => Promise.resolve(states), frames, width } }];
    });
  } finally {
    reader.close();
  }
}

function recompute(file: string, load: () => Promise<Whisper>, maxSeconds: number): () => Promise<Float32Array> {
  return async () => {
    const [encoded] = await (await load()).encode([await readAudio(file)], { maxSeconds });
    return encoded!.states;
  };
}
