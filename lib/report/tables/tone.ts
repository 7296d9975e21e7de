/**
 * The tone benchmark: whether a model finds the image that matches the emotion of the voice.
 */
import { nameOf, WAYS } from "../../experiments/results.ts";
import { TONE_CONDITIONS, type ToneCondition, type ToneScores } from "../../experiments/tone/experiment.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { originSlug, originTitle } from "../collect/origin.ts";
import { toneRecall } from "../tone_recall.ts";
import { chanceNote, fromRuns, paragraph, trainingNote } from "./cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

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
        `95 % intervals: bootstrap over groups of twins${
          seeds.length > 1 ? " and over seeds" : ""
        }; with fewer than 50 groups Student's t on the log odds.`,
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
  return (["twins", "all"] as const).flatMap((among) => WAYS.map((way) => figureText(toneRecall(scores, way, among))));
}
