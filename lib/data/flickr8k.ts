/**
 * Flickr8k with the Flickr Audio Caption Corpus, as published.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { captionKey, FLICKR8K, readCaptions, readSpeakers, readSplits } from "./flickr8k_files.ts";
import { firstOf, insidePath, notEmpty } from "./index_files.ts";
import { indexLines } from "./index_lines.ts";
import type { LoadOptions } from "./oddities.ts";
import type { Pair } from "./pair.ts";

/** Names of the folder of pictures: of the published archive (with its slip), of mirrors. */
const IMAGES = ["Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "images"];
/** Recordings without a caption that are still an oddity, not a broken file: so many, or 1 %. */
const FEW = 10;

/**
 * Reads `Images/*.jpg` (or `Flicker8k_Dataset/`, `Flickr8k_Dataset/`), `Flickr8k.token.txt` (or `captions.txt` of the mirror on
 * Kaggle), `Flickr_8k.{train,dev,test}Images.txt` (all of them in the folder itself or in `Flickr8k_text/`) and
 * `flickr_audio/{wavs/,wav2capt.txt,wav2spk.txt}`.
 *
 * Left out, and told: recordings of pictures in no split, as usual (92 of the 8,092 pictures are in none), recordings without a
 * caption, lines that occur again. Without `wav2spk.txt` the speakers are unknown.
 *
 * @param root the data set's folder
 * @returns pairs in the order of `wav2capt.txt`; the imageId is the picture's file name
 * @throws {InputError} where an index file is missing or a line is malformed (names file and line), a picture is in two
 * splits, a recording has two pictures, more than 1 % (and 10) of the recordings have no caption, a path leaves the folder, or
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
