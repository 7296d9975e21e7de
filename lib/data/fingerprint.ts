/** The fingerprint of a data set: its pairs, their splits, and their files. */
import { createHash } from "node:crypto";
import { normalize, relative, resolve } from "@std/path";
import { inParallel } from "../files/in_parallel.ts";
import type { Pair } from "./pair.ts";
import { sha256OfFile } from "../files/checksum.ts";

const PARTS = ["pairs", "splits", "files"] as const;
/** Hexadecimal digits of each part. */
const DIGITS = 16;
/** The hash of a file that cannot be read. */
const EMPTY = createHash("sha256").digest("hex");
/** The contents of files are hashed up to this many bytes in total. For larger sets only the sizes count. */
const MAX_HASHED_BYTES = 512 * 2 ** 20;
const CONCURRENT_READS = 64;

/**
 * The fingerprint of a list of pairs: the pairs in their order (ids, images, recordings, captions, speakers, groups), and
 * their splits. It does not depend on the machine or on where the data set is. It reads no files: 600,000 pairs take about
 * a second.
 *
 * @param base the folder of the data set, to which paths are relative
 * @param files the result of {@link identifyFiles}, to include the files
 * @returns such as `"pairs 0f3a..., splits 77b1..."`, followed by `", files ..."` if they are included
 */
export function fingerprintPairs(pairs: readonly Pair[], base = ".", files?: string): string {
  const listed = createHash("sha256"), divided = createHash("sha256");
  const place = placesBelow(base);
  for (const { id, imageId, image, audio, text, speaker, group = "", split } of pairs) {
    listed.update(JSON.stringify([id, imageId, place(image), place(audio), text, speaker, group]));
    divided.update(JSON.stringify([id, split]));
  }
  const [first, second] = [listed, divided].map((hash) => hash.digest("hex").slice(0, DIGITS));
  return `pairs ${first}, splits ${second}` + (files === undefined ? "" : `, files ${files}`);
}

/**
 * Hashes the sizes of images and recordings and, if they have at most `maxBytes` in total, their contents. Times do not
 * count, so a copy is the same data. A missing file has the size -1.
 */
export async function identifyFiles(
  pairs: readonly Pair[],
  base = ".",
  maxBytes: number = MAX_HASHED_BYTES,
): Promise<string> {
  const paths = [...new Set(pairs.flatMap(({ image, audio }) => [image, audio]))];
  const sizes = await inParallel(paths, CONCURRENT_READS, async (path) => {
    const found = await Deno.stat(path).catch(() => undefined);
    return found?.isFile ? found.size : -1; // reading a pipe would block
  });
  const sizeOf = new Map(paths.map((path, i) => [path, sizes[i]!]));
  const total = sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  const contents = total > maxBytes ? [] : await inParallel(paths, CONCURRENT_READS, async (path) => {
    return sizeOf.get(path)! < 0 ? EMPTY : await sha256OfFile(path).catch(() => EMPTY);
  });
  const all = createHash("sha256");
  const place = placesBelow(base);
  paths.forEach((path, i) => all.update(JSON.stringify([place(path), sizes[i], contents[i] ?? null])));
  return all.digest("hex").slice(0, DIGITS);
}

/** The parts in which two fingerprints differ. A part that one of them lacks does not count. */
export function differingParts(first: string, second: string): ("pairs" | "splits" | "files")[] {
  const [a, b] = [first, second].map((fingerprint) =>
    Object.fromEntries(fingerprint.split(", ").map((part) => part.split(" ")))
  );
  return PARTS.filter((part) => part in a! && part in b! && a![part] !== b![part]);
}

/** Makes paths relative to a folder, with `/` as separator. */
function placesBelow(base: string): (path: string) => string {
  const start = `${normalize(base)}/`.replaceAll("\\", "/"), whole = resolve(base);
  return (path) => {
    const plain = path.replaceAll("\\", "/");
    return plain.startsWith(start) ? plain.slice(start.length) : relative(whole, resolve(path)).replaceAll("\\", "/");
  };
}
