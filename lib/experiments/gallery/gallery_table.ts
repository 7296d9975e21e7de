/**
 * The gallery as tables.
 *
 * @module
 */
import { markdownTable } from "../experiment_file.ts";
import { errorsInWords } from "../qualitative/words.ts";
import { choiceInWords, RECALL_HEAD, recallRow, tableText } from "../qualitative/words.ts";
import type { GalleryResult, GallerySettings } from "./experiment.ts";

/** Markdown: the recall of each model, then a row a query with the rank that each model gives to the right answer. */
export function galleryTable({ choice, models }: GallerySettings, result: GalleryResult): string {
  const { of, recordings, queries } = result;
  const names = result.models.map(({ name }) => tableText(name));
  const rows = queries.map(({ direction, id, answers }) => {
    const ranks = answers.map(({ rank, similarity }) => `${rank} (${similarity.toFixed(3)})`);
    if (direction === "image2speech") return ["picture", tableText(id), "", "", ...ranks];
    const { transcript = "", errors = null } = recordings[id] ?? {};
    return ["recording", tableText(id), tableText(transcript, 80), errorsInWords(errors), ...ranks];
  });
  return [
    "# Gallery: what each model answers",
    `Split ${of.split} of ${of.dataset} in ${models[0]?.config.dataRoot}: ${of.pictures} pictures, ${of.recordings} ` +
    `recordings. Recall over the whole split in percent with 95 % intervals by bootstrap over pictures.`,
    markdownTable(RECALL_HEAD, result.models.map(({ name, recall }) => recallRow(name, recall))),
    `Shown: ${
      choiceInWords(choice, names[0] ?? "", "queries each way")
    }. Each cell: the rank of the right answer, and its similarity.`,
    markdownTable(["query", "name", "transcript", "word errors", ...names], rows),
  ].join("\n\n") + "\n";
}
