/**
 * What notebook cells show: images, players, tables, figures, and the progress of a job.
 *
 * @module
 */

// Where files are.
export { fromProject, inProject, projectFolder } from "./project.ts";

// What a cell shows.
export { showAudio } from "./show.ts";
export { showFigure } from "./show_figure.ts";
export { showMarkdown } from "./show.ts";
export { type PictureView, showPicture } from "./show.ts";
export { showSpectrogram } from "./show_figure.ts";
export { type ShownTable, showTable } from "./show.ts";

// Progress.
export { notebookReport } from "./notebook_report.ts";
