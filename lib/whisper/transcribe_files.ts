/**
 * Runs Whisper on recordings, in batches of similar length, and stores the results.
 */
import { InputError, messageOf } from "../errors.ts";
import { readAudioParts, readAudioStart } from "../audio/read_audio.ts";
import { confidenceOf } from "./confidence.ts";
import { transcribeLong } from "./long_recording.ts";
import { readAhead } from "./read_recordings.ts";
import {
  type FileStamp,
  hasStates,
  isDecoded,
  isEnough,
  type SpeechProblemKind,
  type StoredLine,
  type Wanted,
} from "./store/line.ts";
import type { SpeechMemory } from "./store/speech_store.ts";
import type { Encoded, Transcribed, Whisper } from "./whisper.ts";
import { windowsOfParts } from "./windows.ts";

/** Decoded batches that wait in memory to be sorted by length. */
const WAITING = 4;

/** The largest number of half precision. */
const LARGEST = 65504;

/** The result of a recording. */
export type Outcome = StoredLine | { problem: string; kind: SpeechProblemKind };

/** Why Whisper failed on a recording, in a phrase. */
export interface Failure {
  failure: string;
}

/** A decoded recording that waits for its batch; `known` if it was transcribed, and some results are missing. */
type Waiting = FileStamp & { content: string; samples: Float32Array; known: StoredLine | undefined };

/**
 * Transcribes files whose stored results are incomplete or out of date. If only states are missing, only the encoder runs; if
 * only the confidence or further transcripts are missing, the stored text and states stay. A recording on which Whisper fails twice gets a problem that is not stored: the next run tries again.
 *
 * @param load returns the model; called if something must be computed
 * @param options `batchSize`: recordings in a batch, default 8. `signal` stops after the current batch.
 * @param done receives each file with its outcome
 * @returns how many recordings went through Whisper, and their total length
 * @throws {InputError} if a model that has never transcribed anything fails on a whole batch, or the disk is full.
 * @throws the signal's reason if it was aborted; finished batches are stored.
 */
export async function transcribeFiles(
  files: readonly string[],
  load: () => Promise<Whisper>,
  store: SpeechMemory,
  { batchSize = 8, signal, ...wanted }: Wanted & { batchSize?: number | undefined; signal?: AbortSignal | undefined },
  done: (file: string, outcome: Outcome) => void,
): Promise<{ recordings: number; seconds: number }> {
  const total = { recordings: 0, seconds: 0 };
  const decodes = (known: StoredLine | undefined): boolean => known === undefined || !isDecoded(known, wanted);
  const settle = async (
    { file, size, changed, content }: FileStamp & { content: string },
    result: Encoded & Partial<Transcribed> & { samples: number } | Failure,
    known?: StoredLine,
  ): Promise<void> => {
    const stamp = { file, size, changed, content };
    if ("failure" in result) {
      const why = `Whisper failed on it in a batch and alone: ${result.failure.replace(/\.$/, "")}`;
      const problem = `Cannot transcribe '${stamp.file}' as ${why}. The next run tries again.`;
      return done(stamp.file, { problem, kind: "whisper" });
    }
    const { frames, width, samples, logProbability, tokens, others } = result;
    const text = known?.text ?? result.text!;
    const confidence = logProbability === undefined || tokens === undefined
      ? known?.confidence
      : confidenceOf({ logProbability, tokens });
    const line = {
      ...stamp,
      text,
      ...(confidence !== undefined && { confidence }),
      ...(others && { others }),
      samples,
    };
    if (known !== undefined && hasStates(known, wanted)) await store.add({ ...known, ...line });
    else {
      const states = wanted.states ? { values: new Float16Array(result.states), frames, width } : undefined;
      await store.add(line, states);
    }
    total.recordings++;
    total.seconds += result.samples / 16000;
    done(stamp.file, store.ofStamp(stamp) as StoredLine);
  };
  const run = async (batch: readonly Waiting[]): Promise<void> => {
    const whisper = await load();
    const fresh = batch.filter(({ known }) => decodes(known));
    const again = batch.filter(({ known }) => !decodes(known));
    const results = await runBatch(fresh.map(({ samples }) => samples), (part) => whisper.transcribe(part, wanted));
    const failures = results.filter((result) => "failure" in result);
    const allFailed = batch.length > 1 && failures.length === batch.length;
    if (allFailed && store.contents(({ text }) => text !== undefined).length === 0) {
      throw new InputError(
        `Cannot transcribe with Whisper '${whisper.name}' as it failed on each of the first ${failures.length} recordings: ` +
          `${failures[0]!.failure.replace(/\.$/, "")}. Check that its files belong together, or fetch them again.`,
      );
    }
    for (const [i, one] of fresh.entries()) {
      const result = results[i]!;
      await settle(one, "failure" in result ? result : { ...result, samples: one.samples.length }, one.known);
    }
    const encoded = await runBatch(again.map(({ samples }) => samples), (part) => whisper.encode(part, wanted));
    for (const [i, one] of again.entries()) {
      const result = encoded[i]!;
      await settle(one, "failure" in result ? result : { ...result, samples: one.samples.length }, one.known);
    }
    signal?.throwIfAborted();
  };

  /** A recording that is too long to be held in memory is read again, in windows. */
  const runLong = async (stamp: FileStamp & { content: string }, known: StoredLine | undefined): Promise<void> => {
    const whisper = await load();
    const windows = () => windowsOfParts(readAudioParts(stamp.file), whisper.window);
    const compute = async (): Promise<Encoded & Partial<Transcribed> & { samples: number }> => {
      if (decodes(known)) return await transcribeLong(whisper, windows, { ...wanted, signal });
      const start = await readAudioStart(stamp.file, Math.round(16000 * wanted.maxSeconds) + 2 * whisper.window);
      const [encoded] = await whisper.encode([start], wanted);
      return { ...encoded!, samples: known!.samples as number };
    };
    const once = (): Promise<Encoded & Partial<Transcribed> & { samples: number } | Failure> =>
      compute().then(
        (result) => isUsable(result) ? result : { failure: NOT_FINITE },
        (error) => {
          if (signal?.aborted) throw error;
          return { failure: messageOf(error) };
        },
      );
    const first = await once();
    await settle(stamp, "failure" in first ? await once() : first, known);
    signal?.throwIfAborted();
  };

  signal?.throwIfAborted();
  const waiting: Waiting[] = [];
  const sort = () => waiting.sort((a, b) => a.samples.length - b.samples.length);
  const complete = store.contents((line) => line.problem === undefined && isEnough(line, wanted));
  for await (const read of readAhead(files, 2 * batchSize, complete)) {
    if (!("content" in read)) done(read.file, read);
    else if ("problem" in read) {
      await store.add(read);
      done(read.file, read);
    } else {
      const line = store.ofContent(read.content);
      const known = line?.problem === undefined ? line : undefined;
      if (known !== undefined && isEnough(known, wanted)) {
        const { file, size, changed } = read;
        await store.add({ ...known, file, size, changed });
        done(file, known);
      } else if ("long" in read) await runLong(read, known);
      else waiting.push({ ...read as Omit<Waiting, "known">, known });
    }
    if (waiting.length < WAITING * batchSize) continue;
    sort();
    await run(waiting.splice(0, batchSize));
  }
  sort();
  while (waiting.length > 0) await run(waiting.splice(0, batchSize));
  return total;
}

/**
 * Runs a batch. If it fails, each recording gets a second try alone, so that only the bad ones fail. States that are not finite
 * count as a failure too.
 *
 * @param run Whisper, with or without text
 * @returns a result or a failure for each recording
 */
export async function runBatch<T extends Encoded>(
  batch: readonly Float32Array[],
  run: (batch: readonly Float32Array[]) => Promise<T[]>,
): Promise<(T | Failure)[]> {
  const results = await attempt(batch, run);
  for (const [i, result] of results.entries()) {
    if ("failure" in result) results[i] = (await attempt([batch[i] as Float32Array], run))[0]!;
  }
  return results;
}

const NOT_FINITE = "its states are no finite numbers, or too large for half precision";

function isUsable({ states, logProbability = 0 }: Encoded & Partial<Transcribed>): boolean {
  return states.every((value) => Math.abs(value) <= LARGEST) && Number.isFinite(logProbability);
}

async function attempt<T extends Encoded>(
  batch: readonly Float32Array[],
  run: (batch: readonly Float32Array[]) => Promise<T[]>,
): Promise<(T | Failure)[]> {
  try {
    const results = await run(batch);
    if (results.length !== batch.length) {
      throw new Error(`it gave ${results.length} results for ${batch.length} recordings`);
    }
    return results.map((result) => isUsable(result) ? result : { failure: NOT_FINITE });
  } catch (error) {
    return batch.map(() => ({ failure: messageOf(error) }));
  }
}
