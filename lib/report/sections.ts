/** The sections of a report, each with its tables and figures. */
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
import { soundGains, werGainFigure } from "./figures/wer_gain.ts";
import { werFigure } from "./figures/word_errors.ts";
import { cropTables, spaceTables } from "./tables/queries.ts";
import { rankTables } from "./tables/rank_metrics.ts";
import type { ReportTable } from "./tables/report_table.ts";
import { differenceTables, retrievalTables, zeroShotTables } from "./tables/retrieval.ts";
import { serTables } from "./tables/ser.ts";
import { toneTables } from "./tables/tone.ts";
import { ablateTables, crossTables, runTables } from "./tables/trained.ts";
import { werTables } from "./tables/word_errors.ts";

type MakeFigures = (entries: readonly ReportEntry[]) => Promise<Figure[]>;

/** One figure for each entry of a kind. */
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

/** Adds the data to the figure's name. */
function named(figure: Figure, { data, model, file }: ReportEntry): Figure {
  const sets = [...new Set(data.map(({ set }) => slug(set)))].join("_");
  const origins = [...new Set(data.map(originSlug))].join("_");
  const of = ["wer", "train"].includes(file.experiment) ? `_${slug(model)}` : "";
  return { ...figure, name: `${figure.name}${of}_${sets}_${origins}` };
}

/** With the sizes of the newest training, else of `compare`. */
async function architecture(entries: readonly ReportEntry[]): Promise<Figure[]> {
  const [config] = [
    ...entriesOf(entries, "train").map(({ file: { settings } }) => settings),
    ...entriesOf(entries, "compare").map(({ file: { settings } }) => settings.config),
  ];
  return [architectureFigure(config && await readArchitecture(config))];
}

/** Curves of the runs of `compare`, else of a single run. */
async function trainingCurves(entries: readonly ReportEntry[]): Promise<Figure[]> {
  const logged = entries.filter(({ stored }) => stored.curves.some(({ steps }) => steps.length > 0));
  const compared = await each(
    "compare",
    ({ stored, data, file: { result } }) => trainingCurvesFigure(stored.curves, data[0]!, result.rows),
  )(logged);
  if (compared.length > 0) return compared;
  return await each(
    "train",
    ({ stored, data, file: { settings: { variant, seed }, result: { nearChance } } }) =>
      trainingCurvesFigure(stored.curves, data[0]!, [{ name: variant, variant, seed, nearChance }]),
  )(logged);
}

/** What sound adds by the word error rate, for each `compare` that can tell. */
function werGains(entries: readonly ReportEntry[]): Promise<Figure[]> {
  const able = entriesOf(entries, "compare").filter(({ file: { result } }) => soundGains(result).length > 0);
  return each("compare", ({ file: { result } }) => werGainFigure(result))(able);
}

type MakeTables = (entries: readonly ReportEntry[]) => ReportTable[];

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

/** Long detail tables open when their title is clicked. */
export function isFolded({ name }: Pick<ReportTable, "name">): boolean {
  return /^(differences|ranks|ablation_differences|wer_bins)_/.test(name);
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
    figures: [architecture],
  },
  {
    id: "retrieval",
    short: "Retrieval",
    title: "Which image does the speech describe?",
    text:
      "The main results (Tables 1 and 2). Each recording retrieves its image, and each image one of its recordings. " +
      "Baselines: words alone, sound alone, and no training.",
    tables: [retrievalTables, differenceTables, (entries) => rankTables(entriesOf(entries, "compare"))],
    figures: [
      each("compare", ({ file: { result } }) => retrievalBarsFigure(result)),
      each("compare", ({ file: { result } }) => compareDifferencesFigure(result)),
    ],
  },
  {
    id: "training",
    short: "Training",
    title: "What does training add?",
    text: "One run with its baselines, which include untrained random prompts, and its loss curve.",
    tables: [runTables],
    figures: [trainingCurves],
  },
  {
    id: "zero-shot",
    short: "Zero-shot",
    title: "What do transcription errors cost?",
    text: "Table 4: the frozen models on Whisper's transcripts and on written captions.",
    tables: [zeroShotTables],
    figures: [each("zero-shot", ({ file: { result } }) => zeroShotFigure(result))],
  },
  {
    id: "words",
    short: "Word errors",
    title: "Do transcription errors hurt retrieval?",
    text:
      "Section 5: logistic regression of whether a recording finds its image on the recording's word error rate; and what sound " +
      "adds to the words, by that rate.",
    tables: [werTables],
    figures: [each("wer", ({ file }) => werFigure(file)), werGains],
  },
  {
    id: "emotions",
    short: "Emotions",
    title: "Which emotion is it?",
    text:
      "Table 3: speech emotion recognition (SER) from frozen features, and after fine-tuning prompts and acoustic layer, next " +
      "to two baselines that the paper lacks.",
    tables: [serTables],
    figures: [each("ser", ({ file }) => serBarsFigure(file)), each("ser", ({ file }) => serConfusionFigure(file))],
  },
  {
    id: "cross",
    short: "Other data",
    title: "Does it transfer to other data?",
    text: "Table 5: models trained on one data set and tested on another.",
    tables: [crossTables],
    figures: [each("cross", ({ file: { result } }) => crossFigure(result))],
  },
  {
    id: "queries",
    short: "Single queries",
    title: "What do single queries look like?",
    text:
      "Answers of several models (Figures 3, 4, 6 to 8), relevance maps, the cost of the center crop (Figures 5 and 9), and " +
      "maps of the joint space.",
    tables: [cropTables, spaceTables],
    figures: [
      each("gallery", ({ file }) => galleryFigure(file)),
      each("attention", ({ file }) => attentionFigure(file)),
      each("crop", ({ file }) => cropFigure(file)),
      each("space", ({ file }) => spaceFigure(file)),
    ],
  },
  {
    id: "tone",
    short: "Tone",
    title: "Which image matches the emotion of the voice?",
    text:
      "Not in the paper: images that share a caption and differ only in emotion, so that words alone cannot do better than chance.",
    tables: [toneTables],
    figures: [each("tone", ({ file }) => toneFigure(file))],
  },
  {
    id: "ablations",
    short: "Ablations",
    title: "How much does each part contribute?",
    text: "Not in the paper: one setting changed at a time.",
    tables: [ablateTables],
    figures: [each("ablate", ({ file: { result } }) => ablateFigure(result))],
  },
];

/**
 * The sections of a report. Tables and figures that cannot be made are skipped with a warning. Names of figures and of tables are
 * unique.
 */
export async function buildSections(
  entries: readonly ReportEntry[],
  warn: (line: string) => void,
): Promise<Section[]> {
  const used = { tables: new Set<string>(), figures: new Set<string>() };
  const sections: Section[] = [];
  for (const { tables, figures, ...plan } of PLANS) {
    const section: Section = { ...plan, figures: [], tables: [] };
    for (const make of tables) {
      const made = await attempt(() => make(entries), `tables of '${plan.title}'`, warn);
      section.tables.push(...made.map((table) => ({ ...table, name: unique(table.name, used.tables) })));
    }
    for (const make of figures) {
      const made = await attempt(() => make(entries), `figures of '${plan.title}'`, warn);
      section.figures.push(...made.map((figure) => ({ ...figure, name: unique(figure.name, used.figures) })));
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

/** The name, followed by a number if it is taken. */
function unique(name: string, used: Set<string>): string {
  let found = name;
  for (let number = 2; used.has(found); number++) found = `${name}_${number}`;
  used.add(found);
  return found;
}
