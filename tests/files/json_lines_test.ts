import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { InputError } from "../../lib/errors.ts";
import { sha256 } from "../../lib/files/checksum.ts";
import { appendJsonLines, readJsonLines, readLines, writeJsonLines } from "../../lib/files/json_lines.ts";
import { holdLocks } from "../../lib/files/lock.ts";
import { temporaryFolder } from "../temporary.ts";
import { anyCharacter } from "../any_character.ts";

Deno.test("a line that a kill cut off is dropped when the file is read, and cut off before the next is appended", async () => {
  const path = join(await temporaryFolder(), "a.jsonl");
  assert.deepEqual(await readJsonLines(path), []);
  const lines = '{"n":1}\n{"n":2}\n';
  for (const torn of ["", "{", '{"n":3}', "x".repeat(10_000)]) {
    await Deno.writeTextFile(path, lines + torn);
    assert.deepEqual(await readJsonLines(path), [{ n: 1 }, { n: 2 }]);
    await appendJsonLines(path, [{ n: 4 }, { n: 5 }]);
    assert.equal(await Deno.readTextFile(path), lines + '{"n":4}\n{"n":5}\n', torn.slice(0, 10));
  }
  await Deno.writeTextFile(path, '{"all": "torn');
  await appendJsonLines(path, [{ n: 6 }]);
  assert.deepEqual(await readJsonLines(path), [{ n: 6 }]);
});

Deno.test("a damaged line in the middle is an error that names it", async () => {
  const path = join(await temporaryFolder(), "a.jsonl");
  for (const damaged of ["{", "[1]", "null", '{"m":1}', "\xff"]) {
    await Deno.writeFile(path, Uint8Array.from(`{"n":1}\n${damaged}\n{"n":2}\n`, (letter) => letter.charCodeAt(0)));
    await assert.rejects(
      readJsonLines<{ n: number }>(path, ({ n }) => n !== undefined),
      (error: unknown) => error instanceof InputError && error.message.includes(`${path}:2`),
    );
  }
});

Deno.test("whatever was appended is read, whatever is behind the last line's end", async () => {
  const path = join(await temporaryFolder(), "a.jsonl");
  const records = fc.array(fc.record({ text: fc.string({ unit: anyCharacter }), n: fc.integer() }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(records, records, fc.string({ maxLength: 20 }), async (first, second, torn) => {
      await writeJsonLines(path, first);
      await Deno.writeTextFile(path, torn.replaceAll("\n", ""), { append: true });
      await appendJsonLines(path, second);
      const expected = JSON.parse(JSON.stringify([...first, ...second])); // lone surrogates are escaped
      const read = await readJsonLines(path);
      if (second.length > 0) assert.deepEqual(read, expected);
      else assert.deepEqual(read, JSON.parse(JSON.stringify(first)));
    }),
    { numRuns: 50 },
  );
});

Deno.test("lines are read piece by piece; one that is too long or is not UTF-8 has no text", async () => {
  const path = join(await temporaryFolder(), "long.txt");
  const long = "é".repeat(700_000);
  await Deno.writeTextFile(path, `a\n${long}\n\nb`);
  const texts = async (longest?: number): Promise<unknown[]> =>
    (await Array.fromAsync(readLines(path, longest))).map(({ text, whole }) => [text?.length, whole]);
  assert.deepEqual(await texts(), [[1, true], [700_000, true], [0, true], [1, false]]);
  assert.deepEqual(await texts(1000), [[1, true], [undefined, true], [0, true], [1, false]]);
});

Deno.test("a checksum is that of any other program", async () => {
  const digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(await sha256("abc"), digits);
  assert.equal(await sha256(new TextEncoder().encode("abc")), digits);
});

Deno.test("an exclusive lock keeps others waiting; shared ones go together; an aborted wait throws its reason", async () => {
  const path = join(await temporaryFolder(), "lock");
  const first = await holdLocks([{ path, exclusive: true }]);
  assert.equal(first.waited, false);
  let told = 0;
  const second = holdLocks([{ path, exclusive: false }], { onWait: () => told++ });
  const reason = new Error("stop");
  await assert.rejects(holdLocks([{ path, exclusive: true }], { signal: AbortSignal.abort(reason) }), reason);
  setTimeout(() => first[Symbol.dispose](), 100);
  using held = await second;
  using third = await holdLocks([{ path, exclusive: false }]);
  assert.deepEqual([told, held.waited, third.waited], [1, true, false]);
});
