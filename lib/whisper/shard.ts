/**
 * A data set split among processes or machines, and the locks that spare them doing the same work.
 *
 * No process writes another one's part of the store, so the locks keep no data safe: they only save time.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import type { LockRequest } from "../files/lock.ts";
import { hash } from "../random.ts";

/** One of several parts of the recordings. */
export interface Shard {
  /** From 1 to `count`. */
  index: number;
  /** How many parts there are. */
  count: number;
}

/**
 * Reads `I/N`.
 *
 * @throws {InputError} where the text is none, or I is not from 1 to N.
 *
 * @example
 * ```ts
 * import { parseShard } from "./shard.ts";
 * const { index, count } = parseShard("2/8");
 * if (index !== 2 || count !== 8) throw new Error(`${index} of ${count}`);
 * ```
 */
export function parseShard(text: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text.trim()) ?? []).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count) return { index, count };
  throw new InputError(
    `Cannot take a shard as it must be I/N with I from 1 to N, such as 1/8: it is '${text}'. ` +
      "Where a scheduler counts from 0, add 1.",
  );
}

/**
 * Whether a recording belongs to a shard. Its id alone decides: neither the machine, nor the order or completeness of the
 * list, nor the folder of the data. Each id belongs to one shard of N; the shards are about equal in size.
 */
export function isInShard(id: string, { index, count }: Shard): boolean {
  return mixed(hash(id)) % count === index - 1;
}

/** Spreads the bits of a hash (MurmurHash3's last step), so that the remainder depends on all of them. */
function mixed(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** The locks of a process that transcribes into a folder: all recordings exclude everyone else, a shard only itself. */
export function storeLocks(folder: string, shard: Shard | undefined): LockRequest[] {
  const all = join(folder, "lock");
  if (shard === undefined) return [{ path: all, exclusive: true }];
  return [
    { path: join(folder, `lock-${shard.index}-of-${shard.count}`), exclusive: true },
    { path: all, exclusive: false },
  ];
}
