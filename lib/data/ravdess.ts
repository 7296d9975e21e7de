/**
 * RAVDESS, the speech part, as published.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { notEmpty } from "./index_files.ts";
import { reading } from "./index_files.ts";
import type { LoadOptions, Oddity } from "./pair.ts";
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
export interface RavdessOptions extends LoadOptions {
  /** Calm recordings count as neutral (default, as in the published code), or are dropped. */
  calm?: "neutral" | "drop";
  /** Actors (numbers of train actors) who make up the dev split. Default none. */
  dev?: readonly number[];
}

/** Endings of sound files; files with others (videos, notes) are not RAVDESS's sound. */
const SOUND = /\.(wav|flac|ogg|opus|mp3)$/i;
/** A file name of RAVDESS: modality, channel, mood, intensity, statement, repetition, actor. */
const NAME = /^(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.\w+$/;

/**
 * Reads `Actor_NN/MM-CC-EE-II-SS-RR-AA.wav` (any sound format): neutral, happy, sad and angry speech (paper, section 4).
 * Actors 1 to 18 are train and 19 to 24 test, as in the published code; with fewer than 19 actors the last quarter, rounded
 * up, is test.
 *
 * Told: fewer than 19 actors, video files and songs, which are left out, as is a recording that is there in another format
 * too, and recordings of the published plan (each sentence twice, in normal and strong intensity but for neutral) that are
 * not there, of moods that the actor has.
 *
 * @param root the folder that has the `Actor_NN` folders, or `Audio_Speech_Actors_01-24/` (the published archive) with them
 * @returns clips in the order of their names
 * @throws {InputError} where the folder is missing or a sound file's name is malformed or belongs to another actor, or
 * there are no recordings.
 */
export async function loadRavdess(root: string, options: RavdessOptions = {}): Promise<EmotionClip[]> {
  const { calm = "neutral", dev = [], onOddity = () => {} } = options;
  const packed = (await namesIn(root)).find((name) => name.toLowerCase() === "audio_speech_actors_01-24");
  const base = packed === undefined ? root : join(root, packed);
  const actors = (await namesIn(base)).filter((name) => /^Actor_\d\d$/.test(name));
  const first = actors.length < 19 ? Number(actors.at(-Math.ceil(actors.length / 4))?.slice(-2)) : 19; // test actor
  if (actors.length > 0 && actors.length < 19) {
    onOddity({ kind: `fewer than 19 actors, from ${first} on they are test`, where: base, value: `${actors.length}` });
  }
  const clips: EmotionClip[] = [];
  for (const folder of actors) {
    const actor = folder.slice(-2);
    const number = Number(actor);
    const split = number >= first ? "test" : dev.includes(number) ? "dev" : "train";
    const found = new Set<string>();
    for (const name of await namesIn(join(base, folder))) {
      const path = join(base, folder, name);
      const speech = speechOf(name, path, actor, onOddity);
      if (speech === undefined) continue;
      if (found.has(speech.id)) {
        onOddity({ kind: "recording in another format too, left out", where: path, value: name });
        continue;
      }
      found.add(speech.id);
      const emotion = speech.emotion === "calm" && calm === "neutral" ? "neutral" : speech.emotion;
      if (!["neutral", "happy", "sad", "angry"].includes(emotion)) continue;
      clips.push({ ...speech, emotion, audio: path, split });
    }
    for (const id of planned(actor, found)) {
      if (!found.has(id)) {
        onOddity({ kind: "recording of the published plan that is not there", where: join(base, folder), value: id });
      }
    }
  }
  return notEmpty(clips, "RAVDESS", root);
}

/** What a file's name tells, where it is speech without a picture. */
function speechOf(
  name: string,
  path: string,
  actor: string,
  onOddity: (oddity: Oddity) => void,
): Pick<EmotionClip, "id" | "emotion" | "statement" | "speaker"> | undefined {
  const leave = (what: string): undefined => {
    onOddity({ kind: `${what}, left out`, where: path, value: name });
  };
  if (name.startsWith(".")) return undefined;
  const match = NAME.exec(name);
  if (!SOUND.test(name)) return leave(match ? "video file" : "file that is no sound");
  if (!match) throw new InputError(`Cannot read '${path}' as its name must be 'MM-CC-EE-II-SS-RR-AA.wav', of numbers.`);
  const [, modality, channel, mood, , statement, , speaker] = match as unknown as string[];
  if (channel === "02") return leave("song");
  if (modality !== "03" || channel !== "01") return leave("recording that is not of sound alone");
  const emotion = MOODS[mood as string], said = STATEMENTS[statement as string];
  if (emotion === undefined || said === undefined || speaker !== actor) {
    throw new InputError(
      `Cannot read '${path}' as its name must tell a mood from 01 to 08, a sentence 01 or 02 and actor ${actor}.`,
    );
  }
  return { id: name.replace(/\.\w+$/, ""), emotion, statement: said, speaker: actor };
}

/** The ids of the published recordings of an actor, of the moods and sentences that are among the found ones. */
function planned(actor: string, found: Set<string>): string[] {
  const moods = new Set([...found].map((id) => id.slice(6, 8)));
  const plan: string[] = [];
  for (const mood of moods) {
    for (const intensity of mood === "01" ? ["01"] : ["01", "02"]) {
      for (const statement of Object.keys(STATEMENTS)) {
        for (const take of ["01", "02"]) plan.push(`03-01-${mood}-${intensity}-${statement}-${take}-${actor}`);
      }
    }
  }
  return plan.sort();
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  await reading(folder, async () => {
    for await (const entry of Deno.readDir(folder)) names.push(entry.name);
  });
  return names.sort();
}
