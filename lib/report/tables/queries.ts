/**
 * Tables about single queries: the gallery, attention maps, the center crop, and the joint space.
 */
import type { AttentionMaps } from "../../experiments/attention/experiment.ts";
import { CROP_FITS, worstOf } from "../../experiments/crop/experiment.ts";
import type { Choice } from "../../experiments/qualitative/settings.ts";
import { spreadOut } from "../../metrics/bootstrap.ts";
import { oneLine } from "../../files/escape.ts";
import type { WordErrors } from "../../text/word_errors.ts";
import { type DataOrigin, originSlug, originTitle, setName, slug } from "../collect/origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import {
  fewCandidates,
  fromRuns,
  INTERVALS,
  paragraph,
  RECALL_HEADS,
  recallCells,
  resultCells,
  unitsOf,
} from "./cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

const FITS = { crop: "center crop", pad: "whole, on black bars", squash: "whole, squeezed" } as const;

/** @param what such as `"queries each way"` */
export function choiceInWords(choice: Choice, model: string, what: string): string {
  if (choice.by === "ids") return `the ${what} that were named`;
  if (choice.by === "worst") return `the ${choice.count} worst ${what} of ${model}`;
  return `${choice.count} ${what} at random, seed ${choice.seed}`;
}

export function errorsInWords(errors: WordErrors | null): string {
  if (errors === null) return "no reference";
  return errors.errors === 0 ? `all ${errors.words} words right` : `${errors.errors} errors in ${errors.words} words`;
}

export function shortened(text: string, longest: number): string {
  const line = oneLine(text);
  return line.length <= longest ? line : `${line.slice(0, longest - 4).trimEnd()} ...`;
}

function dataName(origin: DataOrigin): string {
  return `${slug(origin.set)}_${originSlug(origin)}`;
}

function countsNote(
  { split, pictures, recordings }: { split: string; pictures: number; recordings: number },
  { root }: DataOrigin,
): string {
  return `${recordings} recordings and ${pictures} images of the ${split} split (${root}).`;
}

/** Two tables per `gallery`: recall of the models, and the rank of each query's correct answer. */
export function galleryTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "gallery").flatMap(({ data, file: { settings: { choice }, result } }) => {
    const { of, models, queries, recordings } = result;
    const origin = data[0]!, candidates = { speech2image: of.pictures, image2speech: of.recordings };
    const choosing = [...new Set(Object.values(recordings).flatMap(({ keywords = {} }) => Object.keys(keywords)))];
    return [
      {
        name: `gallery_recall_${dataName(origin)}`,
        title: `Recall of the gallery's models on ${setName(origin)} in percent (${originTitle(origin)})`,
        note: paragraph(countsNote(of, origin), INTERVALS, fewCandidates(candidates)),
        columns: ["model", ...RECALL_HEADS],
        rows: models.map(({ name, recall }) => [name, ...resultCells(recall, candidates)]),
      },
      {
        name: `gallery_${dataName(origin)}`,
        title: `Queries of the gallery: rank of the correct answer, and its similarity`,
        note: `Shown: ${choiceInWords(choice, models[0]?.name ?? "", "queries each way")}.`,
        columns: [
          ...["query", "name", "transcript", "word errors"],
          ...choosing.map((name) => `keywords of ${name}`),
          ...models.map(({ name }) => name),
        ],
        rows: queries.map(({ direction, id, answers }) => {
          const ranks = answers.map(({ rank, similarity }) => `${rank} (${similarity.toFixed(3)})`);
          if (direction === "image2speech") return ["image", id, "", "", ...choosing.map(() => ""), ...ranks];
          const { transcript = "", errors = null, keywords = {} } = recordings[id] ?? {};
          const words = choosing.map((name) => keywords[name]?.join(" ") ?? "");
          return ["recording", id, shortened(transcript, 80), errorsInWords(errors), ...words, ...ranks];
        }),
      },
    ];
  });
}

/** One table per `attention`: the rank of each pair, and its most relevant patch, words and second. */
export function attentionTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "attention").map(({ data, file: { settings: { choice }, result } }) => {
    const origin = data[0]!;
    const sum = (values: readonly number[]): string =>
      values.length === 0
        ? "-"
        : figureText({ value: values.reduce((total, value) => total + value, 0), digits: 3, signed: true });
    return {
      name: `attention_${dataName(origin)}`,
      title: `What a similarity rests on, ${setName(origin)} (${originTitle(origin)})`,
      note: paragraph(
        countsNote(result.of, origin),
        `${result.model}. Shown: ${choiceInWords(choice, "the model", "recordings")}.`,
        result.method,
      ),
      columns: [
        "pair",
        "transcript",
        "similarity",
        "rank",
        "strongest patch",
        "strongest words",
        "prompts in the text",
        "prompts in the image",
        "strongest sound",
      ],
      rows: result.maps.map(({ id, transcript, similarity, rank, picture, text, sound }) => [
        id,
        shortened(transcript, 60),
        similarity.toFixed(3),
        String(rank),
        bestPatch(picture),
        text === null ? "-" : shortened(bestWords(text, 4).join(", "), 80),
        text === null ? "-" : sum(text.prompts),
        sum(picture.prompts),
        sound === null ? "-" : `${(strongest(sound.relevance) / sound.framesPerSecond).toFixed(1)} s`,
      ]),
    };
  });
}

export function bestWords({ words }: NonNullable<AttentionMaps["text"]>, count: number): string[] {
  return words.filter(({ relevance }) => (relevance ?? 0) > 0)
    .sort((a, b) => b.relevance! - a.relevance!).slice(0, count).map(({ word }) => word);
}

function strongest(relevance: readonly number[]): number {
  return relevance.indexOf(relevance.reduce((a, b) => Math.max(a, b)));
}

function bestPatch({ grid, relevance }: AttentionMaps["picture"]): string {
  const best = strongest(relevance);
  return `row ${Math.floor(best / grid) + 1}, column ${best % grid + 1} of ${grid} x ${grid}`;
}

/** One table per `crop`: recall by how images are made square, and the gain of bars over the crop. */
export function cropTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "crop").map(({ data, file: { result }, stored: { run } }) => {
    const { of, recall, gain, trainedWith, model } = result;
    const origin = data[0]!, candidates = { speech2image: of.pictures, image2speech: of.recordings };
    return {
      name: `crop_${dataName(origin)}`,
      title: `How images become squares, ${setName(origin)}: recall in percent (${originTitle(origin)})`,
      note: paragraph(
        "The paper shows single failures of the crop (Figures 5 and 9) and has no such table.",
        countsNote(of, origin),
        of.notSquare === 0
          ? "All images are square: no fit cuts, pads or squeezes anything, and all rows are equal. Use a data set with wide " +
            "or tall images, such as the real COCO or Flickr8k."
          : `${of.notSquare} of the images are not square.`,
        `${model}, trained with '${trainedWith}'.`,
        INTERVALS,
        fewCandidates(candidates),
        "Last row: difference in points, paired bootstrap.",
        fromRuns(run),
      ),
      columns: ["images", ...RECALL_HEADS],
      rows: [
        ...CROP_FITS.map((fit) => [FITS[fit], ...resultCells(recall[fit], candidates)]),
        [
          "bars minus crop",
          ...recallCells(candidates, (way, k) => {
            if (k === "R@10") return undefined;
            const { points, interval } = gain[way][k];
            return { value: points, interval: spreadOut(interval, unitsOf(candidates), true), signed: true };
          }),
        ],
      ],
    };
  });
}

/** One table per `crop`: the queries that lose most. */
export function cropQueryTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "crop").map(({ data, file: { settings, result: { queries, pictures, transcripts } } }) => {
    const worst = worstOf(queries, settings.top);
    return {
      name: `crop_queries_${dataName(data[0]!)}`,
      title: "Queries each way that lose most by the center crop",
      note: worst.length === 0
        ? "No query ranks lower with 'crop' than with 'pad'."
        : "Loss: rank with 'crop' minus rank with 'pad'.",
      columns: ["query", "name", ...CROP_FITS, "loss", "cut away", "transcript"],
      rows: worst.map(({ direction, id, imageId, ranks, loss }) => [
        direction === "speech2image" ? "recording" : "image",
        id,
        ...CROP_FITS.map((fit) => String(ranks[fit])),
        `+${loss}`,
        `${(100 * (pictures[imageId]?.cut ?? 0)).toFixed(0)} %`,
        direction === "speech2image" ? shortened(transcripts[id] ?? "", 80) : "",
      ]),
    };
  });
}

/** One table per `space`: distances between pairs and modalities, and what the maps preserve. */
export function spaceTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "space").map(({ data, file: { result }, stored: { run } }) => {
    const { of, pairs, models } = result;
    const origin = data[0]!;
    const number = (value: number, digits = 3): string => figureText({ value, digits });
    return {
      name: `space_${dataName(origin)}`,
      title: `The joint space, ${setName(origin)}: how near pairs lie (${originTitle(origin)})`,
      note: paragraph(
        "The paper has no such table.",
        countsNote(of, origin),
        `${pairs.length} pairs are drawn. Distances are Euclidean, between features of length 1 (0 to 2). Gap: from the mean ` +
          "image to the mean recording. Trust: trustworthiness of the 10 nearest neighbours on the map, 1 where the map " +
          "invents none.",
        fromRuns(run),
      ),
      columns: [
        "model",
        "own pair",
        "other pairs",
        "gap",
        "variance of 2 components, %",
        "trust PCA",
        "trust t-SNE",
        "S2I R@1",
      ],
      rows: models.map(({ name, pairDistance, otherDistance, modalityGap, explained, pca, tsne, recall }) => [
        name,
        number(pairDistance),
        number(otherDistance),
        number(modalityGap),
        number(100 * (explained[0] + explained[1]), 0),
        number(pca.trustworthiness),
        number(tsne.trustworthiness),
        number(recall.speech2image["R@1"], 1),
      ]),
    };
  });
}
