/**
 * What was seen of moods, in words.
 *
 * @module
 */
import type { SerClip, SerResult, SerRow } from "../../experiments/ser/ser_results.ts";
import { serRowName } from "../../experiments/ser/ser_table.ts";
import { bootstrapGroups } from "../../metrics/classification.ts";
import { bullets, differenceWords, type FoundDifference, percentWords } from "./words.ts";

/**
 * Accuracy of one system less another's on the same clips, in points, with a 95 % interval by bootstrap over speakers.
 *
 * @throws {RangeError} where they did not judge the same clips.
 */
export function accuracyDifference(one: SerRow, other: SerRow, clips: readonly SerClip[]): FoundDifference {
  const byId = new Map(clips.map((clip) => [clip.id, clip]));
  const said = new Map(other.predictions.map(({ id, emotion }) => [id, emotion]));
  const judged = one.predictions.map(({ id, emotion }) => {
    const clip = byId.get(id), theirs = said.get(id);
    if (clip === undefined || theirs === undefined || said.size !== one.predictions.length) {
      throw new RangeError(`Cannot compare as '${id}' must be judged by both: expected the same clips`);
    }
    const right = (mood: string): number => mood === clip.emotion ? 100 : 0;
    return { speaker: clip.speaker === "" ? id : clip.speaker, gain: right(emotion) - right(theirs) };
  });
  const mean = (items: readonly number[]): number =>
    items.reduce((sum, item) => sum + judged[item]!.gain, 0) / items.length;
  return {
    points: mean(judged.map((_, item) => item)),
    interval: bootstrapGroups(judged.map(({ speaker }) => speaker), mean),
  };
}

/** Markdown: accuracy of each system on the test split, then each against the majority class and against log-mel statistics. */
export function serFindings({ rows, clips, classes }: SerResult): string {
  const split = rows.filter(({ protocol }) => protocol === "split");
  const [majority, logMel] = ["majority", "log-mel"].map((system) => split.find((row) => row.system === system));
  const speakers = new Set(clips.filter((clip) => clip.split === "test").map(({ speaker }) => speaker)).size;
  const heard = split.filter(({ encoder }) => encoder !== null);
  const name = (row: SerRow): string => `${serRowName(row)}${row.seed === null ? "" : ` (seed ${row.seed})`}`;
  const against = (row: SerRow, base: SerRow | undefined): string[] =>
    base === undefined ? [] : [`${serRowName(base)} ${differenceWords(accuracyDifference(row, base, clips))}`];
  return bullets([
    `Accuracy on ${majority?.predictions.length ?? 0} test clips of ${speakers} speakers, ${classes.length} moods: ${
      split.map((row) => {
        const { value, interval: [low, high] } = row.accuracy;
        return `${name(row)} ${percentWords(100 * value, [100 * low, 100 * high])}`;
      }).join("; ")
    }.`,
    ...heard.map((row) =>
      `${name(row)}, compared with ${[...against(row, majority), ...against(row, logMel)].join("; with ")}.`
    ),
  ]);
}
