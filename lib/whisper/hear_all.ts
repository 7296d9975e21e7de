/**
 * Recordings go through Whisper into the store, in batches of about equal length.
 *
 * @module
 */
import { readAhead } from "./read_ahead.ts";
import type { SpeechStore, StoredLine } from "./speech_store.ts";
import type { Heard, Whisper, WhisperSource } from "./whisper.ts";

/** Batches that wait in memory, decoded, to be sorted by length. */
const WAITING = 4;

/** Options of {@link hearAll}. */
export interface HearAllOptions {
  /** Whether encoder states are stored too. Default true. */
  states?: boolean;
  /** Recordings in a batch. Default 8. */
  batchSize?: number;
  /** Stops after the current batch. */
  signal?: AbortSignal;
}

/** Whether a stored line answers all that is asked. */
export function isEnough(line: StoredLine, states: boolean): boolean {
  return line.problem !== undefined || !states || line.offset !== undefined;
}

/**
 * Hears the files that the store does not have, or whose content changed; tells how many went through Whisper.
 *
 * @param done called for each file, with its line or its problem
 * @throws the signal's reason, where it was aborted; what was heard is stored.
 */
export async function hearAll(
  files: readonly string[],
  source: Whisper | WhisperSource,
  store: SpeechStore,
  { states = true, batchSize = 8, signal }: HearAllOptions,
  done: (file: string, line: StoredLine | { problem: string }) => void,
): Promise<number> {
  let whisper: Whisper | undefined = "transcribe" in source ? source : undefined;
  let heardNow = 0;
  const hear = async (batch: Waiting[]): Promise<void> => {
    whisper ??= await (source as WhisperSource).load();
    const heard = await whisper.transcribe(batch.map(({ samples }) => samples));
    for (const [i, { samples, ...stamp }] of batch.entries()) {
      const { text, frames, width, states: values } = heard[i] as Heard;
      await store.add({ ...stamp, text, frames, width, seconds: samples.length / 16000 }, states ? values : undefined);
      done(stamp.file, store.ofFile(stamp.file) as StoredLine);
      heardNow++;
    }
    signal?.throwIfAborted();
  };
  try {
    signal?.throwIfAborted();
    let waiting: Waiting[] = [];
    for await (const read of readAhead(files, 2 * batchSize)) {
      if (!("content" in read)) done(read.file, read);
      else {
        const known = store.ofContent(read.content);
        if (known !== undefined && known.problem === undefined && isEnough(known, states)) {
          await store.addAgain(known, read);
          done(read.file, known);
        } else if ("problem" in read) {
          await store.add(read);
          done(read.file, read);
        } else waiting.push(read);
      }
      if (waiting.length < WAITING * batchSize) continue;
      waiting.sort((a, b) => a.samples.length - b.samples.length);
      await hear(waiting.slice(0, batchSize));
      waiting = waiting.slice(batchSize);
    }
    waiting.sort((a, b) => a.samples.length - b.samples.length);
    while (waiting.length > 0) await hear(waiting.splice(0, batchSize));
  } finally {
    if (whisper !== undefined && whisper !== source) await whisper.dispose();
  }
  return heardNow;
}

/** A decoded recording that waits for its batch. */
interface Waiting {
  file: string;
  size: number;
  changed: number;
  content: string;
  samples: Float32Array;
}
