/**
 * The words that captions and narrations are put together from.
 *
 * A phrase may hold slots in braces, filled by {@link fill}; {@link wordsOf} lists the words outside of slots.
 *
 * @module
 */
import type { Background, Colour, Kind, Place, Size, Thing } from "./scene.ts";

/** How backgrounds are told; the first is the plainest. */
export const BACKGROUND_PHRASES: Record<Background, readonly string[]> = {
  beach: ["on the beach", "at the beach", "by the sea"],
  city: ["in the city", "in a city", "on a city street"],
  forest: ["in the forest", "in a forest", "in the woods"],
  night: ["at night", "in the night", "under the stars"],
  room: ["in a room", "in the room", "inside a room"],
  snow: ["in the snow", "in deep snow", "on the snow"],
};

/** How sizes are told. */
export const SIZE_WORDS: Record<Size, readonly string[]> = { small: ["small", "little"], large: ["large", "big"] };

/** How the place of one thing is told. */
export const PLACE_PHRASES: Record<Place, readonly string[]> = {
  left: ["on the left", "on the left side"],
  middle: ["in the middle", "in the center"],
  right: ["on the right", "on the right side"],
};

/** The words of a text: lower-case letters only. */
export function wordsOf(text: string): string[] {
  return text.replace(/\{\w+\}/g, " ").match(/[a-z]+/g) ?? [];
}

/** Fills the slots of a phrase. Throws RangeError where a slot has no value. */
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

/** What a text tells of one thing; a fact that is not told is left out. */
export type ToldThing = Partial<Thing> & { kind: Kind };

/** The noun phrase of a thing without article: the size word given, colour and kind, where told. */
export function nounPhrase(thing: { kind: Kind; colour?: Colour | undefined }, sizeWord?: string): string {
  return [sizeWord, thing.colour, thing.kind].filter((word) => word !== undefined).join(" ");
}
