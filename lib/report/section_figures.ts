/**
 * The figures of each chapter.
 *
 * @module
 */
import { originSlug, slug } from "./collect/origin.ts";
import { entriesOf, type ReportEntry, type ReportKind } from "./collect/entry.ts";
import { ablateFigure, compareDifferencesFigure } from "./figures/differences.ts";
import { architectureFigure } from "./figures/architecture.ts";
import { attentionFigure } from "./figures/attention.ts";
import { cropFigure } from "./figures/crop.ts";
import { crossFigure, retrievalBarsFigure, zeroShotFigure } from "./figures/recall.ts";
import type { Figure } from "./figures/figure.ts";
import { galleryFigure } from "./figures/gallery.ts";
import { serBarsFigure, serConfusionFigure } from "./figures/ser.ts";
import { spaceFigure } from "./figures/space.ts";
import { toneFigure } from "./figures/tone.ts";
import { trainingCurvesFigure } from "./figures/training_curves.ts";
import { werFigure } from "./figures/word_errors.ts";

/** Makes the figures that these results allow. */
export type MakeFigures = (entries: readonly ReportEntry[]) => Promise<Figure[]>;

/** A figure of each entry of a kind, named after its data. */
function each<Kind extends ReportKind>(
  kind: Kind,
  make: (entry: ReportEntry<Kind>) => Figure | Promise<Figure>,
): MakeFigures {
  return async (entries) => {
    const figures: Figure[] = [];
    for (const entry of entriesOf(entries, kind)) figures.push(named(await make(entry), entry));
    return figures;
  };
}

/** The figure with its data in its name. */
function named(figure: Figure, { data, model, file }: ReportEntry): Figure {
  const sets = [...new Set(data.map(({ set }) => slug(set)))].join("_");
  const origins = [...new Set(data.map(originSlug))].join("_");
  const of = ["wer", "train"].includes(file.experiment) ? `_${slug(model)}` : "";
  return { ...figure, name: `${figure.name}${of}_${sets}_${origins}` };
}

/** The model itself. */
export const MODEL_FIGURES: readonly MakeFigures[] = [() => Promise.resolve([architectureFigure()])];

/** Tables 1 and 2. */
export const RETRIEVAL_FIGURES: readonly MakeFigures[] = [
  each("compare", ({ file: { result } }) => retrievalBarsFigure(result)),
  each("compare", ({ file: { result } }) => compareDifferencesFigure(result)),
];

/** How trainings went: of the runs of `compare`, else of a single run. */
export const TRAINING_FIGURES: readonly MakeFigures[] = [
  async (entries) => {
    const compared = await each("compare", curves)(withCurves(entries));
    return compared.length > 0 ? compared : await each("train", curves)(withCurves(entries));
  },
];

function withCurves(entries: readonly ReportEntry[]): ReportEntry[] {
  return entries.filter(({ stored }) => stored.curves.some(({ steps }) => steps.length > 0));
}

function curves({ stored, data }: ReportEntry<"compare"> | ReportEntry<"train">): Figure {
  return trainingCurvesFigure(stored.curves, data[0]!);
}

/** Table 4. */
export const ZERO_SHOT_FIGURES: readonly MakeFigures[] = [
  each("zero-shot", ({ file: { result } }) => zeroShotFigure(result)),
];

/** Word errors. */
export const WER_FIGURES: readonly MakeFigures[] = [each("wer", ({ file }) => werFigure(file))];

/** Table 3. */
export const MOOD_FIGURES: readonly MakeFigures[] = [
  each("ser", ({ file }) => serBarsFigure(file)),
  each("ser", ({ file }) => serConfusionFigure(file)),
];

/** Table 5. */
export const CROSS_FIGURES: readonly MakeFigures[] = [each("cross", ({ file: { result } }) => crossFigure(result))];

/** Single queries, and the space that they lie in. */
export const LOOKING_FIGURES: readonly MakeFigures[] = [
  each("gallery", ({ file }) => galleryFigure(file)),
  each("attention", ({ file }) => attentionFigure(file)),
  each("crop", ({ file }) => cropFigure(file)),
  each("space", ({ file }) => spaceFigure(file)),
];

/** The tone benchmark. */
export const TONE_FIGURES: readonly MakeFigures[] = [each("tone", ({ file }) => toneFigure(file))];

/** Ablations. */
export const ABLATE_FIGURES: readonly MakeFigures[] = [each("ablate", ({ file: { result } }) => ablateFigure(result))];
