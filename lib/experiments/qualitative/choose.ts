/**
 * Which queries are shown.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import type { Ranks } from "../../metrics/recall.ts";
import { Random } from "../../random.ts";

/** Queries by name, the worst ones, or some at random. */
export type Choice =
  | { by: "ids"; ids: string[] }
  | { by: "worst"; count: number }
  | { by: "random"; count: number; seed: number };

/** What there is to choose from. */
export interface Queries {
  /** Names of the recordings' pairs. */
  ids: readonly string[];
  /** Names of the pictures. */
  imageIds: readonly string[];
  /** Name of each recording's picture. */
  speechImageIds: readonly string[];
  /** The rank of each query, for the worst ones. */
  ranks: Ranks;
}

/** The chosen queries as places in {@link Queries}. */
export interface Chosen {
  /** Recordings that ask for their picture. */
  speech2image: number[];
  /** Pictures that ask for one of their recordings. */
  image2speech: number[];
}

/**
 * Chooses queries of both ways. A pair's name chooses its recording and its picture, a picture's name the picture and its
 * first recording; the worst are those whose right answer has the highest rank, the first of equal ones.
 *
 * @throws {InputError} where a name is not known.
 */
export function chooseQueries(choice: Choice, { ids, imageIds, speechImageIds, ranks }: Queries): Chosen {
  if (choice.by === "ids") {
    const recordings = choice.ids.map((id) => {
      const found = ids.includes(id) ? ids.indexOf(id) : speechImageIds.indexOf(id);
      if (found >= 0) return found;
      throw new InputError(
        `Cannot show '${id}' as the split has no usable pair or picture of that name: ` +
          `it has ${ids.length} pairs, such as '${ids[0]}' of the picture '${speechImageIds[0]}'.`,
      );
    });
    const pictures = recordings.map((recording) => imageIds.indexOf(speechImageIds[recording] as string));
    return { speech2image: [...new Set(recordings)], image2speech: [...new Set(pictures)] };
  }
  const pick = choice.by === "worst"
    ? (of: Int32Array) => worst(of).slice(0, choice.count)
    : (of: Int32Array, way: string) => some(of, choice.count, new Random(`${way} ${choice.seed}`));
  return {
    speech2image: pick(ranks.speech2image, "speech2image"),
    image2speech: pick(ranks.image2speech, "image2speech"),
  };
}

/** Places by falling rank. Queries of rank 0 have no right answer and are left out. */
function worst(ranks: Int32Array): number[] {
  return answerable(ranks).sort((a, b) => ranks[b]! - ranks[a]! || a - b);
}

/** Some places at random, in their order. */
function some(ranks: Int32Array, count: number, random: Random): number[] {
  const left = answerable(ranks);
  const chosen: number[] = [];
  while (chosen.length < count && left.length > 0) chosen.push(...left.splice(random.integer(left.length), 1));
  return chosen.sort((a, b) => a - b);
}

function answerable(ranks: Int32Array): number[] {
  return Array.from(ranks.keys()).filter((query) => ranks[query]! > 0);
}
