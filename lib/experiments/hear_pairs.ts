/**
 * The recordings of a data set heard, with what a user wants to know about it.
 *
 * @module
 */
import { join } from "@std/path";
import type { Manifest } from "../data/check/manifest.ts";
import type { Pair } from "../data/pair.ts";
import type { LeftOut } from "../training/left_out.ts";
import type { Shard } from "../whisper/shard.ts";
import { describeSpeed, type StoredSpeech } from "../whisper/transcript.ts";
import { transcribeAll } from "../whisper/transcribe_all.ts";
import type { WhisperSource } from "../whisper/whisper.ts";
import type { Report } from "./report.ts";

/** Where transcripts and states are stored, for all runs. */
export const HEARD_FOLDER: string = join("runs", "heard");

/** Options of {@link hearPairs}. */
export interface HearPairsOptions {
  /** Whether encoder states are wanted too. */
  states: boolean;
  /** Seconds of a recording of which the acoustic branch sees states. */
  maxSeconds: number;
  /** Whether what is heard is stored. */
  cache: boolean;
  /** The part of the data set that the pairs are. Default all. */
  shard?: Shard | undefined;
  /** Takes recordings that cannot be used. */
  leftOut: Pick<LeftOut, "add">;
  /** Tells lengths for the estimate before the start. */
  manifest: Pick<Manifest, "secondsOf">;
  /** Takes lines and progress. */
  report: Report;
  /** Stops after the current batch; what is heard stays stored. */
  signal?: AbortSignal | undefined;
}

/**
 * Hears the recordings of pairs, or takes what is stored in {@link HEARD_FOLDER}. Tells what is to be done before the
 * start, and at the end how fast it was, which recordings cannot be used, and in how many no word was heard.
 *
 * @throws {InputError} and the signal's reason, as {@link transcribeAll} does.
 */
export async function hearPairs(
  pairs: readonly Pair[],
  source: WhisperSource,
  { leftOut, manifest, report, ...options }: HearPairsOptions,
): Promise<StoredSpeech> {
  const recordings = pairs.map(({ id, audio, text, seconds }) => ({
    id,
    audio,
    text,
    seconds: manifest.secondsOf(audio) ?? seconds,
  }));
  const progress = report.progress("hear", recordings.length, "recording");
  const heard = await transcribeAll(recordings, source, {
    ...options,
    folder: HEARD_FOLDER,
    report: progress.line,
    progress: (done) => progress.update(done),
  }).finally(() => progress.stop());
  for (const { file, problem, kind } of heard.problems) {
    await leftOut.add({ kind: "recording", path: file, problem: kind, reason: problem });
  }
  const { transcripts, newRecordings, empty } = heard;
  const speed = describeSpeed(heard);
  report.line(
    `heard ${transcripts.size} recordings, ${newRecordings} of them now${speed === undefined ? "" : ` (${speed})`}; ` +
      (options.cache ? `kept in ${HEARD_FOLDER}` : "not kept"),
  );
  if (empty.length > 0) report.line(`no word was heard in ${empty.length} recordings, such as '${empty[0]}'`);
  return heard;
}
