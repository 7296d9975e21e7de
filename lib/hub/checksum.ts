/**
 * Checksums by which files are published, computed while the bytes arrive.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** A published checksum. */
export interface Checksum {
  /** `"git"` is the SHA-1 of git's blob, of the length and the content: the hub's for small files. */
  algorithm: "sha256" | "md5" | "git";
  /** Hexadecimal digits in lower case. */
  digits: string;
}

/** A checksum under way. */
export interface RunningChecksum {
  /** Takes the next bytes. */
  update(bytes: Uint8Array): void;
  /** The hexadecimal digits of all bytes; nothing can be added afterwards. */
  digits(): string;
}

/**
 * Starts a checksum.
 *
 * @param size bytes of the whole file; git's checksum begins with it
 *
 * @example
 * ```ts
 * import { startChecksum } from "./checksum.ts";
 * const sum = startChecksum("git", 6);
 * sum.update(new TextEncoder().encode("hello\n"));
 * if (sum.digits() !== "ce013625030ba8dba906f756967f9e9ca394464a") throw new Error("expected git's name of the blob");
 * ```
 */
export function startChecksum(algorithm: Checksum["algorithm"], size: number): RunningChecksum {
  const hash = createHash(algorithm === "git" ? "sha1" : algorithm);
  if (algorithm === "git") hash.update(`blob ${size}\0`);
  return { update: (bytes) => void hash.update(bytes), digits: () => hash.digest("hex") };
}
