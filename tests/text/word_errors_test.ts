import assert from "node:assert/strict";
import fc from "fast-check";
import { bareWords } from "../../lib/text/normalize.ts";
import { corpusWer, type MarkedWord, wordErrors, wordMarks } from "../../lib/text/word_errors.ts";

interface Golden {
  pairs: { reference: string; hypothesis: string; errors: number; words: number; wer: number }[];
  corpus_wer: number;
}

const text = fc.array(fc.constantFrom("a", "b", "c", "dog"), { maxLength: 7 }).map((words) => words.join(" "));

/** All ways of aligning, tried one by one. */
function naive(said: string[], transcribed: string[]): { errors: number; substitutions: number } {
  if (said.length === 0 || transcribed.length === 0) {
    return { errors: said.length + transcribed.length, substitutions: 0 };
  }
  const wrong = said[0] === transcribed[0] ? 0 : 1;
  const both = naive(said.slice(1), transcribed.slice(1));
  const ways = [
    { errors: both.errors + wrong, substitutions: both.substitutions + wrong },
    ...[naive(said.slice(1), transcribed), naive(said, transcribed.slice(1))].map((way) => ({
      ...way,
      errors: way.errors + 1,
    })),
  ];
  return ways.sort((a, b) => a.errors - b.errors || b.substitutions - a.substitutions)[0]!;
}

Deno.test("wordErrors equals the goldens", async () => {
  const { wer } = JSON.parse(await Deno.readTextFile("tests/fixtures/metrics.json")) as { wer: Golden };
  const all = wer.pairs.map(({ reference, hypothesis, errors, words, wer }) => {
    const result = wordErrors(reference, hypothesis);
    assert.deepEqual({ errors: result.errors, words: result.words }, { errors, words });
    assert.ok(Math.abs(result.wer - wer) < 1e-12);
    return result;
  });
  assert.ok(Math.abs(corpusWer(all) - wer.corpus_wer) < 1e-12);
});

Deno.test("wordErrors equals trying every alignment", () => {
  fc.assert(fc.property(text, text, (reference, hypothesis) => {
    const result = wordErrors(reference, hypothesis);
    const split = (words: string) => words.split(" ").filter(Boolean);
    const { errors, substitutions } = naive(split(reference), split(hypothesis));
    assert.deepEqual([result.errors, result.substitutions], [errors, substitutions]);
    assert.equal(result.errors, result.substitutions + result.deletions + result.insertions);
    assert.equal(result.deletions - result.insertions, split(reference).length - split(hypothesis).length);
  }));
});

Deno.test("wordErrors distinguishes the kinds of error", () => {
  const counts = (a: string, b: string) => {
    const { substitutions, deletions, insertions } = wordErrors(a, b);
    return [substitutions, deletions, insertions];
  };
  assert.deepEqual(counts("a red dog", "a red cat"), [1, 0, 0]);
  assert.deepEqual(counts("a red dog", "a dog"), [0, 1, 0]);
  assert.deepEqual(counts("a dog", "a big red dog"), [0, 0, 2]);
});

Deno.test("wordErrors of an empty reference", () => {
  assert.equal(wordErrors("", "").wer, 0);
  assert.equal(wordErrors(" ", "one word").wer, Infinity);
  assert.ok(Number.isNaN(corpusWer([])));
});

const punctuated = fc.array(fc.constantFrom("a", "b,", "C", "dog.", "well-known", "..."), { maxLength: 8 })
  .map((words) => words.join(" "));
const words = (of: MarkedWord[], marked: boolean) =>
  of.filter((word) => word.marked === marked).map(({ word }) => word);

Deno.test("wordMarks marks what was changed, what is missing and what is too many", () => {
  const { reference, transcript } = wordMarks(
    "A red dog, and a boat on the well-known sea.",
    "a blue dog and the a boat on the well known",
  );
  assert.deepEqual(words(reference, true), ["red", "sea."]);
  assert.deepEqual(words(transcript, true), ["blue", "the"]);
  assert.equal(reference.map(({ word }) => word).join(" "), "A red dog, and a boat on the well-known sea.");
  assert.deepEqual(wordMarks("", "one two").transcript.map(({ marked }) => marked), [true, true]);
  assert.deepEqual(wordMarks("one", ""), { reference: [{ word: "one", marked: true }], transcript: [] });
});

Deno.test("wordMarks leaves the same words unmarked in both, and marks no more than there are errors", () => {
  fc.assert(fc.property(punctuated, punctuated, (reference, transcript) => {
    const { reference: said, transcript: transcribed } = wordMarks(reference, transcript);
    const { errors } = wordErrors(bareWords(reference), bareWords(transcript));
    const marked = [said, transcribed].map((of) => words(of, true).length);
    assert.ok(marked.every((count) => count <= errors), `${marked} marked for ${errors} errors`);
    assert.equal(marked[0]! + marked[1]! === 0, errors === 0);
    const single = (text: string) => !text.includes("-");
    if (!single(reference) || !single(transcript)) return;
    assert.equal(bareWords(words(said, false).join(" ")), bareWords(words(transcribed, false).join(" ")));
    assert.ok(marked[0]! + marked[1]! >= errors, `only ${marked} marked for ${errors} errors`);
  }));
});
