import assert from "node:assert/strict";
import { normalizeEnglish } from "../../lib/text/english.ts";
import { bareWords, normalize } from "../../lib/text/normalize.ts";
import { wordErrors } from "../../lib/text/word_errors.ts";

Deno.test("normalize lower-cases and keeps punctuation", () => {
  assert.equal(normalize(" Two Men,  in\nred. "), "two men, in red.");
  assert.equal(normalize(""), "");
});

Deno.test("bareWords drops punctuation but not apostrophes within words", () => {
  assert.equal(bareWords("'There\u2019s' a dog -- \"um\", I think."), "there's a dog um i think");
  assert.equal(bareWords("rock-and-roll"), "rock and roll");
  assert.equal(bareWords("..."), "");
});

Deno.test("NFC and NFD, full-width letters and all kinds of apostrophes are one way of writing", () => {
  for (const normal of [bareWords, normalize, normalizeEnglish]) {
    const same = (a: string, b: string) => assert.equal(normal(a), normal(b), `${normal.name} of ${a} and ${b}`);
    for (const text of ["a café door", "naïve", "Ångström", "각하", "がぎぐ", "क़लम", "Việt Nam"]) {
      same(text.normalize("NFC"), text.normalize("NFD"));
    }
    same("ＤＯＧ１２", "dog12");
    same("a　ｄｏｇ", "a dog");
    same("ｶﾞｷﾞ", "ガギ");
    same("ﬁne ﬂoor", "fine floor");
    same("rock \u0149 roll", "rock 'n roll");
    for (const mark of "’‘‛ʼʻʹ′`´＇") same(`it${mark}s a dog`, "it's a dog");
    for (const unseen of ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u200e", "\ufe0f"]) {
      same(`foot${unseen}ball`, "football");
      same(`a ${unseen}dog${unseen}`, "a dog");
    }
  }
});

Deno.test("a combining mark belongs to its word and distinguishes words", () => {
  for (const normal of [bareWords, normalizeEnglish]) {
    const errors = (a: string, b: string) => {
      const { errors, words } = wordErrors(normal(a), normal(b));
      return [errors, words];
    };
    assert.deepEqual(errors("कि", "की"), [1, 1]);
    assert.deepEqual(errors("प्राचीन संस्कृतियों और", "प्राचीन संस्कृतियों और"), [0, 3]);
    assert.deepEqual(errors("प्राचीन संस्कृतियों और", "प्राचीन संस्कृति और"), [1, 3]);
    assert.deepEqual(errors("เด็ก", "เดก"), [1, 1]);
    assert.deepEqual(errors("が", "か"), [1, 1]);
    assert.deepEqual(errors("தமிழ், மொழி!", "தமிழ் மொழி"), [0, 2]);
  }
  assert.equal(bareWords("a — \u0301 dog"), "a dog");
  assert.equal(wordErrors("cafe\u0301", "café").errors, 0);
});
