/**
 * What earlier runs heard, looked up without writing anything.
 *
 * @module
 */
import type { Pair } from "../../data/pair.ts";
import { exists } from "../../files/read.ts";
import { stampOf } from "../../whisper/read_recordings.ts";
import { isEnough, type StoredLine, type Wanted } from "../../whisper/store/line.ts";
import { readParts, storeFolder } from "../../whisper/store/parts.ts";
import { SpeechMemory } from "../../whisper/store/speech_store.ts";
import { HEARD_FOLDER } from "../hear_pairs.ts";

/** What is stored and what is not. */
export interface HeardBefore {
  /** The folder of the store; it need not exist. */
  folder: string;
  /** By file: recordings that are stored as they are wanted, or known to be bad. */
  lines: Map<string, StoredLine>;
  /** Recordings still to be heard, each file once. */
  open: { audio: string; seconds?: number | undefined }[];
}

/**
 * Looks up the recordings of pairs in the store of a Whisper.
 *
 * @param key of the Whisper
 * @param options.root the folder of all stores. Default {@link HEARD_FOLDER}.
 * @param options.cache false for a run that uses no store: then all is still to be heard. Default true.
 */
export async function heardBefore(
  pairs: readonly Pick<Pair, "audio" | "seconds">[],
  key: string,
  wanted: Wanted,
  { root = HEARD_FOLDER, cache = true }: { root?: string; cache?: boolean } = {},
): Promise<HeardBefore> {
  const folder = storeFolder(root, key);
  const shelf = new SpeechMemory();
  const stored = cache && await exists(folder) ? (await readParts(folder, key)).lines : [];
  for (const line of stored) await shelf.add(line);
  const lines = new Map<string, StoredLine>();
  const open = new Map<string, HeardBefore["open"][number]>();
  for (const { audio, seconds } of pairs) {
    if (lines.has(audio) || open.has(audio)) continue;
    const stamp = await stampOf(audio);
    const line = stamp && shelf.ofStamp(stamp);
    if (line !== undefined && isEnough(line, wanted)) lines.set(audio, line);
    else open.set(audio, { audio, seconds });
  }
  return { folder, lines, open: [...open.values()] };
}
