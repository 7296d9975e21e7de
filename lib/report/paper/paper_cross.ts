/**
 * Published figures of models on other data sets than their own, in percent (paper, Table 5).
 *
 * @module
 */
import type { PaperSet } from "./paper_recall.ts";

/** R@5 of speech to image and of image to speech. */
export type PaperCross = readonly [speech2image: number, image2speech: number];

/** Table 5: a row is the training set, a column the test set. */
export const PAPER_TABLE_5: Readonly<Record<PaperSet, Readonly<Record<PaperSet, PaperCross>>>> = {
  "ln-coco": { "ln-coco": [68.1, 78.6], "spokencoco": [38.8, 58.2], "flickr8k": [53.6, 76.1] },
  "spokencoco": { "ln-coco": [47.3, 41.9], "spokencoco": [67.1, 79.6], "flickr8k": [87.8, 93.8] },
  "flickr8k": { "ln-coco": [38.9, 40.4], "spokencoco": [61.3, 75.3], "flickr8k": [89.1, 95.9] },
};

/** What is to be known of the paper's own caption of Table 5. */
export const PAPER_TABLE_5_NOTE: string =
  "The paper's caption of Table 5 names rows and columns the other way round; its text and the sizes of its numbers show " +
  "that a row is the training set.";
