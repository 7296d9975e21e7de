/**
 * From a run's config to a job that is ready: backend, data, transcripts, frozen models, and the trained model if there is one.
 *
 * @module
 */
import { readClipConfig } from "../clip/config.ts";
import type { Clip } from "../clip/clip.ts";
import { loadClip } from "../clip/load.ts";
import { textCapacity } from "../clip/tokenizer.ts";
import { openManifest } from "../data/check/manifest.ts";
import { differingParts } from "../data/fingerprint.ts";
import { requireSplits } from "../data/load_pairs.ts";
import type { Split } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { fingerprint } from "../files/fingerprint.ts";
import { findModel } from "../hub/find_model.ts";
import { PixelReader } from "../image/pixel_reader.ts";
import { readPreprocessorConfig } from "../image/preprocessor_config.ts";
import { createModel, findFrozen, type FrozenModels } from "../retrieval/open_model.ts";
import { useBackend } from "../runtime/backend.ts";
import { type BrewClip, disposeBrewClip } from "../systems/brewclip.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { Images } from "../training/examples.ts";
import { SkippedFiles } from "../training/run_logs.ts";
import { openRun, type RunFolder, storeFingerprint } from "../training/run_folder.ts";
import { textRows } from "../training/run_model.ts";
import { checkData, listData, type Prepared, transcribePairs, usablePairs } from "./pairs.ts";
import type { Report } from "./report.ts";

/**
 * Checks that the prompts leave the text at least one position beside SOS and EOS: known from CLIP's `config.json` alone, before
 * anything is heard or trained.
 *
 * @throws {InputError} where they leave none, or CLIP's folder is at fault.
 */
export async function checkPrompts(
  { clip, variant, promptLength }: Pick<RunConfig, "clip" | "variant" | "promptLength">,
): Promise<void> {
  const { prompts, text } = VARIANTS[variant];
  if (!prompts || !text) return;
  const { text: { positions } } = await readClipConfig(await findModel(clip, "clip"));
  const most = textCapacity(positions) - 1;
  if (promptLength <= most) return;
  throw new InputError(
    `Cannot use 'promptLength' ${promptLength} as the text tower of '${clip}' has ${positions} positions: expected at most ${most}, ` +
      `which leave one for the text beside SOS and EOS. Give a smaller --prompt-length.`,
  );
}

/** Memory for decoded pictures, in bytes. */
export const IMAGE_MEMORY = 1.5e9;

/** What is opened. */
export interface OpenJobOptions {
  /** The splits that are wanted. */
  splits: readonly Split[];
  /** Takes lines and progress. */
  report: Report;
  /** Stops the transcription; what is heard stays stored. */
  signal?: AbortSignal | undefined;
  /** Whether the job trains the run of its folder: its data must be those that the run was begun with. */
  trains?: boolean;
}

/** Data and frozen models of a run; they are freed when it is disposed of. */
export interface OpenJob extends AsyncDisposable {
  /** The settings. */
  config: RunConfig;
  /** Where the run is written. */
  folder: RunFolder;
  /** The frozen towers. */
  clip: Clip;
  /** Where CLIP and Whisper came from. */
  frozen: FrozenModels;
  /** The splits that were asked for, with their transcripts. */
  data: Prepared;
}

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
  const frozen = await findFrozen(config, folder.path);
  const { clipFolder, tokenizer, whisper } = frozen;
  await checkPrompts(config);
  const clipKey = await fingerprint(clipFolder);
  const skipped = await SkippedFiles.open({ file: folder.skipped, onLine: report.line });
  const { pairs: listed, fingerprint: data } = await listData(config, options.splits, report.line);
  requireSplits(listed, options.splits, config);
  if (options.trains) await keepData(config, data, folder);
  else if (config.dataFingerprint !== undefined && differingParts(config.dataFingerprint, data).length > 0) {
    report.line(`warning: ${folder.path} was trained on other data than '${config.dataRoot}' has now`);
  }
  const manifest = await openManifest(config.dataset, config.dataRoot);
  const pairs = await usablePairs(listed, manifest, skipped);
  requireSplits(pairs, options.splits, config);

  const states = VARIANTS[config.variant].acoustic;
  const { cache, audioSeconds: maxSeconds } = config;
  const heard = await transcribePairs(pairs, whisper, { states, maxSeconds, cache, skipped, manifest, report, signal });

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
  const limit = Math.max(64, Math.floor(IMAGE_MEMORY / (3 * size * size * 4)));
  return {
    config,
    folder,
    clip,
    frozen,
    data: {
      splits,
      rows: textRows(config.longText, tokenizer),
      images: new Images({ read: (path) => pixels.read(path), skipped, limit }),
      skipped,
      whisperWidth: heard.width,
      whisperKey: whisper.modelKey,
      formerWhisperKey: whisper.formerModelKey,
      clipKey,
      fingerprint: data,
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await pixels[Symbol.asyncDispose]();
      clip.dispose();
      await heard.close();
    },
  };
}

/** A job with its model; both are freed when it is disposed of. */
export interface OpenTrained extends AsyncDisposable {
  /** Data and frozen towers. */
  job: OpenJob;
  /** The model with its trained parameters. */
  model: BrewClip;
  /** Steps of the checkpoint; 0 for a variant that is not trained. */
  step: number;
}

/** What is opened. */
export interface OpenTrainedOptions extends OpenJobOptions {
  /** Settings that differ from the run's: another data set, another fit of the pictures. */
  changes?: Partial<RunConfig>;
  /** Which checkpoint. Default the best on dev. */
  checkpoint?: "best" | "last";
}

/** Where data and models stand and tensors are computed: what may differ from a run's own settings at any time. */
export function placesOf({ dataRoot, dataRoots, clip, whisper, backend, cache }: RunConfig): Partial<RunConfig> {
  return { dataRoot, dataRoots, clip, whisper, backend, cache };
}

/** Checks the data of a run, or stores what they are if it begins. */
async function keepData(config: RunConfig, fingerprint: string, folder: RunFolder): Promise<void> {
  checkData(config, fingerprint, folder.path);
  if (config.dataFingerprint === undefined) await storeFingerprint(folder, fingerprint);
}

/**
 * Opens a run's folder.
 *
 * @throws {InputError} where the run or its checkpoint is missing, or the data set or a model is at fault.
 */
export async function openTrained(path: string, options: OpenTrainedOptions): Promise<OpenTrained> {
  const { changes = {}, checkpoint = "best", ...rest } = options;
  const { folder, config } = await openRun(path);
  const file = VARIANTS[config.variant].prompts ? folder[checkpoint] : undefined;
  return await openWithModel({ ...config, ...changes }, folder, file, rest);
}

/**
 * Opens data and a model of these settings.
 *
 * @param folder where inputs that are skipped are listed
 * @param checkpoint file of the trained parameters; without it they have their first values
 * @throws {InputError} if the data set, a model or the checkpoint is at fault.
 */
export async function openWithModel(
  config: RunConfig,
  folder: RunFolder,
  checkpoint: string | undefined,
  options: OpenJobOptions,
): Promise<OpenTrained> {
  const job = await openJob(config, folder, options);
  try {
    const { model, step } = await createModel(config, job.clip, job.frozen, checkpoint);
    return {
      job,
      model,
      step,
      async [Symbol.asyncDispose](): Promise<void> {
        disposeBrewClip(model);
        await job[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await job[Symbol.asyncDispose]();
    throw error;
  }
}
