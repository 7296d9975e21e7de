/** The recordings of the case `transcribe`, and how its sides' transcripts are compared. */
import { dirname, join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { bareWords } from "../../lib/text/normalize.ts";
import { wordErrors } from "../../lib/text/word_errors.ts";

/** Recordings that are transcribed. */
const COUNT = 40;

/** A real Whisper, and recordings with the spoken texts. */
export interface Speech {
  whisper: string;
  files: string[];
  texts: string[];
}

/** Transcripts compared with those of our default. */
export interface Words {
  /** Recordings with the same words. */
  same: number;
  of: number;
  /** Word error rate against the spoken texts, in percent. */
  wer: number;
}

/** Finds them as the test of a real Whisper does; undefined, and a line that says why, if something is missing. */
export async function findSpeech(tell: (line: string) => void): Promise<Speech | undefined> {
  const whisper = Deno.env.get("BREWCLIP_WHISPER") ?? "";
  const captions = Deno.env.get("BREWCLIP_CAPTIONS") ?? "../shared/data/spoken-captions/captions.jsonl";
  if (whisper === "" || !await exists(captions)) {
    tell(`transcribe: skipped, as ${whisper === "" ? "BREWCLIP_WHISPER is not set" : `there is no ${captions}`}`);
    return undefined;
  }
  const lines = (await Deno.readTextFile(captions)).trim().split("\n").slice(0, COUNT)
    .map((line) => JSON.parse(line) as { audio: string; text: string });
  return {
    whisper,
    files: lines.map(({ audio }) => join(dirname(captions), audio)),
    texts: lines.map(({ text }) => text),
  };
}

/** Counts the recordings with the same words as ours, and word errors. */
export function compareWords(theirs: readonly string[], ours: readonly string[], spoken: readonly string[]): Words {
  const found = spoken.map((text, i) => wordErrors(bareWords(text), bareWords(theirs[i] ?? "")));
  const sum = (value: (one: { errors: number; words: number }) => number) =>
    found.reduce((all, one) => all + value(one), 0);
  return {
    same: spoken.filter((_, i) => bareWords(theirs[i] ?? "") === bareWords(ours[i] ?? "")).length,
    of: spoken.length,
    wer: 100 * sum(({ errors }) => errors) / sum(({ words }) => words),
  };
}
