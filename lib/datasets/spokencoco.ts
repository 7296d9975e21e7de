/**
 * SpokenCOCO, as published.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { readJson } from "../files.ts";
import { cocoDev, cocoId } from "./coco_splits.ts";
import { firstFolder, insidePath, listField, notEmpty, textField, uniqueName } from "./index_files.ts";
import type { LoadOptions } from "./oddities.ts";
import type { Pair } from "./pair.ts";

/**
 * Reads `SpokenCOCO_{train,val}.json` (in the folder itself or in `SpokenCOCO/`), whose recordings stand beside them, and
 * MS-COCO's `train2014/`, `val2014/`. The published val part is the test split; dev is cut from train by COCO id.
 *
 * @param root the data set's folder
 * @returns pairs in the order of the files, train and dev first; the id is the `uttid` (with `#2`, ... where one is
 * listed again), the imageId COCO's number
 * @throws {InputError} where a file is missing or malformed (names the entry), a path leaves the folder, or nothing is
 * listed.
 */
export async function loadSpokenCoco(root: string, _options: LoadOptions = {}): Promise<Pair[]> {
  const taken = new Map<string, number>();
  const train = await readPart(root, "train", taken);
  const test = await readPart(root, "val", taken);
  const dev = cocoDev(train.map((pair) => pair.imageId));
  for (const pair of train) if (dev.has(pair.imageId)) pair.split = "dev";
  return notEmpty([...train, ...test], "SpokenCOCO", root);
}

async function readPart(root: string, part: "train" | "val", taken: Map<string, number>): Promise<Pair[]> {
  const name = `SpokenCOCO_${part}.json`;
  const file = await firstFolder(root, [name, join("SpokenCOCO", name)], "SpokenCOCO");
  const content = await readJson(file);
  return listField(content, "data", file).flatMap((entry, i) => {
    const where = `${file}, data[${i}]`;
    const image = textField(entry, "image", where);
    const imageId = cocoId(image, where);
    const path = insidePath(root, image, where);
    return listField(entry, "captions", where).map((caption, j): Pair => {
      const place = `${where}.captions[${j}]`;
      return {
        id: uniqueName(textField(caption, "uttid", place), taken),
        imageId,
        image: path,
        audio: insidePath(dirname(file), textField(caption, "wav", place), place),
        text: textField(caption, "text", place),
        speaker: textField(caption, "speaker", place),
        split: part === "val" ? "test" : "train",
      };
    });
  });
}
