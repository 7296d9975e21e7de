/**
 * Parts of an experiment that take long are kept, so that one that was stopped goes on after the last of them.
 *
 * @module
 */
import { exists, readJson, writeAtomic } from "../../files.ts";

/** 16 hexadecimal digits that tell contents apart. */
export async function digestOf(content: Iterable<string | Float32Array>): Promise<string> {
  const blob = new Blob([...content] as BlobPart[]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
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
