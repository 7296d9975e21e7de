/**
 * The index files of Flickr8k: captions, splits, speakers.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files.ts";
import { firstOf } from "./index_files.ts";
import { indexLines } from "./index_lines.ts";
import type { Oddity } from "./oddities.ts";
import { separatedRows } from "./own_table.ts";
import type { Split } from "./pair.ts";

/** How messages and `data get` call it. */
export const FLICKR8K = { title: "Flickr8k", name: "flickr8k" };

/** Hears of oddities. */
type Listener = (oddity: Oddity) => void;

/** The name of a caption: picture and number, as `NAME.jpg#0`. */
export function captionKey(image: string, number: string | number): string {
  return `${image}#${Number(number)}`;
}

/**
 * The captions by {@link captionKey}, of `Flickr8k.token.txt`, else of the mirror's `captions.txt` (`image,caption`, where the
 * captions of a picture stand in the order of their numbers).
 *
 * @throws {InputError} where neither is there or a line is malformed.
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
  for (const { fields, where } of await separatedRows(file, options)) {
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
 * The split of each picture, of `Flickr_8k.{train,dev,test}Images.txt`.
 *
 * @throws {InputError} where one is missing, or a picture is in two of them (names file and line).
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
 * Who speaks in each recording, of `wav2spk.txt`; nothing where there is no such file.
 *
 * @throws {InputError} where a line is malformed.
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

/** Where a text file is: in the folder itself, in `Flickr8k_text/`, as the published archive is often unpacked, or elsewhere. */
function textFile(root: string, name: string, others: readonly string[] = []): Promise<string> {
  return firstOf(root, [name, join("Flickr8k_text", name), ...others], FLICKR8K);
}
