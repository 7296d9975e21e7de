/**
 * Speech in moods of one's own, listed in one file.
 *
 * @module
 */
import { dirname } from "@std/path";
import { notEmpty } from "./index_files.ts";
import type { LoadOptions } from "./oddities.ts";
import { ownPath, tellRepeats, uniqueIds } from "./own_rows.ts";
import { splitLines } from "./own_splits.ts";
import { readTable } from "./own_table.ts";
import type { EmotionClip } from "./pair.ts";

const COLUMNS = ["audio", "emotion", "speaker", "statement", "split", "id"];

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
 * import { loadEmotionClips } from "./own_clips.ts";
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/labels.csv`, "audio,emotion,split\na.wav,happy,train\nb.wav,sad,test\n");
 * const clips = await loadEmotionClips(`${folder}/labels.csv`);
 * await Deno.remove(folder, { recursive: true });
 * if (clips[1]?.emotion !== "sad" || clips[1].split !== "test") throw new Error("not read");
 * ```
 */
export async function loadEmotionClips(file: string, options: LoadOptions = {}): Promise<EmotionClip[]> {
  const onOddity = options.onOddity ?? (() => {});
  const rows = await readTable(file, { columns: COLUMNS, required: ["audio", "emotion"], onOddity });
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
