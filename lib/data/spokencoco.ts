/**
 * SpokenCOCO, as published.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { cocoId, cutCocoDev } from "./coco_splits.ts";
import {
  firstOf,
  folderWith,
  insidePath,
  listField,
  notEmpty,
  textField,
  textOrOddity,
  uniqueName,
} from "./index_files.ts";
import { readIndex } from "./index_files.ts";
import type { LoadOptions, Oddity } from "./pair.ts";
import type { Pair } from "./pair.ts";

/** How messages and `data get` call it. */
const SPOKENCOCO = { title: "SpokenCOCO", name: "spokencoco" };

/**
 * Reads `SpokenCOCO_{train,val}.json` (in the folder itself or in `SpokenCOCO/`), whose recordings stand beside them, and
 * MS-COCO's `train2014/`, `val2014/` (in the folder itself, or in `images/` or `coco/`). The published val part is the test
 * split; dev is cut from train by COCO id.
 *
 * Left out, and told: captions without a text, train captions of pictures that are in val. An `uttid` that occurs again is kept
 * as `NAME#2`, and told.
 *
 * @param root the data set's folder
 * @returns pairs in the order of the files, train and dev first; the id is the `uttid`, the imageId COCO's number
 * @throws {InputError} where a file is missing or malformed (names the entry and the field), a path leaves the folder, or
 * nothing is listed.
 */
export async function loadSpokenCoco(root: string, options: LoadOptions = {}): Promise<Pair[]> {
  const onOddity = options.onOddity ?? (() => {});
  const state = { taken: new Map<string, number>(), onOddity };
  const images = await folderWith(root, ["images", "coco", "SpokenCOCO"], ["train2014", "val2014"]);
  const train = await readPart(root, "train", images, state);
  const test = await readPart(root, "val", images, state);
  return notEmpty(cutCocoDev(train, test, onOddity), "SpokenCOCO", root);
}

async function readPart(
  root: string,
  part: "train" | "val",
  images: string,
  { taken, onOddity }: { taken: Map<string, number>; onOddity: (oddity: Oddity) => void },
): Promise<Pair[]> {
  const name = `SpokenCOCO_${part}.json`;
  const file = await firstOf(root, [name, join("SpokenCOCO", name)], SPOKENCOCO);
  const beside = dirname(file);
  const split = part === "val" ? "test" : "train";
  const pairs: Pair[] = [];
  listField(await parsed(file), "data", file).forEach((entry, i) => {
    const where = `${file}, data[${i}]`;
    const listed = textField(entry, "image", where);
    const imageId = cocoId(listed, where);
    const image = insidePath(images, listed, where);
    const captions = listField(entry, "captions", where);
    if (captions.length === 0) onOddity({ kind: "picture without captions", where, value: listed });
    captions.forEach((caption, j) => {
      const place = `${where}.captions[${j}]`;
      const text = textOrOddity(caption, "text", place, { kind: "recording without a caption, left out", onOddity });
      if (text === undefined) return;
      const uttid = textField(caption, "uttid", place);
      const id = uniqueName(uttid, taken);
      if (id !== uttid) onOddity({ kind: "uttid listed again, kept with a number", where: place, value: uttid });
      const audio = insidePath(beside, textField(caption, "wav", place), place);
      const speaker = textOrOddity(caption, "speaker", place, { kind: "recording without a speaker", onOddity });
      pairs.push({ id, imageId, image, audio, text, speaker: speaker ?? "", split });
    });
  });
  return pairs;
}

async function parsed(file: string): Promise<unknown> {
  const text = await readIndex(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`Cannot read '${file}' as it is not JSON: ${messageOf(error)}. Fetch it again.`);
  }
}
