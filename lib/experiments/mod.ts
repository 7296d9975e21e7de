/**
 * Training and the experiments of the paper. Each returns data; `./report` turns data into tables, figures and pages.
 *
 * @module
 */

// Settings of a training.
export { presetConfig } from "../training/presets.ts";
export { type AcousticLayers, type RunConfig } from "../training/run_config.ts";
export { checkConfig, readConfig } from "../training/config.ts";

// Running.
export { ensureRun } from "./train_run.ts";
export { nameOf } from "./results.ts";
export { FINE_TUNE } from "./ser/results.ts";
export { firstImages } from "./pairs.ts";
export { mostErrors, type TranscribedRecording, type TranscribedSplit, transcribeSplit } from "./transcribe_split.ts";
export { readJsonLines } from "../files/json_lines.ts";

// The experiments.
export {
  type Experiment,
  type ExperimentContext,
  type ExperimentFile,
  type ExperimentSchemas,
  type PartSchema,
} from "./experiment.ts";
export { type ExperimentName, EXPERIMENTS, type Experiments } from "./registry.ts";
export { type Watch } from "./report.ts";
export { type OptionKind, type OptionSpec, type OptionTable } from "../options.ts";

// Settings of experiments.
export { type NamedConfig } from "./results.ts";
export { type AblateResult, type AblateSettings } from "./ablate.ts";
export { type CompareSettings } from "./compare.ts";
export { type CrossModel, type CrossSettings } from "./cross.ts";
export { type ZeroShotSettings } from "./zero_shot.ts";
export { type WerSample } from "./wer_analysis.ts";
export { type Normaliser } from "./wer.ts";
export { type FineTuneSettings, type SerData, type SerEncoder, type SerSettings } from "./ser/results.ts";
export { type AttentionSettings } from "./attention/experiment.ts";
export { type CropSettings } from "./crop/experiment.ts";
export { type GallerySettings } from "./gallery/experiment.ts";
export { type Choice, type ModelChoice } from "./qualitative/settings.ts";
export { type SpaceSettings } from "./space/experiment.ts";
export { type ToneSettings } from "./tone/experiment.ts";
export { type Variant } from "../systems/variants.ts";
export { type WerModelSettings, type WerSettings, type WerTableSettings } from "./wer.ts";

// What experiments return.
export { type Coefficient, type LogisticCurve, type LogisticFit } from "../metrics/logistic_regression.ts";
export { type RankIntervals, type RankMetrics } from "../metrics/rank_metrics.ts";
export { type CalibrationBin } from "../metrics/calibration.ts";
export {
  type CorpusErrors,
  type Fitted,
  type RankedTranscript,
  type WerBin,
  type WerRegression,
} from "./wer_analysis.ts";
export { type GalleryAnswer, type GalleryHit, type GalleryQuery, type GalleryResult } from "./gallery/experiment.ts";
export {
  type ToneCondition,
  type ToneQuery,
  type ToneResult,
  type ToneRow,
  type ToneScores,
  type TwinRecall,
} from "./tone/experiment.ts";
export {
  type Comparison,
  type Difference,
  type TestQueries,
  type TrialResult,
  type TrialRow,
  type Way,
} from "./results.ts";
export { type Point, type SpaceMap, type SpaceModel, type SpacePair, type SpaceResult } from "./space/experiment.ts";
export { type SerClip, type SerFigure, type SerResult, type SerRow, type SerSystem } from "./ser/results.ts";
export { type Spectrogram } from "../audio/log_mel.ts";
export { type AttentionMaps, type AttentionResult, type WordRelevance } from "./attention/experiment.ts";
export { type CropPicture, type CropQuery, type CropResult } from "./crop/experiment.ts";
export { type Cost, type Gain, type Intervals, type RetrievalResult, type RunResults } from "./results.ts";
export { type RankedModel, type SeenPart, type ShownRecording, type SplitSize } from "./qualitative/settings.ts";
export { type SplitRecall } from "./evaluate.ts";
export { type NearChance } from "../training/chance.ts";
export { type WerFinding, type WerResult, type WerSource } from "./wer.ts";

// Opened jobs.
export { type FrameStates } from "../training/examples.ts";
export { type SkippedFile, SkippedFiles } from "../training/run_logs.ts";
export { type OpenJob, type OpenJobOptions } from "./job.ts";
export { type FrozenModels } from "../retrieval/open_model.ts";
export { type Prepared, type PreparedPair } from "./pairs.ts";
export { Images, /** @deprecated Use `Images`. */ Images as Pictures } from "../training/examples.ts";
export { type BatchState } from "../training/batches.ts";
export { type Best } from "../training/checkpoint.ts";
export { Adam, type AdamState, type MomentValues } from "../training/optimizer.ts";

// The loss of the paper, a pure function of features.
export { brewClipLoss, type LossOptions, type LossTerms, type PairFeatures } from "../losses/brewclip_loss.ts";
