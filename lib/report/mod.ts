/**
 * Tables, figures, findings in words, and the page that joins them, from the results of experiments.
 *
 * @module
 */

// Running an experiment and showing it.
export { type ExperimentFound, runExperiment, type RunExperimentOptions } from "./run_experiment.ts";

// The report.
export { makeReport, type ReportChoice } from "./make_report.ts";
export { FIGURE_FORMATS, type FigureFormat } from "./draw_figures.ts";
export { openResults } from "./collect/find_results.ts";
export {
  type Facts,
  type FileOf,
  type ReportEntry,
  type ReportKind,
  type ReportParts,
  type RunCurve,
  type StoredEntry,
} from "./collect/entry.ts";
export { type DataOrigin, type OriginKind } from "./collect/origin.ts";
export { type ExperimentParts } from "./figures/figure.ts";

// Figures.
export { architectureFigure, type ArchitectureNumbers, readArchitecture } from "./figures/architecture.ts";
export { attentionFigure } from "./figures/attention.ts";
export { ablateFigure, compareDifferencesFigure } from "./figures/differences.ts";
export { cropFigure } from "./figures/crop.ts";
export { crossFigure, retrievalBarsFigure, zeroShotFigure } from "./figures/recall.ts";
export { galleryFigure } from "./figures/gallery.ts";
export { serBarsFigure, serConfusionFigure } from "./figures/ser.ts";
export { spaceFigure } from "./figures/space.ts";
export { type DrawnSystem, systemFigure } from "./figures/systems.ts";
export { toneFigure } from "./figures/tone.ts";
export { trainingCurvesFigure } from "./figures/training_curves.ts";
export { werGainFigure } from "./figures/wer_gain.ts";
export { transcriptionFigure, werFigure } from "./figures/word_errors.ts";
export { type Figure, type FigureColumns, type PlotlyLayout, type PlotlyTrace } from "./figures/figure.ts";

// Tables.
export { crossTables } from "./tables/trained.ts";
export { serTables } from "./tables/ser.ts";
export { retrievalTables, zeroShotTables } from "./tables/retrieval.ts";
export { type TrainedModel } from "./tables/cells.ts";
export { toneTables } from "./tables/tone.ts";
export { transcriptionTable, werTables } from "./tables/word_errors.ts";
export { csvOf, latexOf, markdownOf } from "./tables/render.ts";
export { type ReportTable, type TableFigure } from "./tables/report_table.ts";

// Findings.
export {
  attentionFindings,
  cropFindings,
  crossFindings,
  galleryFindings,
  serFindings,
  spaceFindings,
  toneFindings,
  transcriptionFindings,
  variantFindings,
  werFindings,
} from "./findings.ts";
