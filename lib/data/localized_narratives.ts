/** The COCO part of Localized Narratives, as published. */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files/read.ts";
import { cutCocoDev } from "./coco_splits.ts";
import {
  absent,
  firstOf,
  folderWith,
  insidePath,
  nameField,
  notEmpty,
  parseObject,
  streamLines,
  textField,
  textOrOddity,
  uniqueName,
} from "./index_files.ts";
import type { LoadOptions, Oddity, Pair } from "./pair.ts";

const TRAIN = /^coco_train_localized_narratives-\d{5}-of-(\d{5})\.jsonl$/;
const VAL = "coco_val_localized_narratives.jsonl";

const LOCALIZED_NARRATIVES = { title: "Localized Narratives", name: "ln-coco" };

interface State {
  /** Folder of the index files. */
  indexes: string;
  /** Folder with `train2017/`, `val2017/`. */
  images: string;
  /** Folder with `coco_train/`, `coco_val/`. */
  voices: string;
  taken: Map<string, number>;
  onOddity: (oddity: Oddity) => void;
}

/**
 * Reads these files:
 *
 * - `coco_train_localized_narratives-0000N-of-00004.jsonl` and `coco_val_localized_narratives.jsonl`, in the folder or in
 *   `annotations/` as in the published bucket. Missing train files are reported.
 * - their recordings in `coco_train/` and `coco_val/`, in the folder or in `voice-recordings/`
 * - MS-COCO's `train2017/` and `val2017/`, in the folder, in `images/` or in `coco/`
 *
 * The published val part is the test split; dev is cut from train by COCO id. The lists, of more than a GB each, are read
 * line by line.
 *
 * Narratives without text and train narratives of images in val are skipped and reported. A recording that is listed again
 * becomes `NAME#2` and is reported, since the published counts are of lines.
 *
 * @param root the data set's folder
 * @returns pairs in the order of the files, train and dev first; the id is the recording's name, the imageId is COCO's
 * number, and `seconds` is the end of the last word of `timed_caption`
 * @throws {InputError} if the files are missing or a line is malformed (names file, line and field), a path leaves the
 * folder, or nothing is listed.
 */
export async function loadLocalizedNarratives(root: string, options: LoadOptions = {}): Promise<Pair[]> {
  const onOddity = options.onOddity ?? (() => {});
  const indexes = await exists(join(root, "annotations", VAL)) ? join(root, "annotations") : root;
  const shards = await shardsIn(indexes, onOddity);
  const state: State = {
    indexes,
    images: await folderWith(root, ["images", "coco"], ["train2017", "val2017"]),
    voices: await folderWith(root, ["voice-recordings"], ["coco_train", "coco_val"]),
    taken: new Map(),
    onOddity,
  };
  const train: Pair[] = [], test: Pair[] = [];
  for (const shard of shards) await readPart(shard, "train", train, state);
  await firstOf(indexes, [VAL], LOCALIZED_NARRATIVES);
  await readPart(VAL, "test", test, state);
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
      onOddity({ kind: "missing file of the train part", where: folder, value: name });
    }
  }
  return shards;
}

async function readPart(file: string, split: "train" | "test", pairs: Pair[], state: State): Promise<void> {
  const { indexes, images, voices, taken, onOddity } = state;
  const part = split === "test" ? "val2017" : "train2017";
  for await (const { line, where } of streamLines(join(indexes, file), onOddity)) {
    const entry = parseNarrative(line, where);
    const imageId = nameField(entry, "image_id", where);
    if (!/^\d{1,12}$/.test(imageId)) {
      throw new InputError(
        `Cannot read ${where} as 'image_id' must be COCO's number of the image: it is '${imageId}'.`,
      );
    }
    const recording = textField(entry, "voice_recording", where);
    const text = textOrOddity(entry, "caption", where, { kind: "recording without a caption, skipped", onOddity });
    if (text === undefined) continue;
    const name = recording.replace(/^.*\//, "").replace(/\.\w+$/, "");
    const id = uniqueName(name, taken);
    if (id !== name) onOddity({ kind: "recording listed again, numbered", where, value: recording });
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

/** The end of the last word, if the words have times. */
function secondsOf(words: unknown): { seconds?: number } {
  if (!Array.isArray(words)) return {};
  const ends = words.map((word) => Number((word as { end_time?: unknown } | null)?.end_time)).filter((end) => end > 0);
  const seconds = ends.reduce((latest, end) => Math.max(latest, end), 0);
  return seconds > 0 && Number.isFinite(seconds) ? { seconds } : {};
}

/** The beginning of the traces in a published line. */
const TRACES = /"traces"\s*:\s*\[\s*\[/;

/**
 * Parses a line. The mouse traces, nine tenths of its bytes, are cut out first: they end at the first `]]`. If the rest is
 * not JSON, as when that `]]` is inside a text, the whole line is parsed.
 *
 * @throws {InputError} if the line is not a JSON object.
 */
export function parseNarrative(line: string, where: string): Record<string, unknown> {
  const begin = TRACES.exec(line);
  const close = begin === null ? -1 : line.indexOf("]]", begin.index + begin[0].length);
  if (begin !== null && close >= 0) {
    try {
      return parseObject(`${line.slice(0, begin.index)}"traces":[]${line.slice(close + 2)}`, where, EXPECTED);
    } catch {
      // the whole line is parsed below
    }
  }
  return parseObject(line, where, EXPECTED);
}

const EXPECTED = "with 'image_id' and others";
