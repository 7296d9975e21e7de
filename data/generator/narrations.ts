/**
 * Long spontaneous narrations: what a person might say while looking at an image.
 *
 * Narrators hesitate, start again and correct themselves, and their thoughts wander to things that are not in the image. Their
 * habits are systematic: what follows "no sorry", "no wait", "i mean" or "actually" holds and what stood before it does not; what
 * follows "reminds me of", "there is no", "i do not see" or belongs to a person is not in the image at all.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";
import {
  BACKGROUND_PHRASES,
  CAPTION_WORDS,
  fill,
  nounPhrase,
  PLACE_PHRASES,
  SIZE_WORDS,
  withArticle,
  wordsOf,
} from "./captions.ts";
import * as phrases from "./narration_phrases.ts";
import {
  type Background,
  BACKGROUNDS,
  type Colour,
  COLOURS,
  type Kind,
  KINDS,
  type Scene,
  type Thing,
} from "./scene.ts";

/** Facts that a narration names though no thing of the scene has all of them (or the background is another). */
export interface AbsentFacts {
  /** The kind that was named. */
  kind?: Kind;
  /** The color that was named. */
  colour?: Colour;
  /** The background that was named. */
  background?: Background;
}

/** A narration and what it names that is not there. */
export interface Narration {
  /** The words, lower case, with commas. */
  text: string;
  /** What they name that is not there. */
  absent: AbsentFacts[];
}

/** Every word that a caption or a narration can hold, sorted. */
export const WORDS: readonly string[] = [
  ...new Set([
    ...CAPTION_WORDS,
    ...Object.values(BACKGROUND_PHRASES).flat().flatMap(wordsOf),
    ...Object.values(PLACE_PHRASES).flat().flatMap(wordsOf),
    ...Object.values(SIZE_WORDS).flat(),
    ...Object.values(phrases).flat().flatMap(wordsOf),
    ...KINDS,
    ...COLOURS,
    ...["a", "an"],
  ]),
].sort();

/** How narrators talk. */
export interface NarrationStyle {
  /** How often a narration is long. */
  long: number;
  /** Least and most words of a narration that is not long, and of one that is. */
  words: readonly [readonly [number, number], readonly [number, number]];
  /** Chances of 0, 1, 2, ... absent things, likewise. */
  wrong: readonly [readonly number[], readonly number[]];
  /** Whether a narration may begin with a remark about absent things. */
  remarksFirst: boolean;
}

/** Narrations of the tiny Whisper's pretraining. */
export const PLAIN: NarrationStyle = {
  long: 0.15,
  words: [[25, 40], [50, 60]],
  wrong: [[0.04, 0.28, 0.48, 0.2], [0, 0, 0.4, 0.6]],
  remarksFirst: false,
};

/** The sample's narrations: longer, less to the point. Two thirds do not fit into the tiny CLIP's 77 tokens. */
export const SPONTANEOUS: NarrationStyle = {
  long: 0.5,
  words: [[25, 45], [46, 62]],
  wrong: [[0, 0.2, 0.5, 0.3], [0, 0, 0.3, 0.5, 0.2]],
  remarksFirst: true,
};

/** The text of {@link narrate} in the plain style. */
export function narration(scene: Scene, random: Random): string {
  return narrate(scene, random).text;
}

/**
 * A narration, lower case with commas. It always states kinds, nearly always colors and background, often positions and
 * sizes, in varying order, and nearly always mentions absent things.
 *
 * @example
 * ```ts
 * import { Random } from "../../lib/random.ts";
 * import { narrate } from "./narrations.ts";
 * const car = { kind: "car", colour: "red", size: "large", place: "middle" } as const;
 * const { text } = narrate({ background: "beach", things: [car] }, new Random(1));
 * if (!text.includes("car")) throw new Error(text);
 * ```
 */
export function narrate(scene: Scene, random: Random, style: NarrationStyle = PLAIN): Narration {
  const long = random.next() < style.long;
  const [least, most] = style.words[long ? 1 : 0];
  while (true) {
    const made = new Narrator(scene, random).speak(style, long);
    const count = wordsOf(made.text).length;
    if (count >= least && count <= most) return made;
  }
}

/** One narrator and one image: collects what was named wrongly while speaking. */
class Narrator {
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #absent: AbsentFacts[] = [];

  constructor(scene: Scene, random: Random) {
    this.#scene = scene;
    this.#random = random;
  }

  speak(style: NarrationStyle, long: boolean): Narration {
    const random = this.#random;
    let wrong = this.#pick(style.wrong[long ? 1 : 0]);
    const things = random.shuffled(this.#scene.things);
    const corrected = things.map(() => wrong > 0 && random.next() < 0.45 && wrong-- > 0);
    const wrongBackground = wrong > 0 && random.next() < 0.2 && wrong-- > 0;
    const clauses = things.map((thing, i) => this.#thing(thing, i > 0, corrected[i] === true));
    const remarks = Array.from({ length: wrong }, () => this.#remark());
    const background = wrongBackground || random.next() < 0.92 ? [this.#background(wrongBackground)] : [];
    const spoken = random.next() < 0.65 ? [...background, ...clauses] : [...clauses, ...background];
    const first = style.remarksFirst ? 0 : 1;
    for (const remark of remarks) spoken.splice(first + random.integer(spoken.length + 1 - first), 0, remark);
    if (long) spoken.push(this.#summary());
    if (random.next() < (long ? 0.7 : 0.25)) spoken.push(random.choice(phrases.CLOSINGS));
    const hesitant = spoken.map((clause, i) =>
      i > 0 && random.next() < (long ? 0.6 : 0.35) ? `${random.choice(phrases.FILLERS)} ${clause}` : clause
    );
    return { text: `${random.choice(phrases.OPENERS)} ${hesitant.join(", ")}`, absent: this.#absent };
  }

  #pick(chances: readonly number[]): number {
    let rest = this.#random.next();
    return chances.findIndex((chance) => (rest -= chance) < 0);
  }

  #background(corrected: boolean): string {
    const random = this.#random, bg = random.choice(BACKGROUND_PHRASES[this.#scene.background]);
    if (!corrected) return fill(random.choice(phrases.BACKGROUND_CLAUSES), { bg });
    const wrong = this.#otherBackground();
    this.#absent.push({ background: wrong });
    return fill(random.choice(phrases.WRONG_BACKGROUND_CLAUSES), {
      bg,
      wrongBg: random.choice(BACKGROUND_PHRASES[wrong]),
    });
  }

  #thing(thing: Thing, second: boolean, corrected: boolean): string {
    const random = this.#random;
    const sized = random.next() < 0.5, sizeAfter = sized && random.next() < 0.3;
    const size = sized ? random.choice(SIZE_WORDS[thing.size]) : undefined;
    const told = random.next() < 0.95 ? thing : { kind: thing.kind };
    const noun = nounPhrase(told, sizeAfter ? undefined : size);
    let a = random.next() < 0.25 ? this.#restart(noun) : withArticle(noun);
    if (corrected) a = fill(random.choice(phrases.CORRECTIONS), { a, wrong: withArticle(this.#mistaken(thing)) });
    const clause = fill(random.choice(second ? phrases.NEXT_CLAUSES : phrases.FIRST_CLAUSES), { a });
    const placed = random.next() < 0.6 ? `${clause} ${random.choice(PLACE_PHRASES[thing.place])}` : clause;
    if (!sizeAfter || size === undefined) return placed;
    return `${placed}, ${fill(random.choice(phrases.SIZE_CLAUSES), { kind: thing.kind, size })}`;
  }

  #restart(noun: string): string {
    const article = withArticle(noun).split(" ")[0] as string;
    return fill(this.#random.choice(phrases.RESTARTS), { article, noun });
  }

  /** A first, wrong guess of a thing: another kind (60 %), another color (30 %) or both. */
  #mistaken(thing: Thing): string {
    const chance = this.#random.next();
    const kind = chance < 0.6 || chance >= 0.9 ? this.#otherKind() : thing.kind;
    const colour = chance >= 0.6 ? this.#otherColour() : thing.colour;
    this.#absent.push({ kind, colour });
    return nounPhrase({ kind, colour });
  }

  #remark(): string {
    const random = this.#random, kind = this.#otherKind(), colour = this.#otherColour();
    const background = this.#otherBackground();
    const template = random.choice(phrases.REMARKS), wrongNoun = nounPhrase({ kind, colour });
    this.#absent.push({ kind, colour, ...(template.includes("{wrongBg}") ? { background } : {}) });
    return fill(template, {
      wrongNoun,
      wrong: withArticle(wrongNoun),
      wrongBg: random.choice(BACKGROUND_PHRASES[background]),
      person: random.choice(phrases.PEOPLE),
    });
  }

  #summary(): string {
    const both = this.#scene.things.map((thing) => withArticle(nounPhrase(thing))).join(" and ");
    return fill(this.#random.choice(phrases.SUMMARIES), {
      both,
      bg: this.#random.choice(BACKGROUND_PHRASES[this.#scene.background]),
    });
  }

  #otherKind(): Kind {
    return this.#random.choice(KINDS.filter((kind) => this.#scene.things.every((thing) => thing.kind !== kind)));
  }
  #otherColour(): Colour {
    return this.#random.choice(
      COLOURS.filter((colour) => this.#scene.things.every((thing) => thing.colour !== colour)),
    );
  }
  #otherBackground(): Background {
    return this.#random.choice(BACKGROUNDS.filter((background) => background !== this.#scene.background));
  }
}
