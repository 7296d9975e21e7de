/**
 * Emotion clips with what Whisper makes of them.
 *
 * @module
 */
import { join } from "@std/path";
import { loadEmotionClips } from "../../data/own_data.ts";
import type { EmotionClip } from "../../data/pair.ts";
import { loadRavdess } from "../../data/ravdess.ts";
import { InputError } from "../../errors.ts";
import { LeftOut } from "../../training/run_logs.ts";
import type { StoredSpeech } from "../../whisper/transcript.ts";
import type { WhisperSource } from "../../whisper/whisper.ts";
import { hearPairs } from "../pairs.ts";
import type { Report } from "../report.ts";
import type { SerData } from "./ser_results.ts";

/**
 * Reads the clips; tells what is odd about the data set.
 *
 * @throws {InputError} where the data set is at fault, there is a single mood, or train or test has no clip.
 */
export async function loadClips(
  { dataset, dataRoot, calm, transcript }: SerData,
  report: Pick<Report, "line">,
): Promise<EmotionClip[]> {
  const odd = new Map<string, number>();
  const onOddity = ({ kind }: { kind: string }) => void odd.set(kind, (odd.get(kind) ?? 0) + 1);
  const clips = dataset === "own"
    ? await loadEmotionClips(dataRoot, { onOddity })
    : await loadRavdess(dataRoot, { calm, onOddity });
  for (const [kind, count] of odd) report.line(`${dataRoot}: ${count} x ${kind}`);
  const moods = new Set(clips.map(({ emotion }) => emotion)).size;
  const test = clips.filter(({ split }) => split === "test").length;
  if (moods < 2 || test === 0 || test === clips.length) {
    throw new InputError(
      `Cannot tell moods apart in '${dataRoot}' as there must be 2 moods, a train clip and a test clip at least: ` +
        `${moods} moods, ${clips.length - test} train clips and ${test} test clips were found.`,
    );
  }
  const taught = new Set(clips.filter(({ split }) => split !== "test").map(({ emotion }) => emotion));
  for (const mood of new Set(clips.map(({ emotion }) => emotion)).difference(taught)) {
    const asked = clips.filter(({ emotion }) => emotion === mood).length;
    report.line(`${dataRoot}: no train clip has mood '${mood}', so its ${asked} test clips cannot be told`);
  }
  const silent = clips.find(({ statement }) => statement === "");
  if (transcript === "known" && silent !== undefined) {
    throw new InputError(
      `Cannot use known sentences as clip '${silent.id}' has none: fill the column 'statement', or use '--transcript heard'.`,
    );
  }
  return clips;
}

/**
 * Hears clips with a Whisper, or takes what is stored. Clips that cannot be used are told and listed in the folder.
 *
 * @throws {InputError} and the signal's reason, as `hearPairs` does.
 */
export async function hearClips(
  clips: readonly EmotionClip[],
  source: WhisperSource,
  { folder, maxSeconds, report, signal }: {
    folder: string;
    maxSeconds: number;
    report: Report;
    signal?: AbortSignal | undefined;
  },
): Promise<StoredSpeech> {
  const leftOut = await LeftOut.open({ file: join(folder, "left_out.jsonl"), tell: report.line });
  const pairs = clips.map((clip) => ({ ...clip, imageId: clip.id, image: "", text: clip.statement }));
  return await hearPairs(pairs, source, {
    states: true,
    maxSeconds,
    cache: true,
    leftOut,
    manifest: { secondsOf: () => undefined },
    report,
    signal,
  });
}
