/**
 * The facts of a drawn image: its things with their colors, sizes and positions, and its background.
 *
 * A scene is what the images, the captions and the narrations are made from. Its use (pretraining of the two tiny models,
 * or one of the sample's data sets) follows from a hash of its facts, so that no scene of one use can occur in another.
 *
 * @module
 */
import { hash, type Random } from "../../lib/random.ts";

/** The twelve kinds of thing. */
export const KINDS = [
  "ball",
  "bird",
  "boat",
  "car",
  "cat",
  "chair",
  "cup",
  "fish",
  "flower",
  "house",
  "tree",
  "umbrella",
] as const;
/** The eight colors. */
export const COLOURS = ["black", "blue", "green", "orange", "purple", "red", "white", "yellow"] as const;
/** The six backgrounds. */
export const BACKGROUNDS = ["beach", "city", "forest", "night", "room", "snow"] as const;
/** The two sizes. */
export const SIZES = ["small", "large"] as const;
/** The three positions; two things of one scene are left and right. */
export const PLACES = ["left", "middle", "right"] as const;
/** What an image may be used for, in the order of {@link sceneUse}. */
export const USES = ["pretraining", "flickr8k", "coco", "tone"] as const;
/** The facts that {@link changeFact} can change. */
export const FACTS = ["kind", "colour", "background", "size", "place"] as const;

/** A kind of thing. */
export type Kind = (typeof KINDS)[number];
/** A color. */
export type Colour = (typeof COLOURS)[number];
/** A background. */
export type Background = (typeof BACKGROUNDS)[number];
/** A size. */
export type Size = (typeof SIZES)[number];
/** A position. */
export type Place = (typeof PLACES)[number];
/** A use of a scene. */
export type Use = (typeof USES)[number];
/** The name of a fact. */
export type Fact = (typeof FACTS)[number];

/** One thing of a scene. */
export interface Thing {
  /** What it is. */
  kind: Kind;
  /** The color of its body. */
  colour: Colour;
  /** How large it is drawn. */
  size: Size;
  /** Its position. */
  place: Place;
}

/** An image's facts: one thing, or two of different kinds, the left one first. */
export interface Scene {
  /** What is behind the things. */
  background: Background;
  /** The things, from left to right. */
  things: Thing[];
}

/** How often a scene has two things. */
const TWO_THINGS = 0.85;

/** A scene with all facts uniform: two things (85 %) or one. */
export function randomScene(random: Random): Scene {
  const two = random.next() < TWO_THINGS;
  const kinds = random.shuffled(KINDS);
  const places: readonly Place[] = two ? ["left", "right"] : [random.choice(PLACES)];
  const things = places.map((place, i): Thing => ({
    kind: kinds[i] as Kind,
    colour: random.choice(COLOURS),
    size: random.choice(SIZES),
    place,
  }));
  return { background: random.choice(BACKGROUNDS), things };
}

/** All facts of a scene as one word: two scenes are the same exactly where their keys are. */
export function sceneKey(scene: Scene): string {
  const things = scene.things.map((thing) => `${thing.place}-${thing.size}-${thing.colour}-${thing.kind}`);
  return [scene.background, ...things].join("/");
}

/** The use of a scene by the hash of its key: pretraining 70 %, flickr8k 10 %, coco 15 %, tone 5 %. */
export function sceneUse(scene: Scene): Use {
  const percent = hash(`use of ${sceneKey(scene)}`) % 100;
  if (percent < 70) return "pretraining";
  if (percent < 80) return "flickr8k";
  return percent < 95 ? "coco" : "tone";
}

/** A random scene of one use. */
export function randomSceneFor(use: Use, random: Random): Scene {
  while (true) {
    const scene = randomScene(random);
    if (sceneUse(scene) === use) return scene;
  }
}

/**
 * Scenes of one use that differ from each other and from those already used.
 *
 * @param used keys of {@link sceneKey}; the new ones are added, so that the next split can go on with the same set.
 * @param alike share of the scenes that differ from an earlier one of the returned list in one fact only; 0.
 * @throws {RangeError} if the use has not enough scenes left.
 *
 * @example
 * ```ts
 * import { Random } from "../../lib/random.ts";
 * import { distinctScenes } from "./scene.ts";
 * const used = new Set<string>();
 * const random = new Random(1);
 * const train = distinctScenes("flickr8k", 20, random, used);
 * const test = distinctScenes("flickr8k", 10, random, used);
 * if (train.length + test.length !== used.size) throw new Error("a scene was used twice");
 * ```
 */
export function distinctScenes(
  use: Use,
  count: number,
  random: Random,
  used: Set<string> = new Set(),
  alike = 0,
): Scene[] {
  const scenes: Scene[] = [];
  for (let draws = 0; scenes.length < count; draws++) {
    if (draws > 100 * count + 2000) {
      throw new RangeError(`Cannot find ${count} scenes of use '${use}' as ${used.size} are used already`);
    }
    const resembles = scenes.length > 0 && alike > 0 && random.next() < alike;
    const scene = resembles
      ? changeFactWithinUse(random.choice(scenes), random.choice(FACTS), random)
      : randomSceneFor(use, random);
    if (scene === undefined || used.has(sceneKey(scene))) continue;
    used.add(sceneKey(scene));
    scenes.push(scene);
  }
  return scenes;
}

/**
 * A scene that differs in one fact only: another kind, color or size of one of its things, another background, or, for
 * "place", its two things exchanged (a thing that is alone moves).
 */
export function changeFact(scene: Scene, fact: Fact, random: Random): Scene {
  const things = scene.things.map((thing) => ({ ...thing }));
  const changed = random.choice(things);
  const other = <T>(items: readonly T[], not: readonly T[]): T =>
    random.choice(items.filter((item) => !not.includes(item)));
  if (fact === "background") return { background: other(BACKGROUNDS, [scene.background]), things };
  if (fact === "kind") changed.kind = other(KINDS, things.map((thing) => thing.kind));
  if (fact === "colour") changed.colour = other(COLOURS, [changed.colour]);
  if (fact === "size") changed.size = other(SIZES, [changed.size]);
  if (fact === "place" && things.length === 1) changed.place = other(PLACES, [changed.place]);
  if (fact === "place" && things.length === 2) {
    things.reverse();
    things.forEach((thing, i) => thing.place = i === 0 ? "left" : "right");
  }
  return { background: scene.background, things };
}

/**
 * {@link changeFact} within the use of the scene, for hard negatives of the pretraining that must not be scenes of a test.
 * Returns undefined if 40 draws find none (sizes and positions have few alternatives).
 */
export function changeFactWithinUse(scene: Scene, fact: Fact, random: Random): Scene | undefined {
  const use = sceneUse(scene);
  for (let draw = 0; draw < 40; draw++) {
    const changed = changeFact(scene, fact, random);
    if (sceneUse(changed) === use) return changed;
  }
}
