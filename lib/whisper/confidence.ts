/** How sure Whisper is of the tokens that it chose. */
import type { Tensor } from "@xenova/transformers";
import type { Transcribed } from "./whisper.ts";

/** Chosen tokens: the sum of the natural logarithms of their probabilities, and how many they are. */
export type TokenScores = Pick<Transcribed, "logProbability" | "tokens">;

/**
 * Follows a greedy decoding of several rows. A token's probability is the softmax of the logits from which it was chosen, so
 * without suppressed tokens. The token that ends a row counts; what follows it does not.
 */
export class TokenScorer {
  readonly rows: TokenScores[];
  readonly #ends: ReadonlySet<number>;
  readonly #ended: boolean[];
  #last: Tensor | undefined;

  /** @param ends ids of the tokens that end a row */
  constructor(rows: number, ends: ReadonlySet<number>) {
    this.rows = Array.from({ length: rows }, () => ({ logProbability: 0, tokens: 0 }));
    this.#ended = this.rows.map(() => false);
    this.#ends = ends;
  }

  /**
   * A logits processor that changes nothing. Others may still change the logits in place after it, so they are read at the next
   * token.
   */
  readonly processor = (tokens: readonly (readonly bigint[])[], logits: Tensor): Tensor => {
    this.count(tokens);
    this.#last = logits; // [B, V]
    return logits;
  };

  /** Counts the last token of each row. Call it once more when the decoding has ended. */
  count(tokens: readonly (readonly bigint[])[]): void {
    const logits = this.#last?.data as Float32Array | undefined;
    if (logits === undefined) return;
    const size = logits.length / this.rows.length;
    for (const [i, row] of this.rows.entries()) {
      if (this.#ended[i]) continue;
      const token = Number(tokens[i]!.at(-1));
      row.logProbability += logProbabilityOf(logits.subarray(i * size, (i + 1) * size), token);
      row.tokens++;
      this.#ended[i] = this.#ends.has(token);
    }
    this.#last = undefined;
  }
}

/** Below the largest logit by this much, even 100,000 tokens add less than 1e-8 to the sum. */
const NEGLIGIBLE = 30;

/** `log softmax(logits)[token]`. */
function logProbabilityOf(logits: Float32Array, token: number): number {
  let most = -Infinity;
  for (const value of logits) if (value > most) most = value;
  let sum = 0;
  for (const value of logits) if (value > most - NEGLIGIBLE) sum += Math.exp(value - most);
  return logits[token]! - most - Math.log(sum);
}

/** Adds up the scores of several windows. */
export function sumScores(parts: readonly TokenScores[]): TokenScores {
  return {
    logProbability: parts.reduce((sum, part) => sum + part.logProbability, 0),
    tokens: parts.reduce((sum, part) => sum + part.tokens, 0),
  };
}

/**
 * The mean log-probability of the tokens of a transcript, at most 0, with five digits, as the store has it.
 *
 * @example
 * ```ts
 * import { confidenceOf } from "./confidence.ts";
 * if (confidenceOf({ logProbability: -1, tokens: 3 }) !== -0.33333) throw new Error("not the mean");
 * ```
 */
export function confidenceOf({ logProbability, tokens }: TokenScores): number {
  return Math.min(0, Number((logProbability / tokens).toFixed(5)));
}
