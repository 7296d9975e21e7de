/**
 * BrewCLIP for TypeScript: finds images by speech and speech by images, after "BrewCLIP: A Bifurcated Representation
 * Learning Framework for Audio-Visual Retrieval" (Lu and Sethi).
 *
 * A recording is encoded twice: as words, by Whisper and CLIP's text tower, and as sound, by an acoustic branch on
 * Whisper's encoder states. Shared prompts tune the frozen towers. This module has what a program needs to use and build
 * models; data sets, experiments, the report, notebook output and the index's types are in the subpaths `./data`,
 * `./experiments`, `./report`, `./notebook` and `./search`.
 *
 * @example How good is a ranking?
 * ```ts
 * import { recallInterval, retrievalRanks, recallOf } from "@brewclip/brewclip";
 *
 * // Two recordings by two images; the second recording's own image comes second.
 * const { speech2image } = retrievalRanks(new Float32Array([0.9, 0.1, 0.6, 0.4]), [0, 1], 2);
 * if (recallOf(speech2image)["R@1"] !== 50) throw new Error("expected one of two");
 * const [low, high] = recallInterval(speech2image, 1);
 * if (!(low <= 50 && 50 <= high)) throw new Error("expected 50 in between");
 * ```
 *
 * @example A model with random weights, from the smallest parts
 * ```ts
 * import { acousticConfig, createBrewClip, encodeSpeech, initializeClip, useBackend } from "@brewclip/brewclip";
 *
 * await useBackend("cpu");
 * const tower = { width: 16, feedforward: 32, layers: 1, heads: 2, activation: "gelu" as const, epsilon: 1e-5 };
 * const clip = initializeClip({
 *   text: { ...tower, vocabulary: 10, positions: 12, bos: 8, eos: 9, pad: 9 },
 *   vision: { ...tower, imageSize: 8, patchSize: 4, channels: 3 },
 *   projection: 4,
 * }, 1);
 * const model = createBrewClip("pip", clip, acousticConfig({ text: 16, whisper: 6 }), 1);
 * const { speech } = encodeSpeech(model, { ids: [[8, 3, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]] });
 * if (String(speech.shape) !== "1,4") throw new Error(String(speech.shape));
 * ```
 *
 * @module
 */

// Errors, progress, backend.
export { InputError } from "./lib/errors.ts";
export { type PartProgress, type Report, silent } from "./lib/experiments/report.ts";
export {
  type Backend,
  type BackendChoice,
  type BackendName,
  type BackendOptions,
  useBackend,
} from "./lib/runtime/backend.ts";

// Files of tensors, recordings, images, texts.
export {
  readSafetensors,
  type StoredTensor,
  type TensorToWrite,
  type TensorValues,
  type WriteOptions,
  writeSafetensors,
} from "./lib/files/safetensors.ts";
export { type AudioFacts, inspectAudio, readAudio } from "./lib/audio/read_audio.ts";
export {
  type Fit,
  type ImageOptions,
  type PixelOptions,
  readImage,
  /** @deprecated Use `readImage`. */ readImage as readPicture,
  readPixels,
} from "./lib/image/preprocess.ts";
export { type Preprocessing, readPreprocessorConfig } from "./lib/image/preprocessor_config.ts";
export { type Pixels } from "./lib/clip/vision_tower.ts";
export {
  normalizeEnglish,
  /** @deprecated Use `normalizeEnglish`. */ normalizeEnglish as normaliseEnglish,
} from "./lib/text/english.ts";
export {
  bareWords,
  normalize,
  /** @deprecated Use `normalize`. */ normalize as normalise,
} from "./lib/text/normalize.ts";
export { type WordErrors, wordErrors } from "./lib/text/word_errors.ts";

// Published data sets; the rest is in "./data".
export { loadFlickr8k } from "./lib/data/flickr8k.ts";
export { loadLocalizedNarratives } from "./lib/data/localized_narratives.ts";
export { loadRavdess, type RavdessOptions } from "./lib/data/ravdess.ts";
export { loadSpokenCoco } from "./lib/data/spokencoco.ts";
export {
  type EmotionClip,
  type LoadOptions,
  type Oddity,
  oddityLines,
  type Pair,
  type Split,
} from "./lib/data/pair.ts";

// The frozen models.
export { findModel } from "./lib/hub/find_model.ts";
export { type ModelKind, type WhisperDtype } from "./lib/hub/models.ts";
export { loadClip } from "./lib/clip/load.ts";
export { type Clip, initializeClip } from "./lib/clip/clip.ts";
export { type ClipTokenizer, loadClipTokenizer } from "./lib/clip/tokenizer.ts";
export { encodeText, type TokenIds } from "./lib/clip/text_tower.ts";
export {
  type Activation,
  type ClipConfig,
  type TextConfig,
  type TowerConfig,
  type VisionConfig,
} from "./lib/clip/config.ts";
export {
  type Encoded,
  type EncodeOptions,
  loadWhisper,
  openWhisper,
  type Transcribed,
  type Whisper,
  type WhisperModel,
  type WhisperOptions,
  type WhisperSource,
} from "./lib/whisper/whisper.ts";
export { type SpokenOptions, type WhisperTask } from "./lib/whisper/settings.ts";

// What is trained, and its loss.
export {
  type BrewClip,
  createBrewClip,
  disposeBrewClip,
  encodeImages,
  /** @deprecated Use `encodeImages`. */ encodeImages as encodePictures,
  encodeSpeech,
  type Speech,
  type SpeechFeatures,
} from "./lib/systems/brewclip.ts";
export { type AcousticConfig, acousticConfig, type Fusion, type PromptSharing } from "./lib/systems/acoustic_config.ts";
export { acousticSizes } from "./lib/training/run_model.ts";
export { type TowerOptions } from "./lib/clip/vision_tower.ts";
export { type Variant } from "./lib/systems/variants.ts";
export { infoNce } from "./lib/losses/info_nce.ts";

// How good a ranking is.
export { type Ranks, type Recall, recallOf, type Retrieval, retrieval, retrievalRanks } from "./lib/metrics/recall.ts";
export { type BootstrapOptions, type Interval, recallInterval } from "./lib/metrics/bootstrap.ts";

// Embed, rank and index your own recordings, texts and images; the types of an index are in "./search".
export {
  type EmbedOptions,
  loadBrewClip,
  type LoadBrewClipOptions,
  type RetrievalModel,
} from "./lib/retrieval/load_brewclip.ts";
export type { ModelNames } from "./lib/retrieval/source.ts";
export { Embeddings, type Match, rank } from "./lib/retrieval/rank.ts";
export { type ImageIndex, openIndex } from "./lib/retrieval/index/open_index.ts";

// A trained run.
export { openRun, type RunFolder } from "./lib/training/run_folder.ts";
export { type LongText, type RunConfig } from "./lib/training/run_config.ts";
export { fingerprint } from "./lib/files/fingerprint.ts";
export { identityOf, type TextRows, textRows } from "./lib/training/run_model.ts";
export { type Checkpoint, type Identity } from "./lib/training/checkpoint.ts";
export { restore } from "./lib/training/checkpoint.ts";
export { type OpenTrained, openTrained, type OpenTrainedOptions } from "./lib/experiments/job.ts";
