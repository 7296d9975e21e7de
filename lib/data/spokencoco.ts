/** SpokenCOCO, as published, and in the unrolled Karpathy splits of FaST-VGS. */
import { dirname, join } from "@std/path";
import { exists } from "../files/read.ts";
import { cocoId, cutCocoDev, withoutImagesOf } from "./coco_splits.ts";
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
import { jsonElements } from "./json_elements.ts";
import type { LoadOptions, Oddity, Pair, Split } from "./pair.ts";

const SPOKENCOCO = { title: "SpokenCOCO", name: "spokencoco" };
/** What follows `SpokenCOCO_train` in the names of the unrolled files. */
const UNROLLED = "_unrolled_karpathy";

interface State {
  /** The folder with `train2014/` and `val2014/`. */
  images: string;
  taken: Map<string, number>;
  onOddity: (oddity: Oddity) => void;
}

/**
 * Reads `SpokenCOCO_{train,val}.json`, which are in the folder or in `SpokenCOCO/` next to their recordings, and MS-COCO's
 * `train2014/` and `val2014/`, which are in the folder, in `images/` or in `coco/`. The published val part is the test
 * split; dev is cut from train by COCO id.
 *
 * Without these files it reads `SpokenCOCO_{train,val,test}_unrolled_karpathy.json`, which have an entry for each caption.
 * Then val is dev and test is test. If the test file is missing, val is test, dev is cut from train, and this is reported.
 *
 * Captions without text and train captions of held-out images are skipped and reported. A repeated `uttid` becomes `NAME#2`
 * and is reported.
 *
 * @param root the data set's folder
 * @returns pairs in the order of the files, train and dev first; the id is the `uttid`, the imageId is COCO's number
 * @throws {InputError} if a file is missing or malformed (names the entry and the field), a path leaves the folder, or
 * nothing is listed.
 */
export async function loadSpokenCoco(root: string, options: LoadOptions = {}): Promise<Pair[]> {
  const onOddity = options.onOddity ?? (() => {});
  const images = await folderWith(root, ["images", "coco", "SpokenCOCO"], ["train2014", "val2014"]);
  const state = { images, taken: new Map<string, number>(), onOddity };
  const unrolled = await unrolledSuffix(root, onOddity);
  const train = await readPart(await listOf(root, `train${unrolled}`), "train", state);
  if (unrolled !== "" && await find(root, `test${unrolled}`) !== undefined) {
    const listedDev = await readPart(await listOf(root, `val${unrolled}`), "dev", state);
    const test = await readPart(await listOf(root, `test${unrolled}`), "test", state);
    const dev = withoutImagesOf(listedDev, "test", test, onOddity);
    const kept = withoutImagesOf(withoutImagesOf(train, "val", dev, onOddity), "test", test, onOddity);
    return notEmpty([...kept, ...dev, ...test], "SpokenCOCO", root);
  }
  const val = await listOf(root, `val${unrolled}`);
  if (unrolled !== "") {
    const value = `SpokenCOCO_test${unrolled}.json`;
    onOddity({ kind: "missing unrolled list: val is used as test, dev is cut from train", where: root, value });
  }
  const test = await readPart(val, "test", state);
  return notEmpty(cutCocoDev(train, test, onOddity), "SpokenCOCO", root);
}

/** The published lists are read if they exist, otherwise the unrolled ones. */
async function unrolledSuffix(root: string, onOddity: (oddity: Oddity) => void): Promise<string> {
  const unrolled = await find(root, `train${UNROLLED}`);
  if (unrolled === undefined) return "";
  if (await find(root, "train") === undefined) return UNROLLED;
  onOddity({ kind: "unrolled list next to the published one, ignored", where: root, value: unrolled });
  return "";
}

function placesOf(part: string): string[] {
  const name = `SpokenCOCO_${part}.json`;
  return [name, join("SpokenCOCO", name)];
}

async function find(root: string, part: string): Promise<string | undefined> {
  for (const place of placesOf(part)) if (await exists(join(root, place))) return join(root, place);
  return undefined;
}

function listOf(root: string, part: string): Promise<string> {
  return firstOf(root, placesOf(part), SPOKENCOCO);
}

async function readPart(file: string, split: Split, { images, taken, onOddity }: State): Promise<Pair[]> {
  const folder = dirname(file);
  const pairs: Pair[] = [];
  let count = 0;
  for await (const entry of jsonElements(file, "data")) {
    const where = `${file}, data[${count++}]`;
    const listed = textField(entry, "image", where);
    const imageId = cocoId(listed, where);
    const image = insidePath(images, listed, where);
    const captions = captionsOf(entry, where);
    if (captions.length === 0) onOddity({ kind: "image without captions", where, value: listed });
    for (const { caption, place } of captions) {
      const text = textOrOddity(caption, "text", place, { kind: "recording without a caption, skipped", onOddity });
      if (text === undefined) continue;
      const uttid = textField(caption, "uttid", place);
      const id = uniqueName(uttid, taken);
      if (id !== uttid) onOddity({ kind: "uttid listed again, numbered", where: place, value: uttid });
      const audio = insidePath(folder, textField(caption, "wav", place), place);
      const speaker = textOrOddity(caption, "speaker", place, { kind: "recording without a speaker", onOddity });
      pairs.push({ id, imageId, image, audio, text, speaker: speaker ?? "", split });
    }
  }
  return pairs;
}

/** The captions of an entry. Published files have a list, unrolled files a single one. */
function captionsOf(entry: unknown, where: string): { caption: unknown; place: string }[] {
  const { captions, caption } = entry as { captions?: unknown; caption?: unknown };
  if (captions === undefined && typeof caption === "object" && caption !== null) {
    return [{ caption, place: `${where}.caption` }];
  }
  return listField(entry, "captions", where).map((caption, j) => ({ caption, place: `${where}.captions[${j}]` }));
}
