/**
 * How well the tiny CLIP ranks unseen scenes, and its two-way tests.
 *
 * @module
 */
import type { Clip } from "../../lib/clip/clip.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { encodeImage } from "../../lib/clip/vision_tower.ts";
import { Random } from "../../lib/random.ts";
import { caption, factsHold, shortCaption } from "./captions.ts";
import { normalizeImage, padded } from "./clip_batch.ts";
import { renderSmall } from "./clip_world.ts";
import { changeFact, distinctScenes, type Fact, FACTS, randomSceneFor, type Scene, type Use } from "./scene.ts";

/** A text, a scene of which it is true, and a scene that differs in one fact, of which it is false. */
export interface TwoWayTrial {
  /** The fact that differs. */
  fact: Fact;
  /** A caption of the right scene that states the fact. */
  text: string;
  /** Of this one the text is true. */
  right: Scene;
  /** Of this one it is not. */
  wrong: Scene;
}

/** Trials of one fact on scenes of a use; the text states the fact that differs. */
export function twoWayTrials(fact: Fact, count: number, use: Use, random: Random): TwoWayTrial[] {
  const trials: TwoWayTrial[] = [];
  while (trials.length < count) {
    const right = randomSceneFor(use, random);
    const wrong = changeFact(right, fact, random);
    for (let draw = 0; draw < 50; draw++) {
      const { text, facts } = caption(right, random);
      if (factsHold(facts, wrong)) continue;
      trials.push({ fact, text, right, wrong });
      break;
    }
  }
  return trials;
}

/**
 * Share of rows whose text is more similar (cosine) to the right image than to the wrong one; a tie counts half.
 *
 * @param text N rows of D values, as are `right` and `wrong`
 * @throws {RangeError} if there is no row or their numbers differ.
 *
 * @example
 * ```ts
 * import { twoWayAccuracy } from "./clip_evaluation.ts";
 * const accuracy = twoWayAccuracy([[1, 0], [0, 1]], [[2, 1], [1, 0]], [[0, 1], [1, 3]]);
 * if (accuracy !== 0.5) throw new Error(`${accuracy}`);
 * ```
 */
export function twoWayAccuracy(
  text: readonly ArrayLike<number>[],
  right: readonly ArrayLike<number>[],
  wrong: readonly ArrayLike<number>[],
): number {
  if (text.length === 0 || text.length !== right.length || text.length !== wrong.length) {
    throw new RangeError(
      `Cannot compare ${text.length} texts with ${right.length} and ${wrong.length} pictures: expected as many of each, at least 1`,
    );
  }
  const won = text.reduce((sum, row, i) => {
    const [near, far] = [cosine(row, right[i] as ArrayLike<number>), cosine(row, wrong[i] as ArrayLike<number>)];
    return sum + (near > far ? 1 : near === far ? 0.5 : 0);
  }, 0);
  return won / text.length;
}

/** Cosine of the angle between two rows. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(Math.max(1e-24, aa * bb));
}

/** Images and texts to compare, prepared once. */
export interface ClipExamination {
  /** Normalized images of the gallery. */
  gallery: Float32Array[];
  /** Captions with the number of their image. */
  captions: { text: string; picture: number }[];
  /** For each fact the texts with the right and the wrong images. */
  twoWay: Record<Fact, { texts: string[]; right: Float32Array[]; wrong: Float32Array[] }>;
}

/** The result of an examination: recall in percent among the gallery's images, and shares of won two-way tests. */
export interface ClipMarks {
  /** Text to image: percent of the captions whose image is among the first 1, 5 and 10. */
  recall: { "R@1": number; "R@5": number; "R@10": number };
  /** Share of trials won by fact; chance is 0.5. */
  twoWay: Record<Fact, number>;
}

/** How large an examination is. */
export interface ExaminationSize {
  /** Images of the gallery; 100. */
  pictures?: number;
  /** Captions of each; 5. */
  captions?: number;
  /** Two-way trials of each fact; 100. */
  trials?: number;
}

/** Prepares an examination on scenes of a use, with images of `size` pixels a side. */
export async function prepareExamination(
  use: Use,
  seed: number | string,
  size: number,
  options: ExaminationSize = {},
): Promise<ClipExamination> {
  const { pictures: count = 100, captions: each = 5, trials = 100 } = options;
  const random = new Random(`examination ${seed}`);
  let drawn = 0;
  const draw = async (scene: Parameters<typeof renderSmall>[0]): Promise<Float32Array> =>
    normalizeImage(await renderSmall(scene, `examination ${seed} ${drawn++}`, size), size);
  const scenes = distinctScenes(use, count, random);
  const gallery: Float32Array[] = [];
  for (const scene of scenes) gallery.push(await draw(scene));
  const captions = scenes.flatMap((scene, picture) =>
    Array.from({ length: each }, () => ({ text: shortCaption(scene, random), picture }))
  );
  const twoWay = {} as ClipExamination["twoWay"];
  for (const fact of FACTS) {
    const test: ClipExamination["twoWay"][Fact] = { texts: [], right: [], wrong: [] };
    for (const trial of twoWayTrials(fact, trials, use, random)) {
      test.texts.push(trial.text);
      test.right.push(await draw(trial.right));
      test.wrong.push(await draw(trial.wrong));
    }
    twoWay[fact] = test;
  }
  return { gallery, captions, twoWay };
}

/** Examines a model; `encode` turns a text into ids with marks. */
export async function examine(
  clip: Clip,
  encode: (text: string) => number[],
  examination: ClipExamination,
): Promise<ClipMarks> {
  const images = (list: readonly Float32Array[]): Promise<Float32Array[]> =>
    features(list, (part) => encodeImage(clip, part));
  const texts = (list: readonly string[]): Promise<Float32Array[]> =>
    features(list, (part) => encodeText(clip, padded(part.map(encode), clip.config.text.pad)));
  const gallery = await images(examination.gallery);
  const queries = await texts(examination.captions.map(({ text }) => text));
  const ranks = queries.map((query, i) => {
    const own = cosine(query, gallery[examination.captions[i]?.picture as number] as Float32Array);
    return gallery.filter((picture) => cosine(query, picture) > own).length;
  });
  const recall = (k: number): number => 100 * ranks.filter((rank) => rank < k).length / ranks.length;
  const twoWay = {} as ClipMarks["twoWay"];
  for (const fact of FACTS) {
    const test = examination.twoWay[fact];
    twoWay[fact] = twoWayAccuracy(await texts(test.texts), await images(test.right), await images(test.wrong));
  }
  return { recall: { "R@1": recall(1), "R@5": recall(5), "R@10": recall(10) }, twoWay };
}

/** Features of a list, computed 100 at a time. */
async function features<T>(list: readonly T[], compute: (part: T[]) => Tensor): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for (let start = 0; start < list.length; start += 100) {
    const tensor = compute(list.slice(start, start + 100)); // [N, D]
    const data = Float32Array.from(await tensor.data());
    const width = tensor.shape[1] as number;
    for (let i = 0; i < data.length; i += width) rows.push(data.subarray(i, i + width));
    tensor.dispose();
  }
  return rows;
}

type Tensor = ReturnType<typeof encodeImage>;

/** Marks as numbers by name, for a line of a log. */
export function marksByName({ recall, twoWay }: ClipMarks): Record<string, number> {
  return { ...recall, ...twoWay };
}
