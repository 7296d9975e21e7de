/**
 * The COCO part of Localized Narratives, as published.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { exists } from "../files.ts";
import { cocoDev } from "./coco_splits.ts";
import { indexLines, insidePath, nameField, notEmpty, textField, uniqueName } from "./index_files.ts";
import type { LoadOptions } from "./oddities.ts";
import type { Pair } from "./pair.ts";

const TRAIN = /^coco_train_localized_narratives-\d{5}-of-\d{5}\.jsonl$/;
const VAL = "coco_val_localized_narratives.jsonl";

/**
 * Reads `coco_train_localized_narratives-0000N-of-00004.jsonl` (as many of them as there are), and
 * `coco_val_localized_narratives.jsonl`, whose recordings stand in folders beside them, and MS-COCO's `train2017/`,
 * `val2017/`. The published val part is the test split; dev is cut from train by COCO id.
 *
 * @param root the data set's folder
 * @returns pairs in the order of the files, train and dev first; the id is the recording's name (with `#2`, ... where one is
 * listed again), the imageId COCO's number
 * @throws {InputError} where the files are missing or a line is malformed (names file and line), a path leaves the folder,
 * or nothing is listed.
 */
export async function loadLocalizedNarratives(root: string, _options: LoadOptions = {}): Promise<Pair[]> {
  const shards: string[] = [];
  if (await exists(root)) {
    for await (const entry of Deno.readDir(root)) if (TRAIN.test(entry.name)) shards.push(entry.name);
  }
  if (shards.length === 0) {
    throw new InputError(
      `Cannot load Localized Narratives from '${root}' as it has no 'coco_train_localized_narratives-0000N-of-00004.jsonl': ` +
        `check the folder.`,
    );
  }
  const taken = new Map<string, number>();
  const train: Pair[] = [];
  for (const shard of shards.sort()) {
    for (const pair of await readPart(root, shard, "train", taken)) train.push(pair);
  }
  const test = await readPart(root, VAL, "test", taken);
  const dev = cocoDev(train.map((pair) => pair.imageId));
  for (const pair of train) if (dev.has(pair.imageId)) pair.split = "dev";
  return notEmpty([...train, ...test], "Localized Narratives", root);
}

async function readPart(
  root: string,
  file: string,
  split: "train" | "test",
  taken: Map<string, number>,
): Promise<Pair[]> {
  const part = split === "test" ? "val2017" : "train2017";
  return (await indexLines(join(root, file))).map(({ line, where }): Pair => {
    const entry = parsed(line, where);
    const imageId = nameField(entry, "image_id", where);
    if (!/^\d{1,12}$/.test(imageId)) {
      throw new InputError(
        `Cannot read ${where} as 'image_id' must be COCO's number of the picture: it is '${imageId}'.`,
      );
    }
    const recording = textField(entry, "voice_recording", where);
    const name = recording.replace(/^.*\//, "").replace(/\.\w+$/, "");
    return {
      id: uniqueName(name, taken),
      imageId: String(Number(imageId)),
      image: join(root, part, `${imageId.padStart(12, "0")}.jpg`),
      audio: insidePath(root, recording, where),
      text: textField(entry, "caption", where),
      speaker: nameField(entry, "annotator_id", where),
      split,
    };
  });
}

function parsed(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new InputError(`Cannot read ${where} as it is not JSON: ${messageOf(error)}.`);
  }
}
