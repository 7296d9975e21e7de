import assert from "node:assert/strict";
import fc from "fast-check";
import { bareWords } from "../../lib/text/normalise.ts";
import { wordErrors } from "../../lib/text/word_errors.ts";
import { type MarkedWord, wordMarks } from "../../lib/text/word_marks.ts";

const text = fc.array(fc.constantFrom("a", "b,", "C", "dog.", "well-known", "..."), { maxLength: 8 })
  .map((words) => words.join(" "));
const words = (of: MarkedWord[], marked: boolean) =>
  of.filter((word) => word.marked === marked).map(({ word }) => word);

Deno.test("wordMarks marks what was changed, what is missing and what is too many", () => {
  const { said, heard } = wordMarks(
    "A red dog, and a boat on the well-known sea.",
    "a blue dog and the a boat on the well known",
  );
  assert.deepEqual(words(said, true), ["red", "sea."]);
  assert.deepEqual(words(heard, true), ["blue", "the"]);
  assert.equal(said.map(({ word }) => word).join(" "), "A red dog, and a boat on the well-known sea.");
  assert.deepEqual(wordMarks("", "one two").heard.map(({ marked }) => marked), [true, true]);
  assert.deepEqual(wordMarks("one", ""), { said: [{ word: "one", marked: true }], heard: [] });
});

Deno.test("wordMarks leaves the same words unmarked in both, and marks no more than there are errors", () => {
  fc.assert(fc.property(text, text, (reference, transcript) => {
    const { said, heard } = wordMarks(reference, transcript);
    const { errors } = wordErrors(bareWords(reference), bareWords(transcript));
    const marked = [said, heard].map((of) => words(of, true).length);
    assert.ok(marked.every((count) => count <= errors), `${marked} marked for ${errors} errors`);
    assert.equal(marked[0]! + marked[1]! === 0, errors === 0);
    const single = (text: string) => !text.includes("-");
    if (!single(reference) || !single(transcript)) return;
    assert.equal(bareWords(words(said, false).join(" ")), bareWords(words(heard, false).join(" ")));
    assert.ok(marked[0]! + marked[1]! >= errors, `only ${marked} marked for ${errors} errors`);
  }));
});
