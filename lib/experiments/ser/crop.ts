/**
 * Pieces of clips, so that a training never sees the same clip twice.
 *
 * @module
 */
import type { Random } from "../../random.ts";
import type { Example } from "../../training/examples.ts";

/**
 * A clip of which the acoustic branch sees a random piece; its text stays.
 *
 * @param least the piece's least share of the frames; 1 gives the clip itself
 */
export function cropped(example: Example, least: number, random: Random): Example {
  const { states } = example;
  if (states === undefined || least >= 1) return example;
  const frames = Math.max(1, Math.round(states.frames * random.uniform(least, 1)));
  const first = random.integer(states.frames - frames + 1);
  const values = async (): Promise<Float32Array> =>
    (await states.values()).subarray(first * states.width, (first + frames) * states.width);
  return { ...example, states: { ...states, frames, values } };
}
