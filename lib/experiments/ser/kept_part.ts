/**
 * Parts of an experiment that take long are kept, so that one that was stopped goes on after the last of them.
 *
 * @module
 */
import { writeAtomic } from "../../files/atomic.ts";
import { sha256 } from "../../files/checksum.ts";
import { exists, readJson } from "../../files/read.ts";

/** 16 hexadecimal digits that tell contents apart. */
export async function digestOf(content: Iterable<string | Float32Array>): Promise<string> {
  return (await sha256(await new Blob([...content] as BlobPart[]).arrayBuffer())).slice(0, 16);
}

/**
 * What a file keeps, where it was made from the same inputs; else it is made and kept.
 *
 * @param key digest of all that the part depends on
 * @param make makes it; where it throws nothing is kept
 */
export async function keptPart<T>(path: string, key: string, make: () => Promise<T>): Promise<T> {
  if (await exists(path)) {
    const stored = await readJson(path) as { key?: unknown; part: T } | null;
    if (stored?.key === key) return stored.part;
  }
  const part = await make();
  await writeAtomic(path, `${JSON.stringify({ key, part })}\n`);
  return part;
}
