/**
 * `ser --adapt-encoder`: an encoder that hears prosody, taught on the data set itself.
 *
 * @module
 */
import type { PartProgress, Report } from "../experiments/report.ts";
import { loadClips } from "../experiments/ser/emotion_clips.ts";
import type { SerData } from "../experiments/ser/ser_results.ts";
import { findModel } from "../hub/find_model.ts";
import { useBackend } from "../runtime/backend.ts";
import { prosodyWhisper } from "../../data/generator/prosody/prosody_whisper.ts";
import { TOWER_STEPS } from "../../data/generator/prosody/training.ts";
import type { RunConfig } from "../training/config.ts";

/**
 * Teaches an encoder of prosody on the train recordings of a data set, whose moods it is not told, and puts it beside the
 * encoder of the settings' Whisper; or takes what is there of the same recordings.
 *
 * @param config which Whisper, where tensors are computed, the seed
 * @param out the folder of the wider Whisper
 * @param options `steps`: optimizer steps
 * @returns that folder; undefined where the signal stopped it
 * @throws {InputError} where the data set or the Whisper is at fault.
 */
export async function adaptedWhisper(
  config: Pick<RunConfig, "whisper" | "backend" | "seed">,
  data: SerData,
  out: string,
  { report, signal, steps = TOWER_STEPS }: { report: Report; signal: AbortSignal; steps?: number | undefined },
): Promise<string | undefined> {
  await useBackend(config.backend);
  const clips = await loadClips(data, report);
  const audio = clips.filter(({ split }) => split !== "test").map((clip) => clip.audio);
  report.line(`teaching prosody on ${audio.length} train recordings, without their moods; kept in ${out}`);
  const measuring = report.progress("measure prosody", audio.length, "recording");
  let training: PartProgress | undefined; // begins when all is measured
  try {
    const finished = await prosodyWhisper({
      whisper: await findModel(config.whisper, "whisper"),
      out,
      audio,
      seed: config.seed,
      steps,
      log: report.line,
      onRecording: (done) => measuring.update(done),
      onStep(step, loss) {
        training ??= report.progress("teach prosody", steps, "step", step - 1);
        training.update(step);
        if (loss !== undefined) training.measure?.(step, { loss });
      },
      signal,
    });
    return finished ? out : undefined;
  } finally {
    measuring.stop();
    training?.stop();
  }
}
