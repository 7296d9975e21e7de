/**
 * Encoder states that are computed when they are needed, instead of stored.
 */
import { readAudioStart } from "../audio/read_audio.ts";
import { InputError } from "../errors.ts";
import { runBatch } from "./transcribe_files.ts";
import type { Whisper } from "./whisper.ts";

/** Recordings that are decoded and encoded together. */
const BATCH = 8;

type Request = PromiseWithResolvers<Float32Array> & { file: string };

/**
 * Computes states of recordings; simultaneous requests go through the encoder together.
 *
 * @param load returns the model; called at the first request
 * @returns a function from a file to its states `[frames * width]`. It rejects with InputError if the recording can no longer
 * be read or the encoder fails on it.
 */
export function encodeOnDemand(
  load: () => Promise<Whisper>,
  maxSeconds: number,
): (file: string) => Promise<Float32Array> {
  const waiting: Request[] = [];
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    await Promise.resolve(); // simultaneous requests join
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH);
      await encode(batch).catch((error) => batch.forEach(({ reject }) => reject(error)));
    }
    running = undefined;
  }

  async function encode(batch: readonly Request[]): Promise<void> {
    const whisper = await load();
    const needed = Math.round(16000 * maxSeconds) + 2 * whisper.window; // cuts depend on the window before them
    const read = await Promise.allSettled(batch.map(({ file }) => readAudioStart(file, needed)));
    const usable = batch.flatMap((request, i) => {
      const result = read[i]!;
      if (result.status === "fulfilled") return [{ ...request, samples: result.value }];
      request.reject(result.reason);
      return [];
    });
    const samples = usable.map((request) => request.samples);
    const encoded = await runBatch(samples, (part) => whisper.encode(part, { maxSeconds }));
    for (const [i, { file, resolve, reject }] of usable.entries()) {
      const result = encoded[i]!;
      if (!("failure" in result)) resolve(result.states);
      else {
        const why = `Whisper failed on it in a batch and alone: ${result.failure}`;
        reject(new InputError(`Cannot encode '${file}' as ${why}.`));
      }
    }
  }

  return (file) => {
    const request = { ...Promise.withResolvers<Float32Array>(), file };
    waiting.push(request);
    running ??= run();
    return request.promise;
  };
}
