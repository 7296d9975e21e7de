/**
 * The tone benchmark as a table.
 *
 * @module
 */
import { markdownTable } from "../experiment_file.ts";
import { nameOf } from "../table.ts";
import {
  TONE_CONDITIONS,
  type ToneCondition,
  type ToneResult,
  type ToneSettings,
  type TwinRecall,
} from "./experiment.ts";

const CONDITION_NAMES: Record<ToneCondition, string> = {
  spoken: "as spoken",
  flat: "prosody flattened",
  caption: "written caption for the transcript",
};

/** Markdown: a row a variant and condition; means over seeds, the interval of a single seed where there is one. */
export function toneTable({ variants, seeds, config }: ToneSettings, { rows }: ToneResult): string {
  const first = rows[0]?.scores;
  const lines = variants.flatMap((variant) =>
    TONE_CONDITIONS.flatMap((condition) => {
      const found = rows.filter((row) => row.variant === variant && row.condition === condition).map(({ scores }) =>
        scores
      );
      if (found.length === 0) return [];
      const way = (name: "speech2image" | "image2speech") => cell(found.map(({ twins }) => twins[name]));
      const mean = (of: (scores: (typeof found)[number]) => number): string =>
        (found.reduce((sum, scores) => sum + of(scores), 0) / found.length).toFixed(1);
      return [[
        nameOf({ variant, trained: true }),
        CONDITION_NAMES[condition],
        way("speech2image"),
        way("image2speech"),
        mean(({ recall }) => recall.speech2image["R@1"]),
        mean(({ recall }) => recall.image2speech["R@1"]),
      ]];
    })
  );
  const counts = first === undefined
    ? ""
    : `${first.groups} groups of ${first.moods.length} twins (${first.moods.join(", ")}), chance ${
      first.chance.toFixed(0)
    } %`;
  return `# Tone: which of the twins is right?\n\nTest split of ${config.dataRoot}: ${counts}. ${
    seeds.length === 1
      ? `Seed ${seeds[0]}, percent with 95 % intervals by bootstrap over groups.`
      : `Mean and standard deviation over the seeds ${seeds.join(", ")}, percent.`
  }\n\n${
    markdownTable(
      ["variant", "test recordings", "twins S2I R@1", "twins I2S R@1", "all S2I R@1", "all I2S R@1"],
      lines,
    )
  }\n`;
}

function cell(found: readonly TwinRecall[]): string {
  const mean = found.reduce((sum, recall) => sum + recall["R@1"], 0) / found.length;
  if (found.length === 1) {
    const [low, high] = found[0]!.interval;
    return `${mean.toFixed(1)} (${low.toFixed(0)}-${high.toFixed(0)})`;
  }
  const spread = Math.sqrt(found.reduce((sum, recall) => sum + (recall["R@1"] - mean) ** 2, 0) / (found.length - 1));
  return `${mean.toFixed(1)} ± ${spread.toFixed(1)}`;
}
