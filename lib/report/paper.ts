/** The paper's published figures, in percent (Tables 1 to 5). */
import type { BrewClipVariant, Variant } from "../systems/variants.ts";

export const PAPER_SETS = ["flickr8k", "spokencoco", "ln-coco"] as const;

export type PaperSet = (typeof PAPER_SETS)[number];

export const PAPER_SET_NAMES: Readonly<Record<PaperSet, string>> = {
  "flickr8k": "Flickr8k",
  "spokencoco": "SpokenCOCO",
  "ln-coco": "LN-COCO",
};

/** R@1, R@5, R@10 of speech to image, then the same of image to speech. */
export type PaperRecall = readonly [number, number, number, number, number, number];

export interface PaperRow {
  model: string;
  /** Our variant; undefined for other work. */
  variant?: BrewClipVariant;
  /** Our build of other work, which is not the published system. */
  inOurFrame?: Exclude<Variant, BrewClipVariant>;
  recall: Partial<Record<PaperSet, PaperRecall>>;
}

/** Table 1: related work, PIP-only and BrewCLIP on the three data sets. */
export const PAPER_TABLE_1: readonly PaperRow[] = [
  {
    model: "SpeechCLIP-P",
    inOurFrame: "speechclip-p",
    recall: {
      "flickr8k": [39.1, 72.0, 83.0, 54.5, 84.5, 93.2],
      "spokencoco": [35.8, 66.5, 78.0, 50.6, 80.9, 89.1],
      "ln-coco": [5.9, 18.2, 27.1, 9.5, 24.7, 34.8],
    },
  },
  {
    model: "SpeechCLIP-C",
    inOurFrame: "speechclip-c",
    recall: {
      "flickr8k": [14.7, 41.2, 55.1, 21.8, 52.0, 67.7],
      "spokencoco": [6.4, 20.7, 31.0, 9.6, 27.7, 39.7],
    },
  },
  {
    model: "ResDAVEnet",
    inOurFrame: "resdavenet",
    recall: { "spokencoco": [17.3, 41.9, 55.0, 22.0, 50.6, 65.2] },
  },
  {
    model: "MILAN",
    inOurFrame: "milan",
    recall: { "flickr8k": [33.2, 62.7, 73.9, 49.6, 79.2, 87.5] },
  },
  {
    model: "FaST-VGS-co",
    inOurFrame: "fast-vgs-co",
    recall: {
      "flickr8k": [26.6, 56.4, 68.8, 36.2, 66.1, 76.5],
      "spokencoco": [31.8, 62.5, 75.0, 42.5, 73.7, 84.9],
    },
  },
  {
    model: "FaST-VGS-ctf",
    inOurFrame: "fast-vgs-ctf",
    recall: {
      "flickr8k": [29.3, 58.6, 71.0, 37.9, 68.5, 79.9],
      "spokencoco": [35.9, 66.3, 77.9, 48.8, 78.2, 87.0],
    },
  },
  {
    model: "PIP-only zero-shot",
    variant: "pip-zero-shot",
    recall: {
      "flickr8k": [58.8, 83.9, 90.5, 77.4, 93.4, 97.0],
      "spokencoco": [33.6, 57.7, 68.0, 53.9, 77.8, 85.4],
      "ln-coco": [16.3, 33.0, 42.1, 23.6, 41.5, 50.8],
    },
  },
  {
    model: "PIP-only prompted",
    variant: "pip",
    recall: {
      "flickr8k": [68.5, 89.9, 94.5, 80.8, 95.8, 98.6],
      "spokencoco": [42.2, 67.0, 76.3, 53.6, 77.9, 85.7],
      "ln-coco": [39.1, 63.2, 72.7, 40.0, 63.1, 71.7],
    },
  },
  {
    model: "BrewCLIP",
    variant: "full",
    recall: {
      "flickr8k": [66.5, 89.1, 94.6, 79.3, 95.9, 98.6],
      "spokencoco": [40.7, 67.1, 77.5, 54.2, 79.6, 87.8],
      "ln-coco": [40.3, 68.1, 78.7, 42.3, 67.6, 77.6],
    },
  },
];

/** Rows of Table 2 that Table 1 lacks: one branch alone, and written captions instead of transcripts. */
export const PAPER_TABLE_2: readonly PaperRow[] = [
  {
    model: "E2E-only",
    variant: "e2e",
    recall: {
      "spokencoco": [22.8, 50.6, 64.4, 35.2, 65.8, 77.8],
      "ln-coco": [24.0, 51.6, 65.0, 28.4, 53.1, 64.9],
    },
  },
  {
    model: "PIP-only prompted, GT",
    variant: "pip-gt",
    recall: {
      "spokencoco": [44.9, 69.8, 78.9, 55.8, 79.2, 86.9],
      "ln-coco": [48.1, 72.8, 81.3, 47.5, 71.3, 79.7],
    },
  },
];

/** Row of Table 4 that Table 1 lacks: zero-shot on written captions. */
export const PAPER_TABLE_4: readonly PaperRow[] = [
  {
    model: "zero-shot, GT",
    variant: "pip-zero-shot-gt",
    recall: {
      "spokencoco": [36.1, 60.8, 71.1, 56.2, 78.8, 86.9],
      "ln-coco": [20.8, 40.9, 51.4, 28.6, 50.8, 60.7],
    },
  },
];

/** The paper's row of one of our variants, or of the system that one of ours is built after. */
export function paperRow(variant: string): { table: 1 | 2 | 4; row: PaperRow } | undefined {
  for (const [table, rows] of [[1, PAPER_TABLE_1], [2, PAPER_TABLE_2], [4, PAPER_TABLE_4]] as const) {
    const row = rows.find((row) => (row.variant ?? row.inOurFrame) === variant);
    if (row !== undefined) return { table, row };
  }
  return undefined;
}

/** R@5 of speech to image and of image to speech. */
export type PaperCross = readonly [speech2image: number, image2speech: number];

/** Table 5: a row is the training set, a column the test set. */
export const PAPER_TABLE_5: Readonly<Record<PaperSet, Readonly<Record<PaperSet, PaperCross>>>> = {
  "ln-coco": { "ln-coco": [68.1, 78.6], "spokencoco": [38.8, 58.2], "flickr8k": [53.6, 76.1] },
  "spokencoco": { "ln-coco": [47.3, 41.9], "spokencoco": [67.1, 79.6], "flickr8k": [87.8, 93.8] },
  "flickr8k": { "ln-coco": [38.9, 40.4], "spokencoco": [61.3, 75.3], "flickr8k": [89.1, 95.9] },
};

/** A note on the paper's own caption of Table 5. */
export const PAPER_TABLE_5_NOTE: string =
  "The paper's caption of Table 5 names rows and columns the other way round; its text and the sizes of its numbers show " +
  "that a row is the training set.";

/** Table 3: accuracy of a linear probe and of a fine-tuned model. */
export const PAPER_TABLE_3: readonly { model: string; variant: "full" | "pip"; probe: number; fineTuned: number }[] = [
  { model: "BrewCLIP", variant: "full", probe: 56, fineTuned: 78 },
  { model: "PIP-only", variant: "pip", probe: 33, fineTuned: 33 },
];
