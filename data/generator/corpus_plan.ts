/**
 * Which scenes, captions and narrations the bundled corpora hold: all texts, before anything is drawn or spoken.
 *
 * @module
 */
import { hash, Random } from "../../lib/random.ts";
import { shortCaption } from "./captions.ts";
import { narration } from "./narrations.ts";
import { distinctScenes, type Scene } from "./scene.ts";

/** The part of a corpus that the published layouts tell apart; the dev split of `coco` is cut from train by its loader. */
export type PlannedSplit = "train" | "dev" | "test";

/** One picture with everything that is said of it. */
export interface PlannedPicture {
  /** Number of the picture, in `coco` its COCO image id. */
  id: number;
  /** Which part of the set it is in. */
  split: PlannedSplit;
  /** What it shows. */
  scene: Scene;
  /** Five different short captions. */
  captions: string[];
  /** One long narration; pictures of `flickr8k` have none. */
  narration?: string;
}

/** Numbers of pictures; the defaults are those of the shipped sample. */
export interface PlanSizes {
  /** Of the set in the layout of Flickr8k. */
  flickr8k: { train: number; dev: number; test: number };
  /** Of the set in the layouts of COCO. */
  coco: { train: number; test: number };
}

/** Everything that will be drawn and spoken for the two retrieval corpora. */
export interface CorpusPlan {
  /** Pictures of the set in the layout of Flickr8k, by id. */
  flickr8k: PlannedPicture[];
  /** Pictures of the set in the layouts of COCO, by id. */
  coco: PlannedPicture[];
}

/** The seed of the shipped sample. */
export const SAMPLE_SEED = 2026;

/** Captions of every picture. */
export const CAPTIONS_PER_PICTURE = 5;

/** Numbers of pictures of the shipped sample. */
export const SAMPLE_SIZES: PlanSizes = {
  flickr8k: { train: 120, dev: 30, test: 100 },
  coco: { train: 500, test: 110 },
};

/**
 * The plan of both corpora. Test pictures may share a caption with each other, as in the published sets; every other text
 * belongs to one picture only, so that no text occurs in two splits, wherever a loader cuts the dev split.
 *
 * @throws {RangeError} where there are not enough different scenes or captions for the sizes.
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

/** A text that no other owner has and the picture has not yet; it belongs to the owner from now on. */
function freeText(make: () => string, owner: string, own: Set<string>, owners: Map<string, string>): string {
  for (let draw = 0; draw < 1000; draw++) {
    const text = make();
    if (own.has(text) || (owners.get(text) ?? owner) !== owner) continue;
    owners.set(text, owner);
    return text;
  }
  throw new RangeError(`Cannot find another text for ${owner} as 1000 draws gave only used ones: plan fewer pictures`);
}

/** A stable number below 2^32 for one purpose of one picture, such as the seed of its drawing. */
export function seedFor(seed: number, ...purpose: (string | number)[]): number {
  return hash([seed, ...purpose].join(":"));
}
