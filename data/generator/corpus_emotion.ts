/**
 * The sets of emotional speech: RAVDESS's layout, and the tone benchmark.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { Random } from "../../lib/random.ts";
import { shortCaption } from "./captions.ts";
import { makeFiles, type MakeOptions, type PlannedFile, type PlannedSplit, seedFor } from "./make_files.ts";
import { PICTURE_MOODS, type PictureMood, renderMood } from "./draw_things.ts";
import { heldOutVoices, type Recipe, record, trainVoices, type Voice } from "./synthesize.ts";
import { distinctScenes, type Scene, sceneKey } from "./scene.ts";

/** The two sentences of RAVDESS, by their numbers 1 and 2. */
export const STATEMENTS = ["Kids are talking by the door", "Dogs are sitting by the door"] as const;

/** How an emotion changes a voice. */
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

/** The four emotions. Strong intensity changes pitch, range, rate and level 1.5 times as far from neutral. */
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

/** How one actor says one sentence with one emotion; takes differ slightly in pitch, range, rate and level. */
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
 * Writes `Actor_NN/03-01-EE-II-SS-RR-NN.opus`: two sentences, two takes, both intensities of every emotion but neutral, which
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

/** Scenes of each split, each drawn in four emotions, and captions of each scene. */
export type ToneSizes = Readonly<Record<PlannedSplit, { scenes: number; captions: number }>>;

/** Numbers of the shipped benchmark. */
export const TONE_SIZES: ToneSizes = {
  train: { scenes: 80, captions: 2 },
  dev: { scenes: 12, captions: 1 },
  test: { scenes: 40, captions: 1 },
};

/** Side in pixels and JPEG quality of the images. */
const PICTURE = { size: 128, quality: 80 };
/** Bit rate of the recordings in kbit/s. */
const KBPS = 9;
/** Share of dev and test scenes whose voice occurs in no train recording, nor in Whisper's pretraining. */
const HELD_OUT_SHARE = 1 / 2;

/** One line of `pairs.jsonl`; `image`, `audio`, `text`, `split`, `id`, `speaker` as in any list of own data. */
export interface ToneLine {
  /** Unique. */
  id: string;
  /** Path of the image. */
  image: string;
  /** Path of the recording. */
  audio: string;
  /** What is said; the same for all twins. */
  text: string;
  /** Train, dev or test. */
  split: PlannedSplit;
  /** Who speaks; the same for all twins. */
  speaker: string;
  /** The emotion of image and voice. */
  mood: PictureMood;
  /** Lines with the same group are twins: the same words, voice and scene with different emotions. */
  group: string;
  /** In test: a recording of the same words by the same voice on one note, the same for all twins. */
  flat?: string;
}

interface Planned {
  scene: Scene;
  split: PlannedSplit;
  name: string;
  texts: string[];
  voices: Voice[];
}

/** Captions of the retrieval sets at the time when the shipped benchmark was made, which it would have repeated. */
const FIRST_SAMPLE = ["there is a big white cat on the left", "there is an orange bird in the middle"];

/** The scenes, captions and voices of the benchmark. Splits share no scene and no caption. */
export function planTone(seed: number, sizes: ToneSizes = TONE_SIZES): Planned[] {
  const random = new Random(`${seed}:tone`);
  const used = new Set<string>(), texts = new Set(FIRST_SAMPLE);
  return (["test", "dev", "train"] as const).flatMap((split) =>
    distinctScenes("tone", sizes[split].scenes, random, used).map((scene, i) => {
      const own: string[] = [];
      while (own.length < sizes[split].captions) {
        const text = shortCaption(scene, random);
        if (texts.has(text)) continue;
        texts.add(text);
        own.push(text);
      }
      const voices = own.map(() =>
        random.choice(split !== "train" && random.next() < HELD_OUT_SHARE ? heldOutVoices : trainVoices)
      );
      return { scene, split, name: `${split}-${String(i).padStart(3, "0")}`, texts: own, voices };
    })
  );
}

/**
 * Writes `pairs.jsonl`, `images/NAME-MOOD.jpg`, `audio/NAME-N-MOOD.opus` and, for test, `audio/NAME-N-flat.opus`.
 */
export async function writeTone(seed: number, options: MakeOptions & { sizes?: ToneSizes }): Promise<void> {
  const files: PlannedFile[] = [];
  const lines: ToneLine[] = [];
  const speech = (path: string, recipe: Recipe): PlannedFile => ({ paths: [path], recipe, make: () => record(recipe) });
  for (const { scene, split, name, texts, voices } of planTone(seed, options.sizes)) {
    const drawing = seedFor(seed, "drawing", "tone", name);
    for (const mood of PICTURE_MOODS) {
      const image = `images/${name}-${mood}.jpg`;
      const recipe = { scene: sceneKey(scene), mood, drawing, ...PICTURE };
      files.push({ paths: [image], recipe, make: () => renderMood(scene, mood, drawing, PICTURE) });
    }
    for (const [n, text] of texts.entries()) {
      const voice = voices[n] as Voice;
      const flat = `audio/${name}-${n}-flat.opus`;
      if (split === "test") files.push(speech(flat, flatRecipe(voice, text)));
      for (const mood of PICTURE_MOODS) {
        const id = `${name}-${n}-${mood}`;
        const take = new Random(`${seed}:tone:${id}`);
        const recipe = moodRecipe(voice, MOODS[mood], mood === "neutral" ? 1 : take.choice([1, 2] as const), text, id);
        files.push(speech(`audio/${id}.opus`, { ...recipe, kbps: KBPS }));
        lines.push({
          id,
          image: `images/${name}-${mood}.jpg`,
          audio: `audio/${id}.opus`,
          text,
          split,
          speaker: voice.name,
          mood,
          group: `${name}-${n}`,
          ...(split === "test" ? { flat } : {}),
        });
      }
    }
  }
  await makeFiles(files, options);
  const content = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await writeAtomic(join(options.directory, "pairs.jsonl"), content);
}

/** The same words without prosody: one pitch, and a medium rate and level that match no emotion. */
function flatRecipe(voice: Voice, text: string): Recipe {
  return { text, voice, rate: 165, pitch: 48, range: 0, peak: 0.4, kbps: KBPS };
}
