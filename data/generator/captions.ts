/**
 * Written captions of a scene.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";
import type { Background, Colour, Kind, Place, Scene, Size, Thing } from "./scene.ts";

/** Phrases for backgrounds; the first is the plainest. */
export const BACKGROUND_PHRASES: Record<Background, readonly string[]> = {
  beach: ["on the beach", "at the beach", "by the sea"],
  city: ["in the city", "in a city", "on a city street"],
  forest: ["in the forest", "in a forest", "in the woods"],
  night: ["at night", "in the night", "under the stars"],
  room: ["in a room", "in the room", "inside a room"],
  snow: ["in the snow", "in deep snow", "on the snow"],
};

/** Words for sizes. */
export const SIZE_WORDS: Record<Size, readonly string[]> = { small: ["small", "little"], large: ["large", "big"] };

/** Phrases for the position of a single thing. */
export const PLACE_PHRASES: Record<Place, readonly string[]> = {
  left: ["on the left", "on the left side"],
  middle: ["in the middle", "in the center"],
  right: ["on the right", "on the right side"],
};

/** The words of a text: lower-case letters only. */
export function wordsOf(text: string): string[] {
  return text.replace(/\{\w+\}/g, " ").match(/[a-z]+/g) ?? [];
}

/** Fills the slots of a phrase. Throws RangeError if a slot has no value. */
export function fill(phrase: string, values: Record<string, string>): string {
  return phrase.replace(/\{(\w+)\}/g, (_, slot: string) => {
    const value = values[slot];
    if (value === undefined) throw new RangeError(`Cannot fill '${phrase}' as slot '${slot}' has no value`);
    return value;
  });
}

/** "a" or "an", as the next word wants it. */
export function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;
}

/** The facts that a text states about one thing. */
export type ToldThing = Partial<Thing> & { kind: Kind };

/** The noun phrase of a thing without article: the size word, color and kind, if stated. */
export function nounPhrase(thing: { kind: Kind; colour?: Colour | undefined }, sizeWord?: string): string {
  return [sizeWord, thing.colour, thing.kind].filter((word) => word !== undefined).join(" ");
}

/** The facts that a caption states. */
export interface CaptionFacts {
  /** The background, if stated. */
  background?: Background;
  /** The things that are mentioned, each with its stated facts. */
  things: ToldThing[];
}

/** A caption and its facts. */
export interface Caption {
  /** The words, lower case. */
  text: string;
  /** The facts that the text states. */
  facts: CaptionFacts;
}

/** Templates of two things; `{l}` and `{r}` have positions, `{a}` and `{b}` do not, `{bg}` is the background. */
const OF_TWO_PLACED = [
  "{l} left of {r}",
  "{l} to the left of {r} {bg}",
  "{r} to the right of {l}",
  "{r} right of {l} {bg}",
  "{bg} {l} stands left of {r}",
  "{l} on the left and {r} on the right",
  "{r} on the right and {l} on the left {bg}",
  "{l} on the left with {r} on the right {bg}",
  "{bg} there is {r} right of {l}",
] as const;
const OF_TWO = [
  "{a} and {b} {bg}",
  "{bg} there is {a} and {b}",
  "there is {a} next to {b}",
  "{a} next to {b} {bg}",
  "a picture of {a} and {b} {bg}",
  "{a} beside {b} {bg}",
  "{a} with {b}",
] as const;
/** Templates of one thing; `{p}` is its position. */
const OF_ONE = [
  "{a} {p} {bg}",
  "there is {a} {p}",
  "{bg} there is {a}",
  "{bg} {a} stands {p}",
  "a picture of {a} {bg}",
  "{a} {bg}",
] as const;

/** Every word of the captions' templates. */
export const CAPTION_WORDS: readonly string[] = [...OF_TWO_PLACED, ...OF_TWO, ...OF_ONE].flatMap(wordsOf);

/** How often a caption states the color and the size of a thing. */
const COLOUR_TOLD = 0.88, SIZE_TOLD = 0.45;
/** How often a caption of two things states their positions, and how often it mentions only one of them. */
const PLACED = 0.5, ONE_OF_TWO = 0.1;

/** The text of {@link caption}. */
export function shortCaption(scene: Scene, random: Random): string {
  return caption(scene, random).text;
}

/** A true caption of 5 to 14 words: it always names kinds, and other facts at random. */
export function caption(scene: Scene, random: Random): Caption {
  while (true) {
    const made = draft(scene, random);
    const count = made.text.split(" ").length;
    if (count >= 5 && count <= 14) return made;
  }
}

function draft(scene: Scene, random: Random): Caption {
  const [first, second] = scene.things;
  if (first === undefined) throw new RangeError("Cannot describe the scene as it has 0 things: expected 1 or 2");
  if (second === undefined || random.next() < ONE_OF_TWO) {
    const thing = random.choice(scene.things);
    return compose(scene, random.choice(OF_ONE), { a: thing }, thing.place, random);
  }
  if (random.next() < PLACED) {
    return compose(scene, random.choice(OF_TWO_PLACED), { l: first, r: second }, undefined, random);
  }
  const [a, b] = random.shuffled([first, second]) as [Thing, Thing];
  return compose(scene, random.choice(OF_TWO), { a, b }, undefined, random);
}

function compose(
  scene: Scene,
  template: string,
  slots: Record<string, Thing>,
  place: Place | undefined,
  random: Random,
): Caption {
  const facts: CaptionFacts = { things: [] };
  const values: Record<string, string> = { bg: random.choice(BACKGROUND_PHRASES[scene.background]) };
  if (template.includes("{bg}")) facts.background = scene.background;
  if (place !== undefined) values.p = random.choice(PLACE_PHRASES[place]);
  for (const [slot, thing] of Object.entries(slots)) {
    const told: ToldThing = { kind: thing.kind };
    if (random.next() < COLOUR_TOLD) told.colour = thing.colour;
    if (random.next() < SIZE_TOLD) told.size = thing.size;
    if (slot === "l" || slot === "r" || template.includes("{p}")) told.place = thing.place;
    const sizeWord = told.size === undefined ? undefined : random.choice(SIZE_WORDS[told.size]);
    values[slot] = withArticle(nounPhrase(told, sizeWord));
    facts.things.push(told);
  }
  return { text: fill(template, values), facts };
}

/** Whether the facts are true of a scene. The number of scenes that match a caption bounds retrieval. */
export function factsHold(facts: CaptionFacts, scene: Scene): boolean {
  if (facts.background !== undefined && facts.background !== scene.background) return false;
  return facts.things.every((told) =>
    scene.things.some((thing) =>
      (Object.keys(told) as (keyof Thing)[]).every((fact) => told[fact] === undefined || told[fact] === thing[fact])
    )
  );
}

/**
 * Draws until a text is not in `used`, then adds it. With one set for all splits of a corpus, splits share no caption or
 * narration.
 *
 * @throws {RangeError} after 1,000 draws without a new text.
 *
 * @example
 * ```ts
 * import { Random } from "../../lib/random.ts";
 * import { distinctText, shortCaption } from "./captions.ts";
 * import { randomScene } from "./scene.ts";
 * const random = new Random(5), used = new Set<string>();
 * const scene = randomScene(random);
 * const captions = Array.from({ length: 5 }, () => distinctText(() => shortCaption(scene, random), used));
 * if (new Set(captions).size !== 5) throw new Error("a caption was repeated");
 * ```
 */
export function distinctText(make: () => string, used: Set<string>): string {
  for (let draw = 0; draw < 1000; draw++) {
    const text = make();
    if (used.has(text)) continue;
    used.add(text);
    return text;
  }
  throw new RangeError(`Cannot find a new text in 1000 draws as ${used.size} are used already`);
}
