/** Results that a report lacks, and the commands that produce them. */
import { join } from "@std/path";
import { SAMPLE_SETS } from "../../experiments/options.ts";
import { exists } from "../../files/read.ts";
import { runFolder } from "../../training/run_folder.ts";
import { commandLine, entriesOf, type ReportEntry, type ReportKind } from "./entry.ts";
import type { OriginKind } from "./origin.ts";

export interface Gap {
  what: string;
  command: string;
}

/** The command of an experiment and the result that it gives. */
interface Wanted {
  kind: ReportKind;
  sets: readonly string[];
  what: string;
  words: string[];
  model?: string;
}

const SETS = ["flickr8k", "spokencoco", "ln-coco"];

/** Everything in a full report of the sample, ordered so that each command finds what it needs. */
function onSample(run: string, tone: string): Wanted[] {
  const wanted = (kind: ReportKind, sets: string[], what: string, out: string, words: string[] = []): Wanted => (
    { kind, sets, what, words: [...words, "--out", `runs/report-${out}`] }
  );
  const trained = ["--run", run];
  return [
    wanted("zero-shot", SETS, "Table 4 and the zero-shot rows of Table 1", "zero-shot"),
    ...SETS.map((set) =>
      wanted("compare", [set], `Tables 1 and 2 on ${set}: all variants with five seeds`, `compare-${set}`, [
        "--preset",
        `sample-${set}`,
        "--seeds",
        "5",
      ])
    ),
    wanted("ser", ["ravdess"], "Table 3: speech emotion recognition", "ser", ["--seeds", "3"]),
    wanted("cross", SETS, "Table 5: the model of each data set on the others", "cross"),
    {
      ...wanted("wer", ["ln-coco"], "word errors against recall, zero-shot, narrations", "wer-zero-shot-ln-coco"),
      model: "pip-zero-shot",
    },
    {
      ...wanted(
        "wer",
        ["spokencoco"],
        "word errors against recall, zero-shot, short captions",
        "wer-zero-shot-spokencoco",
        [
          "--preset",
          "sample-spokencoco",
        ],
      ),
      model: "pip-zero-shot",
    },
    {
      ...wanted("wer", ["ln-coco"], "word errors against recall, BrewCLIP", "wer-full-ln-coco", trained),
      model: "full",
    },
    wanted("gallery", ["ln-coco"], "queries with their answers (Figures 3, 4, 6 to 8)", "gallery", trained),
    wanted("attention", ["ln-coco"], "relevance maps of single pairs", "attention", trained),
    wanted("crop", ["ln-coco"], "the cost of the center crop (Figures 5 and 9)", "crop", trained),
    wanted("space", ["ln-coco"], "maps of the joint space", "space", trained),
    wanted("tone", ["tone"], "the tone benchmark", "tone"),
    wanted("space", ["tone"], "maps of the joint space, tone benchmark", "space-tone", [
      "--run",
      `${tone}/full-seed-1`,
    ]),
    wanted("ablate", ["ln-coco"], "one setting changed at a time", "ablate"),
  ];
}

/**
 * What is missing on the sample, with commands in an order that works. Experiments on a trained model use the newest full run on
 * the narrations; if there is none, the first command trains one.
 *
 * @param begun whether training in this folder has begun, so that it is resumed. Default: if it has a checkpoint
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
    .map(({ what, kind, words }) => ({ what, command: commandLine(kind, words) }));
  if (trained !== undefined) return gaps;
  const command = commandLine("train", [await begun(run) ? "--resume" : "--out", run]);
  return [{ what: "one training run with its curve, which other experiments use", command }, ...gaps];
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

/** What is missing on the paper's own data, which must be fetched first. */
export function gapsOnPublished(entries: readonly ReportEntry[]): Gap[] {
  const presets = SAMPLE_SETS.map((preset) => preset.replace("sample-", "")).join();
  const wanted = (kind: ReportKind, sets: string[], what: string, out: string, words: string[]): Wanted => (
    { kind, sets, what, words: [...words, "--out", `runs/published-${out}`] }
  );
  return [
    wanted("zero-shot", SETS, "Table 4", "zero-shot", ["--presets", presets]),
    ...SETS.map((set) =>
      wanted("compare", [set], `Tables 1 and 2, ${set}`, `compare-${set}`, ["--preset", set, "--seeds", "3"])
    ),
    wanted("ser", ["ravdess"], "Table 3", "ser", ["--data-root", "data/ravdess"]),
    wanted("cross", SETS, "Table 5", "cross", ["--presets", presets]),
    wanted("wer", ["ln-coco"], "section 5", "wer", ["--preset", "ln-coco"]),
  ].filter((wanted) => !isThere(entries, wanted, "published"))
    .map(({ what, kind, words }) => ({ what, command: commandLine(kind, words) }));
}
