/** Galleries and crops made by hand, with the images that they name. */
import { join } from "@std/path";
import sharp from "sharp";
import type { CropQuery, CropResult, CropSettings } from "../../lib/experiments/crop/experiment.ts";
import type { GalleryResult, GallerySettings } from "../../lib/experiments/gallery/experiment.ts";
import type { Figure, PlotlyLayout } from "../../lib/report/figures/figure.ts";
import { presetConfig } from "../../lib/training/presets.ts";
import { temporaryFolder } from "../temporary.ts";

/** A text as long and as strange as can be. */
export const LONG =
  "Wwwwww MMMMMM and um so there is a gorgeously ornamented Fahrradständer & a <b>bold</b> sign, no sorry, "
    .repeat(4);
/** Both ways. */
export const WAYS = ["speech2image", "image2speech"] as const;
const recall = { "R@1": 12.5, "R@5": 20, "R@10": 30 };
const band: [number, number] = [5, 40];
const intervals = { "R@1": band, "R@5": band, "R@10": band };
const whole = {
  speech2image: recall,
  image2speech: { ...recall, "R@1": 7.5 },
  intervals: { speech2image: intervals, image2speech: intervals },
};
const model = { config: presetConfig("sample-ln-coco"), run: null };

/** A folder with eight images of one colour each, wide, tall and square. */
export async function pictureFolder(): Promise<string> {
  const folder = await temporaryFolder();
  for (let i = 0; i < 8; i++) {
    const background = { r: 30 * i, g: 90, b: 255 - 30 * i };
    const [width, height] = [[60, 30], [30, 60], [40, 40]][i % 3] as [number, number];
    await sharp({ create: { width, height, channels: 3, background } }).jpeg().toFile(join(folder, `p${i}.jpg`));
  }
  return folder;
}

export type Gallery = { settings: GallerySettings; result: GalleryResult };

/** Eight pairs; a query's right answer is at the places that `ranks` tells, one a model. */
export function gallery(
  dataFolder: string,
  { variants = ["full", "pip-zero-shot"], ranks = [1, 7], each = 3, transcript = "a dog on the beach", total = 8 } = {},
): Gallery {
  const places = [0, 1, 2, 3, 4, 5, 6, 7];
  const order = (right: number, rank: number) =>
    places.filter((i) => i !== right).toSpliced(rank - 1, 0, right).slice(0, 5);
  const top = (prefix: string, right: number, rank: number) =>
    order(right, rank).map((i, at) => ({ id: `${prefix}${i}`, similarity: 0.9 - 0.1 * at }));
  const queries = WAYS.flatMap((direction) =>
    places.slice(0, each).map((i) => ({
      direction,
      id: `${direction === "speech2image" ? "r" : "p"}${i}`,
      answers: variants.map((_, m) => ({
        rank: ranks[m]!,
        similarity: -0.031 - m,
        top: top(direction === "speech2image" ? "p" : "r", i, ranks[m]!),
      })),
    }))
  );
  const reference = "a cat on the beach";
  const errors = { errors: 1, words: 5, wer: 0.2, substitutions: 1, deletions: 0, insertions: 0 };
  return {
    settings: { models: [model], split: "test", choice: { by: "random", count: each, seed: 3 }, top: 5 },
    result: {
      of: { dataset: "ln-coco", split: "test", pictures: total, recordings: total },
      dataFolder,
      models: variants.map((variant, m) => ({
        name: `model ${m}`,
        variant,
        run: `runs/m${m}`,
        step: 20,
        recall: whole,
      })),
      queries,
      pictures: Object.fromEntries(places.map((i) => [`p${i}`, `p${i}.jpg`])),
      recordings: Object.fromEntries(
        places.map((
          i,
        ) => [`r${i}`, { file: `r${i}.wav`, imageId: `p${i}`, transcript: `${transcript} ${i}`, reference, errors }]),
      ),
    },
  };
}

export type Crop = { settings: CropSettings; result: CropResult };

/** Eight pairs; `loss` tells by how much the crop harms pair i. */
export function crop(
  dataFolder: string,
  loss: (i: number) => number,
  { square = false, transcript = "a dog", ways = WAYS as readonly (typeof WAYS)[number][] } = {},
): Crop {
  const places = [0, 1, 2, 3, 4, 5, 6, 7];
  const gain = { "R@1": { points: -2.5, interval: band }, "R@5": { points: 0, interval: band } };
  const queries = WAYS.flatMap((direction) =>
    places.map((i): CropQuery => {
      const lost = ways.includes(direction) ? loss(i) : 0;
      const ranks = { crop: 1 + Math.max(0, lost), pad: 1 + Math.max(0, -lost), squash: 1 };
      return { direction, id: `${direction === "speech2image" ? "r" : "p"}${i}`, imageId: `p${i}`, ranks, loss: lost };
    })
  ).sort((a, b) => b.loss - a.loss);
  const shape = (i: number) =>
    [
      { width: 60, height: 30, kept: { left: 0.25, top: 0, width: 0.5, height: 1 }, cut: 0.5 },
      { width: 30, height: 60, kept: { left: 0, top: 0.25, width: 1, height: 0.5 }, cut: 0.5 },
      { width: 40, height: 40, kept: { left: 0, top: 0, width: 1, height: 1 }, cut: 0 },
    ][square ? 2 : i % 3]!;
  return {
    settings: { model, split: "test", top: 12 },
    result: {
      of: { dataset: "ln-coco", split: "test", pictures: 8, recordings: 8, notSquare: square ? 0 : 6 },
      model: "a model",
      step: 20,
      trainedWith: "crop",
      dataFolder,
      recall: { crop: whole, pad: whole, squash: whole },
      gain: { speech2image: gain, image2speech: gain },
      queries,
      pictures: Object.fromEntries(places.map((i) => [`p${i}`, { file: `p${i}.jpg`, ...shape(i) }])),
      transcripts: Object.fromEntries(places.map((i) => [`r${i}`, `${transcript} ${i}`])),
    },
  };
}

export type Text = { text: string; x: number; y: number };
export const texts = ({ layout }: Figure) => layout["annotations"] as Text[];
export const images = ({ layout }: Figure) => layout["images"] as (PlotlyLayout & { source: string })[];
export const shapes = ({ layout }: Figure) =>
  layout["shapes"] as (PlotlyLayout & { line: { color?: string }; fillcolor?: string })[];
export const frames = (figure: Figure, color: string) => shapes(figure).filter(({ line }) => line.color === color);
export const bare = (text: string) => text.replaceAll(/<\/?[bu]>/g, "");
