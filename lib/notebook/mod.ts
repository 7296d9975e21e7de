/**
 * Outputs of notebook cells: images, players, tables, figures, and the progress of a job.
 *
 * @module
 */
export { fromProject, inProject, projectFolder } from "./project.ts";
export { type ImageView, showAudio, showImage, showMarkdown, type ShownTable, showPicture, showTable } from "./show.ts";
export { showFigure, showSpectrogram } from "./show_figure.ts";
export { notebookReport } from "./notebook_report.ts";
