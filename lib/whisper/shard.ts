/**
 * A data set split among processes or machines, with locks against doing the same work twice.
 *
 * No process writes another one's part of the store, so the locks only save time; the data is safe without them.
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import type { LockRequest } from "../files/lock.ts";
import { hash } from "../random.ts";

/** One of `count` parts of the recordings; `index` counts from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** Parses `I/N`. Throws InputError unless I is from 1 to N. */
export function parseShard(text: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text.trim()) ?? []).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count) return { index, count };
  throw new InputError(
    `Cannot take a shard as it must be I/N with I from 1 to N, such as 1/8: it is '${text}'. ` +
      "If a scheduler counts from 0, add 1.",
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

/** The locks of a process: without a shard it excludes all other processes, with a shard only the same shard. */
export function storeLocks(folder: string, shard: Shard | undefined): LockRequest[] {
  const all = { path: join(folder, "lock"), exclusive: shard === undefined };
  if (shard === undefined) return [all];
  return [{ path: join(folder, `lock-${shard.index}-of-${shard.count}`), exclusive: true }, all];
}
