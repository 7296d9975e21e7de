import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { countFacts } from "../../lib/data/check/report.ts";
import { collectFindings, inOrder, meaningOf } from "../../lib/data/check/findings.ts";
import type { ManifestLine } from "../../lib/data/check/manifest.ts";
import { reportSchema } from "./check_report.ts";
import { longReport, makeReport, shortReport } from "../../lib/data/check/report.ts";
import { type Entry, finding, type Seen } from "../../lib/data/check/findings.ts";

const HASH = (digit: string) => digit.repeat(64);

function entry(id: string, more: Partial<Entry> = {}): Entry {
  const common = { split: "train" as const, speaker: "s", text: "a red dog", recording: `${id}.wav` };
  return { id, ...common, image: `${id}.jpg`, imageId: id, ...more };
}

function recorded(file: string, seconds: number, more: Partial<ManifestLine> = {}): ManifestLine {
  return { version: 1, file, kind: "recording", size: 1, mtime: 1, seconds, rate: 16000, channels: 1, ...more };
}

/** The files of entries, all good and different, with some lines replaced. */
function seen(entries: Entry[], ...lines: ManifestLine[]): Seen {
  const files = entries.flatMap(({ recording, image }): ManifestLine[] => [
    recorded(recording, 1, {}),
    ...image === undefined ? [] : [{ version: 1 as const, file: image, kind: "picture" as const, width: 4, height: 3 }],
  ]);
  return { entries, lines: new Map([...files, ...lines].map((line) => [line.file, line])) };
}

const kinds = (of: Seen) => collectFindings(of).map(({ kind, entries }) => `${kind}: ${entries.join(" ")}`);

Deno.test("lengths against what the data set states: 1 s plus 2 % too short, 5 s plus 10 % too long", () => {
  const cases: [told: number, seconds: number, odd: boolean][] = [
    [50, 48.0, false], // 50 - 1 - 1
    [50, 47.99, true],
    [50, 60.0, false], // 50 + 5 + 5
    [50, 60.01, true],
    [0, 5.0, false],
    [0, 5.01, true],
    [120, 117, false],
    [120, 60, true],
  ];
  for (const [told, seconds, odd] of cases) {
    const text = "a word ".repeat(30);
    const found = collectFindings(seen([entry("a", { seconds: told, text })], recorded("a.wav", seconds)))
      .filter(({ kind }) => kind === "wrong-length");
    strictEqual(found.length, odd ? 1 : 0, `${told} s told, ${seconds} s long`);
    if (odd) {
      strictEqual(found[0]!.detail, `it lasts ${seconds.toFixed(2)} s, the data set states ${told.toFixed(2)} s`);
    }
  }
  deepStrictEqual(kinds(seen([entry("a")], recorded("a.wav", 3))), []); // nothing is told
});

Deno.test("words a second: punctuation is no word, and an unknown text is none", () => {
  const of = (text: string, seconds: number) => kinds(seen([entry("a", { text })], recorded("a.wav", seconds)));
  deepStrictEqual(of("one two three four five six seven eight", 1), []);
  deepStrictEqual(of("one two three four five six seven eight nine", 1), ["too-many-words: a"]);
  deepStrictEqual(of("one - two , three . four ! five ? six : seven ; eight ...", 1), []);
  deepStrictEqual(of("", 60), []);
  deepStrictEqual(of("...", 60), []);
  deepStrictEqual(of("a dog", 8), []); // 4 letters
  deepStrictEqual(of("a dog", 8.1), ["too-few-words: a"]);
  deepStrictEqual(of("no", 4.9), []); // short recordings may be pauses
  deepStrictEqual(of("一只红色的狗跑过绿色的草地", 5), []); // words without spaces between
});

Deno.test("a recording below 0.2 s is too short, once and for all", () => {
  deepStrictEqual(kinds(seen([entry("a", { seconds: 60 })], recorded("a.wav", 0.19))), ["too-short: a"]);
  deepStrictEqual(kinds(seen([entry("a", { text: "a" })], recorded("a.wav", 0.2))), []);
  const twice = [entry("a"), entry("b", { recording: "a.wav" })];
  deepStrictEqual(kinds(seen(twice, recorded("a.wav", 0.1))), ["same-recording: a b", "too-short: a"]);
});

Deno.test("a file that cannot be used is reported once, and never measured or compared", () => {
  const bad = { problem: { kind: "corrupt", reason: "Cannot." }, sha256: HASH("a") };
  const entries = [entry("a", { seconds: 90 }), entry("b", { recording: "a.wav" }), entry("c")];
  const of = seen(entries, recorded("a.wav", 0.1, { ...bad, rate: 8000 }), recorded("c.wav", 1, bad));
  deepStrictEqual(kinds(of), ["corrupt: a b", "corrupt: c", "same-recording: a b"]);
  strictEqual(countFacts(entries, of).usable, 0);
  strictEqual(countFacts(entries, of).seconds, null);
});

Deno.test("splits that share an image, by its id", () => {
  const entries = [
    entry("a1", { imageId: "7", image: "x.jpg", split: "train" }),
    entry("a2", { imageId: "7", image: "x.jpg", split: "train" }),
    entry("a3", { imageId: "7", image: "y.jpg", split: "test" }),
    entry("b1", { imageId: "8", image: "z.jpg", split: "dev" }),
    entry("b2", { imageId: "8", image: "z.jpg", split: "dev" }),
  ];
  const [only, ...more] = collectFindings(seen(entries));
  deepStrictEqual(more, []);
  deepStrictEqual(only, {
    kind: "splits-share-image",
    leftOut: false,
    detail: "the image '7' is in train and test",
    files: ["x.jpg", "y.jpg"],
    entries: ["a1", "a2", "a3"],
    splits: ["train", "test"],
  });
});

Deno.test("one recording in several entries, in one split or in several; several entries of one id", () => {
  const entries = [
    entry("a"),
    entry("b", { recording: "a.wav" }),
    entry("c", { split: "dev" }),
    entry("d", { recording: "c.wav" }),
    entry("e"),
    entry("e", { recording: "e2.wav" }),
  ];
  deepStrictEqual(kinds(seen(entries)), ["splits-share-recording: c d", "same-id: e e", "same-recording: a b"]);
});

Deno.test("the usual rate and channels are those of most recordings that can be used", () => {
  const entries = ["a", "b", "c", "d"].map((id) => entry(id));
  const of = seen(
    entries,
    recorded("a.wav", 1, { rate: 48000, channels: 2 }),
    recorded("b.wav", 1, { rate: 48000 }),
    recorded("c.wav", 1, { rate: 48000 }),
    recorded("d.wav", 1, { rate: 22050 }),
  );
  deepStrictEqual(kinds(of), ["other-channels: a", "other-rate: d"]);
});

Deno.test("warnings of files come under their first words, others under 'warning'", () => {
  const warnings = ["nearly silent: its peak is low", "clipped: 3 %", "No such: word", "odd"];
  const found = collectFindings(seen([entry("a")], recorded("a.wav", 1, { warnings })));
  deepStrictEqual(found.map(({ kind, detail, leftOut }) => [kind, detail, leftOut]), [
    ["clipped", "3 %", false],
    ["nearly silent", "its peak is low", false],
    ["warning", "No such: word", false],
    ["warning", "odd", false],
  ]);
});

Deno.test("oddities of the index are in the report in the loader's words", () => {
  const kind = "index: caption listed again, the first one kept";
  const odd = finding({ kind, detail: "'a', x:1", files: [] }, []);
  const of = seen([entry("a")]);
  const findings = collectFindings(of, [odd, odd]);
  const report = makeReport(of, findings, { dataset: "own", root: "x", checked: new Date(0) });
  deepStrictEqual(report.findings, { [kind]: { count: 2, leftOut: false } });
  strictEqual(meaningOf(kind), "As the loader of the index files reports.");
  ok(longReport(report, findings, 1).includes("- 'a', x:1\n\n... and 1 more in `problems.jsonl`."));
  ok(/reported +2 {2}index: caption listed again/.test(shortReport(report)));
});

Deno.test("what is skipped comes first, known words in their order, others after them", () => {
  deepStrictEqual(inOrder(["zz", "same-id", "aa", "missing", "index: b", "index: a"]), [
    "missing",
    "index: a",
    "index: b",
    "same-id",
    "aa",
    "zz",
  ]);
  const lines = [
    recorded("a.wav", 1, { warnings: ["clipped: 3 %"] }),
    recorded("b.wav", 1, { problem: { kind: "zz", reason: "" } }),
  ];
  deepStrictEqual(kinds(seen([entry("a"), entry("b")], ...lines)), ["zz: b", "clipped: a"]);
});

Deno.test("clips are counted by emotion and by speaker", () => {
  const clip = (id: string, emotion: string, speaker: string, split: Entry["split"]): Entry => ({
    id,
    split,
    speaker,
    text: "",
    recording: `${id}.wav`,
    emotion,
  });
  const of = seen([
    clip("a", "sad", "02", "train"),
    clip("b", "happy", "02", "train"),
    clip("c", "sad", "10", "test"),
    clip("d", "sad", "", "dev"),
    clip("e", "__proto__", "constructor", "dev"),
  ]);
  const report = makeReport(of, collectFindings(of), { dataset: "ravdess", root: "x", checked: new Date(0) });
  strictEqual(report.pictures, null);
  strictEqual(report.all.captions, null);
  const { moods, speakers } = report.clips!;
  deepStrictEqual(Object.entries(moods), [
    ["__proto__", { train: 0, dev: 1, test: 0 }],
    ["happy", { train: 1, dev: 0, test: 0 }],
    ["sad", { train: 1, dev: 1, test: 1 }],
  ]);
  deepStrictEqual(speakers["02"], { happy: 1, sad: 1 });
  deepStrictEqual(speakers["10"], { sad: 1 });
  strictEqual(Object.keys(speakers).length, 3);
  const text = longReport(report, [], 5);
  ok(text.includes("| sad | 1 | 1 | 1 |"));
  ok(text.indexOf("| 02 |") < text.indexOf("| 10 |") && text.includes("| 10 | 0 | 0 | 1 |"), text);
});

const name = fc.string({ minLength: 1, unit: fc.constantFrom("a", "b", "|", "`", "\n", "é", "/", "."), maxLength: 3 });
const anyEntry: fc.Arbitrary<Entry> = fc.record({
  id: name,
  split: fc.constantFrom("train", "dev", "test"),
  speaker: fc.constantFrom("", "1", "2"),
  text: fc.string(),
  recording: name.map((file) => `${file}.wav`),
  image: name.map((file) => `${file}.jpg`),
  imageId: name,
  seconds: fc.double({ min: 0, max: 200, noNaN: true }),
}, { requiredKeys: ["id", "split", "speaker", "text", "recording", "image", "imageId"] });
const anyFile = fc.record({
  seconds: fc.double({ min: 0, max: 200, noNaN: true }),
  rate: fc.constantFrom(8000, 16000),
  channels: fc.constantFrom(1, 2),
  sha256: fc.constantFrom(HASH("a"), HASH("b")),
  problem: fc.constant({ kind: "corrupt", reason: "Cannot." }),
}, { requiredKeys: [] });

Deno.test("of any entries and files: the report keeps its schema, and its counts agree with a naive count", () => {
  fc.assert(
    fc.property(
      fc.array(anyEntry, { maxLength: 12 }),
      fc.array(anyFile, { minLength: 12, maxLength: 12 }),
      (entries, facts) => {
        const names = [...new Set(entries.flatMap(({ recording, image }) => [recording, image as string]))];
        const lines = new Map(names.map((file, i): [string, ManifestLine] => {
          const kind = file.endsWith(".wav") ? "recording" as const : "picture" as const;
          return [file, { version: 1, file, kind, size: 1, mtime: 1, ...facts[i % facts.length] }];
        }));
        const of = { entries, lines };
        const findings = collectFindings(of);
        for (const one of findings) {
          for (const file of one.files) ok(lines.has(file));
          for (const id of one.entries) ok(entries.some((entry) => entry.id === id));
          if (one.leftOut) ok(one.files.every((file) => lines.get(file)?.problem));
        }
        const report = reportSchema.parse(
          makeReport(of, findings, { dataset: "own", root: "x", checked: new Date(0) }),
        );
        const { train, dev, test } = report.splits;
        strictEqual(train.entries + dev.entries + test.entries, report.all.entries);
        strictEqual(train.usable + dev.usable + test.usable, report.all.usable);
        let usable = 0;
        for (const { recording, image } of entries) {
          if (!lines.get(recording)!.problem && !lines.get(image as string)!.problem) usable++;
        }
        strictEqual(report.all.usable, usable);
        strictEqual(Object.values(report.findings).reduce((sum, { count }) => sum + count, 0), findings.length);
        const shared = new Set(
          entries.filter((a) => entries.some((b) => a.imageId === b.imageId && a.split !== b.split)).map((
            { imageId },
          ) => imageId),
        );
        strictEqual(report.findings["splits-share-image"]?.count ?? 0, shared.size);
        // no name breaks a line or a table of the text
        for (const line of longReport(report, findings, 3).split("\n")) {
          ok(/^($|#|[|`-]|\.\.\.|What is|[A-Z].*\.$|Nothing|No )/.test(line), line);
        }
        shortReport(report);
      },
    ),
  );
});
