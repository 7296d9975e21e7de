/**
 * The attention maps as a table.
 *
 * @module
 */
import { markdownTable } from "../experiment_file.ts";
import { signed } from "../signed.ts";
import { choiceInWords, tableText } from "../qualitative/words.ts";
import type { AttentionMaps, AttentionResult, AttentionSettings } from "./experiment.ts";

/** Markdown: a row a pair with the place, the words and the second that count most. */
export function attentionTable({ choice, model }: AttentionSettings, result: AttentionResult): string {
  const { of, maps } = result;
  const rows = maps.map(({ id, similarity, rank, picture, text, sound, transcript }) => [
    tableText(id),
    tableText(transcript, 60),
    similarity.toFixed(3),
    String(rank),
    bestPatch(picture),
    text === null ? "-" : tableText(bestWords(text, 4).join(", "), 80),
    text === null || text.prompts.length === 0 ? "-" : signedSum(text.prompts),
    picture.prompts.length === 0 ? "-" : signedSum(picture.prompts),
    sound === null ? "-" : `${bestSecond(sound).toFixed(1)} s`,
  ]);
  return [
    "# Attention: what a similarity rests on",
    `Split ${of.split} of ${of.dataset} in ${model.config.dataRoot}: ${of.pictures} pictures, ${of.recordings} recordings. ` +
    `${result.model}. Shown: ${choiceInWords(choice, "the model", "recordings")}.`,
    result.method,
    markdownTable(
      [
        "pair",
        "transcript",
        "similarity",
        "rank",
        "patch that counts most",
        "words that count most",
        "prompts in the text",
        "prompts in the picture",
        "sound counts most at",
      ],
      rows,
    ),
  ].join("\n\n") + "\n";
}

/** The words that count most, most first. */
export function bestWords({ words }: NonNullable<AttentionMaps["text"]>, count: number): string[] {
  return words.filter(({ relevance }) => (relevance ?? 0) > 0)
    .sort((a, b) => b.relevance! - a.relevance!).slice(0, count).map(({ word }) => word);
}

function bestPatch({ grid, relevance }: AttentionMaps["picture"]): string {
  const best = relevance.indexOf(relevance.reduce((a, b) => Math.max(a, b)));
  return `row ${Math.floor(best / grid) + 1}, column ${best % grid + 1} of ${grid} x ${grid}`;
}

function bestSecond({ relevance, framesPerSecond }: NonNullable<AttentionMaps["sound"]>): number {
  return relevance.indexOf(relevance.reduce((a, b) => Math.max(a, b))) / framesPerSecond;
}

function signedSum(values: readonly number[]): string {
  return signed(values.reduce((total, value) => total + value, 0), 3);
}
