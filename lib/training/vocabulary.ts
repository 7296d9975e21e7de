/** The words that a model with keywords may choose, next to its checkpoints. */
import { dirname, join } from "@std/path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { sealed, unsealed } from "../files/checksum.ts";
import { readJson } from "../files/read.ts";

const schema = z.strictObject({ tokens: z.array(z.number().int().min(0)).min(1) });

/** Where the vocabulary of a checkpoint is. */
export function vocabularyPath(checkpoint: string): string {
  return join(dirname(checkpoint), "vocabulary.json");
}

/**
 * The different tokens of texts, the most frequent first (of equally frequent ones the lower id).
 *
 * @example
 * ```ts
 * import { vocabularyOf } from "./vocabulary.ts";
 * if (vocabularyOf([[7, 5], [5, 3]]).join() !== "5,3,7") throw new Error("not by frequency");
 * ```
 */
export function vocabularyOf(texts: Iterable<Iterable<number>>): number[] {
  const counts = new Map<number, number>();
  for (const tokens of texts) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a - b).map(([token]) => token);
}

/** Writes a vocabulary. */
export async function writeVocabulary(path: string, tokens: readonly number[]): Promise<void> {
  await writeAtomic(path, sealed({ tokens }, 0));
}

/**
 * Reads a vocabulary.
 *
 * @throws {InputError} if it is missing or damaged.
 */
export async function readVocabulary(path: string): Promise<number[]> {
  const result = schema.safeParse(unsealed(await readJson(path), `'${path}'`));
  if (result.success) return result.data.tokens;
  throw new InputError(`Cannot use '${path}' as a vocabulary as it has no list of tokens: train the run again.`);
}
