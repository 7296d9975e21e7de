/**
 * Changed copies of clips, heard anew.
 *
 * @module
 */
import { readAudio } from "../../audio/read_audio.ts";
import { Random } from "../../random.ts";
import type { Example } from "../../training/examples.ts";
import type { WhisperSource } from "../../whisper/whisper.ts";
import type { Report } from "../report.ts";
import { augment } from "./augment.ts";

/**
 * So many changed copies of each clip: the encoder's states of the changed sound, the text of the clip itself. A clip's
 * copies depend on its id and the seed alone.
 *
 * @param clips examples with the file of their recording
 * @returns the copies of the first clip, then those of the second, and so on
 * @throws the signal's reason, where it was aborted.
 */
export async function augmentedClips(
  clips: readonly { example: Example; audio: string }[],
  source: WhisperSource,
  { copies, seed, maxSeconds, report, signal }: {
    copies: number;
    seed: number;
    maxSeconds: number;
    report: Report;
    signal?: AbortSignal | undefined;
  },
): Promise<Example[]> {
  const whisper = await source.load();
  const progress = report.progress("changed copies", clips.length, "recording");
  const made: Example[] = [];
  try {
    for (const [done, { example, audio }] of clips.entries()) {
      signal?.throwIfAborted();
      const samples = await readAudio(audio);
      const random = new Random(`${seed}:${example.id}`);
      const changed = Array.from({ length: copies }, () => augment(samples, random));
      for (const { states, frames, width } of await whisper.encode(changed, { maxSeconds })) {
        made.push({ ...example, states: { frames, width, values: () => Promise.resolve(states) } });
      }
      progress.update(done + 1);
    }
    return made;
  } finally {
    progress.stop();
    await whisper.dispose();
  }
}
