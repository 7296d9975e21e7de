/** Flickr8k with the Flickr Audio Caption Corpus, as published. */
import { basename, join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files/read.ts";
import { firstOf, indexLines, insidePath, notEmpty } from "./index_files.ts";
import { separatedRows } from "./own_table.ts";
import type { LoadOptions, Oddity, Pair, Split } from "./pair.ts";

/** The folder of images in the published archive (with its typo) and in mirrors. */
const IMAGES = ["Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "images"];
/** Up to this many recordings without a caption, or 1 %, are oddities. More of them mean a broken file. */
const FEW = 10;

/**
 * Reads these files:
 *
 * - `Images/*.jpg`, or `Flicker8k_Dataset/` or `Flickr8k_Dataset/`
 * - `Flickr8k.token.txt` (or `captions.txt` of the mirror on Kaggle) and `Flickr_8k.{train,dev,test}Images.txt`, in the folder
 *   or in `Flickr8k_text/`
 * - `flickr_audio/{wavs/,wav2capt.txt,wav2spk.txt}`; without `wav2spk.txt` the speakers are unknown
 *
 * Recordings of images in no split (92 of the 8,092 published images), recordings without a caption, and repeated lines are
 * skipped and reported.
 *
 * @param root the data set's folder
 * @returns pairs in the order of `wav2capt.txt`; the imageId is the image's file name
 * @throws {InputError} if an index file is missing or a line is malformed (names file and line), an image is in two
 * splits, a recording has two images, more than 1 % (and 10) of the recordings have no caption, a path leaves the folder, or
 * nothing is listed.
 */
export async function loadFlickr8k(root: string, options: LoadOptions = {}): Promise<Pair[]> {
  const onOddity = options.onOddity ?? (() => {});
  const images = await firstOf(root, IMAGES, FLICKR8K);
  const { captions, file } = await readCaptions(root, onOddity);
  const splits = await readSplits(root, onOddity);
  const speakers = await readSpeakers(join(root, "flickr_audio", "wav2spk.txt"), onOddity);
  const pairs: Pair[] = [];
  const seen = new Map<string, { caption: string; where: string }>();
  const withoutCaption: string[] = [];
  for (const { line, where } of await indexLines(join(root, "flickr_audio", "wav2capt.txt"), onOddity)) {
    const parts = partsOf(line, /^\s*(\S+)\s+(\S+)\s+#(\d+)\s*$/, where, "NAME_0.wav NAME.jpg #0");
    const [wav, image, number] = parts as [string, string, string];
    const caption = captionKey(image, number);
    const id = wav.replace(/\.\w+$/, "");
    const earlier = seen.get(id);
    if (earlier && earlier.caption !== caption) {
      throw new InputError(
        `Cannot read ${where} as '${wav}' must have one caption: it goes with '${caption}' here, with ` +
          `'${earlier.caption}' in ${earlier.where}. Remove the wrong line.`,
      );
    }
    if (earlier) {
      onOddity({ kind: "recording listed again, skipped", where, value: wav });
      continue;
    }
    seen.set(id, { caption, where });
    const split = splits.get(image);
    if (split === undefined) {
      onOddity({ kind: "recording of an image in no split, skipped", where, value: wav });
      continue;
    }
    const text = captions.get(caption);
    if (text === undefined) {
      onOddity({ kind: "recording without a caption, skipped", where, value: wav });
      withoutCaption.push(where);
      continue;
    }
    pairs.push({
      id,
      imageId: image,
      image: insidePath(images, image, where),
      audio: insidePath(join(root, "flickr_audio", "wavs"), wav, where),
      text,
      speaker: speakers.get(wav) ?? "",
      split,
    });
  }
  if (withoutCaption.length > Math.max(FEW, seen.size / 100)) {
    throw new InputError(
      `Cannot load Flickr8k from '${root}' as each recording must have a caption in '${file}': ${withoutCaption.length} ` +
        `of ${seen.size} have none, first ${withoutCaption[0]}. Fetch the file again.`,
    );
  }
  const described = new Set(pairs.map(({ imageId }) => imageId));
  for (const [image, split] of splits) {
    if (!described.has(image)) {
      onOddity({ kind: "image in a split without a recording", where: `${split} list`, value: image });
    }
  }
  return notEmpty(pairs, "Flickr8k", root);
}

const FLICKR8K = { title: "Flickr8k", name: "flickr8k" };

type Listener = (oddity: Oddity) => void;

/** Matches a line, which must have the given form. */
function partsOf(line: string, pattern: RegExp, where: string, form: string): (string | undefined)[] {
  const match = pattern.exec(line);
  if (match) return match.slice(1);
  throw new InputError(`Cannot read ${where} as a line must be '${form}': it is '${line.slice(0, 80)}'.`);
}

/** The name of a caption: `NAME.jpg#0`. */
function captionKey(image: string, number: string | number): string {
  return `${image}#${Number(number)}`;
}

/**
 * Reads the captions by {@link captionKey}, from `Flickr8k.token.txt` or from the mirror's `captions.txt` (`image,caption`),
 * which lists the captions of an image in the order of their numbers.
 */
async function readCaptions(
  root: string,
  onOddity: Listener,
): Promise<{ captions: Map<string, string>; file: string }> {
  const file = await textFile(root, "Flickr8k.token.txt", ["captions.txt"]);
  if (basename(file) === "captions.txt") return { captions: await mirrored(file, onOddity), file };
  const captions = new Map<string, string>();
  for (const { line, where } of await indexLines(file, onOddity)) {
    const parts = partsOf(line, /^\s*(\S+)#(\d+)(?:\s+(.*))?$/, where, "NAME.jpg#0<TAB>caption");
    const [named, number, text = ""] = parts as [string, string, string | undefined];
    const image = named.replace(/(\.jpe?g)\.\d+$/i, "$1");
    if (image !== named) {
      onOddity({ kind: "caption of an image with a broken name, read without its ending", where, value: named });
    }
    addCaption(captions, captionKey(image, number), text.trim(), where, onOddity);
  }
  return { captions, file };
}

async function mirrored(file: string, onOddity: Listener): Promise<Map<string, string>> {
  const captions = new Map<string, string>();
  const counts = new Map<string, number>();
  const options = { columns: ["image", "caption"], required: ["image"], onOddity, looseQuotes: true };
  for await (const { fields, where } of separatedRows(file, options)) {
    const image = (fields.get("image") as string).replace(/(\.jpe?g)\.\d+$/i, "$1");
    const number = counts.get(image) ?? 0;
    counts.set(image, number + 1);
    addCaption(captions, captionKey(image, number), fields.get("caption") ?? "", where, onOddity);
  }
  return captions;
}

function addCaption(captions: Map<string, string>, key: string, text: string, where: string, onOddity: Listener): void {
  if (text === "") onOddity({ kind: "blank caption, skipped", where, value: key });
  else if (captions.has(key)) onOddity({ kind: "caption listed again, the first is used", where, value: key });
  else captions.set(key, text);
}

/** Reads the split of each image from `Flickr_8k.{train,dev,test}Images.txt`. */
async function readSplits(root: string, onOddity: Listener): Promise<Map<string, Split>> {
  const splits = new Map<string, Split>();
  for (const split of ["train", "dev", "test"] as const) {
    for (const { line, where } of await indexLines(await textFile(root, `Flickr_8k.${split}Images.txt`), onOddity)) {
      const image = line.trim();
      if (/[\\/]/.test(image)) throw new InputError(`Cannot read ${where} as '${image}' must be a file's name alone.`);
      const other = splits.get(image);
      if (other !== undefined && other !== split) {
        throw new InputError(
          `Cannot read ${where} as '${image}' must be in one split only: it is in ${other} too. Fetch the lists again.`,
        );
      }
      if (other !== undefined) {
        onOddity({ kind: "image listed again in its split, counted once", where, value: image });
      }
      splits.set(image, split);
    }
  }
  return splits;
}

/** Reads the speaker of each recording from `wav2spk.txt`, if there is such a file. */
async function readSpeakers(file: string, onOddity: Listener): Promise<Map<string, string>> {
  const speakers = new Map<string, string>();
  if (!await exists(file)) return speakers;
  for (const { line, where } of await indexLines(file, onOddity)) {
    const parts = partsOf(line, /^\s*(\S+)\s+(\S+)\s*$/, where, "NAME_0.wav SPEAKER");
    const [wav, speaker] = parts as [string, string];
    const other = speakers.get(wav);
    if (other !== undefined && other !== speaker) {
      onOddity({ kind: "recording with two speakers, the first is used", where, value: wav });
    } else speakers.set(wav, speaker);
  }
  return speakers;
}

/** Finds a text file in the folder, in `Flickr8k_text/`, as the archive is often unpacked, or under another name. */
function textFile(root: string, name: string, others: readonly string[] = []): Promise<string> {
  return firstOf(root, [name, join("Flickr8k_text", name), ...others], FLICKR8K);
}
