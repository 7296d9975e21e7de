/**
 * Retrieval between images and their spoken descriptions. An image may have several.
 */
import { countAbove, exactly, type Rows } from "../runtime/count_above.ts";

/** Recall in percent. */
export interface Recall {
  /** Share of queries with a correct item at rank 1. */
  "R@1": number;
  /** Share of queries with a correct item among the first 5. */
  "R@5": number;
  /** Share of queries with a correct item among the first 10. */
  "R@10": number;
}

/** Recall in both directions. */
export interface Retrieval {
  /** Given a recording, find its image. */
  speech2image: Recall;
  /** Given an image, find one of its recordings. */
  image2speech: Recall;
}

/** The rank of each query: the position of its best correct item, from 1. */
export interface Ranks {
  /** `[N]`: for each recording, the rank of its image among all images. */
  speech2image: Int32Array;
  /** `[I]`: for each image, the rank of its best recording among all recordings; 0 for an image without one. */
  image2speech: Int32Array;
}

/** {@link Ranks} with those of all recordings, where they have the best of each image only. */
export interface ItemRanks extends Ranks {
  /** `[N]`: for each recording, its rank among all recordings for its own image. */
  recordings: Int32Array;
}

/**
 * Computes the ranks from a similarity matrix. Of equally similar items, the one with the lower index is ranked first.
 *
 * @param similarity `[N, I]` row by row: recordings by images
 * @param imageOf `[N]`: each recording's image, as an index below `images`
 * @param images number of images I
 * @throws {RangeError} if the sizes do not fit or a similarity is NaN.
 */
export function retrievalRanks(similarity: Float32Array, imageOf: ArrayLike<number>, images: number): Ranks {
  const recordings = imageOf.length;
  if (similarity.length !== recordings * images) {
    throw new RangeError(
      `Cannot rank as 'similarity' must have ${recordings} x ${images} values: it has ${similarity.length}`,
    );
  }
  const speech2image = new Int32Array(recordings);
  const best = new Int32Array(images).fill(-1); // each image's most similar recording; ties go to the first
  for (let n = 0; n < recordings; n++) {
    const image = checkedImage(n, imageOf, images);
    const own = similarity[n * images + image]!;
    let rank = 1;
    for (let i = 0; i < images; i++) {
      const other = similarity[n * images + i]!;
      if (Number.isNaN(other)) throw new RangeError(`Cannot rank as the similarity of ${n} and ${i} is NaN`);
      if (other > own || (other === own && i < image)) rank++;
    }
    speech2image[n] = rank;
    if (best[image]! < 0 || own > similarity[best[image]! * images + image]!) best[image] = n;
  }
  const image2speech = new Int32Array(images);
  for (let i = 0; i < images; i++) if (best[i]! >= 0) image2speech[i] = 1;
  for (let n = 0; n < recordings; n++) {
    for (let i = 0; i < images; i++) {
      if (best[i]! < 0) continue;
      const own = similarity[best[i]! * images + i]!, other = similarity[n * images + i]!;
      if (other > own || (other === own && n < best[i]!)) image2speech[i]!++;
    }
  }
  return { speech2image, image2speech };
}

/**
 * Computes recall at K in both directions. The similarity is the dot product, so normalize the features first (paper,
 * section 4).
 *
 * @param speech `[N, D]` row by row
 * @param image `[I, D]` row by row
 * @param imageOf `[N]`: each recording's image
 * @throws {RangeError} if the sizes do not fit.
 *
 * @example
 * ```ts
 * import { retrieval } from "./recall.ts";
 * const speech = new Float32Array([1, 0, 0, 1]), image = new Float32Array([1, 0, 0, 1]);
 * if (retrieval(speech, image, [0, 1]).speech2image["R@1"] !== 100) throw new Error("not found");
 * ```
 */
export function retrieval(speech: Float32Array, image: Float32Array, imageOf: ArrayLike<number>): Retrieval {
  const { speech2image, image2speech } = featureRanks(speech, image, imageOf);
  return { speech2image: recallOf(speech2image), image2speech: recallOf(image2speech) };
}

/**
 * Computes the ranks from features; see {@link retrieval} and {@link retrievalRanks}. Large matrices are multiplied block by
 * block by the machine's BLAS library or our own kernel. The ranks equal those of the plain loops, ties included.
 */
export function featureRanks(speech: Float32Array, image: Float32Array, imageOf: ArrayLike<number>): Ranks {
  const { speech2image, image2speech } = ranksOfFeatures(speech, image, imageOf, false);
  return { speech2image, image2speech };
}

/** Ranks every recording too, from the same products; see {@link featureRanks}. */
export function itemRanks(speech: Float32Array, image: Float32Array, imageOf: ArrayLike<number>): ItemRanks {
  return ranksOfFeatures(speech, image, imageOf, true);
}

/** From this many products on, they are computed block by block and never stored together. */
const LARGE = 2 ** 22;

/** Computes ranks; without `all`, `recordings` has those of the best recording of each image only. */
function ranksOfFeatures(
  speech: Float32Array,
  image: Float32Array,
  imageOf: ArrayLike<number>,
  all: boolean,
): ItemRanks {
  const recordings = imageOf.length;
  const width = speech.length / recordings;
  const images = image.length / width;
  if (!Number.isInteger(width) || !Number.isInteger(images)) {
    throw new RangeError(
      `Cannot rank as ${speech.length} speech and ${image.length} image values do not fit ${recordings} recordings`,
    );
  }
  const [a, b] = [{ values: speech, width }, { values: image, width }];
  if (recordings * images * width >= LARGE) return largeRanks(a, b, imageOf, all);
  const similarity = Float32Array.from( // [N, D] x [I, D]^T -> [N, I]
    { length: recordings * images },
    (_, at) => exactly(a, Math.floor(at / images), b, at % images),
  );
  return {
    ...retrievalRanks(similarity, imageOf, images),
    recordings: Int32Array.from({ length: all ? recordings : 0 }, (_, n) => {
      const i = imageOf[n]!, own = similarity[n * images + i]!;
      let rank = 1;
      for (let m = 0; m < recordings; m++) {
        const other = similarity[m * images + i]!;
        if (other > own || (other === own && m < n)) rank++;
      }
      return rank;
    }),
  };
}

/** Computes ranks in memory that is linear in the number of items. */
function largeRanks(speech: Rows, image: Rows, imageOf: ArrayLike<number>, all: boolean): ItemRanks {
  const images = image.values.length / image.width;
  const similarity = new Float32Array(imageOf.length);
  const best = new Int32Array(images).fill(-1); // each image's most similar recording; ties go to the first
  for (let n = 0; n < imageOf.length; n++) {
    const i = checkedImage(n, imageOf, images);
    const own = similarity[n] = exactly(speech, n, image, i);
    if (best[i]! < 0 || own > similarity[best[i]!]!) best[i] = n;
  }
  const counted = all ? Int32Array.from(similarity.keys()) : best.filter((n) => n >= 0);
  const { rows, columns } = countAbove(speech, image, { similarity, partner: imageOf }, counted);
  const recordings = new Int32Array(imageOf.length);
  counted.forEach((n, at) => recordings[n] = columns[at]! + 1);
  return {
    speech2image: rows.map((before) => before + 1),
    image2speech: best.map((n) => n < 0 ? 0 : recordings[n]!),
    recordings,
  };
}

/** Returns a recording's image. */
function checkedImage(n: number, imageOf: ArrayLike<number>, images: number): number {
  const image = imageOf[n]!;
  if (Number.isInteger(image) && image >= 0 && image < images) return image;
  throw new RangeError(`Cannot rank as recording ${n} must belong to an image below ${images}: it has ${image}`);
}

/**
 * Computes recall from ranks. Queries of rank 0, which have no correct item, are ignored.
 *
 * @returns percent; NaN without queries.
 */
export function recallOf(ranks: ArrayLike<number>): Recall {
  const queries = Array.from(ranks).filter((rank) => rank > 0);
  const within = (k: number): number => 100 * queries.filter((rank) => rank <= k).length / queries.length;
  return { "R@1": within(1), "R@5": within(5), "R@10": within(10) };
}

/** The most similar candidate of a query, and the rank of the right one, from 1. Ties go to the lower index. */
export type TwinAnswer = { chosen: number; rank: number };

/**
 * Ranks the right item of each query among its candidates.
 *
 * @param queries `[N, D]`, L2-normalized
 * @param items `[I, D]`, L2-normalized
 * @param right the right item of each query
 * @param candidates the candidates of each query, which include the right one
 * @throws {RangeError} if the right item is not a candidate, or an index is out of range.
 */
export function twinAnswers(
  queries: Rows,
  items: Rows,
  right: readonly number[],
  candidates: readonly (readonly number[])[],
): TwinAnswer[] {
  const { width } = queries;
  const count = items.values.length / width;
  return right.map((own, query) => {
    const among = candidates[query] ?? [];
    if (!among.includes(own) || among.some((item) => !(item >= 0 && item < count))) {
      throw new RangeError(
        `Cannot rank query ${query} as its right item ${own} must be among its candidates: ${among}`,
      );
    }
    const similarity = (item: number): number => {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += queries.values[query * width + d]! * items.values[item * width + d]!;
      return sum;
    };
    const sorted = [...among].sort((a, b) => similarity(b) - similarity(a) || a - b);
    return { chosen: sorted[0] as number, rank: sorted.indexOf(own) + 1 };
  });
}
