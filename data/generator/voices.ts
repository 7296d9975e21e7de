/**
 * The speakers of the bundled sample: English accents of espeak-ng times its voice variants.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";

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

/** The 91 voices that the tiny Whisper hears while it is pretrained. */
export const trainVoices: readonly Voice[] = voicesOf(TRAIN_VARIANTS);

/** The 42 voices that occur in dev and test recordings only. */
export const heldOutVoices: readonly Voice[] = voicesOf(HELD_OUT_VARIANTS);

/** All voices; the place in this list is the voice's number in index files that want a number. */
export const VOICES: readonly Voice[] = [...trainVoices, ...heldOutVoices];

/**
 * A random speaker with a random rate (words per minute) and pitch.
 *
 * @example
 * ```ts
 * import { Random } from "../../lib/random.ts";
 * import { randomManner, trainVoices } from "./voices.ts";
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
