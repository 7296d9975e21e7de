/** The published figures, against the page that they were copied from. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import {
  PAPER_SETS,
  PAPER_TABLE_1,
  PAPER_TABLE_2,
  PAPER_TABLE_3,
  PAPER_TABLE_4,
  PAPER_TABLE_5,
  type PaperRow,
  paperRow,
} from "../../lib/report/paper.ts";

const METHOD = join(import.meta.dirname as string, "..", "..", "..", "shared", "METHOD.md");
const there = await exists(METHOD);
if (!there) console.log(`the paper's figures are not compared with METHOD.md: ${METHOD} is not there`);
const lines = there ? (await Deno.readTextFile(METHOD)).split("\n") : [];

/** The numbers of each cell but the first, of the line that begins so. */
function cellsOf(start: string): number[][] {
  const line = lines.find((line) => line.startsWith(`| ${start} |`));
  assert.ok(line !== undefined, `METHOD.md has no row '${start}'`);
  return line.split("|").slice(2, -1).map((cell) => (cell.match(/\d+(\.\d+)?/g) ?? []).map(Number));
}

function figuresOf(row: PaperRow): number[][] {
  return PAPER_SETS.flatMap((set) => {
    const all = row.recall[set];
    return all === undefined ? [[], []] : [all.slice(0, 3), all.slice(3)];
  });
}

Deno.test({
  name: "the paper's Tables 1, 2 and 4 are those of METHOD.md",
  ignore: !there,
  fn: () => {
    for (const row of PAPER_TABLE_1) assert.deepEqual(figuresOf(row), cellsOf(row.model), row.model);
    for (const row of PAPER_TABLE_2) assert.deepEqual(figuresOf(row), cellsOf(`(Table 2) ${row.model}`), row.model);
    for (const row of PAPER_TABLE_4) assert.deepEqual(figuresOf(row), cellsOf(`(Table 4) ${row.model}`), row.model);
    const first = lines.findIndex((line) => line.startsWith("| Table 1 |"));
    const last = lines.findIndex((line, i) => i > first && line === "");
    const written = PAPER_TABLE_1.length + PAPER_TABLE_2.length + PAPER_TABLE_4.length;
    assert.equal(last - first - 2, written, "rows of METHOD.md");
  },
});

Deno.test({
  name: "the paper's Table 3 is that of METHOD.md",
  ignore: !there,
  fn: () => {
    const line = lines.find((line) => line.startsWith("Table 3"))!;
    const figures = line.slice("Table 3".length).match(/\d+/g)!.map(Number);
    assert.deepEqual(PAPER_TABLE_3.flatMap(({ probe, fineTuned }) => [probe, fineTuned]), figures);
  },
});

Deno.test({
  name: "the paper's Table 5 is that of METHOD.md",
  ignore: !there,
  fn: () => {
    const order = ["ln-coco", "spokencoco", "flickr8k"] as const;
    assert.match(lines.find((line) => line.startsWith("| Table 5"))!, /tested on LN-COCO \| SpokenCOCO \| Flickr8k/);
    for (
      const [trained, name] of [["ln-coco", "LN-COCO"], ["spokencoco", "SpokenCOCO"], ["flickr8k", "Flickr8k"]] as const
    ) {
      assert.deepEqual(order.map((tested) => [...PAPER_TABLE_5[trained][tested]]), cellsOf(name), name);
    }
  },
});

Deno.test("every variant has a row of the paper", () => {
  for (const variant of ["pip-zero-shot", "pip-zero-shot-gt", "pip", "pip-gt", "e2e", "full"]) {
    assert.equal(paperRow(variant)?.row.variant, variant);
  }
  assert.equal(paperRow("full")?.table, 1);
  assert.equal(paperRow("other"), undefined);
});
