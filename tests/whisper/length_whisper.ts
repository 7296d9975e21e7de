/** A Whisper with known results: it transcribes the length of a recording, and its states are the recording's samples. */
import { join } from "@std/path";
import { tone, wav } from "../audio/wav.ts";
import type { Encoded, EncodeOptions, Transcribed, Whisper } from "../../lib/whisper/whisper.ts";
import { temporaryFolder } from "../temporary.ts";

/** Counters and hooks for the tests. */
export interface LengthWhisper extends Whisper {
  /** Recordings that were transcribed. */
  transcribed: number;
  /** Recordings that were encoded without a transcript. */
  encoded: number;
  /** How often it was loaded and freed. */
  loads: number;
  disposals: number;
  /** Receives each recording's samples; its errors fail the whole batch. */
  trouble: (samples: Float32Array) => void;
  load(): Promise<Whisper>;
}

/** Makes one. States are `[ceil(N / 320), 2]`, the first samples two by two. */
export function lengthWhisper(key = "length"): LengthWhisper {
  const encodeOne = (samples: Float32Array, { maxSeconds = 120 }: EncodeOptions): Encoded => {
    const frames = Math.ceil(Math.min(samples.length, 16000 * maxSeconds) / 320);
    return { states: samples.slice(0, 2 * frames), frames, width: 2 };
  };
  const source: LengthWhisper = {
    name: "length",
    key,
    width: 2,
    window: 480000,
    transcribed: 0,
    encoded: 0,
    loads: 0,
    disposals: 0,
    trouble: () => {},
    // deno-lint-ignore require-await
    async transcribe(batch, options = {}): Promise<Transcribed[]> {
      batch.forEach(source.trouble);
      source.transcribed += batch.length;
      return batch.map((samples) => ({
        text: `Length ${samples.length}`,
        logProbability: -samples.length / 16000,
        tokens: 4,
        ...encodeOne(samples, options),
      }));
    },
    // deno-lint-ignore require-await
    async encode(batch, options = {}): Promise<Encoded[]> {
      batch.forEach(source.trouble);
      source.encoded += batch.length;
      return batch.map((samples) => encodeOne(samples, options));
    },
    dispose() {
      source.disposals++;
      return Promise.resolve();
    },
    load() {
      source.loads++;
      return Promise.resolve(source);
    },
  };
  return source;
}

/** Only the source of a model, which cannot transcribe until it is loaded. */
export function sourceOf(
  { key, name, width, load }: LengthWhisper,
): Pick<LengthWhisper, "key" | "name" | "width" | "load"> {
  return { key, name, width, load };
}

/** A recording of the tests. */
export interface Tone {
  id: string;
  audio: string;
  text?: string;
}

/** Runs a test with eleven tones of different lengths, 0.1 to 0.2 s, in a temporary folder. */
export async function withRecordings(test: (root: string, recordings: Tone[]) => Promise<void>): Promise<void> {
  const root = await temporaryFolder("brewclip-speech-");
  try {
    const recordings = [];
    for (let i = 0; i < 11; i++) {
      const audio = join(root, `r${i}.wav`);
      await Deno.writeFile(audio, wav([tone(300 + 10 * i, 16000, 0.1 + 0.01 * ((i * 7) % 11))], 16000));
      recordings.push({ id: `r${i}`, audio });
    }
    await test(root, recordings);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
