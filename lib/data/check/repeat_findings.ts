/**
 * What stands in a data set twice, and what its splits share.
 *
 * @module
 */
import { entriesByFile } from "./file_findings.ts";
import type { ManifestLine } from "./manifest_lines.ts";
import { type Entry, type Finding, finding, grouped, type Seen, splitsOf } from "./seen.ts";

/**
 * - `same-id`: several entries of one id;
 * - `same-recording`: several entries of one recording;
 * - `same-recording-content`, `same-picture-content`: the same bytes under several names;
 * - `splits-share-image`: pictures of one imageId in several splits;
 * - `splits-share-picture`, `splits-share-recording`: the same bytes, under several names, in several splits (these are not
 *   listed as same content again); a recording that is listed in several splits counts too.
 */
export function repeatFindings(seen: Seen): Finding[] {
  const uses = entriesByFile(seen);
  return [
    ...sameIds(seen),
    ...sameRecordings(seen),
    ...sameContents(seen, "recording", uses),
    ...sameContents(seen, "picture", uses),
    ...sharedImages(seen),
  ];
}

function sameIds({ entries }: Seen): Finding[] {
  return repeated(grouped(entries, ({ id }) => id)).map(([id, same]) =>
    finding({ kind: "same-id", detail: `${same.length} entries have the id '${id}'`, files: filesOf(same) }, same)
  );
}

function sameRecordings({ entries }: Seen): Finding[] {
  return repeated(grouped(entries, ({ recording }) => recording)).map(([file, same]) => {
    const shared = splitsOf(same).length > 1;
    const detail = `${same.length} entries have this recording${shared ? ", in several splits" : ""}`;
    return finding({ kind: shared ? "splits-share-recording" : "same-recording", detail, files: [file] }, same);
  });
}

function sameContents(seen: Seen, kind: ManifestLine["kind"], uses: Map<string, Entry[]>): Finding[] {
  const whole = [...seen.lines.values()].filter((line) => line.kind === kind && line.problem === undefined);
  return repeated(grouped(whole, ({ sha256 }) => sha256)).map(([, lines]) => {
    const files = lines.map(({ file }) => file);
    const entries = [...new Set(files.flatMap((file) => uses.get(file) ?? []))];
    const shared = splitsOf(entries).length > 1;
    const detail = `${files.length} files have the same content${shared ? ", in several splits" : ""}`;
    return finding({ kind: shared ? `splits-share-${kind}` : `same-${kind}-content`, detail, files }, entries);
  });
}

function sharedImages({ entries }: Seen): Finding[] {
  return repeated(grouped(entries, ({ imageId }) => imageId))
    .filter(([, same]) => splitsOf(same).length > 1)
    .map(([imageId, same]) => {
      const files = [...new Set(same.flatMap(({ picture }) => picture ?? []))];
      const detail = `the picture '${imageId}' stands in ${splitsOf(same).join(" and ")}`;
      return finding({ kind: "splits-share-image", detail, files }, same);
    });
}

function repeated<K, T>(groups: Map<K, T[]>): [K, T[]][] {
  return [...groups].filter(([, group]) => group.length > 1);
}

function filesOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.map(({ recording }) => recording))];
}
