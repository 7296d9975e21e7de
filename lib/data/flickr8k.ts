/**
 * Flickr8k with the Flickr Audio Caption Corpus, as published.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files/read.ts";
import { firstOf, indexLines, insidePath, notEmpty } from "./index_files.ts";
import { separatedRows } from "./own_table.ts";
import type { LoadOptions, Oddity, Pair, Split } from "./pair.ts";

/** Names of the folder of images: of the published archive (with its slip), of mirrors. */
const IMAGES = ["Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "images"];
/** Recordings without a caption that are still an oddity, not a broken file: so many, or 1 %. */
const FEW = 10;

/**
 * Reads `Images/*.jpg` (or `Flicker8k_Dataset/`, `Flickr8k_Dataset/`), `Flickr8k.token.txt` (or `captions.txt` of the mirror on
 * Kaggle), `Flickr_8k.{train,dev,test}Images.txt` (all of them in the folder itself or in `Flickr8k_text/`) and
 * `flickr_audio/{wavs/,wav2capt.txt,wav2spk.txt}`.
 *
 * Skipped and reported: recordings of images in no split, as usual (92 of the 8,092 images are in none), recordings without a
 * caption, lines that occur again. Without `wav2spk.txt` the speakers are unknown.
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
  const seen = new Map<string, { goes: string; where: string }>();
  const mute: string[] = [];
  for (const { line, where } of await indexLines(join(root, "flickr_audio", "wav2capt.txt"), onOddity)) {
    const match = /^(\S+)\s+(\S+)\s+#(\d+)$/.exec(line.trim());
    if (!match) {
      throw new InputError(
        `Cannot read ${where} as a line must be 'NAME_0.wav NAME.jpg #0': it is '${line.slice(0, 80)}'.`,
      );
    }
    const [, wav, image, number] = match as unknown as [string, string, string, string];
    const goes = captionKey(image, number);
    const id = wav.replace(/\.\w+$/, "");
    const earlier = seen.get(id);
    if (earlier && earlier.goes !== goes) {
      throw new InputError(
        `Cannot read ${where} as '${wav}' must have one caption: it goes with '${goes}' here, with '${earlier.goes}' in ` +
          `${earlier.where}. Remove the wrong line.`,
      );
    }
    if (earlier) {
      onOddity({ kind: "recording listed again, left out", where, value: wav });
      continue;
    }
    seen.set(id, { goes, where });
    const split = splits.get(image);
    if (split === undefined) {
      onOddity({ kind: "recording of a picture in no split, left out", where, value: wav });
      continue;
    }
    const text = captions.get(goes);
    if (text === undefined) {
      onOddity({ kind: "recording without a caption, left out", where, value: wav });
      mute.push(where);
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
  if (mute.length > Math.max(FEW, seen.size / 100)) {
    throw new InputError(
      `Cannot load Flickr8k from '${root}' as each recording must have a caption in '${file}': ${mute.length} of ` +
        `${seen.size} have none, first ${mute[0]}. Fetch the file again.`,
    );
  }
  const heard = new Set(pairs.map(({ imageId }) => imageId));
  for (const [image, split] of splits) {
    if (!heard.has(image)) {
      onOddity({ kind: "picture of a split without a recording", where: `${split} list`, value: image });
    }
  }
  return notEmpty(pairs, "Flickr8k", root);
}

export const FLICKR8K = { title: "Flickr8k", name: "flickr8k" };

type Listener = (oddity: Oddity) => void;

/** The name of a caption: image and number, as `NAME.jpg#0`. */
export function captionKey(image: string, number: string | number): string {
  return `${image}#${Number(number)}`;
}

/**
 * Reads the captions by {@link captionKey}, of `Flickr8k.token.txt`, else of the mirror's `captions.txt` (`image,caption`, which has the
 * captions of an image in the order of their numbers).
 *
 * @throws {InputError} if both are missing or a line is malformed.
 */
export async function readCaptions(
  root: string,
  onOddity: Listener,
): Promise<{ captions: Map<string, string>; file: string }> {
  const file = await textFile(root, "Flickr8k.token.txt", ["captions.txt"]);
  if (basename(file) === "captions.txt") return { captions: await mirrored(file, onOddity), file };
  const captions = new Map<string, string>();
  for (const { line, where } of await indexLines(file, onOddity)) {
    const match = /^\s*(\S+)#(\d+)(?:\s+(.*))?$/.exec(line);
    if (!match) {
      throw new InputError(
        `Cannot read ${where} as a line must be 'NAME.jpg#0<TAB>caption': it is '${line.slice(0, 80)}'.`,
      );
    }
    const [, named, number, text = ""] = match as unknown as [string, string, string, string | undefined];
    const image = named.replace(/(\.jpe?g)\.\d+$/i, "$1");
    if (image !== named) {
      onOddity({ kind: "caption of a picture with a broken name, read without its ending", where, value: named });
    }
    keep(captions, { key: captionKey(image, number), text: text.trim(), where }, onOddity);
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
    keep(captions, { key: captionKey(image, number), text: fields.get("caption") ?? "", where }, onOddity);
  }
  return captions;
}

function keep(
  captions: Map<string, string>,
  { key, text, where }: { key: string; text: string; where: string },
  onOddity: Listener,
): void {
  if (text === "") onOddity({ kind: "caption that is blank, left out", where, value: key });
  else if (captions.has(key)) onOddity({ kind: "caption listed again, the first one counts", where, value: key });
  else captions.set(key, text);
}

/**
 * Reads the split of each image, from `Flickr_8k.{train,dev,test}Images.txt`.
 *
 * @throws {InputError} if one is missing, or a picture is in two of them (names file and line).
 */
export async function readSplits(root: string, onOddity: Listener): Promise<Map<string, Split>> {
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
        onOddity({ kind: "picture listed again in its split, counts once", where, value: image });
      }
      splits.set(image, split);
    }
  }
  return splits;
}

/**
 * Reads who speaks in each recording, from `wav2spk.txt`; nothing if there is no such file.
 *
 * @throws {InputError} if a line is malformed.
 */
export async function readSpeakers(file: string, onOddity: Listener): Promise<Map<string, string>> {
  const speakers = new Map<string, string>();
  if (!await exists(file)) return speakers;
  for (const { line, where } of await indexLines(file, onOddity)) {
    const match = /^(\S+)\s+(\S+)$/.exec(line.trim());
    if (!match) {
      throw new InputError(
        `Cannot read ${where} as a line must be 'NAME_0.wav SPEAKER': it is '${line.slice(0, 80)}'.`,
      );
    }
    const [, wav, speaker] = match as unknown as [string, string, string];
    const other = speakers.get(wav);
    if (other !== undefined && other !== speaker) {
      onOddity({ kind: "recording with two speakers, the first one counts", where, value: wav });
    } else speakers.set(wav, speaker);
  }
  return speakers;
}

/** Finds a text file in the folder itself, in `Flickr8k_text/`, as the archive is often unpacked, or under another name. */
function textFile(root: string, name: string, others: readonly string[] = []): Promise<string> {
  return firstOf(root, [name, join("Flickr8k_text", name), ...others], FLICKR8K);
}
