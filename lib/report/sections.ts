/**
 * The chapters of a report, each with its tables and figures.
 *
 * @module
 */
import { messageOf } from "../errors.ts";
import type { ReportEntry } from "./collect/entry.ts";
import type { Figure } from "./figures/figure.ts";
import {
  ABLATE_FIGURES,
  CROSS_FIGURES,
  LOOKING_FIGURES,
  type MakeFigures,
  MODEL_FIGURES,
  MOOD_FIGURES,
  RETRIEVAL_FIGURES,
  TONE_FIGURES,
  TRAINING_FIGURES,
  WER_FIGURES,
  ZERO_SHOT_FIGURES,
} from "./section_figures.ts";
import { ablateTables, crossTables, runTables } from "./tables/trained.ts";
import { cropTables, spaceTables } from "./tables/queries.ts";
import { differenceTables, retrievalTables, zeroShotTables } from "./tables/retrieval.ts";
import { serTables } from "./tables/ser.ts";
import type { ReportTable } from "./tables/report_table.ts";
import { toneTables } from "./tables/tone.ts";
import { werTables } from "./tables/word_errors.ts";

/** Makes the tables that these results allow. */
export type MakeTables = (entries: readonly ReportEntry[]) => ReportTable[];

/** A chapter. */
export interface Section {
  /** Its anchor. */
  id: string;
  /** Its name in the navigation. */
  short: string;
  /** Its title. */
  title: string;
  /** The question that it answers, and its place in the paper. */
  text: string;
  /** Its figures. */
  figures: Figure[];
  /** Its tables. */
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
