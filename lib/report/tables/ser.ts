/**
 * Table 3: speech emotion recognition, ours next to the paper's, and its details.
 */
import type { SerResult, SerRow, SerSettings } from "../../experiments/ser/results.ts";
import { originSlug, originTitle } from "../collect/origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { controlsText, encoderWarnings, groupedRows, statesChoiceText, systemName } from "../figures/ser.ts";
import { PAPER_TABLE_3 } from "../paper.ts";
import { meanAccuracy, meanAverageRecall } from "../ser_accuracy.ts";
import { fromRuns, paragraph } from "./cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

const PROTOCOLS: Readonly<Record<SerRow["protocol"], string>> = {
  "split": "the data set's test speakers",
  "speakers-out": "held-out speakers",
};
/** With more speakers there is no table by speaker. */
const MAX_SPEAKERS = 24;

/** One table per `ser`: accuracy and unweighted average recall of all systems under both protocols. */
export function serTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "ser").map(({ data, model, file: { settings, result }, stored: { run } }) => {
    const untrained = model === "untrained" ? ", encoders before any training" : "";
    return {
      name: `table3_${nameEnd({ data, model })}`,
      title: `Table 3: speech emotion recognition, accuracy in percent (${originTitle(data[0]!)}${untrained})`,
      note: note(settings, result, run),
      columns: ["system", "from", "tested on", "accuracy", "unweighted average recall", "L2 (chosen on train)"],
      rows: [...paperRows(), ...ourRows(settings, result)],
    };
  });
}

function nameEnd({ data, model }: Pick<ReportEntry, "data" | "model">): string {
  return `${originSlug(data[0]!)}${model === "untrained" ? "_untrained" : ""}`;
}

function paperRows(): string[][] {
  return PAPER_TABLE_3.flatMap(({ model, probe, fineTuned }) => [
    [`${model}, probe`, "paper", "not reported", probe.toFixed(1), "", ""],
    [`${model}, fine-tuned`, "paper", "not reported", fineTuned.toFixed(1), "", ""],
  ]);
}

function ourRows(settings: SerSettings, result: SerResult): string[][] {
  return groupedRows(result).map(({ protocol, rows, ...group }) => [
    systemName(group, settings),
    "ours",
    PROTOCOLS[protocol],
    figureText(meanAccuracy(rows, result.clips)),
    figureText(meanAverageRecall(rows, result.clips)),
    rows[0]!.l2?.join(", ") ?? "",
  ]);
}

function note(settings: SerSettings, result: SerResult, run: string): string {
  const { clips, classes, encoderSteps, folds, rows } = result;
  const count = (split: string): number => clips.filter((clip) => clip.split === split).length;
  const speakers = new Set(clips.map(({ speaker }) => speaker));
  const { data, encoders, seeds } = settings;
  return paragraph(
    "Rows from the paper: its published figures, on RAVDESS. The paper has no baselines; ours are the majority, log-mel " +
      "statistics, and Whisper's frozen states without any branch, each with logistic regression.",
    statesChoiceText(rows),
    controlsText(result, settings),
    `Ours: ${clips.length} clips (${count("train")} train, ${count("test")} test) of ` +
      `${speakers.has("") ? "speakers that are not all named" : `${speakers.size} speakers`}, emotions ` +
      `${classes.join(", ")} (${data.dataRoot}).`,
    data.dataset === "own" ? "" : data.calm === "neutral" ? "Calm counts as neutral." : "Calm is dropped.",
    data.transcript === "heard" ? "The text is Whisper's transcript." : "The text is the known sentence.",
    ...encoders.map(({ name, config, path, trained }) => {
      const frozen = `frozen ${config.whisper} and ${config.clip}.`;
      return trained
        ? `Encoder ${name}: ${config.variant}, trained for ${config.steps} steps on ${config.dataRoot} (checkpoint of step ` +
          `${encoderSteps[name] ?? 0}, ${path ?? "by this experiment"}); ${frozen}`
        : `Encoder ${name}: ${config.variant}, untrained: the initial values of seed ${config.seed}; ${frozen}`;
    }),
    encoderWarnings({ settings, result }),
    folds > 0 ? `Held-out speakers: ${folds} folds, all clips.` : "",
    `95 % intervals: Student's t over ${
      speakers.has("") ? "clips where the speaker is not named, else over speakers" : "speakers"
    }, and over seeds where there are several.`,
    rows.every(({ seed }) => seed === null)
      ? ""
      : `Fine-tuned: ${
        seeds.length > 1 ? `mean ± standard deviation over the seeds ${seeds.join(", ")}` : `seed ${seeds[0]}`
      }.`,
    fromRuns(run),
  );
}

/** Details of each `ser` on the test split: confusion matrices, and accuracy by speaker. */
export function serDetailTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "ser").flatMap(({ data, model, file: { settings, result: { rows, classes } } }) => {
    const shown = rows.filter(({ protocol, seed }) =>
      protocol === "split" && (seed ?? settings.seeds[0]) === settings.seeds[0]
    );
    const confusions = shown.filter(({ system }) => system !== "majority").map((row): ReportTable => ({
      name: `confusion_${row.system}_${row.encoder ?? "baseline"}_${nameEnd({ data, model })}`.replaceAll("-", "_"),
      title: `${systemName(row, settings)}: confusion on the test split`,
      note: "Rows are the actual emotions, columns the predicted ones.",
      columns: ["", ...classes],
      rows: classes.map((name, i) => [name, ...row.confusion[i]!.map(String)]),
    }));
    const speakers = Object.keys(shown[0]?.bySpeaker ?? {}).sort();
    if (speakers.length === 0 || speakers.length > MAX_SPEAKERS) return confusions;
    return [...confusions, {
      name: `speakers_${nameEnd({ data, model })}`,
      title: "Accuracy by test speaker in percent",
      note: "",
      columns: ["system", ...speakers.map((speaker) => speaker || "not named")],
      rows: shown.map((row) => [
        systemName(row, settings),
        ...speakers.map((speaker) => figureText({ value: 100 * (row.bySpeaker[speaker] ?? 0) })),
      ]),
    }];
  });
}
