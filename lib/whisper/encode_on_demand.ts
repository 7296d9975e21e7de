/**
 * Encoder states that are not stored but computed whenever they are needed.
 *
 * @module
 */
import { readAudio } from "../audio/read_audio.ts";
import { InputError } from "../errors.ts";
import { runBatch } from "./transcribe_files.ts";
import type { Whisper } from "./whisper.ts";

/** Recordings that are decoded and encoded together. */
const TOGETHER = 8;

interface Request {
  file: string;
  answer: PromiseWithResolvers<Float32Array>;
}

/**
 * Computes states of recordings; requests of the same moment go through the encoder together.
 *
 * @param load gives the model; called at the first request
 * @returns a function from a file to its states `[frames * width]`, which rejects with InputError if the recording
 * can no longer be read or the encoder fails on it.
 */
export function encodeOnDemand(
  load: () => Promise<Whisper>,
  maxSeconds: number,
): (file: string) => Promise<Float32Array> {
  let waiting: Request[] = [];
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    await Promise.resolve(); // other requests of this moment join
    while (waiting.length > 0) {
      const group = waiting.slice(0, TOGETHER);
      waiting = waiting.slice(TOGETHER);
      await encode(group);
    }
    running = undefined;
  }

  async function encode(group: readonly Request[]): Promise<void> {
    try {
      const whisper = await load();
      const read = await Promise.allSettled(group.map(({ file }) => readAudio(file)));
      const usable = group.flatMap((request, i) => {
        const result = read[i]!;
        if (result.status === "fulfilled") return [{ ...request, samples: result.value }];
        request.answer.reject(result.reason);
        return [];
      });
      const samples = usable.map((request) => request.samples);
      const encoded = await runBatch(samples, (part) => whisper.encode(part, { maxSeconds }));
      for (const [i, { file, answer }] of usable.entries()) {
        const result = encoded[i]!;
        if (!("failure" in result)) answer.resolve(result.states);
        else {
          answer.reject(
            new InputError(`Cannot encode '${file}' as Whisper failed on it in a batch and alone: ${result.failure}.`),
          );
        }
      }
    } catch (error) {
      for (const { answer } of group) answer.reject(error);
    }
  }

  return (file) => {
    const answer = Promise.withResolvers<Float32Array>();
    waiting.push({ file, answer });
    running ??= run();
    return answer.promise;
  };
}
