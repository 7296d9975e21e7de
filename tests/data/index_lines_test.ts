import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { indexLines, streamLines } from "../../lib/data/index_files.ts";
import { parseNarrative } from "../../lib/data/localized_narratives.ts";
import type { Oddity } from "../../lib/data/pair.ts";
import { inFolder } from "../helpers.ts";

Deno.test("streamLines gives the lines that indexLines gives, whatever the line ends and lengths", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "lines.txt");
    // Lengths around 2^20, the bytes read at once, with signs of 1 to 4 bytes across the borders.
    const long = fc.tuple(
      fc.constantFrom("a", "é", "—", "😀", "é😀"),
      fc.integer({ min: (1 << 20) - 9, max: (1 << 20) + 9 }),
    )
      .map(([sign, bytes]) =>
        "x".repeat(bytes % 5) + sign.repeat(Math.ceil(bytes / new TextEncoder().encode(sign).length))
      );
    const line = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\0\r\n\uFEFF\uFFFD]/g, "")),
      },
      { weight: 1, arbitrary: long },
    );
    const ends = fc.constantFrom("\n", "\r\n", "\n\n", "");
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("", "\uFEFF"), fc.array(fc.tuple(line, ends)), async (mark, lines) => {
        await Deno.writeTextFile(file, mark + lines.map(([line, end]) => line + end).join(""));
        assert.deepEqual(await Array.fromAsync(streamLines(file)), await indexLines(file));
      }),
      { numRuns: 60 },
    );
  });
});

Deno.test("lines have their numbers, blank ones are skipped, and bytes that are not UTF-8 are reported", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "lines.txt");
    await Deno.writeFile(file, Uint8Array.from([...new TextEncoder().encode("one\r\n\n  \nfour caf"), 0xe9, 10]));
    for (
      const read of [
        indexLines,
        (file: string, told: (oddity: Oddity) => void) => Array.fromAsync(streamLines(file, told)),
      ]
    ) {
      const odd: Oddity[] = [];
      assert.deepEqual(await read(file, (oddity) => odd.push(oddity)), [
        { line: "one", where: `${file}:1`, number: 1 },
        { line: "four caf\uFFFD", where: `${file}:4`, number: 4 },
      ]);
      assert.deepEqual(odd.map(({ where }) => where), [`${file}:4`]);
    }
  });
});

Deno.test("streamLines refuses a line of more than 64 MiB, zero bytes, folders and what is missing", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "zeros.txt");
    await Deno.writeTextFile(file, "a\0b\n");
    await assert.rejects(Array.fromAsync(streamLines(file)), { name: "InputError", message: /has zero bytes/ });
    await Deno.writeTextFile(file, "first\n" + "x".repeat(65 << 20));
    await assert.rejects(Array.fromAsync(streamLines(file)), {
      name: "InputError",
      message: /zeros\.txt:2 as the line has/,
    });
    await assert.rejects(Array.fromAsync(streamLines(folder)), { name: "InputError", message: /is a folder/ });
    await assert.rejects(Array.fromAsync(streamLines(join(folder, "no"))), {
      name: "InputError",
      message: /no such file/,
    });
  });
});

Deno.test("parseNarrative reads all but the traces as JSON.parse does, wherever they are and whatever the texts are", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const traces = fc.array(fc.array(fc.record({ x: number, y: number, t: number }), { maxLength: 4 }), { maxLength: 4 });
  const text = fc.oneof(fc.string(), fc.constantFrom('"traces": [[1]]', "]]", '\\"traces": [[', "[[a]]"));
  fc.assert(
    fc.property(traces, text, text, fc.boolean(), fc.constantFrom(0, 1, 3), (traces, first, second, last, space) => {
      const entry = last ? { caption: first, second, traces } : { traces, caption: first, voice: second };
      const read = parseNarrative(JSON.stringify(entry, null, space).replaceAll("\n", " "), "here");
      const { traces: _, ...rest } = JSON.parse(JSON.stringify(entry));
      const { traces: __, ...found } = read;
      assert.deepEqual(found, rest);
    }),
  );
});

Deno.test("parseNarrative names the file and line of a line that is no object", () => {
  assert.throws(() => parseNarrative('{"traces": [[}', "x:3"), {
    name: "InputError",
    message: /Cannot read x:3 as it is not JSON/,
  });
  for (const line of ["[]", "3", "null"]) {
    assert.throws(() => parseNarrative(line, "x:3"), /x:3 as a line must be a JSON object/);
  }
});
