/**
 * The tone benchmark: whether a model finds the image that matches the emotion of the voice.
 */
import { nameOf, WAYS } from "../../experiments/results.ts";
import { TONE_CONDITIONS, type ToneCondition, type ToneScores } from "../../experiments/tone/experiment.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { originSlug, originTitle } from "../collect/origin.ts";
import { chanceNote, fromRuns, paragraph, seedsCell, trainingNote } from "./cells.ts";
import type { ReportTable } from "./report_table.ts";

const CONDITIONS: Readonly<Record<ToneCondition, string>> = {
  spoken: "as spoken",
  flat: "prosody flattened",
  caption: "written caption for the transcript",
};

/** One table per `tone`. */
export function toneTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "tone").map(({ data, file: { settings, result }, stored: { run } }) => {
    const { variants, seeds, config } = settings;
    const first = result.rows[0]?.scores;
    return {
      name: `tone_${originSlug(data[0]!)}`,
      title: `Tone: which twin matches the emotion of the voice? R@1 in percent (${originTitle(data[0]!)})`,
      note: paragraph(
        "Not in the paper, which has no data in which the emotion of the voice matters.",
        first &&
          `${first.groups} groups of ${first.moods.length} twins (${first.moods.join(", ")}), which share a caption; ` +
            `chance among twins is ${first.chance.toFixed(0)} %.`,
        trainingNote(config, seeds),
        chanceNote(
          result.rows.filter(({ condition }) => condition === "spoken").map((row) => ({ ...row, name: row.variant })),
        ),
        seeds.length === 1 ? "With 95 % intervals over groups." : "",
        fromRuns(run),
      ),
      columns: ["model", "test recordings", "twins S2I", "twins I2S", "all S2I", "all I2S"],
      rows: variants.flatMap((variant) =>
        TONE_CONDITIONS.flatMap((condition) => {
          const scores = result.rows.filter((row) => row.variant === variant && row.condition === condition)
            .map(({ scores }) => scores);
          return scores.length === 0
            ? []
            : [[nameOf({ variant, trained: true }), CONDITIONS[condition], ...scoreCells(scores)]];
        })
      ),
    };
  });
}

function scoreCells(scores: readonly ToneScores[]): string[] {
  return [
    ...WAYS.map((way) =>
      seedsCell(
        scores.map(({ twins }) => ({ value: twins[way]["R@1"], interval: twins[way].interval })),
        scores[0]!.groups,
      )
    ),
    ...WAYS.map((way) => seedsCell(scores.map(({ recall }) => ({ value: recall[way]["R@1"] })))),
  ];
}
