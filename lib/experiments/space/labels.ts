/**
 * What the points of a map are coloured by.
 *
 * @module
 */
import { readTable } from "../../data/own_table.ts";
import { loadTone } from "../../data/own_data.ts";
import type { RunConfig } from "../../training/config.ts";

/** Names of hues, in the order of English dictionaries of them: each set of pictures has some. */
export const HUES: readonly string[] = [
  "red",
  "orange",
  "yellow",
  "green",
  "blue",
  "purple",
  "pink",
  "brown",
  "black",
  "white",
];

/**
 * The moods of a data set's pairs by their names; undefined where it tells none.
 *
 * @throws {InputError} as the data set's own reader.
 */
export async function moodsOf({ dataset, dataRoot }: RunConfig): Promise<Map<string, string> | undefined> {
  if (dataset !== "own") return undefined;
  const rows = await readTable(dataRoot, { columns: ["mood"], required: [], onOddity: () => {} });
  if (!rows.every(({ fields }) => fields.has("mood"))) return undefined;
  return new Map((await loadTone(dataRoot)).map(({ id, mood }) => [id, mood]));
}

/**
 * The word of a list that stands first in a text; null where it has none.
 *
 * @example
 * ```ts
 * import { firstWord } from "./labels.ts";
 * if (firstWord("A dog, Brown, on green grass.", ["green", "brown"]) !== "brown") throw new Error("not the first");
 * ```
 */
export function firstWord(text: string, words: readonly string[]): string | null {
  const wanted = new Set(words);
  return (text.toLowerCase().match(/[\p{L}\p{M}']+/gu) ?? []).find((word) => wanted.has(word)) ?? null;
}
