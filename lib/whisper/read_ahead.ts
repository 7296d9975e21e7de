/**
 * Recordings decoded ahead of their use, in a worker.
 *
 * @module
 */
import { WorkerCalls } from "../worker_calls.ts";
import type { ReadRecording } from "./read_for_hearing.ts";

/** What the worker is asked: to know some contents, which need not be decoded, or to read a file. */
export type ReadingOrder = { known: readonly string[] } | { file: string };

/**
 * Reads recordings in the given order. Up to `ahead` of them are decoded before they are asked for, in a thread of their
 * own, so that decoding and Whisper share the cores.
 *
 * @param files files of recordings
 * @param ahead recordings that may wait in memory
 * @param known contents that need not be decoded
 */
export async function* readAhead(
  files: readonly string[],
  ahead: number,
  known: readonly string[] = [],
): AsyncGenerator<ReadRecording> {
  if (files.length === 0) return;
  const worker = new WorkerCalls<ReadingOrder, ReadRecording | undefined>(
    import.meta.resolve("./read_ahead_worker.ts"),
  );
  const coming: Promise<ReadRecording | undefined>[] = [];
  let asked = 0;
  const ask = () => {
    const answer = worker.ask({ file: files[asked++] as string });
    answer.catch(() => {}); // whoever takes it sees the failure
    coming.push(answer);
  };
  try {
    if (known.length > 0) await worker.ask({ known });
    while (asked < Math.min(ahead, files.length)) ask();
    while (coming.length > 0) {
      const next = await coming.shift() as ReadRecording;
      if (asked < files.length) ask();
      yield next;
    }
  } finally {
    worker.end();
  }
}
