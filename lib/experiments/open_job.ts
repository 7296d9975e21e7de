/**
 * From a run's config to a job that is ready: backend, data, transcripts, frozen models.
 *
 * @module
 */
import { join } from "@std/path";
import { loadClip } from "../clip/load.ts";
import { loadClipTokenizer } from "../clip/tokenizer.ts";
import { loadPairs } from "../datasets/load_pairs.ts";
import type { Pair, Split } from "../datasets/pair.ts";
import { exists } from "../files.ts";
import { readPixels } from "../image/preprocess.ts";
import { VARIANTS } from "../model/variants.ts";
import { useBackend } from "../runtime/backend.ts";
import type { RunConfig } from "../training/config.ts";
import { fingerprint } from "../training/fingerprint.ts";
import { LeftOut } from "../training/left_out.ts";
import { Pictures } from "../training/pictures.ts";
import type { RunFolder } from "../training/run_folder.ts";
import { transcribeAll } from "../whisper/transcripts.ts";
import { openWhisper } from "../whisper/whisper.ts";
import type { MainJob } from "./main_job.ts";
import type { Prepared } from "./prepare.ts";
import type { Report } from "./report.ts";

/** Where transcripts and states are stored, for all runs. */
export const HEARD_FOLDER: string = join("runs", "heard");

/** Memory for decoded pictures, in bytes. */
const PICTURE_MEMORY = 1.5e9;

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
 * cannot be used are told, counted and listed in the run's folder.
 *
 * @throws {InputError} where the data set, a model or the backend is at fault.
 * @throws the signal's reason, where it was aborted.
 */
export async function openJob(config: RunConfig, folder: RunFolder, options: OpenJobOptions): Promise<OpenJob> {
  const { report } = options;
  const { detail } = await useBackend(config.backend);
  report.line(detail);
  const clipKey = await fingerprint(config.clip);
  const tokenizer = await loadClipTokenizer(config.clip);
  const source = await openWhisper(config.whisper);
  const leftOut = await LeftOut.open({ file: folder.leftOut, tell: report.line });
  const listed = (await loadPairs(config.dataset, config.dataRoot)).filter(({ split }) =>
    options.splits.includes(split)
  );
  const pairs = await withPictures(listed, leftOut);

  const states = VARIANTS[config.variant].acoustic;
  const progress = report.progress("hear", pairs.length, "recording");
  const heard = await transcribeAll(pairs, source, {
    folder: HEARD_FOLDER,
    states,
    progress: (done) => progress.update(done),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).finally(() => progress.stop());
  for (const { file, problem } of heard.problems) await leftOut.add({ kind: "recording", path: file, reason: problem });
  report.line(`heard ${heard.transcripts.size} recordings, ${heard.heardNow} of them now; kept in ${HEARD_FOLDER}`);

  const clip = await loadClip(config.clip);
  const size = clip.config.vision.imageSize;
  const splits: Prepared["splits"] = { train: [], dev: [], test: [] };
  for (const pair of pairs) {
    const transcript = heard.transcripts.get(pair.id);
    if (transcript === undefined) continue;
    const [transcriptIds = [], captionIds = []] = tokenizer.encode([transcript.text, pair.text]);
    splits[pair.split].push({
      pair,
      transcript: transcript.text,
      transcriptIds,
      captionIds,
      states: states
        ? { frames: transcript.frames, width: heard.width, values: () => heard.states(pair.id) }
        : undefined,
    });
  }
  const pictures = new Pictures({
    read: (path) => readPixels(path, { size }),
    leftOut,
    limit: Math.max(64, Math.floor(PICTURE_MEMORY / (3 * size * size * 4))),
  });
  return {
    config,
    folder,
    clip,
    data: { splits, pictures, leftOut, whisperWidth: heard.width, whisperKey: source.key, clipKey },
    async [Symbol.asyncDispose](): Promise<void> {
      clip.dispose();
      await heard.close();
    },
  };
}

/** The pairs whose picture's file is there; the others are left out at once, before anything is heard. */
async function withPictures(pairs: readonly Pair[], leftOut: LeftOut): Promise<Pair[]> {
  const there = new Map<string, boolean>();
  for (const { image } of pairs) {
    if (there.has(image)) continue;
    there.set(image, await exists(image));
    if (!there.get(image)) await leftOut.add({ kind: "picture", path: image, reason: "it does not exist" });
  }
  return pairs.filter(({ image }) => there.get(image));
}
