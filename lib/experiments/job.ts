/**
 * Opens a job from a run's config: backend, data, transcripts, frozen models, and the trained model if there is one.
 */
import { MelFrames } from "../audio/mel_frames.ts";
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
import { exists } from "../files/read.ts";
import { findModel } from "../hub/find_model.ts";
import { PixelReader } from "../image/pixel_reader.ts";
import { readPreprocessorConfig } from "../image/preprocessor_config.ts";
import { createModel, findFrozen, type FrozenModels } from "../retrieval/open_model.ts";
import { useBackend } from "../runtime/backend.ts";
import type { BrewClip } from "../systems/brewclip.ts";
import { disposeModel } from "../systems/system.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { Images } from "../training/examples.ts";
import { SkippedFiles } from "../training/run_logs.ts";
import { openRun, type RunFolder, storeFingerprint } from "../training/run_folder.ts";
import { textRows } from "../training/run_model.ts";
import { readVocabulary, vocabularyOf, vocabularyPath, writeVocabulary } from "../training/vocabulary.ts";
import { checkData, decodingOf, listData, type Prepared, transcribePairs, usablePairs } from "./pairs.ts";
import type { Watch } from "./report.ts";

/**
 * Checks that the prompts leave the text at least one position besides SOS and EOS. Reads CLIP's `config.json` alone, before
 * anything is transcribed or trained.
 *
 * @throws {InputError} if they leave none, or CLIP's folder is at fault.
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
      `which leave one for the text besides SOS and EOS. Give a smaller --prompt-length.`,
  );
}

/** Memory for decoded images, in bytes. */
export const IMAGE_MEMORY = 1.5e9;

/** What to open, and how it is watched. The signal stops the transcription; stored transcripts stay. */
export interface OpenJobOptions extends Watch {
  /** The splits to prepare. */
  splits: readonly Split[];
  /** Whether the job trains the run of its folder: its data must then be those that the run started with. */
  trains?: boolean;
  /** The checkpoint whose vocabulary a model with keywords has. Default: the run's last. */
  checkpoint?: string | undefined;
}

/** Data and frozen models of a run. Disposing frees them. */
export interface OpenJob extends AsyncDisposable {
  /** The settings. */
  config: RunConfig;
  /** Where the run is written. */
  folder: RunFolder;
  /** The frozen towers. */
  clip: Clip;
  /** Where CLIP and Whisper came from. */
  frozen: FrozenModels;
  /** The requested splits, with their transcripts. */
  data: Prepared;
}

/**
 * Starts the backend, reads the data set, transcribes recordings without a stored transcript, and loads CLIP. Unusable
 * recordings and images are reported, counted and listed in the run's folder. Those that `data check` found are not read.
 *
 * @throws {InputError} if the data set, a model or the backend is at fault.
 * @throws the signal's reason, if it was aborted.
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
  if (options.trains) await pinData(config, data, folder);
  else if (config.dataFingerprint !== undefined && differingParts(config.dataFingerprint, data).length > 0) {
    report.line(`warning: ${folder.path} was trained on other data than '${config.dataRoot}' has now`);
  }
  const manifest = await openManifest(config.dataset, config.dataRoot);
  const pairs = await usablePairs(listed, manifest, skipped);
  requireSplits(pairs, options.splits, config);

  const { acoustic, mel: bands, keywords } = VARIANTS[config.variant];
  const states = acoustic && bands === undefined;
  const { cache, audioSeconds: maxSeconds } = config;
  const speech = await transcribePairs(pairs, whisper, {
    states,
    ...decodingOf(config),
    maxSeconds,
    cache,
    skipped,
    manifest,
    report,
    signal,
  });

  const clip = await loadClip(clipFolder);
  const mel = bands === undefined ? undefined : new MelFrames(bands, maxSeconds);
  const splits: Prepared["splits"] = { train: [], dev: [], test: [] };
  for (const pair of pairs) {
    const transcript = speech.transcripts.get(pair.id);
    if (transcript === undefined) continue;
    const { text, others = [], confidence, frames, seconds } = transcript;
    const [transcriptTokens = [], captionTokens = [], ...otherTokens] = tokenizer.tokens([text, pair.text, ...others]);
    splits[pair.split].push({
      pair,
      transcript: text,
      confidence,
      transcriptTokens,
      otherTokens,
      captionTokens,
      states: states
        ? { frames, width: speech.width, values: () => speech.states(pair.id) }
        : mel?.of(pair.audio, seconds),
    });
  }
  const vocabulary = keywords ? await jobVocabulary(splits, folder, options) : undefined;
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
      whisperWidth: speech.width,
      whisperLayers: whisper.layers,
      vocabulary,
      whisperKey: whisper.modelKey,
      formerWhisperKey: whisper.formerModelKey,
      clipKey,
      fingerprint: data,
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await pixels[Symbol.asyncDispose]();
      clip.dispose();
      await speech.close();
    },
  };
}

/** The vocabulary of a run: the one next to its checkpoints, or, before there is one, the tokens of the training captions. */
async function jobVocabulary(
  { train }: Prepared["splits"],
  { last }: RunFolder,
  { splits, trains, checkpoint = last }: OpenJobOptions,
): Promise<number[]> {
  const path = vocabularyPath(checkpoint);
  if (!splits.includes("train") || await exists(path)) return await readVocabulary(path);
  const vocabulary = vocabularyOf(train.map(({ captionTokens }) => captionTokens));
  if (trains) await writeVocabulary(path, vocabulary);
  return vocabulary;
}

/** A job with its model. Disposing frees both. */
export interface OpenTrained extends AsyncDisposable {
  /** The data and the frozen towers. */
  job: OpenJob;
  /** The model with its trained parameters; `acoustic` if it is a BrewCLIP. */
  model: Omit<BrewClip, "acoustic">;
  /** Steps of the checkpoint; 0 for a variant that is not trained. */
  step: number;
}

/** What to open of a run. */
export interface OpenTrainedOptions extends OpenJobOptions {
  /** Settings that differ from the run's: another data set, another fit of the images. */
  changes?: Partial<RunConfig>;
  /** The checkpoint. Default the best on dev. */
  checkpoint?: "best" | "last";
}

/** Picks the settings that may differ from those of a run: where data and models are, and where tensors are computed. */
export function placesOf({ dataRoot, dataRoots, clip, whisper, backend, cache }: RunConfig): Partial<RunConfig> {
  return { dataRoot, dataRoots, clip, whisper, backend, cache };
}

/** Checks the data of a run, or stores their fingerprint if the run is new. */
async function pinData(config: RunConfig, fingerprint: string, folder: RunFolder): Promise<void> {
  checkData(config, fingerprint, folder.path);
  if (config.dataFingerprint === undefined) await storeFingerprint(folder, fingerprint);
}

/**
 * Opens a run's folder.
 *
 * @throws {InputError} if the run or its checkpoint is missing, or the data set or a model is at fault.
 */
export async function openTrained(path: string, options: OpenTrainedOptions): Promise<OpenTrained> {
  const { changes = {}, checkpoint = "best", ...rest } = options;
  const { folder, config } = await openRun(path);
  const file = VARIANTS[config.variant].trained ? folder[checkpoint] : undefined;
  return await openWithModel({ ...config, ...changes }, folder, file, rest);
}

/**
 * Opens data and a model of these settings.
 *
 * @param folder where inputs that are skipped are listed
 * @param checkpoint file of the trained parameters; without it they keep their initial values
 * @throws {InputError} if the data set, a model or the checkpoint is at fault.
 */
export async function openWithModel(
  config: RunConfig,
  folder: RunFolder,
  checkpoint: string | undefined,
  options: OpenJobOptions,
): Promise<OpenTrained> {
  const job = await openJob(config, folder, { checkpoint, ...options });
  try {
    const { vocabulary } = job.data;
    const { model, step } = await createModel(config, job.clip, { ...job.frozen, vocabulary }, checkpoint);
    return {
      job,
      model,
      step,
      async [Symbol.asyncDispose](): Promise<void> {
        disposeModel(model);
        await job[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await job[Symbol.asyncDispose]();
    throw error;
  }
}
