/**
 * BrewCLIP for TypeScript: finds pictures by speech and speech by pictures, after "BrewCLIP: A Bifurcated Representation
 * Learning Framework for Audio-Visual Retrieval" (Lu and Sethi).
 *
 * A recording is heard twice: as words, by Whisper and CLIP's text tower, and as sound, by an acoustic branch on Whisper's
 * encoder states. Shared prompts tune the frozen towers. The exports follow the way of the data: recordings and pictures,
 * data sets, frozen models, the model that is trained, its loss, training, experiments.
 *
 * @example How good is a ranking?
 * ```ts
 * import { recallInterval, retrievalRanks, recallOf } from "@brewclip/brewclip";
 *
 * // Two recordings by two pictures; the second recording's own picture comes second.
 * const { speech2image } = retrievalRanks(new Float32Array([0.9, 0.1, 0.6, 0.4]), [0, 1], 2);
 * if (recallOf(speech2image)["R@1"] !== 50) throw new Error("expected one of two");
 * const [low, high] = recallInterval(speech2image, 1);
 * if (!(low <= 50 && 50 <= high)) throw new Error("expected 50 in between");
 * ```
 *
 * @example A model with random weights, from the smallest parts
 * ```ts
 * import { acousticConfig, createBrewClip, encodeSpeech, initialiseClip, useBackend } from "@brewclip/brewclip";
 *
 * await useBackend("cpu");
 * const tower = { width: 16, feedforward: 32, layers: 1, heads: 2, activation: "gelu" as const, epsilon: 1e-5 };
 * const clip = initialiseClip({
 *   text: { ...tower, vocabulary: 10, places: 12, bos: 8, eos: 9, pad: 9 },
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

// Errors and repeatable randomness.
export * from "./lib/errors.ts";
export * from "./lib/random.ts";

// Where and how tensors are computed.
export * from "./lib/runtime/backend.ts";

// Files of tensors, recordings, pictures, texts.
export * from "./lib/files/safetensors.ts";
export * from "./lib/audio/inspect.ts";
export * from "./lib/audio/log_mel.ts";
export * from "./lib/audio/read_audio.ts";
export * from "./lib/audio/resample.ts";
export * from "./lib/image/inspect.ts";
export * from "./lib/image/picture_error.ts";
export * from "./lib/image/pixel_reader.ts";
export * from "./lib/image/preprocess.ts";
export * from "./lib/image/preprocessor_config.ts";
export * from "./lib/text/english_normaliser.ts";
export * from "./lib/text/normalise.ts";
export * from "./lib/text/word_errors.ts";

// Data sets in their published layouts, and one's own; what is wrong with them.
export { checkDataset, type Checked, type CheckedName, type CheckOptions } from "./lib/data/check/check_dataset.ts";
export type { Finding } from "./lib/data/check/findings.ts";
export { type Manifest, openManifest } from "./lib/data/check/manifest.ts";
export { type CheckReport, readCheckReport, type SplitFacts, type Spread } from "./lib/data/check/report.ts";
export { loadFlickr8k } from "./lib/data/flickr8k.ts";
export * from "./lib/data/load_pairs.ts";
export { loadLocalizedNarratives } from "./lib/data/localized_narratives.ts";
export { loadEmotionClips, loadOwnPairs, loadTone, type TonePair } from "./lib/data/own_data.ts";
export * from "./lib/data/pair.ts";
export * from "./lib/data/ravdess.ts";
export { loadSpokenCoco } from "./lib/data/spokencoco.ts";

// The frozen models.
export * from "./lib/hub/find_model.ts";
export { isHubId, MODEL_PRESETS, type ModelKind, type ModelPreset, modelPreset } from "./lib/hub/models.ts";
export {
  checkRoom,
  describePlan,
  type HearingPlan,
  planHearing,
  type PlanOptions,
} from "./lib/whisper/hearing_plan.ts";
export * from "./lib/whisper/shard.ts";
export { describeSpeed } from "./lib/whisper/speech.ts";
export type { HearingProblem } from "./lib/whisper/store/line.ts";
export * from "./lib/whisper/transcripts.ts";
export * from "./lib/whisper/whisper.ts";
export * from "./lib/whisper/windows.ts";
export { type WhisperDtype } from "./lib/hub/models.ts";
export { type Clip } from "./lib/clip/clip.ts";
export * from "./lib/clip/config.ts";
export * from "./lib/clip/initialise.ts";
export * from "./lib/clip/load.ts";
export { type Pixels } from "./lib/clip/patches.ts";
export { type TokenIds } from "./lib/clip/text_places.ts";
export * from "./lib/clip/text_tower.ts";
export * from "./lib/clip/text_windows.ts";
export * from "./lib/clip/tokenizer.ts";
export * from "./lib/clip/vision_tower.ts";

// The model that is trained on top of them, and its loss.
export * from "./lib/systems/acoustic_branch.ts";
export * from "./lib/systems/acoustic_config.ts";
export * from "./lib/systems/brewclip.ts";
export * from "./lib/systems/fusion.ts";
export * from "./lib/systems/mean_of_windows.ts";
export * from "./lib/systems/parameters.ts";
export * from "./lib/systems/relevance.ts";
export * from "./lib/systems/shared_prompts.ts";
export * from "./lib/systems/variants.ts";
export * from "./lib/losses/brewclip_loss.ts";
export * from "./lib/losses/info_nce.ts";
export * from "./lib/metrics/bootstrap.ts";
export * from "./lib/metrics/calibration.ts";
export * from "./lib/metrics/chi_square.ts";
export * from "./lib/metrics/classification.ts";
export * from "./lib/metrics/lbfgs.ts";
export * from "./lib/metrics/linear_classifier.ts";
export * from "./lib/metrics/logistic_design.ts";
export * from "./lib/metrics/logistic_regression.ts";
export * from "./lib/metrics/recall.ts";
export * from "./lib/metrics/twin_recall.ts";
export * from "./lib/metrics/wilson.ts";

// Training.
export * from "./lib/training/batches.ts";
export * from "./lib/training/checkpoint.ts";
export * from "./lib/training/config.ts";
export * from "./lib/training/preset_config.ts";
export * from "./lib/training/presets.ts";
export * from "./lib/training/dev_log.ts";
export * from "./lib/training/examples.ts";
export * from "./lib/training/fingerprint.ts";
export * from "./lib/training/gradients.ts";
export * from "./lib/training/left_out.ts";
export * from "./lib/training/loop.ts";
export * from "./lib/training/metrics_log.ts";
export * from "./lib/training/micro_batches.ts";
export * from "./lib/training/optimizer.ts";
export * from "./lib/training/pictures.ts";
export * from "./lib/training/restore.ts";
export * from "./lib/training/run_folder.ts";
export * from "./lib/training/schedule.ts";
export * from "./lib/training/step.ts";

// The experiments of the paper.
export * from "./lib/experiments/ablate/ablate.ts";
export * from "./lib/experiments/ablate/ablate_results.ts";
export * from "./lib/experiments/ablate/grid.ts";
export * from "./lib/experiments/attention/attention.ts";
export * from "./lib/experiments/attention/attention_page.ts";
export * from "./lib/experiments/attention/attention_results.ts";
export * from "./lib/experiments/attention/attention_table.ts";
export * from "./lib/experiments/attention/spectrogram.ts";
export * from "./lib/experiments/attention/word_relevance.ts";
export * from "./lib/experiments/baselines.ts";
export * from "./lib/experiments/compare/compare.ts";
export * from "./lib/experiments/compare/compare_results.ts";
export * from "./lib/experiments/crop/crop.ts";
export * from "./lib/experiments/crop/crop_page.ts";
export * from "./lib/experiments/crop/crop_results.ts";
export * from "./lib/experiments/crop/crop_table.ts";
export * from "./lib/experiments/cross/cross.ts";
export * from "./lib/experiments/cross/cross_results.ts";
export * from "./lib/experiments/dry_run.ts";
export * from "./lib/experiments/dry_run/plan.ts";
export * from "./lib/experiments/ensure_run.ts";
export * from "./lib/experiments/experiment_file.ts";
export * from "./lib/experiments/features.ts";
export * from "./lib/experiments/gallery/gallery.ts";
export * from "./lib/experiments/gallery/gallery_page.ts";
export * from "./lib/experiments/gallery/gallery_results.ts";
export * from "./lib/experiments/gallery/gallery_table.ts";
export * from "./lib/experiments/hear_pairs.ts";
export * from "./lib/experiments/list_pairs.ts";
export * from "./lib/experiments/main_job.ts";
export * from "./lib/experiments/open_job.ts";
export * from "./lib/experiments/open_trained.ts";
export * from "./lib/experiments/prepare.ts";
export * from "./lib/experiments/qualitative/choose.ts";
export * from "./lib/experiments/qualitative/items.ts";
export * from "./lib/experiments/qualitative/model_choice.ts";
export * from "./lib/experiments/qualitative/rank_split.ts";
export * from "./lib/experiments/qualitative/seen_part.ts";
export * from "./lib/experiments/report.ts";
export * from "./lib/experiments/results.ts";
export * from "./lib/experiments/retrieval.ts";
export * from "./lib/experiments/run_experiment.ts";
export * from "./lib/experiments/run_model.ts";
export * from "./lib/experiments/ser/augment.ts";
export * from "./lib/experiments/ser/choose_l2.ts";
export * from "./lib/experiments/ser/defaults.ts";
export * from "./lib/experiments/ser/fine_tune.ts";
export * from "./lib/experiments/ser/log_mel_statistics.ts";
export * from "./lib/experiments/ser/moving_average.ts";
export * from "./lib/experiments/ser/ser.ts";
export * from "./lib/experiments/ser/ser_results.ts";
export * from "./lib/experiments/ser/ser_table.ts";
export * from "./lib/experiments/ser/speaker_folds.ts";
export * from "./lib/experiments/space/labels.ts";
export * from "./lib/experiments/space/maps.ts";
export * from "./lib/experiments/space/space.ts";
export * from "./lib/experiments/space/space_results.ts";
export * from "./lib/experiments/space/space_table.ts";
export * from "./lib/experiments/signed.ts";
export * from "./lib/experiments/table.ts";
export * from "./lib/experiments/tone/evaluate_tone.ts";
export * from "./lib/experiments/tone/tone.ts";
export * from "./lib/experiments/tone/tone_results.ts";
export * from "./lib/experiments/tone/tone_table.ts";
export * from "./lib/experiments/transcription/transcribe_split.ts";
export * from "./lib/experiments/trials/run_trial.ts";
export * from "./lib/experiments/trials/test_splits.ts";
export * from "./lib/experiments/trials/train_trials.ts";
export * from "./lib/experiments/trials/trial_results.ts";
export * from "./lib/experiments/trials/trial_statistics.ts";
export * from "./lib/experiments/trials/trial_tables.ts";
export * from "./lib/experiments/usable_pairs.ts";
export * from "./lib/experiments/wer/wer_analysis.ts";
export * from "./lib/experiments/wer/wer_job.ts";
export * from "./lib/experiments/wer/wer_regression.ts";
export * from "./lib/experiments/wer/wer_results.ts";
export * from "./lib/experiments/wer/wer_samples.ts";
export * from "./lib/experiments/wer/wer_table.ts";
export * from "./lib/experiments/zero_shot/zero_shot.ts";
export * from "./lib/experiments/zero_shot/zero_shot_results.ts";

// Reports and notebooks.
export * from "./lib/report/figures/figure.ts";
export * from "./lib/report/findings.ts";
export * from "./lib/report/figures/word_errors.ts";
export * from "./lib/report/tables/word_errors.ts";
export { type DataOrigin, type OriginKind, originOf } from "./lib/report/collect/origin.ts";
export {
  type Facts,
  type FileOf,
  type ReportEntry,
  type ReportFile,
  type ReportKind,
  type ReportParts,
  type RunCurve,
  type StoredEntry,
} from "./lib/report/collect/entry.ts";
export {
  findResults,
  type Found,
  openResults,
  readCurve,
  readCurvesIn,
  type Unusable,
} from "./lib/report/collect/find_results.ts";
export { findChromium, NO_CHROMIUM, type System } from "./lib/report/export/chromium.ts";
export { type Exporter, openExporter } from "./lib/report/export/exporter.ts";
export { figureHtml } from "./lib/report/figures/figure_html.ts";
export { DARK, darkFigure, type Ground, LIGHT, PALETTE, VARIANT_COLOURS } from "./lib/report/figures/style.ts";
export { ablateFigure, compareDifferencesFigure } from "./lib/report/figures/differences.ts";
export { architectureFigure, type ArchitectureNumbers, PAPER_NUMBERS } from "./lib/report/figures/architecture.ts";
export { attentionFigure } from "./lib/report/figures/attention.ts";
export { cropFigure } from "./lib/report/figures/crop.ts";
export { crossFigure, retrievalBarsFigure, zeroShotFigure } from "./lib/report/figures/recall.ts";
export { galleryFigure } from "./lib/report/figures/gallery.ts";
export { serBarsFigure, serConfusionFigure } from "./lib/report/figures/ser.ts";
export { spaceFigure } from "./lib/report/figures/space.ts";
export { toneFigure } from "./lib/report/figures/tone.ts";
export { trainingCurvesFigure } from "./lib/report/figures/training_curves.ts";
export { crossTables } from "./lib/report/tables/trained.ts";
export { moodsTables } from "./lib/report/tables/ser.ts";
export { retrievalTables, zeroShotTables } from "./lib/report/tables/retrieval.ts";
export { toneTables } from "./lib/report/tables/tone.ts";
export * from "./lib/notebook/project.ts";
export { type Bundle } from "./lib/notebook/kernel.ts";
export * from "./lib/notebook/notebook_report.ts";
export * from "./lib/notebook/show_audio.ts";
export * from "./lib/notebook/show_figure.ts";
export * from "./lib/notebook/show_markdown.ts";
export * from "./lib/notebook/show_picture.ts";
export * from "./lib/notebook/show_spectrogram.ts";
export * from "./lib/notebook/show_table.ts";
export { csvOf, latexOf, markdownOf } from "./lib/report/tables/render.ts";
export { figureText, type ReportTable, type TableFigure } from "./lib/report/tables/report_table.ts";
export { makeReport, type ReportChoice } from "./lib/report/make_report.ts";
export { FIGURE_FORMATS, type FigureFormat } from "./lib/report/draw_figures.ts";
export * from "./lib/report/paper.ts";
