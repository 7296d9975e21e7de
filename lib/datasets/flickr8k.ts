/**
 * Flickr8k with the Flickr Audio Caption Corpus, as published.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files.ts";
import { firstFolder, indexLines, insidePath, notEmpty } from "./index_files.ts";
import type { LoadOptions } from "./oddities.ts";
import type { Pair, Split } from "./pair.ts";

/**
 * Reads `Images/*.jpg` (or `Flicker8k_Dataset/`), `Flickr8k.token.txt`, `Flickr_8k.{train,dev,test}Images.txt` and
 * `flickr_audio/{wavs/,wav2capt.txt,wav2spk.txt}`. Recordings of pictures in no split are left out, as usual (92 of the
 * 8,092 pictures are in none). Without `wav2spk.txt` the speakers are unknown.
 *
 * @param root the data set's folder
 * @returns pairs in the order of `wav2capt.txt`; the imageId is the picture's file name
 * @throws {InputError} where an index file is missing or a line is malformed (names file and line), a path leaves the
 * folder, or nothing is listed.
 */
export async function loadFlickr8k(root: string, _options: LoadOptions = {}): Promise<Pair[]> {
  const images = await firstFolder(root, ["Images", "Flicker8k_Dataset"], "Flickr8k");
  const captions = await readCaptions(join(root, "Flickr8k.token.txt"));
  const splits = await readSplits(root);
  const speakers = await readSpeakers(join(root, "flickr_audio", "wav2spk.txt"));
  const pairs: Pair[] = [];
  const seen = new Map<string, string>();
  for (const { line, where } of await indexLines(join(root, "flickr_audio", "wav2capt.txt"))) {
    const match = /^(\S+)\s+(\S+)\s+#(\d+)$/.exec(line.trim());
    if (!match) {
      throw new InputError(
        `Cannot read ${where} as a line must be 'NAME_0.wav NAME.jpg #0': it is '${line.slice(0, 80)}'.`,
      );
    }
    const [, wav, image, number] = match as unknown as [string, string, string, string];
    const split = splits.get(image);
    if (split === undefined) continue;
    const text = captions.get(`${image}#${number}`);
    if (text === undefined) {
      throw new InputError(`Cannot read ${where} as '${image}#${number}' must have a caption in Flickr8k.token.txt.`);
    }
    const id = wav.replace(/\.\w+$/, "");
    if (seen.has(id)) throw new InputError(`Cannot read ${where} as '${wav}' stands in ${seen.get(id)} already.`);
    seen.set(id, where);
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
  return notEmpty(pairs, "Flickr8k", root);
}

async function readCaptions(file: string): Promise<Map<string, string>> {
  const captions = new Map<string, string>();
  for (const { line, where } of await indexLines(file)) {
    const match = /^(\S+#\d+)\t(.+)$/.exec(line);
    if (!match) {
      throw new InputError(
        `Cannot read ${where} as a line must be 'NAME.jpg#0<TAB>caption': it is '${line.slice(0, 80)}'.`,
      );
    }
    captions.set(match[1] as string, (match[2] as string).trim());
  }
  return captions;
}

async function readSplits(root: string): Promise<Map<string, Split>> {
  const splits = new Map<string, Split>();
  for (const split of ["train", "dev", "test"] as const) {
    for (const { line, where } of await indexLines(join(root, `Flickr_8k.${split}Images.txt`))) {
      const image = line.trim();
      const other = splits.get(image);
      if (other !== undefined && other !== split) {
        throw new InputError(`Cannot read ${where} as '${image}' must be in one split only: it is in ${other} too.`);
      }
      splits.set(image, split);
    }
  }
  return splits;
}

async function readSpeakers(file: string): Promise<Map<string, string>> {
  const speakers = new Map<string, string>();
  if (!await exists(file)) return speakers;
  for (const { line, where } of await indexLines(file)) {
    const match = /^(\S+)\s+(\S+)$/.exec(line.trim());
    if (!match) {
      throw new InputError(
        `Cannot read ${where} as a line must be 'NAME_0.wav SPEAKER': it is '${line.slice(0, 80)}'.`,
      );
    }
    speakers.set(match[1] as string, match[2] as string);
  }
  return speakers;
}
