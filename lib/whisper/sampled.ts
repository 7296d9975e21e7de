/** Further transcripts of a recording, drawn from Whisper's token probabilities. */
import { crc32 } from "node:zlib";
import type { Tensor } from "@xenova/transformers";
import { Random } from "../random.ts";
import type { Transcribed } from "./whisper.ts";

/** Logits are divided by it before the softmax. A store must not mix several, so another value needs a new field there. */
const TEMPERATURE = 0.6;

/**
 * Draws one token for each row and step by inverting the cumulated softmax with one random number, so rounding seldom matters.
 * A row's numbers depend on its window's samples and `index` alone, not on the rows next to it.
 */
export class TokenSampler {
  readonly #randoms: Random[];

  /**
   * @param windows samples of each row's window
   * @param index which of a recording's transcripts, from 1
   */
  constructor(windows: readonly Float32Array[], index: number) {
    this.#randoms = windows.map((samples) =>
      new Random(
        `transcript ${index}: ${crc32(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))}`,
      )
    );
  }

  /** A logits processor that makes the drawn token of each row the largest. Suppressed tokens are never drawn. */
  readonly processor = (_tokens: unknown, logits: Tensor): Tensor => {
    const values = logits.data as Float32Array; // [B, V]
    const size = values.length / this.#randoms.length;
    for (const [i, random] of this.#randoms.entries()) {
      const row = values.subarray(i * size, (i + 1) * size);
      row[draw(row, random.next())] = Infinity;
    }
    return logits;
  };
}

/** The token at which the cumulated `softmax(logits / TEMPERATURE)` passes a number in [0, 1). */
function draw(logits: Float32Array, at: number): number {
  let most = -Infinity;
  for (const value of logits) if (value > most) most = value;
  const weights = Float64Array.from(logits, (value) => Math.exp((value - most) / TEMPERATURE));
  let left = at * weights.reduce((sum, weight) => sum + weight, 0);
  const token = weights.findIndex((weight) => (left -= weight) < 0);
  return token < 0 ? logits.indexOf(most) : token;
}

/** Joins the texts of consecutive windows: the best ones, and those of each further transcript. */
export function joinTexts(
  parts: readonly Pick<Transcribed, "text" | "others">[],
): Pick<Transcribed, "text" | "others"> {
  const join = (texts: readonly string[]): string => texts.join(" ").trim();
  const others = parts[0]?.others?.map((_, index) => join(parts.map((part) => part.others![index]!)));
  return { text: join(parts.map(({ text }) => text)), ...(others && { others }) };
}
