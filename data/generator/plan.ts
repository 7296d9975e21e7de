/**
 * The plan of the two retrieval corpora: which scenes, captions and narrations are in which split.
 *
 * @module
 */
import { rankByHash } from "../../lib/data/coco_splits.ts";
import { Random } from "../../lib/random.ts";
import { shortCaption } from "./captions.ts";
import { planTone } from "./corpus_emotion.ts";
import type { PlannedSplit } from "./make_files.ts";
import { narrate, SPONTANEOUS } from "./narrations.ts";
import { distinctScenes, type Scene } from "./scene.ts";
import { planSpeech } from "./speech_texts.ts";

/** One image with its captions and narration. */
export interface PlannedPicture {
  /** Number of the image, in `coco` its COCO image id. */
  id: number;
  /** Which part of the set it is in. */
  split: PlannedSplit;
  /** What it shows. */
  scene: Scene;
  /** Five different short captions; a part of the images of `coco` have none. */
  captions: string[];
  /** One long narration; images of `flickr8k` have none. */
  narration?: string;
}

/** Numbers of images; the defaults are those of the shipped sample. */
export interface PlanSizes {
  /** Of the set in the layout of Flickr8k. */
  flickr8k: { train: number; dev: number; test: number };
  /** Of the set in the layouts of COCO, and how many of them have captions too. */
  coco: { train: number; test: number; captioned: { train: number; test: number } };
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

/** Captions of every captioned image. */
export const CAPTIONS_PER_PICTURE = 5;

/** Numbers of images of the shipped sample. Of the 1,250 train images of `coco`, the loaders use 150 as dev. */
export const SAMPLE_SIZES: PlanSizes = {
  flickr8k: { train: 120, dev: 30, test: 100 },
  coco: { train: 1250, test: 500, captioned: { train: 350, test: 150 } },
};

/** Share of the scenes that differ in one fact only from another of their split. */
const ALIKE = 0.5;

/**
 * The plan of both corpora. Test images may share a caption with each other, as in the published sets; every other text
 * belongs to one image only, so that no text occurs in two splits, wherever a loader cuts the dev split. No text is one
 * of the tiny Whisper's pretraining or of the tone benchmark.
 *
 * @throws {RangeError} if there are not enough different scenes or captions for the sizes.
 */
export function planCorpora(seed: number = SAMPLE_SEED, sizes: PlanSizes = SAMPLE_SIZES): CorpusPlan {
  const owners = new Map<string, string>();
  for (const { text } of planSpeech(seed)) owners.set(text, "whisper");
  for (const text of planTone(seed).flatMap(({ texts }) => texts)) owners.set(text, "tone");
  const flickr8k = planPictures("flickr8k", ["test", "dev", "train"], sizes.flickr8k, seed, owners);
  const coco = planPictures("coco", ["test", "train"], { dev: 0, ...sizes.coco }, seed, owners);
  return { flickr8k, coco };
}

/** Every caption and narration of a plan: what no text of a later pretraining may be equal to. */
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
  sizes: Record<PlannedSplit, number> & { captioned?: { train: number; test: number } },
  seed: number,
  owners: Map<string, string>,
): PlannedPicture[] {
  const random = new Random(`${seed}:${set}`);
  const used = new Set<string>();
  const ids = new Set<number>();
  const pictures: PlannedPicture[] = [];
  for (const split of splits) {
    const scenes = distinctScenes(set, sizes[split], random, used, ALIKE).map((scene) => ({
      id: newId(random, ids),
      scene,
    }));
    const captioned = spread(scenes.map(({ id }) => id), split === "dev" ? undefined : sizes.captioned?.[split]);
    for (const { id, scene } of scenes) {
      const owner = split === "test" ? "test" : `${set} ${id}`;
      const own = new Set<string>();
      while (captioned.has(id) && own.size < CAPTIONS_PER_PICTURE) {
        own.add(freeText(() => shortCaption(scene, random), owner, own, owners));
      }
      const picture: PlannedPicture = { id, split, scene, captions: [...own] };
      if (set === "coco") {
        const told = new Random(`${seed}:narration:${id}`);
        picture.narration = freeText(() => narrate(scene, told, SPONTANEOUS).text, owner, own, owners);
      }
      pictures.push(picture);
    }
  }
  return pictures.sort((a, b) => a.id - b.id);
}

/**
 * Some of the ids, evenly spread over the order by which the loaders choose dev images: those of a part that are dev are
 * then those of the whole that are.
 */
function spread(ids: readonly number[], count: number = ids.length): Set<number> {
  const ranked = rankByHash(ids.map(String), (id) => `dev:${id}`).map(Number);
  const before = (i: number): number => Math.floor(i * count / ranked.length);
  return new Set(ranked.filter((_, i) => before(i + 1) > before(i)));
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
