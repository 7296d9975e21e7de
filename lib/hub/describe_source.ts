/**
 * What a person must know to get a data set.
 *
 * @module
 */
import type { DataSource, PublishedFile } from "./data_sources.ts";

/** How far the addresses can be trusted. */
const LOOKED_UP =
  "Addresses, sizes and checksums were looked up in November 2026 in public copies of these pages; links die.";

/**
 * A data set's places, licence, files, folder and commands, as text.
 *
 * @param folder where the data set is to stand
 *
 * @example
 * ```ts
 * import { DATA_SOURCES } from "./data_sources.ts";
 * import { describeSource } from "./describe_source.ts";
 * const text = describeSource(DATA_SOURCES.find(({ name }) => name === "ravdess")!, "data/ravdess");
 * if (!text.includes("MD5 bc696df654c87fed845eb13823edef8a")) throw new Error(text);
 * ```
 */
export function describeSource(source: DataSource, folder: string): string {
  const lines = [source.title, "", "published at", ...source.pages.map((page) => `  ${page}`)];
  lines.push("licence", ...source.licence.map((part) => `  ${part}`), `size ${source.size}`, "files");
  for (const file of source.files) {
    lines.push(
      `  ${file.name}  ${sizeOf(file)}  ${file.holds}${file.copy ? " (somebody's copy)" : ""}`,
      `    ${file.url}`,
    );
    if (file.checksum !== undefined) {
      const { algorithm, digits } = file.checksum;
      lines.push(`    ${algorithm.toUpperCase()} ${digits}${file.told === "others" ? " (as others found it)" : ""}`);
    }
  }
  if (source.recordings !== undefined) {
    const { count, url, lists } = source.recordings;
    lines.push(
      `  ${count.toLocaleString("en")} recordings, one by one, named in '${lists.at(-1)}' and the like`,
      `    ${url}/`,
    );
  }
  lines.push(`folder ${folder}/`, ...source.layout.map(([path, what]) => `  ${path}  ${what}`), "unpack");
  lines.push(`  cd ${folder}`, ...source.files.flatMap(({ unpack }) => unpack === undefined ? [] : [`  ${unpack}`]));
  lines.push("then", ...thenLines(source, folder), ...[...source.notes, LOOKED_UP].map((note) => `note: ${note}`));
  return lines.join("\n");
}

function thenLines({ name }: DataSource, folder: string): string[] {
  const check = `  deno task data check ${name} --data-root ${folder}`;
  return name === "ravdess" ? [check] : [check, `  deno task train --preset ${name} --data-root ${folder}`];
}

/** A file's size for a person. */
export function sizeOf({ bytes, about }: Pick<PublishedFile, "bytes" | "about">): string {
  if (bytes === undefined) return about === undefined ? "size unknown" : `about ${about}`;
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
