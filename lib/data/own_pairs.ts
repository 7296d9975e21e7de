/**
 * Pictures and recordings of one's own, listed in one file.
 *
 * @module
 */
import { dirname, relative } from "@std/path";
import { InputError } from "../errors.ts";
import { notEmpty } from "./index_files.ts";
import type { LoadOptions } from "./oddities.ts";
import { ownPath, tellRepeats, uniqueIds } from "./own_rows.ts";
import { splitLines } from "./own_splits.ts";
import { readTable, type TableRow } from "./own_table.ts";
import type { Pair } from "./pair.ts";

const COLUMNS = ["image", "audio", "text", "split", "id", "speaker", "imageId", "group"];
/** What `loadTone` reads from the same table. */
const OF_TONE = ["mood", "flat"];

/**
 * Reads a table (see {@link readTable}) with the columns `image` and `audio`, which are paths relative to the file, and, where
 * there is more to say, `text` (the written caption), `split`, `id`, `speaker`, `imageId` and `group`
 * (pairs that are hard to tell apart: they come into a batch together).
 *
 * - Without `split` in any line the pictures are cut into 80 % train, 10 % dev and 10 % test by a hash of their imageId, so
 *   that all descriptions of a picture stay together; with train but no dev, dev is cut from train.
 * - Without `id` it is `line-N`. Without `imageId` it is the picture's path as it is written.
 * - Without `text` it is empty: what needs written captions cannot be done then.
 *
 * @param file the table: `.jsonl`, `.ndjson`, `.csv` or `.tsv`
 * @returns pairs in the order of the lines
 * @throws {InputError} where the file is missing, malformed or empty, a path is absolute or leaves the folder, an id occurs
 * twice, a picture has two imageIds or an imageId two pictures, or a picture is in two splits (names file and line).
 *
 * @example
 * ```ts
 * import { loadOwnPairs } from "./own_pairs.ts";
 * const folder = await Deno.makeTempDir();
 * const lines = ["a", "b", "c"].map((name) => `${name}.jpg,${name}.wav,"a cat, asleep"`);
 * await Deno.writeTextFile(`${folder}/pairs.csv`, ["image,audio,text", ...lines].join("\n"));
 * const pairs = await loadOwnPairs(`${folder}/pairs.csv`);
 * await Deno.remove(folder, { recursive: true });
 * if (pairs[0]?.id !== "line-2" || pairs[0].text !== "a cat, asleep") throw new Error("not read");
 * ```
 */
export async function loadOwnPairs(file: string, options: LoadOptions = {}): Promise<Pair[]> {
  const onOddity = options.onOddity ?? (() => {});
  const rows = await readTable(file, { columns: COLUMNS, required: ["image", "audio"], others: OF_TONE, onOddity });
  const folder = dirname(file);
  const pairs = rows.map(({ fields, line, where }): Omit<Pair, "split"> => {
    const image = ownPath(folder, fields.get("image") as string, where);
    return {
      id: fields.get("id") ?? `line-${line}`,
      imageId: fields.get("imageId") ?? relative(folder, image).replaceAll("\\", "/"),
      image,
      audio: ownPath(folder, fields.get("audio") as string, where),
      text: fields.get("text") ?? "",
      speaker: fields.get("speaker") ?? "",
      ...(fields.has("group") ? { group: fields.get("group") as string } : {}),
    };
  });
  uniqueIds(pairs, rows);
  oneToOne(pairs, rows);
  tellRepeats(pairs, rows, onOddity);
  const lines = rows.map(({ fields, where }, i) => ({ group: pairs[i]!.imageId, named: fields.get("split"), where }));
  const splits = splitLines(notEmpty(lines, "your data", file), "picture", onOddity);
  return pairs.map((pair, i) => ({ ...pair, split: splits[i]! }));
}

function oneToOne(pairs: readonly { image: string; imageId: string }[], rows: readonly TableRow[]): void {
  const ids = new Map<string, { other: string; where: string }>();
  const images = new Map<string, { other: string; where: string }>();
  pairs.forEach(({ image, imageId }, i) => {
    const { where } = rows[i]!;
    for (const [map, key, other] of [[ids, image, imageId], [images, imageId, image]] as const) {
      const known = map.get(key);
      if (known !== undefined && known.other !== other) {
        throw new InputError(
          `Cannot read ${where} as a picture must have one imageId and an imageId one picture: '${key}' goes with '${other}' ` +
            `here and with '${known.other}' in ${known.where}.`,
        );
      }
      if (known === undefined) map.set(key, { other, where });
    }
  });
}
