/**
 * From a run's config to a job that is ready: backend, data, transcripts, frozen models.
 *
 * @module
 */
import { loadClip } from "../clip/load.ts";
import { loadClipTokenizer } from "../clip/tokenizer.ts";
import { openManifest } from "../data/check/manifest.ts";
import type { Split } from "../data/pair.ts";
import { findModel } from "../hub/find_model.ts";
import { PixelReader } from "../image/pixel_reader.ts";
import { readPreprocessorConfig } from "../image/preprocessor_config.ts";
import { VARIANTS } from "../systems/variants.ts";
import { useBackend } from "../runtime/backend.ts";
import type { RunConfig } from "../training/config.ts";
import { fingerprint } from "../files/fingerprint.ts";
import { LeftOut } from "../training/left_out.ts";
import { Pictures } from "../training/examples.ts";
import type { RunFolder } from "../training/run_folder.ts";
import { openWhisper } from "../whisper/whisper.ts";
import { checkPrompts } from "./check_prompts.ts";
import { hearPairs } from "./hear_pairs.ts";
import { listPairs } from "./list_pairs.ts";
import type { MainJob } from "./main_job.ts";
import type { Prepared } from "./prepare.ts";
import { textRows } from "../training/run_model.ts";
import type { Report } from "./report.ts";
import { usablePairs } from "./usable_pairs.ts";

/** Memory for decoded pictures, in bytes. */
export const PICTURE_MEMORY = 1.5e9;

/** What is opened. */
export interface OpenJobOptions {
  /** The splits that are wanted. */
  splits: readonly Split[];
  /** Takes lines and progress. */
  report: Report;
  /** Stops the transcription; what is heard stays stored. */
  signal?: AbortSignal | undefined;
}

/** A job that must be closed. */
export type OpenJob = MainJob & AsyncDisposable;

/**
 * Starts the backend, reads the data set, hears what was not heard before, and loads CLIP. Recordings and pictures that
 * cannot be used are told, counted and listed in the run's folder; of those a check of the data set knows, unread.
 *
 * @throws {InputError} where the data set, a model or the backend is at fault.
 * @throws the signal's reason, where it was aborted.
 */
export async function openJob(config: RunConfig, folder: RunFolder, options: OpenJobOptions): Promise<OpenJob> {
  const { report, signal } = options;
  const { detail } = await useBackend(config.backend);
  report.line(detail);
  const clipFolder = await findModel(config.clip, "clip", folder.path);
  await checkPrompts(config);
  const clipKey = await fingerprint(clipFolder);
  const tokenizer = await loadClipTokenizer(clipFolder);
  const source = await openWhisper(await findModel(config.whisper, "whisper", folder.path), {
    padding: config.attendPadding,
  });
  const leftOut = await LeftOut.open({ file: folder.leftOut, tell: report.line });
  const listed = await listPairs(config, options.splits, report.line);
  const manifest = await openManifest(config.dataset, config.dataRoot);
  const pairs = await usablePairs(listed, manifest, leftOut);

  const states = VARIANTS[config.variant].acoustic;
  const { cache, audioSeconds: maxSeconds } = config;
  const heard = await hearPairs(pairs, source, { states, maxSeconds, cache, leftOut, manifest, report, signal });

  const clip = await loadClip(clipFolder);
  const splits: Prepared["splits"] = { train: [], dev: [], test: [] };
  for (const pair of pairs) {
    const transcript = heard.transcripts.get(pair.id);
    if (transcript === undefined) continue;
    const { text, frames } = transcript;
    const [transcriptTokens = [], captionTokens = []] = tokenizer.tokens([text, pair.text]);
    splits[pair.split].push({
      pair,
      transcript: text,
      transcriptTokens,
      captionTokens,
      states: states ? { frames, width: heard.width, values: () => heard.states(pair.id) } : undefined,
    });
  }
  const size = clip.config.vision.imageSize;
  const pixels = new PixelReader({ ...await readPreprocessorConfig(clipFolder, size), fit: config.imageFit });
  const limit = Math.max(64, Math.floor(PICTURE_MEMORY / (3 * size * size * 4)));
  return {
    config,
    folder,
    clip,
    data: {
      splits,
      rows: textRows(config.longText, tokenizer),
      pictures: new Pictures({ read: (path) => pixels.read(path), leftOut, limit }),
      leftOut,
      whisperWidth: heard.width,
      whisperKey: source.key,
      clipKey,
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await pixels[Symbol.asyncDispose]();
      clip.dispose();
      await heard.close();
    },
  };
}
