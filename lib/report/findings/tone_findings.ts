/**
 * What was seen of the tone benchmark, in words.
 *
 * @module
 */
import { nameOf } from "../../experiments/table.ts";
import type { ToneCondition, ToneResult, TwinRecall } from "../../experiments/tone/tone_results.ts";
import { bullets, percentWords } from "./words.ts";

const CONDITIONS: Readonly<Record<ToneCondition, string>> = {
  spoken: "as spoken",
  flat: "with flattened prosody",
  caption: "with the written caption for the transcript",
};

/** Markdown: R@1 among twins of each variant and condition against a guess. */
export function toneFindings({ rows }: ToneResult): string {
  return bullets(rows.map(({ variant, seed, condition, scores }) => {
    const { chance, groups, twins } = scores;
    const against = ({ "R@1": recall, interval }: TwinRecall): string =>
      `${percentWords(recall, interval)}, ${
        interval[0] > chance ? "**above**" : interval[1] < chance ? "**below**" : "**not told apart from**"
      } a guess`;
    return `${nameOf({ variant, trained: true })} (seed ${seed}) ${CONDITIONS[condition]}, ${groups} groups of twins ` +
      `(a guess finds ${percentWords(chance)}): speech to image ${against(twins.speech2image)}; ` +
      `image to speech ${against(twins.image2speech)}.`;
  }));
}
