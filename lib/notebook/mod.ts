/**
 * What notebook cells show: images, players, tables, figures, and the progress of a job.
 *
 * @module
 */

// Where files are.
export { fromProject, inProject, projectFolder } from "./project.ts";

// What a cell shows.
export { showAudio } from "./show_audio.ts";
export { showFigure } from "./show_figure.ts";
export { showMarkdown } from "./show_markdown.ts";
export { type PictureView, showPicture } from "./show_picture.ts";
export { showSpectrogram } from "./show_spectrogram.ts";
export { type ShownTable, showTable } from "./show_table.ts";

// Progress.
export { notebookReport } from "./notebook_report.ts";
