/**
 * Any experiment by its name: run, and kept in files as its command keeps it.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../files/atomic.ts";
import { writeJsonLines } from "../files/json_lines.ts";
import { ablate, ablateTable } from "./ablate/ablate.ts";
import type { AblateSettings } from "./ablate/ablate_results.ts";
import { attentionExperiment } from "./attention/attention.ts";
import { attentionPage } from "./attention/attention_page.ts";
import type { AttentionResult, AttentionSettings } from "./attention/attention_results.ts";
import { attentionTable } from "./attention/attention_table.ts";
import { compareTable, compareVariants } from "./compare/compare.ts";
import type { CompareSettings } from "./compare/compare_results.ts";
import { cropExperiment } from "./crop/crop.ts";
import { cropPage } from "./crop/crop_page.ts";
import type { CropResult, CropSettings } from "./crop/crop_results.ts";
import { cropTable } from "./crop/crop_table.ts";
import { crossTable, crossTest } from "./cross/cross.ts";
import type { CrossSettings } from "./cross/cross_results.ts";
import { writeExperiment } from "./experiment_file.ts";
import { galleryExperiment } from "./gallery/gallery.ts";
import { galleryPage } from "./gallery/gallery_page.ts";
import type { GalleryResult, GallerySettings } from "./gallery/gallery_results.ts";
import { galleryTable } from "./gallery/gallery_table.ts";
import type { Report } from "./report.ts";
import { serExperiment } from "./ser/ser.ts";
import type { SerResult, SerSettings } from "./ser/ser_results.ts";
import { serTable } from "./ser/ser_table.ts";
import { spaceExperiment } from "./space/space.ts";
import type { SpaceResult, SpaceSettings } from "./space/space_results.ts";
import { spaceTable } from "./space/space_table.ts";
import { toneExperiment } from "./tone/tone.ts";
import type { ToneResult, ToneSettings } from "./tone/tone_results.ts";
import { toneTable } from "./tone/tone_table.ts";
import type { TrialResult } from "./trials/trial_results.ts";
import { runWer } from "./wer/wer_job.ts";
import type { WerResult, WerSettings } from "./wer/wer_results.ts";
import { werTable } from "./wer/wer_table.ts";
import { zeroShot, zeroShotTable } from "./zero_shot/zero_shot.ts";
import type { ZeroShotSettings } from "./zero_shot/zero_shot_results.ts";

/** Settings and result of each experiment, by the names of their commands. */
export interface Experiments {
  /** Frozen models on transcripts and on written captions. */
  "zero-shot": { settings: ZeroShotSettings; result: TrialResult };
  /** Variants trained alike. */
  "compare": { settings: CompareSettings; result: TrialResult };
  /** Models on each other's data. */
  "cross": { settings: CrossSettings; result: TrialResult };
  /** One change of settings at a time. */
  "ablate": { settings: AblateSettings; result: TrialResult };
  /** The mood of speech. */
  "ser": { settings: SerSettings; result: SerResult };
  /** Word errors against recall. */
  "wer": { settings: WerSettings; result: WerResult };
  /** Which twin has the mood of the voice. */
  "tone": { settings: ToneSettings; result: ToneResult };
  /** Queries with their answers. */
  "gallery": { settings: GallerySettings; result: GalleryResult };
  /** What a similarity rests on. */
  "attention": { settings: AttentionSettings; result: AttentionResult };
  /** What the centre crop costs. */
  "crop": { settings: CropSettings; result: CropResult };
  /** The joint space in two dimensions. */
  "space": { settings: SpaceSettings; result: SpaceResult };
}

/** How an experiment is watched and stopped. */
export interface ExperimentOptions {
  /** Takes lines and progress. */
  report: Report;
  /** Stops it; what is heard and trained is kept. */
  signal?: AbortSignal | undefined;
}

/** An experiment's settings with what was found, as its `results.json` holds them. */
export type ExperimentFound<Name extends keyof Experiments> = Experiments[Name];

type Parts<Settings, Result> = {
  work: (settings: Settings, folder: string, options: ExperimentOptions) => Promise<Result | undefined>;
  table: (settings: Settings, result: Result) => string;
  page?: (settings: Settings, result: Result) => Promise<string>;
};

const PARTS: { [Name in keyof Experiments]: Parts<Experiments[Name]["settings"], Experiments[Name]["result"]> } = {
  "zero-shot": { work: zeroShot, table: (_, result) => zeroShotTable(result) },
  "compare": { work: compareVariants, table: compareTable },
  "cross": { work: crossTest, table: crossTable },
  "ablate": { work: ablate, table: ablateTable },
  "ser": { work: serExperiment, table: serTable },
  "wer": { work: wordErrorsAndSamples, table: werTable },
  "tone": { work: toneExperiment, table: toneTable },
  "gallery": { work: galleryExperiment, table: galleryTable, page: galleryPage },
  "attention": { work: attentionExperiment, table: attentionTable, page: attentionPage },
  "crop": { work: cropExperiment, table: cropTable, page: cropPage },
  "space": { work: spaceExperiment, table: spaceTable },
};

/**
 * Runs an experiment and writes what its command writes: `results.json` and `table.md`, for single queries `NAME.html`, for
 * word errors `samples.jsonl`. Called again, it takes what was heard and trained before, as the command does.
 *
 * @param folder of the results and of the runs that the experiment needs
 * @returns the settings with what was found
 * @throws the signal's reason, where it was stopped. {InputError} where data, models or earlier runs are at fault.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * const config = presetConfig("sample");
 * const settings = { config, variants: ["pip", "full"], seeds: [1] };
 * const { result } = await runExperiment("compare", settings, "runs/compare", { report: notebookReport() });
 * ```
 */
export async function runExperiment<Name extends keyof Experiments>(
  experiment: Name,
  settings: Experiments[Name]["settings"],
  folder: string,
  options: ExperimentOptions,
): Promise<ExperimentFound<Name>> {
  const { work, table, page } = PARTS[experiment];
  const result = await work(settings, folder, options);
  if (result === undefined) throw options.signal?.reason;
  if (page !== undefined) await writeAtomic(join(folder, `${experiment}.html`), await page(settings, result));
  await writeExperiment(folder, { experiment, settings, result }, table(settings, result));
  return { settings, result } as ExperimentFound<Name>;
}

async function wordErrorsAndSamples(settings: WerSettings, folder: string, options: ExperimentOptions) {
  const outcome = await runWer(settings, folder, options);
  if (outcome !== undefined && outcome.samples.length > 0) {
    await writeJsonLines(join(folder, "samples.jsonl"), outcome.samples);
  }
  return outcome?.result;
}
