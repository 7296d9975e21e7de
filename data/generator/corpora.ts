/**
 * Makes the sample's data sets.
 *
 * @module
 */
import { join } from "@std/path";
import { type ToneSizes, writeRavdess, writeTone } from "./corpus_emotion.ts";
import { writeCoco, writeFlickr8k } from "./corpus_retrieval.ts";
import type { MakeOptions } from "./make_files.ts";
import { planCorpora, type PlanSizes, SAMPLE_SEED, SAMPLE_SIZES } from "./plan.ts";
import { checkTools } from "./processes.ts";

/** Options of {@link makeCorpora}. */
export interface CorporaOptions {
  /** Folder that gets `flickr8k/`, `coco/`, `ravdess/` and `tone/`. */
  directory: string;
  /** Folder of the ledgers that say what is made already. */
  work: string;
  /** Seed of everything; that of the shipped sample. */
  seed?: number;
  /** Numbers of images; {@link SAMPLE_SIZES}. */
  sizes?: PlanSizes;
  /** Voices of the emotional speech, 2 to 24; 24. */
  actors?: number;
  /** Numbers of scenes of the tone benchmark; {@link TONE_SIZES}. */
  tone?: ToneSizes;
  /** Programs at work at a time; 2. */
  width?: number;
  /** Receives lines about the progress. */
  log?: (line: string) => void;
  /** Stops between files; finished files stay. */
  signal?: AbortSignal;
}

/**
 * Makes the four corpora, continuing where an earlier call stopped. The same seed gives the same files with the same
 * versions of espeak-ng, opus-tools and sharp.
 *
 * @throws {InputError} if espeak-ng or opus-tools are missing.
 */
export async function makeCorpora(options: CorporaOptions): Promise<void> {
  const { directory, work, seed = SAMPLE_SEED, sizes = SAMPLE_SIZES, actors, tone, width, log, signal } = options;
  await checkTools();
  const plan = planCorpora(seed, sizes);
  const place = (name: string): MakeOptions => ({
    directory: join(directory, name),
    ledger: join(work, `ledger-${name}.json`),
    ...(width === undefined ? {} : { width }),
    ...(log === undefined ? {} : { log }),
    ...(signal === undefined ? {} : { signal }),
  });
  await writeFlickr8k(plan.flickr8k, seed, place("flickr8k"));
  await writeCoco(plan.coco, seed, place("coco"));
  await writeRavdess(seed, { ...place("ravdess"), ...(actors === undefined ? {} : { actors }) });
  await writeTone(seed, { ...place("tone"), ...(tone === undefined ? {} : { sizes: tone }) });
}
