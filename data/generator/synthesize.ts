/**
 * Text to speech with espeak-ng.
 *
 * @module
 */
import { InputError } from "../../lib/errors.ts";
import { resample } from "../../lib/audio/resample.ts";
import { withPeak } from "./noise.ts";
import { runTool } from "./processes.ts";
import type { Manner } from "./voices.ts";

/** Samples per second of everything that this project listens to. */
export const SAMPLE_RATE = 16000;

/** The filter with which the shipped recordings were made: another one would give other bytes. */
const FILTER = { zeros: 32, cutoff: 0.94 };

/** How a sentence is spoken; all but the manner have defaults. */
export interface SpeakOptions extends Manner {
  /** Width of the melody in percent of the voice's own; 100. */
  range?: number;
  /** Largest magnitude of the samples, within (0, 1]; 0.6. */
  peak?: number;
}

/**
 * Speaks a text: 16 kHz mono samples `[n]` within [-1, 1]. The same text and manner give the same samples every time.
 *
 * @throws {InputError} where espeak-ng is missing or fails, or where there is nothing to say.
 * @throws {RangeError} where a rate, pitch, range or peak is outside what espeak-ng takes.
 */
export async function speak(text: string, options: SpeakOptions): Promise<Float32Array> {
  const { voice, rate, pitch, range = 100, peak = 0.6 } = options;
  checkWithin("rate", rate, 80, 450);
  checkWithin("pitch", pitch, 0, 99);
  checkWithin("range", range, 0, 400);
  checkWithin("peak", peak, 0.001, 1);
  if (!/\p{Letter}/u.test(text)) throw new InputError(`Cannot speak '${text}' as it has no letters: write a word.`);
  const plain = text.replaceAll("&", " and ").replaceAll(/[<>]/g, " ");
  const said = range === 100 ? plain : `<speak><prosody range="${Math.round(range)}%">${plain}</prosody></speak>`;
  const args = ["-v", voice.name, "-s", String(Math.round(rate)), "-p", String(Math.round(pitch)), "-z", "--stdout"];
  if (range !== 100) args.push("-m");
  const wave = readSpoken(await runTool("espeak-ng", [...args, "--", said]));
  if (wave.samples.length === 0) {
    throw new InputError(
      `Cannot speak '${text}' as espeak-ng said nothing with voice '${voice.name}': choose another.`,
    );
  }
  return withPeak(resample(wave.samples, wave.rate, SAMPLE_RATE, FILTER), peak);
}

function checkWithin(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new RangeError(`Cannot speak as '${name}' must be within [${low}, ${high}]: current value is ${value}`);
}

/** Reads the 16-bit mono WAV stream of espeak-ng, whose header tells no true length as it is written to a pipe. */
function readSpoken(bytes: Uint8Array<ArrayBuffer>): { samples: Float32Array; rate: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 44) return { samples: new Float32Array(0), rate: SAMPLE_RATE };
  const rate = view.getUint32(24, true);
  const samples = new Float32Array((bytes.length - 44) >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(44 + 2 * i, true) / 32768;
  return { samples, rate };
}
