/**
 * What is wrong or odd with single files.
 *
 * @module
 */
import type { ManifestLine } from "./manifest_lines.ts";
import { type Entry, type Finding, finding, grouped, type Seen } from "./seen.ts";

/** The entries of each file, recordings and pictures. */
export function entriesByFile({ entries }: Pick<Seen, "entries">): Map<string, Entry[]> {
  const named = entries.flatMap((entry) =>
    [entry.recording, entry.picture].flatMap((file) => file === undefined ? [] : [{ file, entry }])
  );
  const groups = grouped(named, ({ file }) => file);
  return new Map([...groups].map(([file, uses]) => [file, uses.map(({ entry }) => entry)]));
}

/**
 * Files that cannot be used, a finding each, under the word of their problem; and what is odd about the others, a finding a
 * warning. A warning's word is what stands before its first colon.
 */
export function fileFindings(seen: Seen): Finding[] {
  const uses = entriesByFile(seen);
  const found: Finding[] = [];
  for (const [file, { problem, warnings = [] }] of seen.lines) {
    const about = (kind: string, detail: string, leftOut: boolean): void => {
      found.push(finding({ kind, leftOut, detail, files: [file] }, uses.get(file) ?? []));
    };
    if (problem !== undefined) about(problem.kind, problem.reason, true);
    for (const warning of warnings) {
      const [, word = "warning", detail = warning] = /^([a-z][a-z -]*): (.*)$/s.exec(warning) ?? [];
      about(word, detail, false);
    }
  }
  return found;
}

/** Recordings with other channels, or another sample rate, than most: `other-channels` and `other-rate`. */
export function oddOnesOut(seen: Seen): Finding[] {
  const uses = entriesByFile(seen);
  const recordings = [...seen.lines.values()].filter(({ kind, problem }) => kind === "recording" && !problem);
  const unlike = (kind: string, field: "channels" | "rate", shown: (value: number) => string): Finding[] => {
    const groups = grouped(recordings, (line) => line[field]);
    const usual = [...groups].reduce((most, group) => group[1].length > most[1].length ? group : most, [0, []] as [
      number,
      ManifestLine[],
    ])[0];
    return [...groups].filter(([value]) => value !== usual).flatMap(([value, lines]) =>
      lines.map(({ file }) => {
        const detail = `it has ${shown(value)}, most recordings have ${shown(usual)}`;
        return finding({ kind, detail, files: [file] }, uses.get(file) ?? []);
      })
    );
  };
  return [
    ...unlike("other-channels", "channels", (count) => count === 1 ? "1 channel" : `${count} channels`),
    ...unlike("other-rate", "rate", (rate) => `${rate} Hz`),
  ];
}
