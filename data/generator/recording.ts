/**
 * Recordings of the bundled corpora: who says a text, how, with which noise, stored as Opus.
 *
 * @module
 */
import { Random } from "../../lib/random.ts";
import type { PlannedSplit } from "./corpus_plan.ts";
import { addNoise, NOISE_KINDS, type NoiseKind } from "./noise.ts";
import { opusBytes } from "./opus.ts";
import { speak } from "./synthesize.ts";
import { heldOutVoices, type Manner, randomManner, trainVoices } from "./voices.ts";

/** All that a recording follows from. */
export interface Recipe extends Manner {
  /** What is said. */
  text: string;
  /** Largest magnitude before noise is added. */
  peak: number;
  /** Width of the melody in percent of the voice's own. */
  range?: number;
  /** Kind and signal-to-noise ratio in dB of the noise; none where undefined. */
  noise?: { kind: NoiseKind; snr: number; seed: string };
  /** Bit rate in kbit/s. */
  kbps: number;
}

/** Share of the recordings with noise and the range of its signal-to-noise ratio in dB. */
const NOISY = { share: 0.35, low: 5, high: 20 };
/** Share of dev and test recordings whose voice the tiny Whisper never heard. */
const HELD_OUT_SHARE = 1 / 3;
/** Bit rate of all recordings, kbit/s. */
const KBPS = 9;

/** A recipe with random voice, rate, pitch, level and noise that follow from the seed alone. */
export function recipeFor(text: string, split: PlannedSplit, seed: string): Recipe {
  const random = new Random(seed);
  const unheard = split !== "train" && random.next() < HELD_OUT_SHARE;
  const manner = randomManner(unheard ? heldOutVoices : trainVoices, random);
  const recipe: Recipe = { ...manner, text, peak: Math.round(random.uniform(20, 85)) / 100, kbps: KBPS };
  if (random.next() < NOISY.share) {
    recipe.noise = {
      kind: random.choice(NOISE_KINDS),
      snr: Math.round(random.uniform(NOISY.low, NOISY.high)),
      seed: `${seed}:noise`,
    };
  }
  return recipe;
}

/**
 * Speaks, disturbs and encodes: the bytes of an Opus file.
 *
 * @throws {InputError} where espeak-ng or opus-tools are missing or fail.
 */
export async function record(recipe: Recipe): Promise<Uint8Array<ArrayBuffer>> {
  const { text, noise, kbps, ...manner } = recipe;
  const clean = await speak(text, manner);
  const heard = noise === undefined ? clean : addNoise(clean, noise.snr, new Random(noise.seed), noise.kind);
  return opusBytes(heard, kbps);
}

/**
 * Length of an Opus recording in seconds, from the granule position of its last page (48 kHz, less the pre-skip).
 *
 * @throws {RangeError} where the bytes are no Ogg Opus stream.
 */
export function opusSeconds(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPage = (at: number) => view.getUint32(at) === 0x4f676753; // "OggS"
  if (bytes.length < 47 || !isPage(0)) throw new RangeError("Cannot measure the recording as it is no Ogg stream");
  const preSkip = view.getUint16(28 + 10, true);
  let last = bytes.length - 27;
  while (!isPage(last)) last--;
  return (Number(view.getBigUint64(last + 6, true)) - preSkip) / 48000;
}
