import assert from "node:assert/strict";
import { bareWords, normalise } from "../../lib/text/normalise.ts";

Deno.test("normalise lower-cases and keeps punctuation", () => {
  assert.equal(normalise(" Two Men,  in\nred. "), "two men, in red.");
  assert.equal(normalise(""), "");
});

Deno.test("bareWords drops punctuation but not apostrophes within words", () => {
  assert.equal(bareWords("'There\u2019s' a dog -- \"um\", I think."), "there's a dog um i think");
  assert.equal(bareWords("rock-and-roll"), "rock and roll");
  assert.equal(bareWords("..."), "");
});
