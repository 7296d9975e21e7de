/**
 * The baseline's features of a data set.
 *
 * @module
 */
import { join } from "@std/path";
import { AudioError, readAudio } from "../../audio/read_audio.ts";
import type { EmotionClip } from "../../data/pair.ts";
import { LeftOut } from "../../training/left_out.ts";
import type { Report } from "../report.ts";
import { logMelStatistics } from "./log_mel_statistics.ts";

/**
 * Log-mel statistics of each clip by its id, in the order of the clips; those that cannot be read are told, listed in the
 * folder and left out.
 *
 * @throws the signal's reason, where it was aborted.
 */
export async function baselineFeatures(
  clips: readonly EmotionClip[],
  { folder, report, signal }: { folder: string; report: Report; signal?: AbortSignal | undefined },
): Promise<Map<string, Float64Array>> {
  const leftOut = await LeftOut.open({ file: join(folder, "left_out.jsonl"), tell: report.line });
  const progress = report.progress("log-mel", clips.length, "recording");
  const features = new Map<string, Float64Array>();
  try {
    for (const [done, { id, audio }] of clips.entries()) {
      signal?.throwIfAborted();
      try {
        features.set(id, logMelStatistics(await readAudio(audio)));
      } catch (error) {
        if (!(error instanceof AudioError)) throw error;
        await leftOut.add({ kind: "recording", path: audio, problem: error.problem, reason: error.message });
      }
      progress.update(done + 1);
    }
  } finally {
    progress.stop();
  }
  return features;
}
