/**
 * Recordings go through Whisper into the store, in batches of about equal length.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { type Failure, hearBatch } from "./hear_batch.ts";
import { readAhead } from "./read_ahead.ts";
import { type FileStamp, type HearingProblem, isEnough, type StoredLine, type Wanted } from "./store/line.ts";
import type { SpeechShelf } from "./store/speech_store.ts";
import type { Heard, Whisper } from "./whisper.ts";

/** Batches that wait in memory, decoded, to be sorted by length. */
const WAITING = 4;

/** What became of a recording. */
export type Outcome = StoredLine | { problem: string; kind: HearingProblem };

/** Options of {@link hearAll}. */
export interface HearAllOptions extends Wanted {
  /** Recordings in a batch. Default 8. */
  batchSize?: number | undefined;
  /** Stops after the current batch. */
  signal?: AbortSignal | undefined;
}

/** What went through Whisper. */
export interface HeardNow {
  /** How many recordings. */
  recordings: number;
  /** Their length together. */
  seconds: number;
}

/**
 * Hears the files of which the store does not know enough, or whose content changed. Where only states are lacking, only
 * the encoder runs. A recording on which Whisper fails twice has a problem, which is not stored: the next run tries again.
 *
 * @param load gives the model; called where something must be heard
 * @param done called for each file with what became of it
 * @throws {InputError} where a model that has never heard anything fails on a whole batch; where the disk is full.
 * @throws the signal's reason, where it was aborted; what was heard is stored.
 */
export async function hearAll(
  files: readonly string[],
  load: () => Promise<Whisper>,
  store: SpeechShelf,
  { batchSize = 8, signal, ...wanted }: HearAllOptions,
  done: (file: string, outcome: Outcome) => void,
): Promise<HeardNow> {
  const now: HeardNow = { recordings: 0, seconds: 0 };
  const settle = async (one: Waiting, heard: Heard | Failure): Promise<void> => {
    const { samples, known: _, ...stamp } = one;
    if ("failure" in heard) {
      done(stamp.file, { problem: failed(stamp.file, heard.failure), kind: "whisper" });
      return;
    }
    const { text, frames, width } = heard;
    const states = wanted.states ? { values: new Float16Array(heard.states), frames, width } : undefined;
    await store.add({ ...stamp, text, samples: samples.length }, states);
    now.recordings++;
    now.seconds += samples.length / 16000;
    done(stamp.file, store.ofStamp(stamp) as StoredLine);
  };
  const hear = async (batch: readonly Waiting[]): Promise<void> => {
    const whisper = await load();
    const fresh = batch.filter(({ known }) => known === undefined);
    const again = batch.filter(({ known }) => known !== undefined);
    const heard = await hearBatch(samplesOf(fresh), (part) => whisper.transcribe(part, wanted));
    const deaf = batch.length > 1 && heard.length === batch.length && heard.every((result) => "failure" in result) &&
      store.contents(({ text }) => text !== undefined).length === 0;
    if (deaf) throw new InputError(deafness(whisper.name, heard as Failure[]));
    for (const [i, one] of fresh.entries()) await settle(one, heard[i]!);
    const encoded = await hearBatch(samplesOf(again), (part) => whisper.encode(part, wanted));
    for (const [i, one] of again.entries()) {
      const result = encoded[i]!;
      await settle(one, "failure" in result ? result : { ...result, text: one.known?.text as string });
    }
    signal?.throwIfAborted();
  };

  signal?.throwIfAborted();
  let waiting: Waiting[] = [];
  const known = store.contents((line) => line.problem === undefined && isEnough(line, wanted));
  for await (const read of readAhead(files, 2 * batchSize, known)) {
    if (!("content" in read)) done(read.file, read);
    else if ("problem" in read) {
      await store.add(read);
      done(read.file, read);
    } else {
      const line = store.ofContent(read.content);
      const told = line?.problem === undefined ? line : undefined;
      if (told !== undefined && isEnough(told, wanted)) {
        const { file, size, changed } = read;
        await store.add({ ...told, file, size, changed });
        done(file, told);
      } else waiting.push({ ...read as Omit<Waiting, "known">, known: told });
    }
    if (waiting.length < WAITING * batchSize) continue;
    waiting.sort((a, b) => a.samples.length - b.samples.length);
    await hear(waiting.slice(0, batchSize));
    waiting = waiting.slice(batchSize);
  }
  waiting.sort((a, b) => a.samples.length - b.samples.length);
  while (waiting.length > 0) await hear(waiting.splice(0, batchSize));
  return now;
}

/** A decoded recording that waits for its batch; `known` where only its states are lacking. */
interface Waiting extends FileStamp {
  content: string;
  samples: Float32Array;
  known: StoredLine | undefined;
}

function samplesOf(batch: readonly Waiting[]): Float32Array[] {
  return batch.map(({ samples }) => samples);
}

function failed(file: string, failure: string): string {
  return `Cannot hear '${file}' as Whisper failed on it in a batch and alone: ${failure.replace(/\.$/, "")}. ` +
    "The next run tries again.";
}

function deafness(name: string, failures: readonly Failure[]): string {
  return `Cannot hear with Whisper '${name}' as it failed on each of the first ${failures.length} recordings: ` +
    `${failures[0]!.failure.replace(/\.$/, "")}. Check that its files belong together, or fetch them again.`;
}
