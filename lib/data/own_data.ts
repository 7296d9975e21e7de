/**
 * Your own pairs and emotion clips, listed in one file.
 *
 * @module
 */
import { dirname, relative } from "@std/path";
import { InputError } from "../errors.ts";
import { hash } from "../random.ts";
import { insidePath, notEmpty } from "./index_files.ts";
import { readTable, type TableRow } from "./own_table.ts";
import type { EmotionClip, LoadOptions, Oddity, Pair, Split } from "./pair.ts";

const PAIR_COLUMNS = ["image", "audio", "text", "split", "id", "speaker", "imageId", "group"];
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
 * import { loadOwnPairs } from "./own_data.ts";
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
  const rows = await readTable(file, {
    columns: PAIR_COLUMNS,
    required: ["image", "audio"],
    others: OF_TONE,
    onOddity,
  });
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

const CLIP_COLUMNS = ["audio", "emotion", "speaker", "statement", "split", "id"];

/**
 * Reads a table (see {@link readTable}) with the columns `audio` (a path relative to the file) and `emotion` (any names), and,
 * where there is more to say, `speaker`, `statement` (the sentence), `split` and `id` (else `line-N`).
 *
 * Without `split` in any line 10 % are dev and 10 % test: of the speakers, where every line names one and there are at least
 * 3; else of the recordings, so that a speaker may be in several splits. With train but no dev, dev is cut from train in the
 * same way.
 *
 * @param file the table: `.csv`, `.tsv`, `.jsonl` or `.ndjson`
 * @returns clips in the order of the lines
 * @throws {InputError} where the file is missing, malformed or empty, a path is absolute or leaves the folder, an id occurs
 * twice, or a recording is in two splits (names file and line).
 *
 * @example
 * ```ts
 * import { loadEmotionClips } from "./own_data.ts";
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/labels.csv`, "audio,emotion,split\na.wav,happy,train\nb.wav,sad,test\n");
 * const clips = await loadEmotionClips(`${folder}/labels.csv`);
 * await Deno.remove(folder, { recursive: true });
 * if (clips[1]?.emotion !== "sad" || clips[1].split !== "test") throw new Error("not read");
 * ```
 */
export async function loadEmotionClips(file: string, options: LoadOptions = {}): Promise<EmotionClip[]> {
  const onOddity = options.onOddity ?? (() => {});
  const rows = await readTable(file, { columns: CLIP_COLUMNS, required: ["audio", "emotion"], onOddity });
  const folder = dirname(file);
  const clips = rows.map(({ fields, line, where }): Omit<EmotionClip, "split"> => ({
    id: fields.get("id") ?? `line-${line}`,
    audio: ownPath(folder, fields.get("audio") as string, where),
    emotion: fields.get("emotion") as string,
    statement: fields.get("statement") ?? "",
    speaker: fields.get("speaker") ?? "",
  }));
  uniqueIds(clips, rows);
  tellRepeats(clips, rows, onOddity);
  const named = rows.some(({ fields }) => fields.has("split"));
  const speakers = new Set(clips.map(({ speaker }) => speaker));
  const bySpeaker = !named && speakers.size >= 3 && !speakers.has("");
  const lines = rows.map(({ fields, where }, i) => ({
    group: bySpeaker ? clips[i]!.speaker : clips[i]!.audio,
    named: fields.get("split"),
    where,
  }));
  const splits = splitLines(notEmpty(lines, "your data", file), bySpeaker ? "speaker" : "recording", onOddity);
  return clips.map((clip, i) => ({ ...clip, split: splits[i]! }));
}

/** A picture and its description in a voice of the same mood. */
export interface TonePair extends Pair {
  /** The mood of picture and voice. */
  mood: string;
  /** Pairs of one group are twins: the same words, pictures that differ in mood alone. */
  group: string;
  /** A recording of the same words without prosody, where there is one. */
  flat?: string;
}

/**
 * Reads a table as {@link loadOwnPairs} does, with the further columns `mood` and `group`, which every line must have, and
 * `flat`, the path of a recording without prosody.
 *
 * @throws {InputError} as {@link loadOwnPairs}, and where twins share a mood or differ in text or split.
 */
export async function loadTone(file: string): Promise<TonePair[]> {
  const pairs = await loadOwnPairs(file, { onOddity: () => {} }); // told where the pairs are listed
  const columns = ["image", "audio", "mood", "group", "flat"];
  const rows = await readTable(file, { columns, required: ["mood", "group"], onOddity: () => {} });
  const tone = pairs.map((pair, i): TonePair => {
    const { fields, where } = rows[i]!;
    const flat = fields.get("flat");
    return {
      ...pair,
      mood: fields.get("mood") as string,
      group: fields.get("group") as string,
      ...(flat === undefined ? {} : { flat: ownPath(dirname(file), flat, where) }),
    };
  });
  for (const [group, twins] of Map.groupBy(tone, ({ group }) => group)) {
    const same = (of: (pair: TonePair) => string) => new Set(twins.map(of)).size;
    if (same(({ mood }) => mood) < twins.length || same(({ text }) => text) > 1 || same(({ split }) => split) > 1) {
      throw new InputError(
        `Cannot read '${file}' as the lines of group '${group}' must differ in mood and share text and split: they do not.`,
      );
    }
  }
  return tone;
}

/**
 * A path of a table, relative to the table's folder; both `/` and `\` part folders.
 *
 * @throws {InputError} where it is absolute or leaves the folder.
 */
export function ownPath(folder: string, path: string, where: string): string {
  return insidePath(folder, path.replaceAll("\\", "/"), where);
}

/**
 * Checks that no id occurs twice.
 *
 * @throws {InputError} where one does (names both lines).
 */
export function uniqueIds(entries: readonly { id: string }[], rows: readonly TableRow[]): void {
  const first = new Map<string, string>();
  entries.forEach(({ id }, i) => {
    const { where } = rows[i]!;
    if (first.has(id)) {
      throw new InputError(
        `Cannot read ${where} as its 'id' must be its own: '${id}' stands in ${first.get(id)} already.`,
      );
    }
    first.set(id, where);
  });
}

/** Tells of recordings that occur in several lines. */
export function tellRepeats(
  entries: readonly { audio: string }[],
  rows: readonly TableRow[],
  onOddity: (oddity: Oddity) => void,
): void {
  const seen = new Set<string>();
  entries.forEach(({ audio }, i) => {
    if (seen.has(audio)) onOddity({ kind: "recording listed again, kept", where: rows[i]!.where, value: audio });
    seen.add(audio);
  });
}

/** A line whose split is wanted. */
export interface SplitLine {
  /** Lines of one group (a picture, a speaker) come into the same split. */
  group: string;
  /** The split that the line names, if any. */
  named: string | undefined;
  /** `file:line`. */
  where: string;
}

/** Part of the groups that is cut off for dev, and for test. */
const PART = 0.1;

const NAMES: Record<string, Split> = {
  train: "train",
  dev: "dev",
  val: "dev",
  valid: "dev",
  validation: "dev",
  test: "test",
};

/**
 * Gives each line its split. Where no line names one, 10 % of the groups (rounded, at least one) are test, 10 % dev, by a hash
 * of the group's name; where all name one but none is dev, 10 % of the train groups become dev.
 *
 * @returns a split a line, in their order
 * @throws {InputError} where only some lines name a split, a name is unknown, a group is in two splits (names both lines), or
 * there are fewer than 3 groups to cut.
 */
export function splitLines(lines: readonly SplitLine[], what: string, onOddity: (oddity: Oddity) => void): Split[] {
  const bare = lines.find(({ named }) => named === undefined);
  const telling = lines.find(({ named }) => named !== undefined);
  if (bare && telling) {
    throw new InputError(
      `Cannot read ${bare.where} as all lines or none must have a 'split': it has none, ${telling.where} has ` +
        `'${telling.named}'. Fill in all of them, or leave the column out.`,
    );
  }
  const splits = telling ? namedSplits(lines, what) : cut(lines, what);
  const told = { where: lines[0]?.where ?? "", value: "split" };
  if (!telling) onOddity({ kind: `data without splits, cut by ${what} into train, dev and test`, ...told });
  else if (addDev(splits)) onOddity({ kind: `data without a dev split, cut from train by ${what}`, ...told });
  return lines.map(({ group }) => splits.get(group) as Split);
}

function namedSplits(lines: readonly SplitLine[], what: string): Map<string, Split> {
  const splits = new Map<string, Split>();
  const first = new Map<string, string>();
  for (const { group, named = "", where } of lines) {
    const split = Object.hasOwn(NAMES, named.toLowerCase()) ? NAMES[named.toLowerCase()] : undefined;
    if (split === undefined) {
      throw new InputError(`Cannot read ${where} as 'split' must be train, dev (or val) or test: it is '${named}'.`);
    }
    const other = splits.get(group);
    if (other !== undefined && other !== split) {
      throw new InputError(
        `Cannot read ${where} as ${what} '${group}' must be in one split only: it is in ${split} here and in ${other} in ` +
          `${first.get(group)}. Put all of its lines into one.`,
      );
    }
    if (other === undefined) first.set(group, where);
    splits.set(group, split);
  }
  return splits;
}

function cut(lines: readonly SplitLine[], what: string): Map<string, Split> {
  const groups = ranked(lines.map(({ group }) => group));
  if (groups.length < 3) {
    throw new InputError(
      `Cannot cut ${lines[0]?.where ?? "the data"} and what follows into train, dev and test as it takes 3 different ` +
        `values of ${what}: there are ${groups.length}. Add more, or a column 'split'.`,
    );
  }
  const part = Math.max(1, Math.round(PART * groups.length));
  return new Map(groups.map((group, i) => [group, i < part ? "test" : i < 2 * part ? "dev" : "train"]));
}

/** Makes a tenth of the train groups dev, where there is no dev and more than one train group. */
function addDev(splits: Map<string, Split>): boolean {
  const train = [...splits.keys()].filter((group) => splits.get(group) === "train");
  if (train.length < 2 || [...splits.values()].includes("dev")) return false;
  for (const group of ranked(train).slice(0, Math.max(1, Math.round(PART * train.length)))) splits.set(group, "dev");
  return true;
}

/** Different groups in an order that looks random and does not depend on the order of the lines. */
function ranked(groups: Iterable<string>): string[] {
  const placed = [...new Set(groups)].map((group) => ({ group, place: hash(`${group}:split`) }));
  placed.sort((a, b) => a.place - b.place || (a.group < b.group ? -1 : 1));
  return placed.map(({ group }) => group);
}
