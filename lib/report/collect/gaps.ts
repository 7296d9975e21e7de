/**
 * What a report lacks, and the commands that make it.
 *
 * @module
 */
import { join } from "@std/path";
import { SAMPLE_SETS } from "../../experiments/options.ts";
import { exists } from "../../files/read.ts";
import { runFolder } from "../../training/run_folder.ts";
import { commandLine, entriesOf, type ReportEntry, type ReportKind } from "./entry.ts";
import type { OriginKind } from "./origin.ts";

/** A result that is not there. */
export interface Gap {
  what: string;
  command: string;
}

/** A result that a full report has. */
interface Wanted {
  kind: ReportKind;
  sets: readonly string[];
  model?: string;
  what: string;
  task: string;
  words: string[];
}

const SETS = ["flickr8k", "spokencoco", "ln-coco"];

/** All that a report of the sample wants, in an order in which each finds what it needs. */
function onSample(run: string, tone: string): Wanted[] {
  const out = (name: string): string[] => ["--out", `runs/report-${name}`];
  return [
    {
      kind: "zero-shot",
      sets: SETS,
      what: "Table 4 and the zero-shot rows of Table 1",
      task: "zero-shot",
      words: out("zero-shot"),
    },
    ...SETS.map((set): Wanted => ({
      kind: "compare",
      sets: [set],
      what: `Tables 1 and 2 on ${set}: all variants with three seeds`,
      task: "compare",
      words: ["--preset", `sample-${set}`, "--seeds", "3", ...out(`compare-${set}`)],
    })),
    { kind: "ser", sets: ["ravdess"], what: "Table 3: emotions of speech", task: "ser", words: out("ser") },
    { kind: "cross", sets: SETS, what: "Table 5: each set's model on the others", task: "cross", words: out("cross") },
    {
      kind: "wer",
      sets: ["ln-coco"],
      model: "pip-zero-shot",
      what: "word errors against recall, zero-shot, on narrations",
      task: "wer",
      words: out("wer-zero-shot-ln-coco"),
    },
    {
      kind: "wer",
      sets: ["spokencoco"],
      model: "pip-zero-shot",
      what: "word errors against recall, zero-shot, on short captions",
      task: "wer",
      words: ["--preset", "sample-spokencoco", ...out("wer-zero-shot-spokencoco")],
    },
    {
      kind: "wer",
      sets: ["ln-coco"],
      model: "full",
      what: "the same of BrewCLIP",
      task: "wer",
      words: ["--run", run, ...out("wer-full-ln-coco")],
    },
    {
      kind: "gallery",
      sets: ["ln-coco"],
      what: "queries with their answers (Figures 3, 4, 6 to 8)",
      task: "gallery",
      words: ["--run", run, ...out("gallery")],
    },
    {
      kind: "attention",
      sets: ["ln-coco"],
      what: "what a similarity rests on",
      task: "attention",
      words: ["--run", run, ...out("attention")],
    },
    {
      kind: "crop",
      sets: ["ln-coco"],
      what: "what the centre crop costs (Figures 5 and 9)",
      task: "crop",
      words: ["--run", run, ...out("crop")],
    },
    {
      kind: "space",
      sets: ["ln-coco"],
      what: "where images and recordings lie in the joint space",
      task: "space",
      words: ["--run", run, ...out("space")],
    },
    { kind: "tone", sets: ["tone"], what: "the tone benchmark", task: "tone", words: out("tone") },
    {
      kind: "space",
      sets: ["tone"],
      what: "where images and recordings of the tone benchmark lie",
      task: "space",
      words: ["--run", `${tone}/full-seed-1`, ...out("space-tone")],
    },
    { kind: "ablate", sets: ["ln-coco"], what: "one setting changed at a time", task: "ablate", words: out("ablate") },
  ];
}

/**
 * What is missing of the sample, in an order in which the commands can be run. Experiments that look at a trained model take
 * the newest full run on the narrations; where there is none, the first command trains one.
 *
 * @param begun tells whether a training in this folder has begun, which is then continued. Default: looks for its checkpoint.
 */
export async function gapsOnSample(
  entries: readonly ReportEntry[],
  begun: (run: string) => Promise<boolean> = hasCheckpoint,
): Promise<Gap[]> {
  const trained = entriesOf(entries, "train").find(({ data, model }) =>
    model === "full" && data[0]!.kind === "sample" && data[0]!.set === "ln-coco"
  );
  const run = trained?.stored.run ?? "runs/report-train";
  const tone = entriesOf(entries, "tone").find(({ data }) => data[0]!.kind === "sample")?.stored.run;
  const gaps = onSample(run, tone ?? "runs/report-tone").filter((wanted) => !isThere(entries, wanted, "sample"))
    .map(({ what, task, words }) => ({ what, command: commandLine(task, words) }));
  if (trained !== undefined) return gaps;
  const command = commandLine("train", [await begun(run) ? "--resume" : "--out", run]);
  return [{ what: "one training run with its curve, which others look at", command }, ...gaps];
}

async function hasCheckpoint(run: string): Promise<boolean> {
  return await exists(join(runFolder(run).last));
}

function isThere(entries: readonly ReportEntry[], { kind, sets, model }: Wanted, origin: OriginKind): boolean {
  return entries.some((entry) =>
    entry.file.experiment === kind && (model === undefined || entry.model === model) &&
    sets.every((set) => entry.data.some((data) => data.kind === origin && data.set === set))
  );
}

/** What is missing of the paper's own data, which have to be fetched first. */
export function gapsOnPublished(entries: readonly ReportEntry[]): Gap[] {
  const presets = SAMPLE_SETS.map((preset) => preset.replace("sample-", ""));
  const out = (name: string): string[] => ["--out", `runs/published-${name}`];
  const all: Wanted[] = [
    {
      kind: "zero-shot",
      sets: SETS,
      what: "Table 4",
      task: "zero-shot",
      words: ["--presets", presets.join(), ...out("zero-shot")],
    },
    ...SETS.map((set): Wanted => ({
      kind: "compare",
      sets: [set],
      what: `Tables 1 and 2, ${set}`,
      task: "compare",
      words: ["--preset", set, "--seeds", "3", ...out(`compare-${set}`)],
    })),
    {
      kind: "ser",
      sets: ["ravdess"],
      what: "Table 3",
      task: "ser",
      words: ["--data-root", "data/ravdess", ...out("ser")],
    },
    {
      kind: "cross",
      sets: SETS,
      what: "Table 5",
      task: "cross",
      words: ["--presets", presets.join(), ...out("cross")],
    },
    { kind: "wer", sets: ["ln-coco"], what: "section 5", task: "wer", words: ["--preset", "ln-coco", ...out("wer")] },
  ];
  return all.filter((wanted) => !isThere(entries, wanted, "published"))
    .map(({ what, task, words }) => ({ what, command: commandLine(task, words) }));
}
