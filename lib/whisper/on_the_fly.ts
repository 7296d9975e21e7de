/**
 * Encoder states that are not stored but computed whenever they are wanted.
 *
 * @module
 */
import { readAudio } from "../audio/read_audio.ts";
import { InputError } from "../errors.ts";
import { hearBatch } from "./hear_batch.ts";
import type { Whisper } from "./whisper.ts";

/** Recordings that are decoded and encoded together. */
const TOGETHER = 8;

interface Request {
  file: string;
  answer: PromiseWithResolvers<Float32Array>;
}

/**
 * Computes states of recordings; those that are asked for at the same time go through the encoder together.
 *
 * @param load gives the model; called where states are asked for
 * @returns a function from a file to its states `[frames * width]`, which rejects with InputError where the recording
 * cannot be read any more or the encoder fails on it.
 */
export function statesOnTheFly(
  load: () => Promise<Whisper>,
  maxSeconds: number,
): (file: string) => Promise<Float32Array> {
  let waiting: Request[] = [];
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    await Promise.resolve(); // all that is asked for in this moment joins
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
      const encoded = await hearBatch(samples, (part) => whisper.encode(part, { maxSeconds }));
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
