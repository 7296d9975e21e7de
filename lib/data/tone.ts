/**
 * The tone benchmark: pairs of one's own whose lines also tell the mood.
 *
 * @module
 */
import { dirname } from "@std/path";
import { InputError } from "../errors.ts";
import { loadOwnPairs } from "./own_pairs.ts";
import { ownPath } from "./own_rows.ts";
import { readTable } from "./own_table.ts";
import type { Pair } from "./pair.ts";

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
