/**
 * Speech of a text: eSpeak NG's voices, noise, and the Opus file.
 *
 * @module
 */
import { resample } from "../../lib/audio/resample.ts";
import { InputError } from "../../lib/errors.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { Random } from "../../lib/random.ts";
import type { PlannedSplit } from "./make_files.ts";
import { runTool } from "./processes.ts";

/** One speaker: an accent of espeak-ng with a variant of its vocal tract. */
export interface Voice {
  /** Name for index files and for `espeak-ng -v`, such as `en-us+f2`. */
  name: string;
  /** Accent, such as `en-gb-scotland`. */
  accent: string;
  /** Variant, such as `m3`. */
  variant: string;
  /** Whether the variant sounds like a woman's or a man's voice. */
  gender: "female" | "male";
}

/** How one sentence is spoken. */
export interface Manner {
  /** Who speaks. */
  voice: Voice;
  /** Words per minute, 80 to 450. */
  rate: number;
  /** Pitch, 0 to 99; 50 is the voice's own. */
  pitch: number;
}

/** English accents that espeak-ng has without further packages. */
export const ACCENTS: readonly string[] = [
  "en-us",
  "en-gb",
  "en-gb-scotland",
  "en-gb-x-rp",
  "en-gb-x-gbclan",
  "en-029",
  "en-us-nyc",
];

const TRAIN_VARIANTS = ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5", "Andy"];
const HELD_OUT_VARIANTS = ["Alicia", "Michael", "adam", "Mario", "steph", "max"];
const FEMALE = new Set(["f1", "f2", "f3", "f4", "f5", "Alicia", "steph"]);

/** Every accent with every one of the variants. */
function voicesOf(variants: readonly string[]): Voice[] {
  return ACCENTS.flatMap((accent) =>
    variants.map((variant): Voice => ({
      name: `${accent}+${variant}`,
      accent,
      variant,
      gender: FEMALE.has(variant) ? "female" : "male",
    }))
  );
}

/** The 91 voices of the tiny Whisper's pretraining. */
export const trainVoices: readonly Voice[] = voicesOf(TRAIN_VARIANTS);

/** The 42 voices that occur in dev and test recordings only. */
export const heldOutVoices: readonly Voice[] = voicesOf(HELD_OUT_VARIANTS);

/** All voices. The index in this list is the voice's number in index files. */
export const VOICES: readonly Voice[] = [...trainVoices, ...heldOutVoices];

/**
 * A random speaker with a random rate (words per minute) and pitch.
 *
 * @example
 * ```ts
 * import { Random } from "../../lib/random.ts";
 * import { randomManner, trainVoices } from "./synthesize.ts";
 * const manner = randomManner(trainVoices, new Random(1));
 * if (manner.rate < 140 || manner.rate > 210) throw new Error(String(manner.rate));
 * ```
 */
export function randomManner(voices: readonly Voice[], random: Random, rates: [number, number] = [140, 210]): Manner {
  return {
    voice: random.choice(voices),
    rate: Math.round(random.uniform(rates[0], rates[1])),
    pitch: Math.round(random.uniform(30, 70)),
  };
}

/** The kinds of noise: hiss, rumble, and many voices at once. */
export type NoiseKind = "white" | "pink" | "babble";

/** All kinds of noise. */
export const NOISE_KINDS: readonly NoiseKind[] = ["white", "pink", "babble"];

/** Mean square of the samples; 0 for none. */
export function power(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return samples.length === 0 ? 0 : sum / samples.length;
}

/**
 * Noise of the given length with mean square 1, at 16 kHz. Pink noise falls by 3 dB an octave (filter of Paul Kellet);
 * babble is pink noise that swells and fades as syllables do.
 */
export function makeNoise(kind: NoiseKind, length: number, random: Random): Float32Array {
  const noise = new Float32Array(length);
  for (let i = 0; i < length; i++) noise[i] = random.normal();
  if (kind !== "white") turnPink(noise);
  if (kind === "babble") modulate(noise, random);
  const scale = 1 / Math.sqrt(power(noise) || 1);
  for (let i = 0; i < length; i++) noise[i] = (noise[i] as number) * scale;
  return noise;
}

/** Turns white noise into pink noise, in place. */
function turnPink(noise: Float32Array): void {
  let [slow, middle, fast] = [0, 0, 0];
  for (let i = 0; i < noise.length; i++) {
    const white = noise[i] as number;
    slow = 0.99765 * slow + white * 0.099046;
    middle = 0.963 * middle + white * 0.2965164;
    fast = 0.57 * fast + white * 1.0526913;
    noise[i] = slow + middle + fast + white * 0.1848;
  }
}

/** Modulates the noise, in place, by a sum of four random sinusoids of 2 to 6 Hz. */
function modulate(noise: Float32Array, random: Random): void {
  const waves = Array.from({ length: 4 }, () => ({
    step: 2 * Math.PI * random.uniform(2, 6) / 16000,
    phase: random.uniform(0, 2 * Math.PI),
  }));
  for (let i = 0; i < noise.length; i++) {
    let level = 0;
    for (const { step, phase } of waves) level += 1 + Math.sin(step * i + phase);
    noise[i] = (noise[i] as number) * level;
  }
}

/**
 * The samples with noise added so that the ratio of their mean squares is `snrDb`; louder than full scale is scaled
 * down to 0.99.
 *
 * @throws {RangeError} if `snrDb` is not finite.
 *
 * @example
 * ```ts
 * import { Random } from "../../lib/random.ts";
 * import { addNoise } from "./synthesize.ts";
 * const noisy = addNoise(new Float32Array(16000).fill(0.1), 10, new Random(3));
 * if (noisy.length !== 16000) throw new Error("length");
 * ```
 */
export function addNoise(samples: Float32Array, snrDb: number, random: Random, kind?: NoiseKind): Float32Array {
  if (!Number.isFinite(snrDb)) {
    throw new RangeError(`Cannot add noise as 'snrDb' must be finite: current value is ${snrDb}`);
  }
  const noise = makeNoise(kind ?? random.choice(NOISE_KINDS), samples.length, random);
  const level = Math.sqrt(power(samples) / 10 ** (snrDb / 10));
  const noisy = samples.map((value, i) => value + level * (noise[i] as number));
  return withPeak(noisy, 0.99, { onlyDown: true });
}

/** The samples scaled to the given largest magnitude; silence stays as it is. */
export function withPeak(samples: Float32Array, peak: number, options: { onlyDown?: boolean } = {}): Float32Array {
  let largest = 0;
  for (const value of samples) largest = Math.max(largest, Math.abs(value));
  if (largest === 0 || (options.onlyDown === true && largest <= peak)) return samples;
  return samples.map((value) => value * peak / largest);
}

/** Samples in [-1, 1] as little-endian 16-bit integers. */
export function toInt16(samples: Float32Array): Int16Array<ArrayBuffer> {
  const integers = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    integers[i] = Math.max(-32768, Math.min(32767, Math.round((samples[i] as number) * 32767)));
  }
  return integers;
}

/** 16-bit integers as samples in [-1, 1]. */
export function fromInt16(integers: Int16Array): Float32Array {
  return Float32Array.from(integers, (value) => value / 32767);
}

/**
 * 16 kHz mono samples as an Opus file, the same bytes every time (fixed stream number, no metadata).
 *
 * @param kbps bit rate, 6 to 64 kbit/s.
 * @throws {RangeError} if `kbps` is out of range.
 * @throws {InputError} if opusenc is missing or fails.
 */
export function opusBytes(
  samples: Float32Array,
  kbps: number,
  options: { complexity?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (!(kbps >= 6 && kbps <= 64)) {
    return Promise.reject(new RangeError(`Cannot encode as 'kbps' must be within [6, 64]: current value is ${kbps}`));
  }
  const raw = ["--raw", "--raw-rate", "16000", "--raw-chan", "1", "--raw-bits", "16"];
  const quality = [
    "--speech",
    "--bitrate",
    String(kbps),
    "--comp",
    String(options.complexity ?? 10),
    "--framesize",
    "60",
  ];
  const same = ["--serial", "1", "--padding", "0", "--discard-comments", "--quiet"];
  const input = new Uint8Array(toInt16(samples).buffer);
  return runTool("opusenc", [...raw, ...quality, ...same, "-", "-"], input);
}

/**
 * Writes 16 kHz mono samples as an Opus file (in an Ogg container, whatever the name's ending).
 *
 * @throws {InputError} if opusenc is missing or fails.
 */
export async function encodeOpus(samples: Float32Array, path: string, kbps: number): Promise<void> {
  await writeAtomic(path, await opusBytes(samples, kbps));
}

/**
 * The samples as they sound after Opus: encoded and decoded again, of the same length. What a recognizer must be used to.
 *
 * @throws {InputError} if opusenc or opusdec is missing or fails.
 */
export async function throughOpus(samples: Float32Array, kbps: number): Promise<Float32Array> {
  const encoded = await opusBytes(samples, kbps, { complexity: 5 });
  const decoded = await runTool("opusdec", ["--quiet", "--no-dither", "--rate", "16000", "-", "-"], encoded);
  const integers = new Int16Array(decoded.buffer, decoded.byteOffset, decoded.byteLength >> 1);
  const heard = new Float32Array(samples.length);
  heard.set(fromInt16(integers.subarray(0, samples.length)));
  return heard;
}

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
 * @throws {InputError} if espeak-ng is missing or fails, or where there is nothing to say.
 * @throws {RangeError} if a rate, pitch, range or peak is outside what espeak-ng takes.
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

/** Reads the 16-bit mono WAV stream of espeak-ng, whose header has no valid length as it is written to a pipe. */
function readSpoken(bytes: Uint8Array<ArrayBuffer>): { samples: Float32Array; rate: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 44) return { samples: new Float32Array(0), rate: SAMPLE_RATE };
  const rate = view.getUint32(24, true);
  const samples = new Float32Array((bytes.length - 44) >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(44 + 2 * i, true) / 32768;
  return { samples, rate };
}

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

/** How a kind of text is recorded. */
export interface Conditions {
  /** Least and most words per minute. */
  rates: [number, number];
  /** Share of the recordings with noise, and the range of its signal-to-noise ratio in dB. */
  noise: { share: number; low: number; high: number };
  /** Share of the recordings in each split whose voice is not in the tiny Whisper's pretraining. */
  unseen: Record<PlannedSplit, number>;
  /** Bit rate in kbit/s. */
  kbps: number;
}

/** Captions: read with care, mostly in silence. */
export const CAPTION_SPEECH: Conditions = {
  rates: [140, 210],
  noise: { share: 0.35, low: 5, high: 20 },
  unseen: { train: 0, dev: 1 / 3, test: 1 / 3 },
  kbps: 9,
};

/** Narrations: faster, with more noise, and 40 % by voices that are new to the recognizer. Chosen on dev by its WER. */
export const NARRATION_SPEECH: Conditions = {
  rates: [155, 225],
  noise: { share: 0.4, low: 3, high: 18 },
  unseen: { train: 0.4, dev: 0.4, test: 0.4 },
  kbps: 8,
};

/** A recipe with random voice, rate, pitch, level and noise that follow from the seed alone. */
export function recipeFor(text: string, split: PlannedSplit, seed: string, conditions = CAPTION_SPEECH): Recipe {
  const { rates, noise, unseen, kbps } = conditions;
  const random = new Random(seed);
  const unheard = unseen[split] > 0 && random.next() < unseen[split];
  const manner = randomManner(unheard ? heldOutVoices : trainVoices, random, rates);
  const recipe: Recipe = { ...manner, text, peak: Math.round(random.uniform(20, 85)) / 100, kbps };
  if (random.next() < noise.share) {
    recipe.noise = {
      kind: random.choice(NOISE_KINDS),
      snr: Math.round(random.uniform(noise.low, noise.high)),
      seed: `${seed}:noise`,
    };
  }
  return recipe;
}

/**
 * Speaks, disturbs and encodes: the bytes of an Opus file.
 *
 * @throws {InputError} if espeak-ng or opus-tools are missing or fail.
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
 * @throws {RangeError} if the bytes are no Ogg Opus stream.
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
