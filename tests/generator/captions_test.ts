import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { caption, distinctText, factsHold, shortCaption } from "../../data/generator/captions.ts";
import { WORDS } from "../../data/generator/narrations.ts";
import { changeFact, COLOURS, KINDS, randomScene, type Scene } from "../../data/generator/scene.ts";

const SIZE: Record<string, string> = { small: "small", little: "small", large: "large", big: "large" };
const PLACE = /^(beach|sea)|city|forest|woods|night|stars|room|snow/;
const BACKGROUND: Record<string, string> = {
  beach: "beach",
  sea: "beach",
  city: "city",
  forest: "forest",
  woods: "forest",
  night: "night",
  stars: "night",
  room: "room",
  snow: "snow",
};

/** What a caption says, read from its words alone: nothing of the generator is used. */
function read(text: string): { background: string | undefined; things: Record<string, string>[] } {
  const words = text.split(" ");
  const things: Record<string, string>[] = [];
  let adjectives: Record<string, string> = {};
  for (const [i, word] of words.entries()) {
    if (SIZE[word]) adjectives.size = SIZE[word];
    else if ((COLOURS as readonly string[]).includes(word)) adjectives.colour = word;
    else if ((KINDS as readonly string[]).includes(word)) {
      things.push({ kind: word, ...adjectives });
      adjectives = {};
    } else if (["left", "right", "middle", "center"].includes(word)) {
      const place = word === "center" ? "middle" : word, [first, last] = [things[0], things.at(-1)];
      assert.ok(first && last, text);
      last.place ??= place;
      if (words[i + 1] === "of" && last) last.relation = place;
    }
  }
  if (things.length === 2 && things[0]?.relation) {
    const [first, second] = things as [Record<string, string>, Record<string, string>];
    second.place = first.relation === "left" ? "right" : "left";
    delete first.relation;
  }
  return { background: BACKGROUND[words.find((word) => PLACE.test(word)) ?? ""], things };
}

const byKind = <T extends { kind?: string }>(things: T[]): T[] =>
  things.toSorted((a, b) => (a.kind ?? "").localeCompare(b.kind ?? ""));

function scenes(count: number): Scene[] {
  const random = new Random(11);
  return Array.from({ length: count }, () => randomScene(random));
}

Deno.test("captions are true of their scene and state their facts, as another parser confirms", () => {
  const random = new Random(12);
  for (const scene of scenes(3000)) {
    const { text, facts } = caption(scene, random);
    const said = read(text);
    assert.equal(facts.background, said.background, text);
    assert.deepEqual(byKind(facts.things), byKind(said.things), text);
    if (said.background) assert.equal(said.background, scene.background, text);
    for (const told of said.things) {
      const thing = scene.things.find((thing) => thing.kind === told.kind);
      assert.ok(thing, text);
      assert.deepEqual({ ...thing, ...told }, thing, text);
    }
    assert.ok(factsHold(facts, scene), text);
  }
});

Deno.test("captions have 5 to 14 words of the vocabulary with fitting articles, and vary", () => {
  const random = new Random(13), vocabulary = new Set(WORDS), texts = new Set<string>();
  for (const scene of scenes(3000)) {
    const text = shortCaption(scene, random), words = text.split(" ");
    texts.add(text);
    assert.ok(words.length >= 5 && words.length <= 14, text);
    for (const word of words) assert.ok(vocabulary.has(word), `'${word}' of '${text}' is no word of the vocabulary`);
    assert.ok(!/\ba (orange|umbrella)\b|\ban (?!orange|umbrella)/.test(text), text);
  }
  assert.ok(texts.size > 2800, `only ${texts.size} of 3000 captions are different`);
});

Deno.test("captions always state kinds, and often colors, backgrounds, sizes and positions", () => {
  const random = new Random(14);
  const told = { colour: 0, size: 0, place: 0 };
  let background = 0, things = 0, both = 0;
  const list = scenes(2000).filter((scene) => scene.things.length === 2);
  for (const scene of list) {
    const { facts } = caption(scene, random);
    if (facts.background) background++;
    if (facts.things.length === 2) both++;
    for (const thing of facts.things) {
      things++;
      for (const fact of ["colour", "size", "place"] as const) if (thing[fact]) told[fact]++;
    }
  }
  assert.ok(told.colour / things > 0.8 && told.colour / things < 0.95, `colours ${told.colour / things}`);
  assert.ok(told.size / things > 0.35, `sizes ${told.size / things}`);
  assert.ok(told.place / things > 0.4, `places ${told.place / things}`);
  assert.ok(background / list.length > 0.5, `backgrounds ${background / list.length}`);
  assert.ok(both / list.length > 0.85, `both things ${both / list.length}`);
});

Deno.test("facts are true of their scene, but not after a stated fact is changed", () => {
  const random = new Random(15);
  for (const scene of scenes(300)) {
    const { facts } = caption(scene, random);
    const moved = changeFact(scene, "background", random);
    assert.equal(factsHold(facts, moved), facts.background === undefined);
    const [thing] = facts.things;
    assert.ok(thing);
    const without: Scene = { ...scene, things: scene.things.filter((other) => other.kind !== thing.kind) };
    assert.equal(factsHold({ things: [thing] }, without), false);
  }
});

Deno.test("the same seed gives the same captions, and running out of distinct texts is an error", () => {
  const [scene] = scenes(1);
  assert.ok(scene);
  assert.equal(shortCaption(scene, new Random(3)), shortCaption(scene, new Random(3)));
  const used = new Set<string>();
  assert.equal(distinctText(() => "a red car", used), "a red car");
  assert.throws(() => distinctText(() => "a red car", used), /Cannot find a new text in 1000 draws/);
});
