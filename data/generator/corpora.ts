/**
 * The sample's data sets: what is in which split, and the files that all of them share.
 *
 * @module
 */
import { join } from "@std/path";
import { insidePath } from "../../lib/data/index_files.ts";
import { InputError } from "../../lib/errors.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { exists, readJson } from "../../lib/files/read.ts";
import { hash, Random } from "../../lib/random.ts";
import { shortCaption } from "./captions.ts";
import { checkTools, mapConcurrent } from "./processes.ts";
import { writeCoco, writeFlickr8k } from "./corpus_retrieval.ts";
import { type ToneSizes, writeRavdess, writeTone } from "./corpus_emotion.ts";
import { renderJpeg } from "./draw_scene.ts";
import { narration } from "./narrations.ts";
import { distinctScenes, type Scene, sceneKey } from "./scene.ts";

/** The splits of the published layouts; the dev split of `coco` is cut from train by its loader. */
export type PlannedSplit = "train" | "dev" | "test";

/** One image with its captions and narration. */
export interface PlannedPicture {
  /** Number of the image, in `coco` its COCO image id. */
  id: number;
  /** Which part of the set it is in. */
  split: PlannedSplit;
  /** What it shows. */
  scene: Scene;
  /** Five different short captions. */
  captions: string[];
  /** One long narration; images of `flickr8k` have none. */
  narration?: string;
}

/** Numbers of images; the defaults are those of the shipped sample. */
export interface PlanSizes {
  /** Of the set in the layout of Flickr8k. */
  flickr8k: { train: number; dev: number; test: number };
  /** Of the set in the layouts of COCO. */
  coco: { train: number; test: number };
}

/** Everything that will be drawn and spoken for the two retrieval corpora. */
export interface CorpusPlan {
  /** Images of the set in the layout of Flickr8k, by id. */
  flickr8k: PlannedPicture[];
  /** Images of the set in the layouts of COCO, by id. */
  coco: PlannedPicture[];
}

/** The seed of the shipped sample. */
export const SAMPLE_SEED = 2026;

/** Captions of every image. */
export const CAPTIONS_PER_PICTURE = 5;

/** Numbers of images of the shipped sample. */
export const SAMPLE_SIZES: PlanSizes = {
  flickr8k: { train: 120, dev: 30, test: 100 },
  coco: { train: 500, test: 110 },
};

/**
 * The plan of both corpora. Test images may share a caption with each other, as in the published sets; every other text
 * belongs to one image only, so that no text occurs in two splits, wherever a loader cuts the dev split.
 *
 * @throws {RangeError} if there are not enough different scenes or captions for the sizes.
 */
export function planCorpora(seed: number = SAMPLE_SEED, sizes: PlanSizes = SAMPLE_SIZES): CorpusPlan {
  const owners = new Map<string, string>();
  const flickr8k = planPictures("flickr8k", ["test", "dev", "train"], sizes.flickr8k, seed, owners);
  const coco = planPictures("coco", ["test", "train"], { dev: 0, ...sizes.coco }, seed, owners);
  return { flickr8k, coco };
}

/** Every caption and narration of a plan: what no text of a pretraining may be equal to. */
export function textsOf(plan: CorpusPlan): Set<string> {
  return new Set(
    [...plan.flickr8k, ...plan.coco].flatMap(({ captions, narration }) =>
      narration === undefined ? captions : [...captions, narration]
    ),
  );
}

function planPictures(
  set: "flickr8k" | "coco",
  splits: readonly PlannedSplit[],
  sizes: Record<PlannedSplit, number>,
  seed: number,
  owners: Map<string, string>,
): PlannedPicture[] {
  const random = new Random(`${seed}:${set}`);
  const used = new Set<string>();
  const ids = new Set<number>();
  const pictures: PlannedPicture[] = [];
  for (const split of splits) {
    for (const scene of distinctScenes(set, sizes[split], random, used)) {
      const id = newId(random, ids);
      const owner = split === "test" ? "test" : `${set} ${id}`;
      const own = new Set<string>();
      while (own.size < CAPTIONS_PER_PICTURE) own.add(freeText(() => shortCaption(scene, random), owner, own, owners));
      const captions = [...own];
      if (set === "flickr8k") pictures.push({ id, split, scene, captions });
      else {pictures.push({
          id,
          split,
          scene,
          captions,
          narration: freeText(() => narration(scene, random), owner, own, owners),
        });}
    }
  }
  return pictures.sort((a, b) => a.id - b.id);
}

/** An unused number of the size of COCO's image ids. */
function newId(random: Random, ids: Set<number>): number {
  let id: number;
  do id = 1000 + random.integer(580_000); while (ids.has(id));
  ids.add(id);
  return id;
}

/** A text that is new for the image and belongs to no other owner; it is assigned to the owner. */
function freeText(make: () => string, owner: string, own: Set<string>, owners: Map<string, string>): string {
  for (let draw = 0; draw < 1000; draw++) {
    const text = make();
    if (own.has(text) || (owners.get(text) ?? owner) !== owner) continue;
    owners.set(text, owner);
    return text;
  }
  throw new RangeError(`Cannot find another text for ${owner} as 1000 draws gave only used ones: plan fewer pictures`);
}

/** A stable number below 2^32 for one purpose of one image, such as the seed of its drawing. */
export function seedFor(seed: number, ...purpose: (string | number)[]): number {
  return hash([seed, ...purpose].join(":"));
}

/** A file to be made. */
export interface PlannedFile {
  /** Paths within the corpus; all get the same bytes. */
  paths: string[];
  /** Everything that determines the bytes; the file is reused if this has not changed. */
  recipe: unknown;
  /** Makes the bytes. */
  make: () => Promise<Uint8Array>;
}

/** Options of the functions that make corpora. */
export interface MakeOptions {
  /** Folder of the corpus. */
  directory: string;
  /** File that remembers which recipe each file was made from. */
  ledger: string;
  /** Programs at work at a time; 2. */
  width?: number;
  /** Receives lines about the progress. */
  log?: (line: string) => void;
  /** Stops between files; finished files stay. */
  signal?: AbortSignal;
}

/** How many files are made between two notes in the ledger. */
const BATCH = 200;

/**
 * Makes every planned file that is missing or was made from another recipe, and removes those that the ledger knows and
 * the plan does not.
 *
 * @throws {InputError} if the ledger is damaged, or names a file outside of the directory.
 */
export async function makeFiles(files: readonly PlannedFile[], options: MakeOptions): Promise<void> {
  const { directory, ledger, width = 2, signal } = options;
  const log = options.log ?? (() => {});
  const known = await exists(ledger) ? await readLedger(ledger, directory) : {};
  const planned = new Set(files.flatMap(({ paths }) => paths));
  for (const path of Object.keys(known)) {
    if (planned.has(path)) continue;
    await Deno.remove(join(directory, path)).catch(() => {});
    delete known[path];
  }
  const todo: PlannedFile[] = [];
  for (const file of files) {
    const kept = await Promise.all(
      file.paths.map((path) => known[path] === keyOf(file) && exists(join(directory, path))),
    );
    if (!kept.every((is) => is)) todo.push(file);
  }
  for (let start = 0; start < todo.length; start += BATCH) {
    const batch = todo.slice(start, start + BATCH);
    await mapConcurrent(batch, width, async (file) => {
      const bytes = await file.make();
      for (const path of file.paths) {
        await writeAtomic(join(directory, path), bytes);
        known[path] = keyOf(file);
      }
    }, signal).finally(() => writeAtomic(ledger, JSON.stringify(known)));
    log(`${directory}: ${Math.min(todo.length, start + BATCH)} of ${todo.length} files made`);
  }
}

/** What was made; a path that leaves the folder must not lead to the removal of a file. */
async function readLedger(ledger: string, directory: string): Promise<Record<string, number>> {
  const known = await readJson(ledger);
  if (typeof known !== "object" || known === null || Array.isArray(known)) {
    throw new InputError(`Cannot read '${ledger}' as it must be a list of files by their paths: delete it.`);
  }
  for (const path of Object.keys(known)) insidePath(directory, path, ledger);
  return known as Record<string, number>;
}

function keyOf(file: PlannedFile): number {
  return hash(JSON.stringify(file.recipe));
}

/** Side in pixels and JPEG quality of every shipped image. */
const PICTURE = { size: 128, quality: 80 };

/**
 * Share of evening light in each set. Published sets differ from a CLIP's training data too: the light
 * of the COCO sample is such a gap, which the frozen CLIP does not know and trained prompts can bridge.
 */
const EVENING = { flickr8k: 0, coco: 0.4 };

/** The files of a planned image. */
export function picture(
  { id, scene }: PlannedPicture,
  paths: string[],
  set: keyof typeof EVENING,
  seed: number,
): PlannedFile {
  const drawing = seedFor(seed, "drawing", set, id);
  const options = { ...PICTURE, evening: EVENING[set] };
  return {
    paths,
    recipe: { scene: sceneKey(scene), drawing, ...options },
    make: () => renderJpeg(scene, drawing, options),
  };
}

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
  await writeTone(seed, textsOf(plan), { ...place("tone"), ...(tone === undefined ? {} : { sizes: tone }) });
}
