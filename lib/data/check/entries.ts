/**
 * A data set of any kind as entries and files to be looked at.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { streamLines } from "../index_lines.ts";
import { loadPairs, type PairsName } from "../load_pairs.ts";
import type { LoadOptions, Oddity } from "../oddities.ts";
import { loadEmotionClips } from "../own_clips.ts";
import type { EmotionClip, Pair } from "../pair.ts";
import { loadRavdess } from "../ravdess.ts";
import { INDEX } from "./kinds.ts";
import type { ListedFile } from "./look.ts";
import { baseOf, nameBelow } from "./manifest.ts";
import type { Entry, Finding } from "./seen.ts";

/** A data set that can be checked. */
export type CheckedName = PairsName | "ravdess";

/** The names of the data sets that can be checked. */
export const CHECKED: readonly CheckedName[] = ["flickr8k", "spokencoco", "ln-coco", "ravdess", "own"];

/** What a data set's index says. */
export interface Listed {
  /** Pairs or clips, in the order of the index. */
  entries: Entry[];
  /** Each different file once, by its name in the manifest. */
  files: Map<string, ListedFile>;
  /** What the loader found odd. */
  oddities: Finding[];
}

/**
 * Reads a data set's index with its loader; touches neither recordings nor pictures. A table of one's own lists emotion clips
 * where it has a column `emotion` and none `image`, else pairs.
 *
 * @param root the data set's folder; of `"own"` its JSON-lines or CSV file
 * @throws {InputError} where the name is unknown, and as the loader does.
 */
export async function listEntries(dataset: CheckedName, root: string): Promise<Listed> {
  if (!CHECKED.includes(dataset)) {
    throw new InputError(`Cannot check '${dataset}' as a data set must be one of ${CHECKED.join(", ")}.`);
  }
  const oddities: Finding[] = [];
  const onOddity = (oddity: Oddity): void => void oddities.push(oddityFinding(oddity));
  const listed = await load(dataset, root, { onOddity });
  const base = baseOf(dataset, root);
  const files = new Map<string, ListedFile>();
  const named = (path: string, kind: ListedFile["kind"]): string => {
    const name = nameBelow(base, path);
    if (!files.has(name)) files.set(name, { path, kind });
    return name;
  };
  const entries = listed.map((one): Entry => {
    const { id, split, speaker, audio } = one;
    const common = { id, split, speaker, recording: named(audio, "recording") };
    if ("emotion" in one) return { ...common, text: one.statement, mood: one.emotion };
    const { text, image, imageId, seconds } = one;
    const told = seconds === undefined ? {} : { seconds };
    return { ...common, text, picture: named(image, "picture"), imageId, ...told };
  });
  return { entries, files, oddities };
}

async function load(
  dataset: CheckedName,
  root: string,
  options: Required<LoadOptions>,
): Promise<(Pair | EmotionClip)[]> {
  if (dataset === "ravdess") return await loadRavdess(root, options);
  if (dataset !== "own") return await loadPairs(dataset, root, options);
  return await listsClips(root) ? await loadEmotionClips(root, options) : await loadPairs("own", root, options);
}

/** Whether a table names `emotion` and not `image` in its first line: the header of CSV, an entry of JSON lines. */
async function listsClips(file: string): Promise<boolean> {
  for await (const { line } of streamLines(file, () => {})) {
    let names = line.split(/[,;\t\r]/);
    if (line.startsWith("{")) {
      try {
        names = Object.keys(JSON.parse(line));
      } catch {
        return false; // its loader says what is wrong
      }
    }
    const bare = names.map((name) => name.toLowerCase().replace(/[\s"_-]/g, ""));
    return bare.includes("emotion") && !bare.includes("image");
  }
  return false;
}

/** What a loader leaves out, it says so in the last words of the kind. */
function oddityFinding({ kind, where, value }: Oddity): Finding {
  const leftOut = kind.endsWith("left out");
  return { kind: `${INDEX}: ${kind}`, leftOut, detail: `'${value}', ${where}`, files: [], entries: [], splits: [] };
}
