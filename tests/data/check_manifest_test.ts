import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join, resolve } from "@std/path";
import fc from "fast-check";
import { openManifest } from "../../lib/data/check/manifest.ts";
import {
  type ManifestLine,
  manifestLineSchema,
  parseManifestLine,
  readManifestLines,
} from "../../lib/data/check/manifest.ts";
import { ManifestWriter } from "../../lib/data/check/manifest.ts";
import { inFolder } from "../helpers.ts";
import { anyCharacter } from "../any_character.ts";

const HASH = "0123456789abcdef".repeat(4);
const GOOD: ManifestLine = {
  version: 1,
  file: "wavs/a.wav",
  kind: "recording",
  size: 3,
  mtime: 1_700_000_000_000,
  sha256: HASH,
  format: "wav",
  seconds: 1.5,
  rate: 16000,
  channels: 1,
};
const BAD: ManifestLine = {
  version: 1,
  file: "b.wav",
  kind: "recording",
  size: 3,
  mtime: 5,
  sha256: HASH,
  problem: { kind: "corrupt", reason: "Cannot read it." },
};
const text = (...lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");
const silent = (): void => {};

/** Makes a folder with a check of it, and gives both. */
async function checked(use: (root: string, checks: string, path: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const checks = join(folder, "checks");
    const root = join(folder, "data");
    await Deno.mkdir(root);
    const { folder: place } = await openManifest("flickr8k", root, checks);
    await Deno.mkdir(place, { recursive: true });
    await use(root, checks, join(place, "manifest.jsonl"));
  });
}

Deno.test("a set that was never checked has an empty manifest, below runs/checks", async () => {
  const manifest = await openManifest("flickr8k", "data/nowhere");
  match(manifest.folder, /^runs\/checks\/flickr8k-[0-9a-f]{12}$/);
  strictEqual(manifest.size, 0);
  strictEqual(await manifest.problemOf("data/nowhere/a.wav"), undefined);
  strictEqual(manifest.secondsOf("data/nowhere/a.wav"), undefined);
});

Deno.test("the folder is the same for all spellings of a path, and differs for each path and set", async () => {
  const folderOf = async (name: string, root: string) => (await openManifest(name, root)).folder;
  strictEqual(await folderOf("flickr8k", "data/x"), await folderOf("flickr8k", resolve("data/y/../x/")));
  const folders = await Promise.all([
    folderOf("flickr8k", "data/x"),
    folderOf("flickr8k", "data/y"),
    folderOf("ln-coco", "data/x"),
  ]);
  strictEqual(new Set(folders).size, 3);
});

Deno.test("a known problem is reported as long as the file is the same", async () => {
  await checked(async (root, checks, path) => {
    const file = join(root, "b.wav");
    await Deno.writeTextFile(file, "abc");
    await Deno.utime(file, 100, 100);
    const gone = {
      version: 1,
      file: "gone.wav",
      kind: "recording",
      problem: { kind: "missing", reason: "Not there." },
    };
    await Deno.writeTextFile(path, text({ ...BAD, mtime: 100_000 }, { ...GOOD, file: "wavs/a.wav" }, gone));
    const manifest = await openManifest("flickr8k", root, checks);
    strictEqual(manifest.size, 3);
    strictEqual(await manifest.problemOf(file), "Cannot read it.");
    strictEqual(await manifest.problemOf(join(root, "x", "..", "b.wav")), "Cannot read it.");
    strictEqual(await manifest.problemOf(join(root, "wavs", "a.wav")), undefined);
    strictEqual(await manifest.problemOf(join(root, "gone.wav")), "Not there.");
    strictEqual(manifest.secondsOf(join(root, "wavs/a.wav")), 1.5);
    strictEqual(manifest.secondsOf(file), undefined);
    await Deno.writeTextFile(join(root, "gone.wav"), "found again");
    strictEqual(await manifest.problemOf(join(root, "gone.wav")), undefined);
    await Deno.utime(file, 100, 101); // touched
    strictEqual(await manifest.problemOf(file), undefined);
    await Deno.writeTextFile(file, "abcd"); // another size
    await Deno.utime(file, 100, 100);
    strictEqual(await manifest.problemOf(file), undefined);
  });
});

Deno.test("files of own data are named relative to the table's folder", async () => {
  await inFolder(async (folder) => {
    const list = join(folder, "pairs.jsonl");
    const { folder: place } = await openManifest("own", list, join(folder, "checks"));
    await Deno.mkdir(place, { recursive: true });
    await Deno.writeTextFile(join(place, "manifest.jsonl"), text(GOOD));
    const manifest = await openManifest("own", list, join(folder, "checks"));
    strictEqual(manifest.secondsOf(join(folder, "wavs", "a.wav")), 1.5);
  });
});

Deno.test("of several lines about a file the last good one counts; an unfinished last line is dropped", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "manifest.jsonl");
    await Deno.writeTextFile(
      path,
      text(GOOD, BAD, { ...GOOD, seconds: 2 }, { ...GOOD, version: 0 }, { ...GOOD, more: 1 }) + "no JSON\n" +
        JSON.stringify({ ...GOOD, seconds: 3 }),
    );
    const { lines, clean } = await readManifestLines(path);
    strictEqual(clean, false);
    deepStrictEqual([...lines.keys()], ["wavs/a.wav", "b.wav"]);
    strictEqual(lines.get("wavs/a.wav")?.seconds, 2);
    await Deno.writeTextFile(path, text(GOOD, BAD));
    deepStrictEqual(await readManifestLines(path), {
      lines: new Map([["wavs/a.wav", GOOD], ["b.wav", BAD]]),
      clean: true,
    });
  });
});

Deno.test("a writer continues after a killed one: unfinished and superseded lines are removed from the file", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "manifest.jsonl");
    await Deno.writeTextFile(path, text(BAD, { ...GOOD, seconds: 2 }, GOOD) + `{"version":1,"file":"c.w`);
    {
      using writer = await ManifestWriter.open(folder, silent);
      strictEqual(await Deno.readTextFile(path), text(BAD, GOOD));
      deepStrictEqual(writer.get("wavs/a.wav"), GOOD);
      strictEqual(writer.get("c.wav"), undefined);
      writer.add({ ...GOOD, file: "c.wav" });
      strictEqual(
        await Deno.readTextFile(path),
        text(BAD, GOOD, { ...GOOD, file: "c.wav" }),
        "not at once in the file",
      );
    }
    using again = await ManifestWriter.open(folder, silent);
    strictEqual(again.get("c.wav")?.seconds, 1.5);
  });
});

Deno.test("a second check of a set waits for the first, and says so", async () => {
  await inFolder(async (folder) => {
    const first = await ManifestWriter.open(folder, silent);
    let told = "";
    const second = ManifestWriter.open(folder, (line) => {
      told = line;
      first.add(GOOD);
      first[Symbol.dispose]();
    });
    using opened = await second;
    match(told, /another check works in .*: waiting for it/);
    deepStrictEqual(opened.get("wavs/a.wav"), GOOD);
  });
});

Deno.test("lines across the borders of what is read at once, and lines that are too long", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "manifest.jsonl");
    const many = Array.from({ length: 12_000 }, (_, i) => ({ ...GOOD, file: `${"wörter/".repeat(i % 9)}${i}.wav` }));
    await Deno.writeTextFile(
      path,
      text(...many.slice(0, 6000)) + "x".repeat(3 << 20) + "\n" + text(...many.slice(6000)),
    );
    ok((await Deno.stat(path)).size > 4 << 20);
    const { lines, clean } = await readManifestLines(path);
    strictEqual(clean, false);
    deepStrictEqual([...lines.values()], many);
  });
});

const anyLine = fc.record({
  version: fc.constant(1 as const),
  file: fc.string({ minLength: 1, unit: anyCharacter }),
  kind: fc.constantFrom("recording" as const, "picture" as const),
  size: fc.nat(),
  mtime: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0 || 0),
  seconds: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value || 0),
  problem: fc.record({ kind: fc.string({ minLength: 1 }), reason: fc.string() }),
  warnings: fc.array(fc.string()),
}, { requiredKeys: ["version", "file", "kind"] }) as fc.Arbitrary<ManifestLine>;

Deno.test("a line comes back as it was written", () => {
  fc.assert(fc.property(anyLine, (line) => {
    const value = JSON.parse(JSON.stringify(line)); // lone surrogates as JSON writes them
    deepStrictEqual(parseManifestLine(JSON.stringify(line)), value);
  }));
});

Deno.test("whatever a manifest contains, good lines are read and all others are dropped", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "manifest.jsonl");
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.json().map((json) => new TextEncoder().encode(json)),
      // a good line with one field that is wrong
      fc.record({ key: fc.constantFrom(...Object.keys(manifestLineSchema.shape)), value: fc.jsonValue() })
        .map(({ key, value }) => new TextEncoder().encode(JSON.stringify({ ...GOOD, [key]: value }))),
      // a good line of which bytes were changed
      fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]) => {
        const bytes = new TextEncoder().encode(JSON.stringify(GOOD));
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 6 }), fc.boolean(), async (pieces, finished) => {
        const kept = { ...GOOD, file: "kept.wav" };
        const parts = [...pieces, new TextEncoder().encode(JSON.stringify(kept))];
        const bytes = parts.flatMap((piece) => [...piece, 10]);
        await Deno.writeFile(path, Uint8Array.from(finished ? bytes : bytes.slice(0, -1)));
        const { lines } = await readManifestLines(path);
        deepStrictEqual(lines.get("kept.wav"), finished ? kept : undefined);
        for (const line of lines.values()) ok(manifestLineSchema.safeParse(line).success);
        using writer = await ManifestWriter.open(folder, silent);
        deepStrictEqual(writer.get("kept.wav"), finished ? kept : undefined);
        const after = await readManifestLines(path);
        deepStrictEqual(after, { lines, clean: true });
      }),
      { numRuns: 300 },
    );
  });
});
