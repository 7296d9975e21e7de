/**
 * From an experiment's results to what a person looks at: the table in Markdown, and a page for single queries.
 *
 * @module
 */
import { attentionPage } from "../experiments/attention/attention_page.ts";
import { attentionTable } from "../experiments/attention/attention_table.ts";
import { cropPage } from "../experiments/crop/crop_page.ts";
import { cropTable } from "../experiments/crop/crop_table.ts";
import { galleryPage } from "../experiments/gallery/gallery_page.ts";
import { galleryTable } from "../experiments/gallery/gallery_table.ts";
import type { ExperimentName, Experiments } from "../experiments/registry.ts";
import { serTable } from "../experiments/ser/ser_table.ts";
import { spaceTable } from "../experiments/space/space_table.ts";
import { toneTable } from "../experiments/tone/tone_table.ts";
import { ablateTable, compareTable, crossTable, zeroShotTable } from "../experiments/trials/trial_tables.ts";
import { werTable } from "../experiments/wer/wer_table.ts";

/** How the results of one experiment are shown. */
export interface Presentation<Settings, Result> {
  /** The table in Markdown, with its title; the terminal shows the same. */
  table(settings: Settings, result: Result): string;
  /** The page in HTML. */
  page?(settings: Settings, result: Result): Promise<string>;
}

/** How each experiment is shown, by its name. */
export const PRESENTATIONS: {
  readonly [Name in ExperimentName]: Presentation<Experiments[Name]["settings"], Experiments[Name]["result"]>;
} = {
  "zero-shot": { table: (_, result) => zeroShotTable(result) },
  "compare": { table: compareTable },
  "cross": { table: crossTable },
  "ablate": { table: ablateTable },
  "ser": { table: serTable },
  "wer": { table: werTable },
  "tone": { table: toneTable },
  "gallery": { table: galleryTable, page: galleryPage },
  "attention": { table: attentionTable, page: attentionPage },
  "crop": { table: cropTable, page: cropPage },
  "space": { table: spaceTable },
};
