/**
 * From a run's config to a job that is ready: backend, data, transcripts, frozen models.
 *
 * @module
 */
import { join } from "@std/path";
import { loadClip } from "../clip/load.ts";
import { textCapacity, textWindows } from "../clip/text_windows.ts";
import { type ClipTokenizer, loadClipTokenizer } from "../clip/tokenizer.ts";
import { openManifest } from "../datasets/check/manifest.ts";
import { loadPairs } from "../datasets/load_pairs.ts";
import type { Pair, Split } from "../datasets/pair.ts";
import { InputError } from "../errors.ts";
import { findModel } from "../hub/find_model.ts";
import { readPixels } from "../image/preprocess.ts";
import { VARIANTS } from "../model/variants.ts";
import { useBackend } from "../runtime/backend.ts";
import type { LongText, RunConfig } from "../training/config.ts";
import { fingerprint } from "../training/fingerprint.ts";
import { LeftOut } from "../training/left_out.ts";
import { Pictures } from "../training/pictures.ts";
import type { RunFolder } from "../training/run_folder.ts";
import { transcribeAll } from "../whisper/transcripts.ts";
import { openWhisper } from "../whisper/whisper.ts";
import type { MainJob } from "./main_job.ts";
import type { Prepared } from "./prepare.ts";
import type { Report } from "./report.ts";
import { usablePairs } from "./usable_pairs.ts";

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
  const clipFolder = await findModel(config.clip, "clip");
  const clipKey = await fingerprint(clipFolder);
  const tokenizer = await loadClipTokenizer(clipFolder);
  const source = await openWhisper(await findModel(config.whisper, "whisper"));
  const leftOut = await LeftOut.open({ file: folder.leftOut, tell: report.line });
  const listed = (await loadPairs(config.dataset, config.dataRoot)).filter(({ split }) =>
    options.splits.includes(split)
  );
  requireCaptions(config, listed);
  const manifest = await openManifest(config.dataset, config.dataRoot);
  const pairs = await usablePairs(listed, manifest, leftOut);

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

  const clip = await loadClip(clipFolder);
  const size = clip.config.vision.imageSize;
  const splits: Prepared["splits"] = { train: [], dev: [], test: [] };
  for (const pair of pairs) {
    const transcript = heard.transcripts.get(pair.id);
    if (transcript === undefined) continue;
    const [transcriptTokens = [], captionTokens = []] = tokenizer.tokens([transcript.text, pair.text]);
    splits[pair.split].push({
      pair,
      transcript: transcript.text,
      transcriptTokens,
      captionTokens,
      states: states
        ? { frames: transcript.frames, width: heard.width, values: () => heard.states(pair.id) }
        : undefined,
    });
  }
  const pictures = new Pictures({
    read: (path) => readPixels(path, { size, fit: config.imageFit }),
    leftOut,
    limit: Math.max(64, Math.floor(PICTURE_MEMORY / (3 * size * size * 4))),
  });
  return {
    config,
    folder,
    clip,
    data: {
      splits,
      rows: rowMaker(config.longText, tokenizer),
      pictures,
      leftOut,
      whisperWidth: heard.width,
      whisperKey: source.key,
      clipKey,
    },
    async [Symbol.asyncDispose](): Promise<void> {
      clip.dispose();
      await heard.close();
    },
  };
}

/** Refuses variants that read written captions where a pair has none. */
function requireCaptions({ variant, dataset, dataRoot }: RunConfig, pairs: readonly Pair[]): void {
  if (VARIANTS[variant].source !== "caption") return;
  const bare = pairs.filter(({ text }) => text.trim() === "");
  if (bare.length === 0) return;
  throw new InputError(
    `Cannot use variant '${variant}' on '${dataset}' in '${dataRoot}' as it reads written captions: ` +
      `${bare.length} of ${pairs.length} pairs have none, such as '${bare[0]?.id}'. ` +
      `Add their text or choose another --variant.`,
  );
}

/** How the tokens of a text become rows of the text tower beside so many prompts. */
function rowMaker(mode: LongText, { length, row }: ClipTokenizer): Prepared["rows"] {
  if (mode === "truncate") return (tokens) => [row(tokens)];
  return (tokens, prompts) => textWindows(tokens, { capacity: textCapacity(length, prompts) }).map(row);
}
