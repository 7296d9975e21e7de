/**
 * Two-way tests: does a text lie nearer to its picture than to one that differs in a single fact? Chance is one half.
 * Recall alone hides what a model has not learnt; these tests show it.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";
import { caption, factsHold } from "./captions.ts";
import { changeFact, type Fact, randomSceneFor, type Scene, type Use } from "./scene.ts";

/** A text, the scene of which it is true, and one that differs in the named fact, of which it is not true. */
export interface TwoWayTrial {
  /** The fact that differs. */
  fact: Fact;
  /** A caption of the right scene that tells the fact. */
  text: string;
  /** Of this one the text is true. */
  right: Scene;
  /** Of this one it is not. */
  wrong: Scene;
}

/** Trials of one fact on scenes of a use; the text tells the fact that differs. */
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
 * Share of rows whose text is more similar (cosine) to the right picture than to the wrong one; a tie counts half.
 *
 * @param text N rows of D values, as are `right` and `wrong`
 * @throws {RangeError} where there is no row or their numbers differ.
 *
 * @example
 * ```ts
 * import { twoWayAccuracy } from "./two_way.ts";
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
