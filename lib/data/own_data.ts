/** Your own pairs and emotion clips, listed in one table. */
import { dirname, normalize } from "@std/path";
import { InputError } from "../errors.ts";
import { hash } from "../random.ts";
import { rankByHash } from "./coco_splits.ts";
import { notEmpty } from "./index_files.ts";
import { type Listed, listEntries, pathFrom, placeOf } from "./own_table.ts";
import type { EmotionClip, LoadOptions, Oddity, Pair, Split } from "./pair.ts";

const PAIR_COLUMNS = ["image", "audio", "text", "split", "id", "speaker", "imageId", "group"];
const CLIP_COLUMNS = ["audio", "emotion", "speaker", "statement", "split", "id"];
/** Further columns of {@link loadTone}. */
const TONE_COLUMNS = ["mood", "flat"];

const ANY_FILE = ["file", "filename", "filepath", "path"];
const AUDIO = ["audio_path", "audio_file", "audio_filename", "wav", "wav_path", "recording", "speech", ...ANY_FILE];
const TEXT = ["text", "caption", "sentence", "transcription", "transcript", "description"];
const COMMON = {
  split: ["subset", "partition"],
  id: ["pair_id", "utt_id", "utterance_id"],
  speaker: ["speaker_id", "spk", "spk_id", "client_id"],
};
/** Other names of the columns of pairs. */
export const PAIR_SYNONYMS = {
  ...COMMON,
  image: ["image_path", "image_file", "image_filename", "img", "img_path", "photo", ...ANY_FILE],
  audio: AUDIO,
  text: TEXT.slice(1),
  imageId: ["img_id"],
};
/** Other names of the columns of emotion clips. */
export const CLIP_SYNONYMS = { ...COMMON, audio: AUDIO, emotion: ["mood", "label"], statement: TEXT };

/** A pair of the tone benchmark: an image and its description, spoken with the emotion of the image. */
export interface TonePair extends Pair {
  /** The emotion of image and voice. */
  emotion: string;
  /** Pairs of one group have the same words and images that differ only in emotion. */
  group: string;
  /** Path of a recording of the same words without prosody. */
  flat?: string;
}

/**
 * Reads a table with the columns `image` and `audio`, which are paths, and the optional columns `text` (the written
 * caption), `split`, `id`, `speaker`, `imageId` and `group` (pairs that are hard to tell apart, which go into the same
 * batch). Common synonyms are understood, such as `image_path`, `filename`, `caption`, `sentence`.
 *
 * - Paths are relative to the table's folder. Absolute paths and `..` must stay below this folder or one of `roots`.
 * - If no line has a `split`, the images are divided into 80 % train, 10 % dev and 10 % test by a hash of their imageId, so
 *   that all descriptions of an image stay together. If there is train but no dev, dev is cut from train.
 * - The default `id` is `line-N`. The default `imageId` is the image's path relative to the table's folder.
 * - The default `text` is empty; experiments that need written captions then refuse the data.
 *
 * @param file the table: `.jsonl`, `.ndjson`, `.csv` or `.tsv`
 * @returns pairs in the order of the lines
 * @throws {InputError} if the file is missing, malformed or empty; a path is a URL or leaves the folder and the roots; an id
 * occurs twice; an image has two imageIds or an imageId two images; or an image is in two splits (names file and line).
 *
 * @example
 * ```ts
 * import { loadOwnPairs } from "./own_data.ts";
 * const folder = await Deno.makeTempDir();
 * const lines = ["a", "b", "c"].map((name) => `${name}.jpg,${name}.wav,"a cat, asleep"`);
 * await Deno.writeTextFile(`${folder}/pairs.csv`, ["image,audio,text", ...lines].join("\n"));
 * const pairs = await loadOwnPairs(`${folder}/pairs.csv`);
 * await Deno.remove(folder, { recursive: true });
 * if (pairs[0]?.id !== "line-2" || pairs[0].text !== "a cat, asleep") throw new Error("not read");
 * ```
 */
export async function loadOwnPairs(file: string, options: LoadOptions = {}): Promise<Pair[]> {
  const { onOddity = () => {} } = options;
  const listed = await readPairs(file, PAIR_COLUMNS, ["image", "audio"], options);
  reportRepeats(listed, onOddity);
  assignSplits(listed, "image", ({ imageId }) => imageId, onOddity);
  return listed.entries;
}

/**
 * Reads the tone benchmark: a table of {@link loadOwnPairs} with the further columns `mood` and `group`, which are required,
 * and `flat`, the path of a recording without prosody.
 *
 * @throws {InputError} as {@link loadOwnPairs}, and if pairs of a group share an emotion or differ in text or split.
 */
export async function loadTone(file: string, options: Pick<LoadOptions, "roots"> = {}): Promise<TonePair[]> {
  const columns = [...PAIR_COLUMNS, ...TONE_COLUMNS];
  const listed = await readPairs(file, columns, ["image", "audio", "mood", "group"], options);
  assignSplits(listed, "image", ({ imageId }) => imageId, () => {}); // reported where the pairs are listed
  const tone = listed.entries as TonePair[];
  for (const [group, twins] of Map.groupBy(tone, ({ group }) => group)) {
    const count = (of: (pair: TonePair) => string) => new Set(twins.map(of)).size;
    if (
      count(({ emotion }) => emotion) < twins.length || count(({ text }) => text) > 1 || count(({ split }) => split) > 1
    ) {
      throw new InputError(
        `Cannot read '${file}' as the lines of group '${group}' must differ in mood and share text and split: they do not.`,
      );
    }
  }
  return tone;
}

/**
 * Reads a table with the columns `audio` (a path, as in {@link loadOwnPairs}) and `emotion` (any names), and the optional
 * columns `speaker`, `statement` (the sentence), `split` and `id` (default `line-N`). Common synonyms are understood.
 *
 * If no line has a `split`, 10 % are dev and 10 % are test: of the speakers, if every line names one and there are at least
 * 3; otherwise of the recordings, so that a speaker may be in several splits. If there is train but no dev, dev is cut from
 * train in the same way.
 *
 * @param file the table: `.csv`, `.tsv`, `.jsonl` or `.ndjson`
 * @returns clips in the order of the lines
 * @throws {InputError} if the file is missing, malformed or empty; a path is a URL or leaves the folder and the roots; an id
 * occurs twice; or a recording is in two splits (names file and line).
 *
 * @example
 * ```ts
 * import { loadEmotionClips } from "./own_data.ts";
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/labels.csv`, "audio,emotion,split\na.wav,happy,train\nb.wav,sad,test\n");
 * const clips = await loadEmotionClips(`${folder}/labels.csv`);
 * await Deno.remove(folder, { recursive: true });
 * if (clips[1]?.emotion !== "sad" || clips[1].split !== "test") throw new Error("not read");
 * ```
 */
export async function loadEmotionClips(file: string, options: LoadOptions = {}): Promise<EmotionClip[]> {
  const { onOddity = () => {} } = options;
  const settings = { columns: CLIP_COLUMNS, required: ["audio", "emotion"], synonyms: CLIP_SYNONYMS, onOddity };
  const listed = await listEntries<"audio", EmotionClip>(
    file,
    settings,
    { ...options, paths: ["audio"] },
    (fields, id) => ({
      id,
      audio: fields.get("audio") as string,
      emotion: fields.get("emotion") as string,
      statement: fields.get("statement") ?? "",
      speaker: fields.get("speaker") ?? "",
      split: "train",
    }),
  );
  checkIds(listed);
  reportRepeats(listed, onOddity);
  const speakers = new Set(listed.entries.map(({ speaker }) => speaker));
  const bySpeaker = listed.named.every((split) => split === undefined) && speakers.size >= 3 && !speakers.has("");
  if (bySpeaker) assignSplits(listed, "speaker", ({ speaker }) => speaker, onOddity);
  else assignSplits(listed, "recording", ({ audio }) => audio, onOddity);
  return listed.entries;
}

async function readPairs(
  file: string,
  columns: string[],
  required: string[],
  { onOddity = () => {}, ...options }: LoadOptions,
): Promise<Listed<Pair | TonePair>> {
  const settings = { columns, required, synonyms: PAIR_SYNONYMS, others: TONE_COLUMNS, onOddity };
  let anyImageId = false;
  const speakers = new Map([["", ""]]); // so that a speaker's lines share one string
  const paths = ["image", "audio", "flat"] as const;
  const listed = await listEntries(file, settings, { ...options, onOddity, paths }, (fields, id) => {
    const named = fields.get("speaker") ?? "", speaker = speakers.get(named) ?? named;
    speakers.set(speaker, speaker);
    const pair: Pair & Partial<TonePair> = {
      id,
      imageId: fields.get("imageId") ?? "",
      image: fields.get("image") as string,
      audio: fields.get("audio") as string,
      text: fields.get("text") ?? "",
      speaker,
      split: "train",
    };
    anyImageId ||= pair.imageId !== "";
    for (const [name, column] of [["group", "group"], ["emotion", "mood"], ["flat", "flat"]] as const) {
      const value = fields.get(column);
      if (value !== undefined) pair[name] = value;
    }
    return pair;
  });
  const folder = normalize(dirname(file));
  let last: string | undefined, place = "";
  for (const pair of listed.entries) {
    if (pair.image !== last) place = pathFrom(folder, pair.image);
    last = pair.image;
    pair.imageId ||= place;
  }
  checkIds(listed);
  if (anyImageId) checkImageIds(listed);
  return listed;
}

/** Yields the indices of entries whose text an earlier entry has. Hashes find the few texts that are compared. */
function* repeats<Entry>({ entries }: Listed<Entry>, textOf: (entry: Entry) => string): Generator<number> {
  const hashes = Uint32Array.from(entries, (entry) => hash(textOf(entry)));
  const sorted = hashes.slice().sort();
  const shared = new Set(sorted.filter((value, i) => value === sorted[i - 1]));
  const seen = new Set<string>();
  for (let i = 0; i < entries.length; i++) {
    if (!shared.has(hashes[i]!)) continue;
    const text = textOf(entries[i]!);
    if (seen.has(text)) yield i;
    seen.add(text);
  }
}

function checkIds(listed: Listed<{ id: string }>): void {
  for (const i of repeats(listed, ({ id }) => id)) {
    const { id } = listed.entries[i]!;
    const first = placeOf(listed, listed.entries.findIndex((entry) => entry.id === id));
    throw new InputError(
      `Cannot read ${placeOf(listed, i)} as its 'id' must be unique: '${id}' is in ${first} already.`,
    );
  }
}

function checkImageIds(listed: Listed<Pair>): void {
  const ids = new Map<string, number>(), images = new Map<string, number>();
  listed.entries.forEach((pair, i) => {
    for (const [map, key, other] of [[ids, "image", "imageId"], [images, "imageId", "image"]] as const) {
      const first = map.get(pair[key]) ?? i;
      const known = (listed.entries[first] as Pair)[other];
      if (known !== pair[other]) {
        throw new InputError(
          `Cannot read ${placeOf(listed, i)} as an image must have one imageId and an imageId one image: ` +
            `'${pair[key]}' goes with '${pair[other]}' here and with '${known}' in ${placeOf(listed, first)}.`,
        );
      }
      map.set(pair[key], first);
    }
  });
}

function reportRepeats(listed: Listed<{ audio: string }>, onOddity: (oddity: Oddity) => void): void {
  for (const i of repeats(listed, ({ audio }) => audio)) {
    const value = listed.entries[i]!.audio;
    onOddity({ kind: "recording listed again, kept", where: placeOf(listed, i), value });
  }
}

/** The share of the groups that becomes dev, and that becomes test. */
const SHARE = 0.1;

const SPLIT_NAMES: Record<string, Split> = {
  train: "train",
  dev: "dev",
  val: "dev",
  valid: "dev",
  validation: "dev",
  test: "test",
};

/**
 * Sets the split of each entry. Entries of a group get the same one. If no line names a split, 10 % of the groups (rounded,
 * at least one) are test and 10 % dev, by a hash of the group's name. If all lines name one but none is dev, 10 % of the
 * train groups become dev.
 *
 * @param what what a group is called in messages
 * @throws {InputError} if there are no lines, only some name a split, a name is unknown, a group is in two splits (names
 * both lines), or there are fewer than 3 groups to divide.
 */
function assignSplits<Entry extends { split: Split }>(
  listed: Listed<Entry>,
  what: string,
  groupOf: (entry: Entry) => string,
  onOddity: (oddity: Oddity) => void,
): void {
  const { named } = listed;
  const entries = notEmpty(listed.entries, "your data", listed.file);
  const bare = named.indexOf(undefined), given = named.findIndex((split) => split !== undefined);
  if (bare >= 0 && given >= 0) {
    throw new InputError(
      `Cannot read ${placeOf(listed, bare)} as all lines or none must have a 'split': it has none, ` +
        `${placeOf(listed, given)} has '${named[given]}'. Fill in all of them, or remove the column.`,
    );
  }
  const splits = given >= 0 ? namedSplits(listed, what, groupOf) : cut(listed, what, groupOf);
  const odd = { where: placeOf(listed, 0), value: "split" };
  if (given < 0) onOddity({ kind: `data without splits, cut by ${what} into train, dev and test`, ...odd });
  else if (addDev(splits)) onOddity({ kind: `data without a dev split, cut from train by ${what}`, ...odd });
  for (const entry of entries) entry.split = splits.get(groupOf(entry)) as Split;
}

function namedSplits<Entry>(
  listed: Listed<Entry>,
  what: string,
  groupOf: (entry: Entry) => string,
): Map<string, Split> {
  const splits = new Map<string, Split>();
  listed.entries.forEach((entry, i) => {
    const name = listed.named[i] as string, group = groupOf(entry);
    const split = Object.hasOwn(SPLIT_NAMES, name.toLowerCase()) ? SPLIT_NAMES[name.toLowerCase()] : undefined;
    if (split === undefined) {
      throw new InputError(
        `Cannot read ${placeOf(listed, i)} as 'split' must be train, dev (or val) or test: it is '${name}'.`,
      );
    }
    const other = splits.get(group) ?? split;
    if (other !== split) {
      const first = listed.entries.findIndex((entry) => groupOf(entry) === group);
      throw new InputError(
        `Cannot read ${
          placeOf(listed, i)
        } as ${what} '${group}' must be in one split only: it is in ${split} here and in ` +
          `${other} in ${placeOf(listed, first)}. Put all of its lines into one.`,
      );
    }
    splits.set(group, split);
  });
  return splits;
}

function cut<Entry>(listed: Listed<Entry>, what: string, groupOf: (entry: Entry) => string): Map<string, Split> {
  const groups = ranked(listed.entries.values().map(groupOf));
  if (groups.length < 3) {
    throw new InputError(
      `Cannot cut ${placeOf(listed, 0)} and what follows into train, dev and test as it takes 3 different values of ` +
        `${what}: there are ${groups.length}. Add more, or a column 'split'.`,
    );
  }
  const part = Math.max(1, Math.round(SHARE * groups.length));
  const splits = new Map<string, Split>();
  groups.forEach((group, i) => splits.set(group, i < part ? "test" : i < 2 * part ? "dev" : "train"));
  return splits;
}

/** Moves a tenth of the train groups to dev, if there is no dev and more than one train group. */
function addDev(splits: Map<string, Split>): boolean {
  const train = [...splits.keys()].filter((group) => splits.get(group) === "train");
  if (train.length < 2 || splits.values().some((split) => split === "dev")) return false;
  for (const group of ranked(train).slice(0, Math.max(1, Math.round(SHARE * train.length)))) splits.set(group, "dev");
  return true;
}

function ranked(groups: Iterable<string>): string[] {
  return rankByHash(groups, (group) => `${group}:split`);
}
