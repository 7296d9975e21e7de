/**
 * The chapters of a report, each with its tables and figures.
 *
 * @module
 */
import { messageOf } from "../errors.ts";
import { entriesOf, type ReportEntry, type ReportKind } from "./collect/entry.ts";
import { originSlug, slug } from "./collect/origin.ts";
import { architectureFigure, readArchitecture } from "./figures/architecture.ts";
import { attentionFigure } from "./figures/attention.ts";
import { cropFigure } from "./figures/crop.ts";
import { ablateFigure, compareDifferencesFigure } from "./figures/differences.ts";
import type { Figure } from "./figures/figure.ts";
import { galleryFigure } from "./figures/gallery.ts";
import { crossFigure, retrievalBarsFigure, zeroShotFigure } from "./figures/recall.ts";
import { serBarsFigure, serConfusionFigure } from "./figures/ser.ts";
import { spaceFigure } from "./figures/space.ts";
import { toneFigure } from "./figures/tone.ts";
import { trainingCurvesFigure } from "./figures/training_curves.ts";
import { werFigure } from "./figures/word_errors.ts";
import { cropTables, spaceTables } from "./tables/queries.ts";
import type { ReportTable } from "./tables/report_table.ts";
import { differenceTables, retrievalTables, zeroShotTables } from "./tables/retrieval.ts";
import { serTables } from "./tables/ser.ts";
import { toneTables } from "./tables/tone.ts";
import { ablateTables, crossTables, runTables } from "./tables/trained.ts";
import { werTables } from "./tables/word_errors.ts";

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
export const MODEL_FIGURES: readonly MakeFigures[] = [
  async (entries) => {
    const [run] = [...entriesOf(entries, "train"), ...entriesOf(entries, "compare")].map(({ file: { settings } }) =>
      "config" in settings ? settings.config : settings
    );
    return [architectureFigure(run && await readArchitecture(run))];
  },
];

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

/** Makes the tables that these results allow. */
export type MakeTables = (entries: readonly ReportEntry[]) => ReportTable[];

/** A chapter. */
export interface Section {
  id: string;
  short: string;
  title: string;
  /** The question that it answers, and its place in the paper. */
  text: string;
  figures: Figure[];
  tables: ReportTable[];
}

interface Plan extends Omit<Section, "figures" | "tables"> {
  tables: readonly MakeTables[];
  figures: readonly MakeFigures[];
}

/** Long tables of details, which are shown when their title is pressed. */
export function isFolded({ name }: Pick<ReportTable, "name">): boolean {
  return /^(differences|ablation_differences|wer_bins)_/.test(name);
}

const PLANS: readonly Plan[] = [
  {
    id: "model",
    short: "Model",
    title: "The model",
    text:
      "A recording is encoded twice: as text, through the frozen Whisper and CLIP's text tower, and as sound, through one " +
      "trained layer over Whisper's encoder states. Shared prompts tune all three branches.",
    tables: [],
    figures: MODEL_FIGURES,
  },
  {
    id: "retrieval",
    short: "Retrieval",
    title: "Which image does the speech describe?",
    text:
      "The main results (Tables 1 and 2): a recording asks for its image, an image for one of its recordings. BrewCLIP " +
      "is compared with words alone, sound alone, and no training.",
    tables: [retrievalTables, differenceTables],
    figures: RETRIEVAL_FIGURES,
  },
  {
    id: "training",
    short: "Training",
    title: "What does training add?",
    text:
      "One run with its baselines, among them prompts of random numbers that nothing has trained, and how its loss fell.",
    tables: [runTables],
    figures: TRAINING_FIGURES,
  },
  {
    id: "zero-shot",
    short: "Zero-shot",
    title: "What do transcription errors cost?",
    text: "Table 4: the frozen models on Whisper's transcripts and on written captions.",
    tables: [zeroShotTables],
    figures: ZERO_SHOT_FIGURES,
  },
  {
    id: "words",
    short: "Word errors",
    title: "Do transcription errors hide the image?",
    text:
      "Section 5: each recording's word error rate against whether its image is among the first, by logistic regression.",
    tables: [werTables],
    figures: WER_FIGURES,
  },
  {
    id: "emotions",
    short: "Emotions",
    title: "Which emotion is it?",
    text:
      "Table 3: speech emotion recognition (SER) from the frozen features, and with prompts and acoustic layer fine-tuned, next " +
      "to two baselines that the paper lacks.",
    tables: [serTables],
    figures: MOOD_FIGURES,
  },
  {
    id: "cross",
    short: "Other data",
    title: "Does it hold on other data?",
    text: "Table 5: trained on one data set, tested on another.",
    tables: [crossTables],
    figures: CROSS_FIGURES,
  },
  {
    id: "queries",
    short: "Single queries",
    title: "What does a single query look like?",
    text:
      "Answers side by side (Figures 3, 4, 6 to 8), what a similarity rests on, what the centre crop costs (Figures 5 and 9), " +
      "and where images and recordings lie in the joint space.",
    tables: [cropTables, spaceTables],
    figures: LOOKING_FIGURES,
  },
  {
    id: "tone",
    short: "Tone",
    title: "Which image has the emotion of the voice?",
    text: "Not in the paper: images that share a caption and differ in emotion alone, so that words can only guess.",
    tables: [toneTables],
    figures: TONE_FIGURES,
  },
  {
    id: "ablations",
    short: "Ablations",
    title: "What is each part worth?",
    text: "Not in the paper: one setting changed at a time, everything else the same.",
    tables: [ablateTables],
    figures: ABLATE_FIGURES,
  },
];

/**
 * The chapters that these results fill. What cannot be made of a result is told and left out. No two figures, and no two
 * tables, have the same name.
 *
 * @param warn takes a line about what is left out
 */
export async function buildSections(
  entries: readonly ReportEntry[],
  warn: (line: string) => void,
): Promise<Section[]> {
  const taken = { tables: new Set<string>(), figures: new Set<string>() };
  const sections: Section[] = [];
  for (const { tables, figures, ...plan } of PLANS) {
    const section: Section = { ...plan, figures: [], tables: [] };
    for (const make of tables) {
      const made = await attempt(() => make(entries), `tables of '${plan.title}'`, warn);
      section.tables.push(...made.map((table) => ({ ...table, name: free(table.name, taken.tables) })));
    }
    for (const make of figures) {
      const made = await attempt(() => make(entries), `figures of '${plan.title}'`, warn);
      section.figures.push(...made.map((figure) => ({ ...figure, name: free(figure.name, taken.figures) })));
    }
    sections.push(section);
  }
  return sections;
}

async function attempt<T>(make: () => T[] | Promise<T[]>, what: string, warn: (line: string) => void): Promise<T[]> {
  try {
    return await make();
  } catch (error) {
    warn(`skipped: ${what}: ${messageOf(error)}`);
    return [];
  }
}

/** The name, or with the first number behind it that is free. */
function free(name: string, taken: Set<string>): string {
  let found = name;
  for (let number = 2; taken.has(found); number++) found = `${name}_${number}`;
  taken.add(found);
  return found;
}
