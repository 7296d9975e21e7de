/**
 * Published figures of emotion recognition on RAVDESS, in percent (paper, Table 3).
 *
 * @module
 */

/** Table 3: accuracy of a linear probe and of a fine-tuned model. */
export const PAPER_TABLE_3: readonly { model: string; variant: "full" | "pip"; probe: number; fineTuned: number }[] = [
  { model: "BrewCLIP", variant: "full", probe: 56, fineTuned: 78 },
  { model: "PIP-only", variant: "pip", probe: 33, fineTuned: 33 },
];
