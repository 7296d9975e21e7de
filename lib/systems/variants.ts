/** The six variants of the paper's tables. */

/** Which parts a variant's speech feature has. */
export interface VariantParts {
  /** The text feature F_T. */
  text: boolean;
  /** The acoustic feature F_A. */
  acoustic: boolean;
  /** Trained prompts in every branch. */
  prompts: boolean;
  /** The source of the text: the transcript or the written caption. */
  source: "transcript" | "caption";
}

/** Names of the variants. */
export type Variant = "pip-zero-shot" | "pip-zero-shot-gt" | "pip" | "pip-gt" | "e2e" | "full";

/** The variants (paper, section 3 and Tables 1, 2 and 4). */
export const VARIANTS: Readonly<Record<Variant, VariantParts>> = {
  "pip-zero-shot": { text: true, acoustic: false, prompts: false, source: "transcript" },
  "pip-zero-shot-gt": { text: true, acoustic: false, prompts: false, source: "caption" },
  "pip": { text: true, acoustic: false, prompts: true, source: "transcript" },
  "pip-gt": { text: true, acoustic: false, prompts: true, source: "caption" },
  "e2e": { text: false, acoustic: true, prompts: true, source: "transcript" },
  "full": { text: true, acoustic: true, prompts: true, source: "transcript" },
};
