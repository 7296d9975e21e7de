/**
 * Writes the tone benchmark: pictures that share a caption and differ in mood alone, and voices that tell the mood.
 *
 * The paper had no data set in which the mood of the voice decides which picture is right. Here each scene is drawn four
 * times, with a happy, sad, angry or neutral face in the sky; all four have the same captions, which never tell the mood.
 * The recordings do: the same voice says the same words in the mood of the picture.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { Random } from "../../lib/random.ts";
import { shortCaption } from "./captions.ts";
import { makeFiles, type MakeOptions, type PlannedFile } from "./corpus_files.ts";
import { type PlannedSplit, seedFor } from "./corpus_plan.ts";
import { moodRecipe, MOODS } from "./corpus_ravdess.ts";
import { PICTURE_MOODS, type PictureMood, renderMood } from "./draw_mood.ts";
import { type Recipe, record } from "./recording.ts";
import { distinctScenes, type Scene, sceneKey } from "./scene.ts";
import { heldOutVoices, trainVoices, type Voice } from "./voices.ts";

/** Scenes of each split, each drawn in four moods, and captions of each scene. */
export type ToneSizes = Readonly<Record<PlannedSplit, { scenes: number; captions: number }>>;

/** Numbers of the shipped benchmark. */
export const TONE_SIZES: ToneSizes = {
  train: { scenes: 80, captions: 2 },
  dev: { scenes: 12, captions: 1 },
  test: { scenes: 40, captions: 1 },
};

/** Side in pixels and JPEG quality of the pictures. */
const PICTURE = { size: 128, quality: 80 };
/** Bit rate of the recordings in kbit/s. */
const KBPS = 9;
/** Share of dev and test scenes whose voice occurs in no train recording, nor in Whisper's pretraining. */
const HELD_OUT_SHARE = 1 / 2;

/** One line of `pairs.jsonl`; `image`, `audio`, `text`, `split`, `id`, `speaker` as in any data set of one's own. */
export interface ToneLine {
  /** Unique. */
  id: string;
  /** Path of the picture. */
  image: string;
  /** Path of the recording. */
  audio: string;
  /** What is said; the same for all twins. */
  text: string;
  /** Train, dev or test. */
  split: PlannedSplit;
  /** Who speaks; the same for all twins. */
  speaker: string;
  /** The mood of picture and voice. */
  mood: PictureMood;
  /** Lines with the same name here are twins: the same words by the same voice, with the same scene, in other moods. */
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

/** The scenes, captions and voices of the benchmark; no scene and no caption is in two splits. */
export function planTone(seed: number, taken: ReadonlySet<string>, sizes: ToneSizes = TONE_SIZES): Planned[] {
  const random = new Random(`${seed}:tone`);
  const used = new Set<string>(), texts = new Set(taken);
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
 *
 * @param taken captions that must not occur
 */
export async function writeTone(
  seed: number,
  taken: ReadonlySet<string>,
  options: MakeOptions & { sizes?: ToneSizes },
): Promise<void> {
  const files: PlannedFile[] = [];
  const lines: ToneLine[] = [];
  const speech = (path: string, recipe: Recipe): PlannedFile => ({ paths: [path], recipe, make: () => record(recipe) });
  for (const { scene, split, name, texts, voices } of planTone(seed, taken, options.sizes)) {
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

/** The same words without prosody: one note, a middling rate and level that belong to no mood. */
function flatRecipe(voice: Voice, text: string): Recipe {
  return { text, voice, rate: 165, pitch: 48, range: 0, peak: 0.4, kbps: KBPS };
}
