/**
 * The sizes of the acoustic branch, and what the paper's ablations change in the model.
 *
 * @module
 */

/** Whether the branches take the same prompts, P_V = Linear(P_T), or each its own. */
export type PromptSharing = "shared" | "separate";

/** How the acoustic and the text feature become one: `F_A + F_T`, or weighted by a learned gate. */
export type Fusion = "sum" | "gated";

/** Sizes that CLIP's configuration does not tell. */
export interface AcousticConfig {
  /** Width Z of Whisper's encoder states. */
  whisperWidth: number;
  /** Number M of prompts; 4 in the paper. */
  promptLength: number;
  /** Attention heads of the one layer; divides the text tower's width. */
  heads: number;
  /** Width between the two linear layers of the feed-forward part; 4096 in the paper. */
  feedforward: number;
  /** Share of elements set to zero in training; 0.1 in the paper. */
  dropout: number;
  /**
   * F_A is at first so many times as long as linear maps make it. Default 1, as in the paper; more where the sound is to
   * outweigh the words in F_A + F_T.
   */
  gain?: number | undefined;
  /** Default `"shared"`, as in the paper. */
  prompts?: PromptSharing | undefined;
  /** Default `"sum"`, as in the paper. */
  fusion?: Fusion | undefined;
}

/**
 * The paper's sizes (section 3) for a text tower and a Whisper of the given widths, with 8 heads, or 4 where 8 do not
 * divide the width.
 *
 * @throws {RangeError} where neither divides it.
 */
export function acousticConfig(widths: { text: number; whisper: number }): AcousticConfig {
  const heads = [8, 4].find((count) => widths.text % count === 0);
  if (heads === undefined) {
    throw new RangeError(
      `Cannot choose heads as neither 8 nor 4 divides the text width: current value is ${widths.text}`,
    );
  }
  return { whisperWidth: widths.whisper, promptLength: 4, heads, feedforward: 4096, dropout: 0.1 };
}
