/**
 * Table 3: speech emotion recognition, ours next to the paper's.
 *
 * @module
 */
import type { SerFigure, SerResult, SerRow, SerSettings } from "../../experiments/ser/results.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { originSlug, originTitle } from "../collect/origin.ts";
import { groupedRows, systemName } from "../figures/ser.ts";
import { PAPER_TABLE_3 } from "../paper.ts";
import { paragraph } from "./cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

const PROTOCOLS: Readonly<Record<SerRow["protocol"], string>> = {
  "split": "the data set's test speakers",
  "speakers-out": "speakers left out",
};

/** A table of each `ser`: accuracy and unweighted average recall of all systems under both protocols. */
export function moodsTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "ser").map(({ data, model, file: { settings, result }, stored: { run } }) => {
    const origin = data[0]!;
    const untrained = model === "untrained" ? ", encoders before any training" : "";
    return {
      name: `table3_${originSlug(origin)}${model === "untrained" ? "_untrained" : ""}`,
      title: `Table 3: which mood is it? Accuracy in percent (${originTitle(origin)}${untrained})`,
      note: note(settings, result, run),
      columns: ["system", "from", "tested on", "accuracy", "unweighted average recall"],
      rows: [...paperRows(), ...ourRows(settings, result)],
    };
  });
}

function paperRows(): string[][] {
  return PAPER_TABLE_3.flatMap(({ model, probe, fineTuned }) => [
    [`${model}, probe`, "paper", "not said", probe.toFixed(1), ""],
    [`${model}, fine-tuned`, "paper", "not said", fineTuned.toFixed(1), ""],
  ]);
}

function ourRows(settings: SerSettings, result: SerResult): string[][] {
  return groupedRows(result).map(({ protocol, rows, ...group }) => [
    systemName(group, settings),
    "ours",
    PROTOCOLS[protocol],
    cell(rows.map(({ accuracy }) => accuracy)),
    cell(rows.map(({ unweightedAverageRecall }) => unweightedAverageRecall)),
  ]);
}

/** One figure with its interval; of several seeds their mean and standard deviation. */
function cell(found: readonly SerFigure[]): string {
  const percent = found.map(({ value }) => 100 * value);
  const mean = percent.reduce((sum, value) => sum + value, 0) / percent.length;
  if (found.length === 1) {
    const [low, high] = found[0]!.interval;
    return figureText({ value: mean, interval: [100 * low, 100 * high] });
  }
  const squares = percent.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return figureText({ value: mean, deviation: Math.sqrt(squares / (percent.length - 1)) });
}

function note(settings: SerSettings, { clips, classes, encoderSteps }: SerResult, run: string): string {
  const count = (split: string): number => clips.filter((clip) => clip.split === split).length;
  const speakers = new Set(clips.map(({ speaker }) => speaker)).size;
  const { data, encoders, seeds, folds } = settings;
  return paragraph(
    "Rows from the paper: its published figures, on RAVDESS. It has no baselines; the first two systems of ours are.",
    `Ours: ${clips.length} clips (${count("train")} train, ${count("test")} test) of ${speakers} speakers, moods ` +
      `${classes.join(", ")} (${data.dataRoot}).`,
    data.dataset === "own" ? "" : data.calm === "neutral" ? "Calm counts as neutral." : "Calm is left out.",
    data.transcript === "heard" ? "Read is what Whisper heard." : "Read are the sentences that are known.",
    ...encoders.map(({ name, config, trained }) =>
      trained
        ? `Encoder ${name}: ${config.variant}, step ${encoderSteps[name] ?? 0} on ${config.dataRoot}.`
        : `Encoder ${name}: ${config.variant}, not trained on anything.`
    ),
    folds > 0 ? `Speakers left out: ${folds} folds, all clips.` : "",
    "In brackets 95 % intervals by bootstrap over speakers.",
    seeds.length > 1 ? `Fine-tuned: mean ± standard deviation over the seeds ${seeds.join(", ")}.` : "",
    `Ours from ${run}.`,
  );
}
