/**
 * Recordings decoded ahead of their use, in a worker.
 *
 * @module
 */
import type { ReadRecording } from "./read_for_hearing.ts";

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
  const worker = new Worker(import.meta.resolve("./read_ahead_worker.ts"), { type: "module" });
  const waiting: PromiseWithResolvers<ReadRecording>[] = [];
  const coming: Promise<ReadRecording>[] = [];
  const fail = (message: string) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(message));
  };
  worker.onmessage = ({ data }: MessageEvent<{ read: ReadRecording } | { error: string }>) => {
    if ("error" in data) fail(data.error);
    else waiting.shift()?.resolve(data.read);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message);
  };
  if (known.length > 0) worker.postMessage({ known });
  let asked = 0;
  const ask = () => {
    const answer = Promise.withResolvers<ReadRecording>();
    answer.promise.catch(() => {}); // whoever takes it sees the failure
    waiting.push(answer);
    coming.push(answer.promise);
    worker.postMessage({ file: files[asked++] });
  };
  try {
    while (asked < Math.min(ahead, files.length)) ask();
    while (coming.length > 0) {
      const next = await coming.shift()!;
      if (asked < files.length) ask();
      yield next;
    }
  } finally {
    worker.terminate();
  }
}
