/**
 * Writes emotional speech in the layout of RAVDESS: two sentences, 24 voices, four moods that differ in prosody only.
 *
 * @module
 */
import { Random } from "../../lib/random.ts";
import { makeFiles, type MakeOptions, type PlannedFile } from "./corpus_files.ts";
import { type Recipe, record } from "./recording.ts";
import { trainVoices, type Voice } from "./voices.ts";

/** The two sentences of RAVDESS, by their numbers 1 and 2. */
export const STATEMENTS = ["Kids are talking by the door", "Dogs are sitting by the door"] as const;

/** How a mood changes a voice that is otherwise the same. */
export interface Prosody {
  /** RAVDESS's number of the emotion. */
  code: number;
  /** Change of espeak-ng's pitch (0 to 99). */
  pitch: number;
  /** Factor of the width of the melody. */
  range: number;
  /** Factor of the words per minute. */
  rate: number;
  /** Factor of the loudness. */
  level: number;
}

/** The four moods. Strong intensity changes pitch, range, rate and level 1.5 times as far from neutral. */
export const MOODS: Record<"neutral" | "happy" | "sad" | "angry", Prosody> = {
  neutral: { code: 1, pitch: 0, range: 1, rate: 1, level: 1 },
  happy: { code: 3, pitch: 14, range: 1.6, rate: 1.06, level: 1.2 },
  sad: { code: 4, pitch: -10, range: 0.5, rate: 0.84, level: 0.7 },
  angry: { code: 5, pitch: 3, range: 1.25, rate: 1.2, level: 1.6 },
};

/** How many voices; as in RAVDESS, odd actors are men and even ones women, and the last six are for testing. */
export const ACTORS = 24;

/** 24 different voices: men and women in turn. */
export function castActors(seed: number, count: number = ACTORS): Voice[] {
  const order = new Random(`${seed}:actors`).shuffled(trainVoices);
  const of = (gender: Voice["gender"]) => order.filter((voice) => voice.gender === gender);
  const [men, women] = [of("male"), of("female")];
  return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? men : women)[i >> 1] as Voice);
}

/** How one actor says one sentence in one mood; every take differs a little in pitch, range, rate and level. */
export function moodRecipe(voice: Voice, mood: Prosody, intensity: 1 | 2, text: string, seed: string): Recipe {
  // What belongs to the actor is drawn from the voice, what belongs to the take from the seed.
  const actor = new Random(`actor ${voice.name}`);
  const [ownRate, ownPitch] = [actor.uniform(150, 185), actor.uniform(38, 58)];
  const take = new Random(seed);
  const far = intensity === 2 ? 1.5 : 1;
  const apart = (factor: number) => 1 + (factor - 1) * far;
  const clamp = (value: number, low: number, high: number) => Math.round(Math.max(low, Math.min(high, value)));
  return {
    text,
    voice,
    rate: clamp(ownRate * apart(mood.rate) * (1 + 0.05 * take.normal()), 90, 320),
    pitch: clamp(ownPitch + mood.pitch * far + 3 * take.normal(), 0, 99),
    range: clamp(100 * apart(mood.range) * (1 + 0.12 * take.normal()), 10, 300),
    peak: clamp(100 * 0.35 * apart(mood.level) * (1 + 0.1 * take.normal()), 5, 98) / 100,
    kbps: 12,
  };
}

/**
 * Writes `Actor_NN/03-01-EE-II-SS-RR-NN.opus`: two sentences, two takes, both intensities of every mood but neutral, which
 * has one; 28 recordings of each actor.
 */
export async function writeRavdess(seed: number, options: MakeOptions & { actors?: number }): Promise<void> {
  const two = (value: number) => String(value).padStart(2, "0");
  const files: PlannedFile[] = [];
  castActors(seed, options.actors).forEach((voice, index) => {
    const actor = two(index + 1);
    for (const mood of Object.values(MOODS)) {
      for (const intensity of mood.code === 1 ? [1] as const : [1, 2] as const) {
        STATEMENTS.forEach((text, sentence) => {
          for (const take of [1, 2]) {
            const name = ["03", "01", two(mood.code), two(intensity), two(sentence + 1), two(take), actor].join("-");
            const recipe = moodRecipe(voice, mood, intensity, text, `${seed}:ravdess:${name}`);
            files.push({ paths: [`Actor_${actor}/${name}.opus`], recipe, make: () => record(recipe) });
          }
        });
      }
    }
  });
  await makeFiles(files, options);
}
