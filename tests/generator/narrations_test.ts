import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { shortCaption } from "../../data/generator/captions.ts";
import { narrate, narration, PLAIN, SPONTANEOUS, WORDS } from "../../data/generator/narrations.ts";
import { BACKGROUNDS, COLOURS, KINDS, randomScene } from "../../data/generator/scene.ts";

const BACKGROUND_WORDS: Record<string, RegExp> = {
  beach: /beach|sea/,
  city: /city/,
  forest: /forest|woods/,
  night: /night|stars/,
  room: /room/,
  snow: /snow/,
};
const words = (text: string): string[] => text.split(/[ ,]+/);

Deno.test("narrations have the lengths of their style", () => {
  for (const style of [PLAIN, SPONTANEOUS]) {
    const random = new Random(21);
    const lengths = Array.from({ length: 2000 }, () => words(narrate(randomScene(random), random, style).text).length);
    const [short, long] = style.words;
    for (const length of lengths) {
      assert.ok((length >= short[0] && length <= short[1]) || (length >= long[0] && length <= long[1]), `${length}`);
    }
    const share = lengths.filter((length) => length >= long[0]).length / lengths.length;
    assert.ok(Math.abs(share - style.long) < 0.03, `${share} are long`);
  }
});

Deno.test("narrations always state kinds, and nearly always colors and background", () => {
  const random = new Random(22);
  let colours = 0, backgrounds = 0, things = 0;
  for (let i = 0; i < 1500; i++) {
    const scene = randomScene(random), { text } = narrate(scene, random, SPONTANEOUS), said = words(text);
    for (const thing of scene.things) {
      assert.ok(said.includes(thing.kind), `${thing.kind} is not in '${text}'`);
      things++;
      if (said.includes(thing.colour)) colours++;
    }
    if (BACKGROUND_WORDS[scene.background]?.test(text)) backgrounds++;
  }
  assert.ok(colours / things > 0.93, `colours ${colours / things}`);
  assert.ok(backgrounds / 1500 > 0.9, `backgrounds ${backgrounds / 1500}`);
});

Deno.test("what is named though absent is named, listed completely and not in the scene", () => {
  const random = new Random(23);
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < 2000; i++) {
    const scene = randomScene(random),
      { text, absent } = narrate(scene, random, i % 2 ? PLAIN : SPONTANEOUS),
      said = words(text);
    counts[absent.length] = (counts[absent.length] ?? 0) + 1;
    for (const facts of absent) {
      for (const word of [facts.kind, facts.colour]) {
        if (word) assert.ok(said.includes(word), `${word} is not in '${text}'`);
      }
      if (facts.background) assert.match(text, BACKGROUND_WORDS[facts.background] as RegExp);
      if (facts.kind === undefined && facts.colour === undefined) assert.notEqual(facts.background, scene.background);
      else {
        const there = scene.things.some((thing) =>
          (facts.kind ?? thing.kind) === thing.kind && (facts.colour ?? thing.colour) === thing.colour
        );
        assert.ok(!there, `${JSON.stringify(facts)} is there: '${text}'`);
      }
    }
    const kinds = scene.things.map((thing) => thing.kind), colours = scene.things.map((thing) => thing.colour);
    for (const kind of KINDS) {
      if (said.includes(kind) && !kinds.includes(kind)) assert.ok(absent.some((facts) => facts.kind === kind), text);
    }
    for (const colour of COLOURS) {
      if (said.includes(colour) && !colours.includes(colour)) {
        assert.ok(absent.some((facts) => facts.colour === colour), text);
      }
    }
    for (const background of BACKGROUNDS) {
      if (background === scene.background || !BACKGROUND_WORDS[background]?.test(text)) continue;
      assert.ok(absent.some((facts) => facts.background === background), text);
    }
  }
  assert.ok((counts[0] ?? 0) < 0.1 * 2000, `${counts}`);
  assert.ok((counts[2] ?? 0) + (counts[3] ?? 0) > 0.4 * 2000, `${counts}`);
});

Deno.test("after a correction the last named thing is the one in the scene", () => {
  const random = new Random(24);
  let corrections = 0;
  for (let i = 0; i < 1500; i++) {
    const scene = randomScene(random), { text } = narrate(scene, random, i % 2 ? PLAIN : SPONTANEOUS);
    const cue = /(?:no sorry|no wait|i mean|oh actually),? (?!in |on |at |by |under |inside )(.*)/.exec(text);
    if (!cue) continue;
    corrections++;
    const after = words(cue[1] ?? "").find((word) => (KINDS as readonly string[]).includes(word));
    assert.ok(scene.things.some((thing) => thing.kind === after), `${after}: '${text}'`);
  }
  assert.ok(corrections > 500, `${corrections} corrections of 1500`);
});

Deno.test("the vocabulary is what the generators say: every word is used, no other", () => {
  const random = new Random(25), said = new Set<string>();
  for (let i = 0; i < 4000; i++) {
    const scene = randomScene(random);
    for (const text of [narration(scene, random), shortCaption(scene, random)]) {
      assert.match(text, /^[a-z ,]+$/);
      for (const word of words(text)) said.add(word);
    }
  }
  assert.deepEqual([...said].sort(), [...WORDS]);
  assert.ok(WORDS.length >= 110 && WORDS.length <= 160, `${WORDS.length} words`);
});

Deno.test("the same seed gives the same narration", () => {
  const scene = randomScene(new Random(1));
  assert.deepEqual(narrate(scene, new Random(9)), narrate(scene, new Random(9)));
});
