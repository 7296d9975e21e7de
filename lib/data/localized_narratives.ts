/**
 * The COCO part of Localized Narratives, as published.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { exists } from "../files/read.ts";
import { cutCocoDev } from "./coco_splits.ts";
import {
  absent,
  firstOf,
  folderWith,
  insidePath,
  nameField,
  notEmpty,
  streamLines,
  textField,
  textOrOddity,
  uniqueName,
} from "./index_files.ts";
import type { LoadOptions, Oddity, Pair } from "./pair.ts";

const TRAIN = /^coco_train_localized_narratives-\d{5}-of-(\d{5})\.jsonl$/;
const VAL = "coco_val_localized_narratives.jsonl";

const LOCALIZED_NARRATIVES = { title: "Localized Narratives", name: "ln-coco" };

/** What the parts share. */
interface Reading {
  /** Folder of the index files. */
  indexes: string;
  /** Folder with `train2017/`, `val2017/`. */
  images: string;
  /** Folder with `coco_train/`, `coco_val/`. */
  voices: string;
  /** How often each name was seen. */
  taken: Map<string, number>;
  /** Takes oddities. */
  onOddity: (oddity: Oddity) => void;
}

/**
 * Reads `coco_train_localized_narratives-0000N-of-00004.jsonl` (as many of them as there are; a missing one is reported) and
 * `coco_val_localized_narratives.jsonl` (in the folder itself or in `annotations/`, as the published bucket has them), whose
 * recordings are in `coco_train/`, `coco_val/` (in the folder itself or in `voice-recordings/`), and MS-COCO's `train2017/`,
 * `val2017/` (in the folder itself, or in `images/` or `coco/`). The published val part is the test split; dev is cut from
 * train by COCO id. The files, of more than a GB each, are read line by line.
 *
 * Skipped and reported: narratives without a text, train narratives of images that are in val. A recording that is listed again
 * is kept as `NAME#2` and reported: the published counts are of lines.
 *
 * @param root the data set's folder
 * @returns pairs in the order of the files, train and dev first; the id is the recording's name, the imageId COCO's number,
 * `seconds` the end of the last word of `timed_caption`
 * @throws {InputError} if the files are missing or a line is malformed (names file, line and field), a path leaves the
 * folder, or nothing is listed.
 */
export async function loadLocalizedNarratives(root: string, options: LoadOptions = {}): Promise<Pair[]> {
  const onOddity = options.onOddity ?? (() => {});
  const indexes = await exists(join(root, "annotations", VAL)) ? join(root, "annotations") : root;
  const shards = await shardsIn(indexes, onOddity);
  const reading: Reading = {
    indexes,
    images: await folderWith(root, ["images", "coco"], ["train2017", "val2017"]),
    voices: await folderWith(root, ["voice-recordings"], ["coco_train", "coco_val"]),
    taken: new Map(),
    onOddity,
  };
  const train: Pair[] = [], test: Pair[] = [];
  for (const shard of shards) await readPart(shard, "train", train, reading);
  await firstOf(indexes, [VAL], LOCALIZED_NARRATIVES);
  await readPart(VAL, "test", test, reading);
  return notEmpty(cutCocoDev(train, test, onOddity), "Localized Narratives", root);
}

/** The names of the train files, in order. */
async function shardsIn(folder: string, onOddity: (oddity: Oddity) => void): Promise<string[]> {
  const shards: string[] = [];
  if (await exists(folder)) {
    for await (const { name } of Deno.readDir(folder)) if (TRAIN.test(name)) shards.push(name);
  }
  if (shards.length === 0) {
    throw absent(folder, "'coco_train_localized_narratives-0000N-of-00004.jsonl'", LOCALIZED_NARRATIVES);
  }
  shards.sort();
  const total = TRAIN.exec(shards[0]!)![1]!;
  const published = Math.min(Number(total), 1000); // a name may claim any number
  for (let i = 0; i < published; i++) {
    const name = `coco_train_localized_narratives-${String(i).padStart(5, "0")}-of-${total}.jsonl`;
    if (!shards.includes(name)) {
      onOddity({ kind: "file of the train part that is not there", where: folder, value: name });
    }
  }
  return shards;
}

async function readPart(file: string, split: "train" | "test", pairs: Pair[], reading: Reading): Promise<void> {
  const { images, voices, taken, onOddity } = reading;
  const part = split === "test" ? "val2017" : "train2017";
  for await (const { line, where } of streamLines(join(reading.indexes, file), onOddity)) {
    const entry = narrativeOf(line, where);
    const imageId = nameField(entry, "image_id", where);
    if (!/^\d{1,12}$/.test(imageId)) {
      throw new InputError(
        `Cannot read ${where} as 'image_id' must be COCO's number of the picture: it is '${imageId}'.`,
      );
    }
    const recording = textField(entry, "voice_recording", where);
    const text = textOrOddity(entry, "caption", where, { kind: "recording without a caption, left out", onOddity });
    if (text === undefined) continue;
    const name = recording.replace(/^.*\//, "").replace(/\.\w+$/, "");
    const id = uniqueName(name, taken);
    if (id !== name) onOddity({ kind: "recording listed again, kept with a number", where, value: recording });
    pairs.push({
      id,
      imageId: String(Number(imageId)),
      image: join(images, part, `${imageId.padStart(12, "0")}.jpg`),
      audio: insidePath(voices, recording, where),
      text,
      speaker: nameField(entry, "annotator_id", where),
      split,
      ...secondsOf(entry.timed_caption),
    });
  }
}

/** The latest end of a word, if the words have times. */
function secondsOf(words: unknown): { seconds?: number } {
  if (!Array.isArray(words)) return {};
  const ends = words.map((word) => Number((word as { end_time?: unknown } | null)?.end_time)).filter((end) => end > 0);
  const seconds = ends.reduce((latest, end) => Math.max(latest, end), 0);
  return seconds > 0 && Number.isFinite(seconds) ? { seconds } : {};
}

/** What begins the traces in a published line. */
const TRACES = /"traces"\s*:\s*\[\s*\[/;

/**
 * Parses a line. The traces of the mouse, nine tenths of its bytes, are cut out first, unread: the first two brackets in a row
 * close them. (Brackets of a later text would leave half a string, which is no JSON.) A line that cannot be read so is parsed
 * whole.
 *
 * @throws {InputError} if the line is not a JSON object.
 *
 * @example
 * ```ts
 * import { narrativeOf } from "./localized_narratives.ts";
 * const line = '{"image_id": "7", "traces": [[{"x": 0.1, "y": 0.2, "t": 0.0}], [{"x": 1, "y": 1, "t": 3}]], "caption": "a cat"}';
 * const entry = narrativeOf(line, "here");
 * if (entry.caption !== "a cat" || (entry.traces as unknown[]).length !== 0) throw new Error("not cut");
 * ```
 */
export function narrativeOf(line: string, where: string): Record<string, unknown> {
  return cutLine(line) ?? wholeLine(line, where);
}

function cutLine(line: string): Record<string, unknown> | undefined {
  const begin = TRACES.exec(line);
  if (!begin) return undefined;
  const close = line.indexOf("]]", begin.index + begin[0].length);
  if (close < 0) return undefined;
  const short = `${line.slice(0, begin.index)}"traces":[]${line.slice(close + 2)}`;
  try {
    return record(JSON.parse(short));
  } catch {
    return undefined;
  }
}

function wholeLine(line: string, where: string): Record<string, unknown> {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch (error) {
    throw new InputError(`Cannot read ${where} as it is not JSON: ${messageOf(error)}.`);
  }
  const found = record(entry);
  if (!found) throw new InputError(`Cannot read ${where} as a line must be a JSON object, with 'image_id' and others.`);
  return found;
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}
