/** RAVDESS, the speech part, as published. */
import { basename, join } from "@std/path";
import { InputError } from "../errors.ts";
import { namesIn, notEmpty } from "./index_files.ts";
import type { EmotionClip, LoadOptions, Oddity } from "./pair.ts";

/** The emotions by their codes in file names. */
const EMOTIONS: Record<string, string> = {
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
  /** Whether calm recordings count as neutral (default, as in the published code) or are dropped. */
  calm?: "neutral" | "drop";
  /** Numbers of train actors who make up the dev split. Default none. */
  dev?: readonly number[];
}

const AUDIO = /\.(wav|flac|ogg|opus|mp3)$/i;
/** Modality, channel, emotion, intensity, statement, repetition, actor. */
const NAME = /^(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.\w+$/;
/** Levels of folders that are searched for actors: the published archives add one level, mirrors a second one. */
const DEPTH = 3;

/**
 * Reads `Actor_NN/MM-CC-EE-II-SS-RR-AA.wav` (any audio format): neutral, happy, sad and angry speech (paper, section 4).
 * Actors 1 to 18 are train and 19 to 24 are test, as in the published code. With fewer than 19 actors, the last quarter,
 * rounded up, is test.
 *
 * The actors' folders may be in the root and in the folders that the published archives create, such as
 * `Audio_Speech_Actors_01-24/`. A recording that is in several of them is read from the folder nearest to the root.
 *
 * The loader reports fewer than 19 actors; videos, songs and duplicates in another folder or format, which it skips; and
 * missing recordings of the published plan (each sentence twice, in normal and, except for neutral, strong intensity) of
 * emotions that the actor has.
 *
 * @param root the folder that holds the actors' folders, up to three levels down
 * @returns clips in the order of actors and names
 * @throws {InputError} if the folder is missing or has no recordings, or an audio file's name is malformed or belongs to
 * another actor.
 */
export async function loadRavdess(root: string, options: RavdessOptions = {}): Promise<EmotionClip[]> {
  const { calm = "neutral", dev = [], onOddity = () => {} } = options;
  const actors = Map.groupBy(await actorFolders(root), (folder) => basename(folder).slice(-2));
  const numbers = [...actors.keys()].sort();
  const firstTest = numbers.length < 19 ? Number(numbers.at(-Math.ceil(numbers.length / 4))) : 19;
  if (numbers.length > 0 && numbers.length < 19) {
    onOddity({
      kind: `fewer than 19 actors: those from ${firstTest} on are test`,
      where: root,
      value: `${numbers.length}`,
    });
  }
  const clips: EmotionClip[] = [];
  for (const actor of numbers) {
    const number = Number(actor);
    const split = number >= firstTest ? "test" : dev.includes(number) ? "dev" : "train";
    const found = new Map<string, EmotionClip>();
    const folders = actors.get(actor) as string[];
    for (const folder of folders) {
      for (const name of await namesIn(folder)) {
        const audio = join(folder, name);
        const speech = parseName(name, audio, actor, onOddity);
        if (speech === undefined) continue;
        const other = found.get(speech.id);
        if (other === undefined) found.set(speech.id, { ...speech, audio, split });
        else {
          const where = other.audio.startsWith(join(folder, "/")) ? "format" : "folder";
          onOddity({ kind: `recording in another ${where} too, skipped`, where: audio, value: name });
        }
      }
    }
    for (const clip of [...found.values()].sort((a, b) => a.id < b.id ? -1 : 1)) {
      const emotion = clip.emotion === "calm" && calm === "neutral" ? "neutral" : clip.emotion;
      if (["neutral", "happy", "sad", "angry"].includes(emotion)) clips.push({ ...clip, emotion });
    }
    for (const id of plannedIds(actor, found.keys())) {
      if (!found.has(id)) {
        const where = folders.join(", ");
        onOddity({ kind: "missing recording of the published plan", where, value: id });
      }
    }
  }
  return notEmpty(clips, "RAVDESS", root);
}

/** All folders `Actor_NN` below the root, the nearest first. */
async function actorFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  for (let depth = 0; depth < DEPTH; depth++) {
    const below: string[] = [];
    for (const folder of level) {
      for (const name of await namesIn(folder, "folders")) {
        if (/^actor_\d\d$/i.test(name)) found.push(join(folder, name));
        else if (!name.startsWith(".") && name !== "__MACOSX") below.push(join(folder, name));
      }
    }
    level = below;
  }
  return found;
}

/** Parses a file's name. Undefined if the file is not audio-only speech. */
function parseName(
  name: string,
  path: string,
  actor: string,
  onOddity: (oddity: Oddity) => void,
): Pick<EmotionClip, "id" | "emotion" | "statement" | "speaker"> | undefined {
  const skip = (what: string): undefined => {
    onOddity({ kind: `${what}, skipped`, where: path, value: name });
  };
  if (name.startsWith(".")) return undefined;
  const match = NAME.exec(name);
  if (!AUDIO.test(name)) return skip(match ? "video file" : "file that is not audio");
  if (!match) throw new InputError(`Cannot read '${path}' as its name must be 'MM-CC-EE-II-SS-RR-AA.wav', in numbers.`);
  const [, modality, channel, code, , sentence, , speaker] = match as unknown as string[];
  if (channel === "02") return skip("song");
  if (modality !== "03" || channel !== "01") return skip("recording that is not audio only");
  const emotion = EMOTIONS[code as string], statement = STATEMENTS[sentence as string];
  if (emotion === undefined || statement === undefined || speaker !== actor) {
    throw new InputError(
      `Cannot read '${path}' as its name must have an emotion from 01 to 08, a sentence 01 or 02 and actor ${actor}.`,
    );
  }
  return { id: name.replace(/\.\w+$/, ""), emotion, statement, speaker: actor };
}

/** The ids of an actor's published recordings, for the emotions that were found. */
function plannedIds(actor: string, found: Iterable<string>): string[] {
  const plan: string[] = [];
  for (const emotion of new Set([...found].map((id) => id.slice(6, 8)))) {
    for (const intensity of emotion === "01" ? ["01"] : ["01", "02"]) {
      for (const statement of Object.keys(STATEMENTS)) {
        for (const take of ["01", "02"]) plan.push(`03-01-${emotion}-${intensity}-${statement}-${take}-${actor}`);
      }
    }
  }
  return plan.sort();
}
