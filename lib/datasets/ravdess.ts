/**
 * RAVDESS, the speech part, as published.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files.ts";
import { notEmpty } from "./index_files.ts";
import type { EmotionClip } from "./pair.ts";

/** The codes of the moods in file names. */
const MOODS: Record<string, string> = {
  "01": "neutral",
  "02": "calm",
  "03": "happy",
  "04": "sad",
  "05": "angry",
  "06": "fearful",
  "07": "disgust",
  "08": "surprised",
};

/** The two sentences of all recordings. */
const STATEMENTS: Record<string, string> = {
  "01": "Kids are talking by the door",
  "02": "Dogs are sitting by the door",
};

/** Options of {@link loadRavdess}. */
export interface RavdessOptions {
  /** Calm recordings count as neutral (default, as in the published code), or are dropped. */
  calm?: "neutral" | "drop";
  /** Actors (numbers of train actors) who make up the dev split. Default none. */
  dev?: readonly number[];
}

/**
 * Reads `Actor_NN/MM-CC-EE-II-SS-RR-AA.wav` (any sound format): neutral, happy, sad and angry speech (paper, section 4).
 * Actors 1 to 18 are train and 19 to 24 test, as in the published code; with fewer than 19 actors the last quarter, rounded
 * up, is test. Video files and songs are left out.
 *
 * @param root the folder that has the `Actor_NN` folders, or `Audio_Speech_Actors_01-24/` with them
 * @returns clips in the order of their names
 * @throws {InputError} where the folder is missing or a sound file's name is malformed or belongs to another actor, or
 * there are no recordings.
 */
export async function loadRavdess(root: string, options: RavdessOptions = {}): Promise<EmotionClip[]> {
  const { calm = "neutral", dev = [] } = options;
  const packed = join(root, "Audio_Speech_Actors_01-24");
  const base = await exists(packed) ? packed : root;
  const actors = (await namesIn(base)).filter((name) => /^Actor_\d\d$/.test(name));
  const first = actors.length < 19 ? Number(actors.at(-Math.ceil(actors.length / 4))?.slice(-2)) : 19; // test actor
  const clips: EmotionClip[] = [];
  for (const folder of actors) {
    const actor = folder.slice(-2);
    for (const name of await namesIn(join(base, folder))) {
      const path = join(base, folder, name);
      const match = /^(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.\w+$/.exec(name);
      if (!match) {
        if (!/\.(wav|flac|ogg|opus|mp3)$/i.test(name) || name.startsWith(".")) continue;
        throw new InputError(`Cannot read '${path}' as its name must be 'MM-CC-EE-II-SS-RR-AA.wav', of numbers.`);
      }
      const [, modality, channel, mood, , statement, , speaker] = match as unknown as string[];
      if (modality !== "03" || channel !== "01") continue;
      const emotion = MOODS[mood as string], said = STATEMENTS[statement as string];
      if (emotion === undefined || said === undefined || speaker !== actor) {
        throw new InputError(
          `Cannot read '${path}' as its name must tell a mood from 01 to 08, a sentence 01 or 02 and actor ${actor}.`,
        );
      }
      const heard = emotion === "calm" && calm === "neutral" ? "neutral" : emotion;
      if (!["neutral", "happy", "sad", "angry"].includes(heard)) continue;
      const number = Number(actor);
      const split = number >= first ? "test" : dev.includes(number) ? "dev" : "train";
      clips.push({
        id: name.replace(/\.\w+$/, ""),
        audio: path,
        emotion: heard,
        statement: said,
        speaker: actor,
        split,
      });
    }
  }
  return notEmpty(clips, "RAVDESS", root);
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new InputError(`Cannot load RAVDESS from '${folder}' as there is no such folder.`);
  }
  return names.sort();
}
