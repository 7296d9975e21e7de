import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { indexLines, streamLines, unixText } from "../../lib/data/index_files.ts";
import { parseNarrative } from "../../lib/data/localized_narratives.ts";
import { jsonElements } from "../../lib/data/json_elements.ts";
import { readTable } from "../../lib/data/own_table.ts";
import { InputError } from "../../lib/errors.ts";
import { readJson } from "../../lib/files/read.ts";
import type { Oddity } from "../../lib/data/pair.ts";
import { inFolder } from "../helpers.ts";

Deno.test("lines read in pieces are those of the whole text, whatever the line ends and lengths", async () => {
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
        const text = lines.map(([line, end]) => line + end).join("");
        await Deno.writeTextFile(file, mark + text);
        const whole = text.split(/\r?\n/).map((line, i) => ({ line, where: `${file}:${i + 1}`, number: i + 1 }));
        assert.deepEqual(await indexLines(file), whole.filter(({ line }) => line.trim() !== ""));
        assert.equal((await Array.fromAsync(unixText(file))).join(""), text.replaceAll(/\r\n?/g, "\n"));
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

Deno.test("elements of a list are those of the parsed file, whatever is in them, and other files are refused", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "list.json");
    const read = () => Array.fromAsync(jsonElements(file, "data"));
    const object = fc.dictionary(fc.oneof(fc.constantFrom("data", "a", '"data": ['), fc.string()), fc.jsonValue());
    const content = fc.record({ before: fc.jsonValue(), data: fc.array(object), after: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(content, fc.constantFrom(0, 1), async (content, indent) => {
        await Deno.writeTextFile(file, JSON.stringify(content, null, indent));
        assert.deepEqual(await read(), JSON.parse(JSON.stringify(content.data)));
      }),
      { numRuns: 100 },
    );
    const parts = Array.from({ length: 3000 }, (_, i) => ({ text: `"}]\\${"x".repeat(i % 90)}`, list: [[i]] }));
    await Deno.writeTextFile(file, JSON.stringify({ data: parts })); // of several pieces
    assert.deepEqual(await read(), parts);
    for (const text of ['{"data": [{}, 0]}', '{"data": [{}', "[[{}]]", '{"data": [{},]}', '{"a": {"data": [{}]}}']) {
      await Deno.writeTextFile(file, text);
      await assert.rejects(read(), (error) => error instanceof InputError && error.message.includes(file), text);
    }
  });
});

Deno.test("an index, a table or JSON that is too large for the memory is refused before it is read", async () => {
  await inFolder(async (folder) => {
    const table = { columns: ["image"], required: ["image"], onOddity: () => {} };
    const readers = {
      "index.txt": indexLines,
      "index.json": (file: string) => Array.fromAsync(jsonElements(file, "data")),
      "pairs.csv": (file: string) => readTable(file, table),
      "pairs.jsonl": (file: string) => readTable(file, table),
      "results.json": readJson,
    };
    for (const [name, read] of Object.entries(readers)) {
      const path = join(folder, name);
      await Deno.writeTextFile(path, "");
      await Deno.truncate(path, name === "results.json" ? 64_000_001 : 250_000_001); // a hole, which takes no disk space
      await assert.rejects(read(path), (error) => {
        assert.ok(error instanceof InputError && error.message.includes(path), String(error));
        assert.match(error.message, /it has \d+ bytes: expected (?:JSON of )?at most \d+/);
        return true;
      });
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
