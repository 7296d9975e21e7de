/** The sizes of the acoustic branch, and the options of the ablations. */

/** Whether the branches share prompts, P_V = Linear(P_T), or have separate ones. */
export type PromptSharing = "shared" | "separate";

/**
 * How the acoustic and the text feature are combined: `F_A + F_T`, or weighted by a learned gate, which depends on both features
 * or on how sure Whisper is of the transcript.
 */
export type Fusion = "sum" | "gated" | "confidence";

/** Sizes that CLIP's configuration does not define. */
export interface AcousticConfig {
  /** Width Z of Whisper's encoder states. */
  whisperWidth: number;
  /**
   * States of a frame: 1, the encoder's last, or those of all its layers. Several are
   * normalized each and averaged with learned weights. Default 1.
   */
  layers?: number | undefined;
  /** Number M of prompts; 4 in the paper. */
  promptLength: number;
  /** Attention heads of the one layer; divides the text tower's width. */
  heads: number;
  /** Width between the two linear layers of the feed-forward part; 4096 in the paper. */
  feedforward: number;
  /** Dropout rate; 0.1 in the paper. */
  dropout: number;
  /** The share of the states' columns that are dropped, different ones for each recording. Default 0, as in the paper. */
  stateDropout?: number | undefined;
  /**
   * Factor on the initial length of F_A. Default 1, as in the paper; a larger one lets the sound outweigh the words in
   * F_A + F_T.
   */
  gain?: number | undefined;
  /** Default `"shared"`, as in the paper. */
  prompts?: PromptSharing | undefined;
  /** Default `"sum"`, as in the paper. */
  fusion?: Fusion | undefined;
  /**
   * How pairs are told apart: each among its batch, or each alone (Zhai et al. 2023), which adds a bias to the parameters.
   * Default `"infonce"`, as in the paper.
   */
  loss?: "infonce" | "sigmoid" | undefined;
}

/**
 * The paper's sizes (section 3) for the given widths of text tower and Whisper, with 8 heads, or 4 if 8 does not divide the
 * text width.
 *
 * @throws {RangeError} if neither divides it.
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
