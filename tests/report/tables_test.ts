/** Tables of hand-made results, told by hand, and their three kinds of text. */
import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { glances } from "../../lib/report/page/glance.ts";
import { sampleLimits } from "../../lib/report/page/sample_limits.ts";
import { escapeLatex } from "../../lib/files/escape.ts";
import { resultCells } from "../../lib/report/tables/cells.ts";
import { csvOf, latexOf, markdownOf, markdownTable, textOf } from "../../lib/report/tables/render.ts";
import { crossTables } from "../../lib/report/tables/trained.ts";
import { differenceTables, retrievalTables, zeroShotTables } from "../../lib/report/tables/retrieval.ts";
import { serTables } from "../../lib/report/tables/ser.ts";
import { figureParts, figureText, type ReportTable, resultTables } from "../../lib/report/tables/report_table.ts";
import { transcriptsTable } from "../../lib/report/tables/word_errors.ts";
import type { Transcript } from "../../lib/whisper/transcript.ts";
import { compareEntry, crossEntry, entry, serEntry, toneEntry, werEntry, zeroShotEntry } from "./made.ts";

/** The value of each figure of a row. */
function values(row: readonly string[]): string[] {
  return row.map((cell) => figureParts(cell)?.value ?? cell);
}

function named(tables: readonly ReportTable[], name: string): ReportTable {
  const found = tables.find((table) => table.name === name);
  assert.ok(found !== undefined, `no table '${name}' among ${tables.map(({ name }) => name).join(", ")}`);
  return found;
}

Deno.test("Table 1: ours of each variant below the paper's, from the experiment that trained them first", () => {
  const tables = retrievalTables([zeroShotEntry(), compareEntry()]);
  const { title, rows, note, columns } = named(tables, "table1_ln_coco_sample");
  assert.match(title, /^Table 1, LN-COCO: .*the bundled sample, not the paper's data/);
  assert.equal(columns.join(), "model,from,S2I R@1,S2I R@5,S2I R@10,I2S R@1,I2S R@5,I2S R@10");
  assert.deepEqual(rows.map(values), [
    ["SpeechCLIP-P", "paper", "5.9", "18.2", "27.1", "9.5", "24.7", "34.8"],
    ["zero-shot (transcript)", "paper", "16.3", "33.0", "42.1", "23.6", "41.5", "50.8"],
    // compare's 3 of 10, not zero-shot's 4 of 10; with 10 candidates R@10 is always a success.
    ["zero-shot (transcript)", "ours", "30.0", "30.0", "-", "10.0", "10.0", "-"],
    ["PIP-only, prompted", "paper", "39.1", "63.2", "72.7", "40.0", "63.1", "71.7"],
    ["BrewCLIP (full)", "paper", "40.3", "68.1", "78.7", "42.3", "67.6", "77.6"],
    // 7 and 9 of 10: 80 ± 14.1.
    ["BrewCLIP (full)", "ours", "80.0", "80.0", "-", "50.0", "50.0", "-"],
  ]);
  assert.equal(figureParts(rows.at(-1)![2]!)?.deviation, "14.1");
  assert.match(note, /10 recordings and 10 images/);
  assert.match(note, /'-': with so few candidates every query succeeds at this K\./);
  assert.match(note, /seeds 1, 2/);
  assert.match(note, /Ours from runs\/cmp/);

  // Flickr8k was asked by zero-shot alone.
  const other = named(tables, "table1_flickr8k_sample");
  assert.deepEqual(other.rows.filter((row) => row[1] === "ours").map(values), [
    ["zero-shot (transcript)", "ours", "40.0", "40.0", "-", "20.0", "20.0", "-"],
  ]);
  assert.equal(tables.length, 2, "no Table 2 without E2E-only and captions");
});

Deno.test("the title says whose data ours are", () => {
  const [sample] = retrievalTables([compareEntry()]);
  const [published] = retrievalTables([compareEntry("ln-coco")]);
  assert.match(sample!.title, /not the paper's data/);
  assert.equal(published!.name, "table1_ln_coco_published");
  assert.match(published!.title, /ours: LN-COCO itself/);
  const [own] = retrievalTables([compareEntry("own")]);
  assert.equal(own!.name, "variants_own_own_pairs");
  assert.ok(!own!.columns.includes("from"), "the paper has no figures of one's own data");
  const both = retrievalTables([compareEntry(), compareEntry("ln-coco")]);
  assert.deepEqual(both.map(({ name }) => name), ["table1_ln_coco_sample", "table1_ln_coco_published"]);
});

Deno.test("differences are those of the experiment, with their signs", () => {
  const [table] = differenceTables([compareEntry()]);
  assert.deepEqual(values(table!.rows[0]!), [
    "BrewCLIP (full) minus zero-shot (transcript)",
    "+50.0",
    "+50.0",
    "-",
    "+40.0",
    "+40.0",
    "-",
  ]);
});

Deno.test("Table 4: transcript, caption and their difference on each set", () => {
  const [table, ...others] = zeroShotTables([zeroShotEntry()]);
  assert.equal(others.length, 0);
  assert.deepEqual(table!.rows.map((row) => values(row).slice(0, 4)), [
    ["Flickr8k", "transcript", "paper", "58.8"],
    ["Flickr8k", "transcript", "ours", "40.0"],
    ["Flickr8k", "written caption", "ours", "60.0"],
    ["Flickr8k", "caption minus transcript", "ours", "+20.0"],
    ["LN-COCO", "transcript", "paper", "16.3"],
    ["LN-COCO", "transcript", "ours", "40.0"],
    ["LN-COCO", "written caption", "paper", "20.8"],
    ["LN-COCO", "written caption", "ours", "60.0"],
    ["LN-COCO", "caption minus transcript", "ours", "+20.0"],
  ]);
  const apart = zeroShotTables([zeroShotEntry(["sample-ln-coco"]), zeroShotEntry(["flickr8k"])]);
  assert.deepEqual(apart.map(({ name }) => name), ["table4_sample", "table4_published"]);
});

Deno.test("Table 5: a row is the training set", () => {
  const [table] = crossTables([crossEntry()]);
  assert.deepEqual(table!.columns, [
    "trained on",
    "from",
    "LN-COCO S2I",
    "LN-COCO I2S",
    "Flickr8k S2I",
    "Flickr8k I2S",
  ]);
  assert.deepEqual(table!.rows.map(values), [
    ["LN-COCO", "paper", "68.1", "78.6", "53.6", "76.1"],
    ["LN-COCO", "ours", "80.0", "80.0", "50.0", "40.0"],
    ["Flickr8k", "paper", "38.9", "40.4", "89.1", "95.9"],
    ["Flickr8k", "ours", "50.0", "40.0", "80.0", "80.0"],
  ]);
  assert.match(table!.note, /names rows and columns the other way round/);
});

Deno.test("Table 3: both protocols, seeds as mean and deviation", () => {
  // Intervals are those of the predictions: one speaker, one of two clips right.
  const [table] = serTables([serEntry("data/sample/ravdess", [1, 2])]);
  assert.deepEqual(table!.rows.map((row) => [...values(row).slice(0, 3), row[3]]), [
    ["BrewCLIP, probe", "paper", "not reported", "56.0"],
    ["BrewCLIP, fine-tuned", "paper", "not reported", "78.0"],
    ["PIP-only, probe", "paper", "not reported", "33.0"],
    ["PIP-only, fine-tuned", "paper", "not reported", "33.0"],
    ["Majority emotion", "ours", "the data set's test speakers", "50.0 [5.5, 94.5]"],
    ["Log-mel statistics", "ours", "the data set's test speakers", "25.0 [5.5, 94.5]"],
    ["BrewCLIP, probe", "ours", "the data set's test speakers", "75.0 [5.5, 94.5]"],
    ["BrewCLIP, fine-tuned", "ours", "the data set's test speakers", "70.0 ± 14.1 [5.5, 94.5]"],
    ["Majority emotion", "ours", "held-out speakers", "50.0 [5.5, 94.5]"],
  ]);
  assert.match(serTables([serEntry("data/ravdess")])[0]!.title, /ours: RAVDESS itself/);
});

Deno.test("at a glance: a sentence of each main number, with what it is of", () => {
  const found = glances([compareEntry(), werEntry(), serEntry(), toneEntry(), crossEntry()]);
  assert.deepEqual(found.map(({ section, data }) => `${section}: ${data}`), [
    "retrieval: LN-COCO, bundled sample",
    "emotions: RAVDESS, bundled sample",
    "tone: tone benchmark, bundled sample",
  ]);
  // The word errors' English rows have no regression: nothing is claimed of them.
  const [retrieval, moods, tone] = found.map(({ text }) => text);
  assert.match(
    retrieval!,
    /^Training (adds to the frozen models|changes nothing distinguishable) at R@1: BrewCLIP \(full\) minus zero-shot \(transcript\) \+50\.0 points \[.*\], corrected p [^;]*(; R@5 .* \((higher|not distinguishable)\))?\.\nImages ranked first, given speech: zero-shot \(transcript\) 30\.0 % \[.*\]; BrewCLIP \(full\) 80\.0 % \[.*\]; chance 10\.0 %\.$/,
  );
  const fitted = structuredClone(werEntry().stored.file) as unknown as { result: { findings: unknown[] } };
  fitted.result.findings.pop();
  const [words] = glances([entry(fitted as never)]);
  assert.match(words!.text, /^zero-shot \(transcript\): each 10 points .* among the first 5 by 0\.82 \(p 0\.040\)\.$/);
  assert.match(
    moods!,
    /Majority emotion 50\.0; Log-mel statistics 25\.0; BrewCLIP, probe 75\.0; BrewCLIP, fine-tuned 80\.0/,
  );
  assert.match(
    tone!,
    /in 100\.0 % \[.*\], with flattened prosody in 50\.0 % \[.*\]; words alone in 50\.0 % \[.*\]; chance is 50 %/,
  );
});

Deno.test("the limits of a sample are those of its results; other data has none", () => {
  const [limits, ...others] = sampleLimits([compareEntry(), zeroShotEntry(["sample-ln-coco"]), werEntry()]);
  assert.match(
    limits!,
    /^LN-COCO: 10 recordings of 10 test images, .*the frozen models alone rank 30\.0 % first, differences of R@1 are known to about \d+\.\d points\.$/,
  );
  assert.equal(others.length, 0);
  assert.deepEqual(sampleLimits([compareEntry("ln-coco"), compareEntry("own")]), []);
});

Deno.test("three images that are all found are neither certain nor a success at K = 5", () => {
  const recall = { "R@1": 100, "R@5": 100, "R@10": 100 };
  const sure: [number, number] = [100, 100];
  const intervals = { "R@1": sure, "R@5": sure, "R@10": sure };
  const both = { speech2image: recall, image2speech: recall };
  assert.deepEqual(
    resultCells({ ...both, intervals: { speech2image: intervals, image2speech: intervals } }, {
      speech2image: 3,
      image2speech: 6,
    }),
    ["100.0 [43.9, 100.0]", "-", "-", "100.0 [43.9, 100.0]", "100.0 [43.9, 100.0]", "-"],
  );
});

const AWKWARD: ReportTable = {
  name: "awkward",
  title: "50 % of #1 & #2: {a_b} ~ C:\\x^2 | <$5>",
  note: 'A note, "quoted".',
  columns: ["what, where", "R@1"],
  rows: [
    ['he said "yes", then\nleft', "42.7 ± 1.2 [33.6, 51.8]"],
    ["=1+1|x", "+3.6 [-3.6, +10.9] p < 0.001"],
    ["", "7"],
  ],
};

Deno.test("CSV comes back through another reader, figures in columns of their own", () => {
  assert.deepEqual(parse(csvOf(AWKWARD), { columns: true }), [
    {
      "what, where": 'he said "yes", then\nleft',
      "R@1": "42.7",
      "R@1 sd": "1.2",
      "R@1 low": "33.6",
      "R@1 high": "51.8",
      "R@1 p": "",
    },
    {
      "what, where": "'=1+1|x",
      "R@1": "+3.6",
      "R@1 sd": "",
      "R@1 low": "-3.6",
      "R@1 high": "+10.9",
      "R@1 p": "< 0.001",
    },
    { "what, where": "", "R@1": "7", "R@1 sd": "", "R@1 low": "", "R@1 high": "", "R@1 p": "" },
  ]);
  const word = fc.string({ unit: fc.constantFrom(..."ab,;\"'\n\r |\\é±1".split("")) });
  fc.assert(fc.property(fc.array(fc.tuple(word, word), { minLength: 1 }), (rows) => {
    const safe = rows.map((row) => row.map((cell) => `x${cell}`));
    const text = csvOf({ ...AWKWARD, columns: ["a", "b"], rows: safe });
    assert.deepEqual(parse(text), [["a", "b"], ...safe]);
  }));
});

/** What LaTeX prints of an escaped text: an independent reading. */
function printed(latex: string): string {
  const commands: Record<string, string> = {
    textbackslash: "\\",
    textasciicircum: "^",
    textasciitilde: "~",
    textless: "<",
    textgreater: ">",
    textbar: "|",
    textquotedbl: '"',
  };
  return latex.replaceAll(/\\([a-z]+)\{\}|\\([{}#$%&_])|\$\\(pm|times)\$|-\{\}|--/g, (all, command, special, math) => {
    if (command !== undefined) return commands[command] ?? assert.fail(`unknown \\${command}`);
    if (special !== undefined) return special;
    if (math !== undefined) return math === "pm" ? "±" : "×";
    return all === "--" ? "–" : "-";
  });
}

Deno.test("LaTeX prints what was written, and nothing in it is a command", () => {
  const text = fc.string({ unit: fc.constantFrom(...'\\{}#$%&_^~<>|"±×–abc 1.[]+'.split("")) });
  fc.assert(fc.property(text, (text) => {
    const clean = text.replaceAll(/\s+/g, " ");
    const escaped = escapeLatex(clean);
    assert.equal(printed(escaped), clean);
    assert.ok(!/(?<!\\)[#%&_]/.test(escaped), escaped);
  }));
  const latex = latexOf(AWKWARD);
  const lines = latex.split("\n");
  const [begin, end] = [lines.indexOf("  \\midrule"), lines.indexOf("  \\bottomrule")];
  assert.equal(end - begin - 1, AWKWARD.rows.length);
  for (const line of lines.slice(begin + 1, end)) {
    assert.equal(line.match(/(?<!\\)&/g)?.length, 1, line);
    assert.ok(line.endsWith("\\\\"), line);
  }
  assert.ok(latex.includes("\\begin{tabular}{lr}"), latex);
  assert.equal(latex.match(/\\begin\{/g)?.length, latex.match(/\\end\{/g)?.length);
  assert.equal(latex.match(/(?<!\\)\{/g)?.length, latex.match(/(?<!\\)\}/g)?.length);
});

Deno.test("Markdown has a line a row, and no cell can end one", () => {
  const lines = markdownOf(AWKWARD).split("\n");
  const rows = lines.filter((line) => line.startsWith("|"));
  assert.equal(rows.length, 2 + AWKWARD.rows.length);
  for (const line of rows) assert.equal(line.replaceAll(/\\./g, "").match(/\|/g)?.length, 3, line);
});

Deno.test("a figure's parts are what its text was made of", () => {
  const number = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 10);
  fc.assert(
    fc.property(
      number,
      fc.option(number),
      fc.option(fc.tuple(number, number)),
      fc.boolean(),
      (value, deviation, interval, signed) => {
        const text = figureText({
          value,
          deviation: deviation === null ? undefined : Math.abs(deviation),
          interval: interval ?? undefined,
          signed,
        });
        const parts = figureParts(text);
        assert.equal(Number(parts?.value), value === 0 ? 0 : value);
        assert.equal(parts?.deviation, deviation === null ? undefined : Math.abs(deviation).toFixed(1));
        assert.deepEqual(
          [parts?.low, parts?.high].map((end) => end === undefined ? undefined : Number(end) + 0),
          interval === null ? [undefined, undefined] : interval.map((end) => end + 0),
        );
      },
    ),
  );
  assert.equal(figureText({ value: -0.04, signed: true }), "+0.0");
  for (const text of ["", "seed 1", "1 2", "[1, 2]", "5.", "1.0 [2]", "p 0.5"]) {
    assert.equal(figureParts(text), undefined);
  }
});

Deno.test("a Markdown table is padded to its widest cells", () => {
  assert.equal(
    markdownTable(["set", "R@1"], [["flickr8k", "43.6"], ["x", "1"]]),
    "| set      | R@1  |\n|----------|------|\n| flickr8k | 43.6 |\n| x        | 1    |",
  );
});

const transcript = (
  id: string,
  text: string,
  reference: string,
  errors: number,
  words: number,
): [string, Transcript] => [
  id,
  { id, file: id, text, reference, errors, words, wer: errors / words, rawWer: 0, seconds: 1800, frames: 1 },
];

Deno.test("the transcripts' table counts word errors over all words, and says what has no reference or no words", () => {
  const transcripts = new Map([
    transcript("a", "a dog", "a dog", 0, 2),
    transcript("b", "a cat", "a red cat sat on it", 4, 6),
    transcript("c", "hello", "", NaN, 0),
    transcript("d", "", "", NaN, 0),
  ]);
  const pairs = [["a", "train"], ["b", "train"], ["c", "train"], ["d", "test"], ["not transcribed", "dev"]] as const;
  const table = transcriptsTable(pairs.map(([id, split]) => ({ id, split })), transcripts);
  assert.deepEqual([table.columns, ...table.rows], [
    ["split", "recordings", "hours", "WER", "without an error", "no word"],
    ["train", "3", "1.50", "50.0 %", "50 %", "0"],
    ["test", "1", "0.50", "-", "-", "1"],
  ]);
  assert.equal(table.note, "2 recordings have no reference text; the word error rate does not count them.");
  assert.match(textOf(transcriptsTable([], transcripts)), /No recording was transcribed\./);
});

Deno.test("on a terminal columns are aligned, with each interval and p below its figure", () => {
  const lines = textOf({
    name: "a",
    title: "Title",
    note: "A\nnote.",
    columns: ["model", "S2I R@1", "difference"],
    rows: [["one", "42.7 ± 1.2 [33.6, 51.8]", "+3.6 [-3.6, +10.9] p 0.556"], ["another model", "7.0 [0.0, 9.4]", ""]],
  }).trimEnd().split("\n");
  assert.deepEqual(lines.slice(0, 9), [
    "Title",
    "",
    "model             S2I R@1     difference",
    "----------------------------------------",
    "one            42.7 ± 1.2           +3.6",
    "                    34-52  -3.6 to +10.9",
    "                                 p 0.556",
    "another model         7.0",
    "                      0-9",
  ]);
  assert.deepEqual(lines.slice(9), ["", "A note."]);
});

Deno.test("a result that is a table needs no code of its own", () => {
  const result = { title: "By length", columns: ["seconds", "R@1"], rows: [["0 to 5", 42.5], ["5 to 10", null]] };
  const [table, ...others] = resultTables([{ file: { experiment: "by-length", result } }]);
  assert.equal(others.length, 0);
  assert.deepEqual(table, {
    name: "by_length",
    title: "By length",
    note: "",
    columns: ["seconds", "R@1"],
    rows: [["0 to 5", "42.5"], ["5 to 10", ""]],
  });
  assert.deepEqual(resultTables([{ file: { experiment: "other", result: { recall: 1 } } }]), []);
});
