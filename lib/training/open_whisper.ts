/**
 * The Whisper of a run's settings.
 *
 * @module
 */
import { join } from "@std/path";
import { findModel } from "../hub/find_model.ts";
import { openWhisper, type WhisperModel } from "../whisper/whisper.ts";
import type { RunConfig } from "./config.ts";

/** Remembers the hashes of model files, next to the transcripts that they identify. */
const HASHES = join("runs", "heard", "model-hashes.json");

/**
 * Finds the Whisper of a run and checks that it has the run's language and task.
 *
 * @param near the run's folder, above which a relative path is looked for
 * @throws {InputError} where it is missing, its files do not fit each other, or it lacks the language or the task.
 */
export async function openRunWhisper(
  { whisper, language, task, attendPadding }: Pick<RunConfig, "whisper" | "attendPadding"> & {
    language?: RunConfig["language"] | undefined;
    task?: RunConfig["task"] | undefined;
  },
  near?: string,
): Promise<WhisperModel> {
  return await openWhisper(await findModel(whisper, "whisper", near), {
    padding: attendPadding,
    language: language ?? undefined,
    task: task ?? undefined,
    hashes: HASHES,
  });
}
