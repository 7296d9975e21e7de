/**
 * What was seen when single queries were looked at, in words.
 *
 * @module
 */
import type { AttentionMaps, AttentionResult } from "../../experiments/attention/attention_results.ts";
import type { CropResult } from "../../experiments/crop/crop_results.ts";
import type { GalleryResult } from "../../experiments/gallery/gallery_results.ts";
import type { SpaceResult } from "../../experiments/space/space_results.ts";
import { bullets, differenceWords, listWords, percentWords } from "./words.ts";

/** Markdown: how often the shown queries have their right answer first, by model, beside the whole split's recall. */
export function galleryFindings({ models, queries, of: { dataset, pictures } }: GalleryResult): string {
  return bullets(models.map(({ name, recall }, m) => {
    const ranks = queries.map(({ answers }) => answers[m]!.rank);
    const first = ranks.filter((rank) => rank === 1).length;
    const { speech2image, intervals } = recall;
    return `${name}: of the ${queries.length} queries shown ${first} have their right answer first (places ${
      ranks.join(", ")
    }). Of all of ${dataset}, ${pictures} pictures, R@1 speech to image is ${
      percentWords(speech2image["R@1"], intervals.speech2image["R@1"])
    }.`;
  }));
}

/** Markdown: of each pair its place, and which words and which stretch of the sound counted most. */
export function attentionFindings({ maps }: AttentionResult): string {
  return bullets(maps.map((map) => {
    const parts = [strongestWords(map), strongestSound(map)].filter((part) => part !== undefined);
    return `${map.id} (place ${map.rank}, similarity ${map.similarity.toFixed(2)}): ${parts.join("; ") || "no map"}.`;
  }));
}

function strongestWords({ text }: AttentionMaps): string | undefined {
  const read = text?.words.filter(({ relevance }) => relevance !== null && relevance > 0) ?? [];
  if (read.length === 0) return text === null ? undefined : "no word counted for the pair";
  const strongest = read.toSorted((a, b) => b.relevance! - a.relevance!).slice(0, 3);
  return `of its words ${listWords(strongest.map(({ word }) => `“${bare(word)}”`))} counted most for the pair`;
}

/** A word without the punctuation around it. */
function bare(word: string): string {
  return word.replace(/^[^\p{L}\p{N}]+(?=.)|(?<=.)[^\p{L}\p{N}]+$/gu, "");
}

/** The share of what speaks for the pair in each half of the recording. */
function strongestSound({ sound }: AttentionMaps): string | undefined {
  if (sound === null) return undefined;
  const positive = sound.relevance.map((value) => Math.max(0, value));
  const all = positive.reduce((sum, value) => sum + value, 0);
  if (all === 0) return "no stretch of the sound counted for it";
  const most = positive.indexOf(Math.max(...positive));
  const last = positive.slice(Math.ceil(positive.length * 0.75)).reduce((sum, value) => sum + value, 0);
  return `the sound counted most at ${(most / sound.framesPerSecond).toFixed(1)} s, and ${
    percentWords(100 * last / all)
  } of what counted for the pair lies in its last quarter`;
}

/** Markdown: what bars instead of the centre crop would change. */
export function cropFindings({ of, gain, queries }: CropResult): string {
  const lost = queries.filter(({ loss }) => loss > 0).length;
  return bullets([
    `${of.notSquare} of ${of.pictures} pictures are not square, so that a crop cuts something away` +
    `${of.notSquare === 0 ? ": here **nothing can be seen** of what it costs" : ""}.`,
    `Bars less crop, R@1: speech to image ${differenceWords(gain.speech2image["R@1"])}; image to speech ${
      differenceWords(gain.image2speech["R@1"])
    }.`,
    `${lost} of ${queries.length} queries have a worse place under the crop.`,
  ]);
}

/** Markdown: how far pictures lie from their own recordings, from others, and both kinds from each other. */
export function spaceFindings({ models, of: { dataset, pictures } }: SpaceResult): string {
  return bullets(
    models.map(({ name, pairDistance, otherDistance, modalityGap, tsne }) =>
      `${name} on ${dataset}, ${pictures} pictures: a picture and its own recording are ${
        pairDistance.toFixed(2)
      } apart, a ` +
      `picture and another's ${otherDistance.toFixed(2)} (ratio ${
        (pairDistance / otherDistance).toFixed(2)
      }); the means of ` +
      `pictures and recordings ${modalityGap.toFixed(2)}. The t-SNE map keeps neighbours with a trustworthiness of ${
        tsne.trustworthiness.toFixed(2)
      }.`
    ),
  );
}
