/**
 * What pairs and emotion clips of one's own have in common: paths, ids, recordings.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { insidePath } from "./index_files.ts";
import type { Oddity } from "./oddities.ts";
import type { TableRow } from "./own_table.ts";

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
