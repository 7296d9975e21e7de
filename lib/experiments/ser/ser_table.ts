/**
 * Emotion recognition as tables.
 *
 * @module
 */
import { markdownTable } from "../experiment_file.ts";
import type { SerData, SerEncoder, SerFigure, SerResult, SerRow, SerSettings } from "./results.ts";

const PROTOCOLS: Record<SerRow["protocol"], string> = {
  "split": "Train and test split",
  "speakers-out": "Speakers left out",
};

/** Markdown: what it is of, a table a protocol, confusions and speakers of the split. */
export function serTable(settings: SerSettings, result: SerResult): string {
  const { clips, rows, classes } = result;
  const count = (split: string) => clips.filter((clip) => clip.split === split).length;
  const speakers = new Set(clips.map(({ speaker }) => speaker));
  const [whose, over] = speakers.has("")
    ? ["speakers that are not all named", "clips where the speaker is not named, else over speakers"]
    : [`${speakers.size} speakers`, "speakers"];
  const parts = [
    "# Which mood is it?",
    `${describeData(settings.data)}: ${clips.length} clips (${count("train")} train, ${count("test")} test) of ` +
    `${whose}, moods ${classes.join(", ")}. Percent; 95 % intervals by bootstrap over ${over}.`,
    ...settings.encoders.map((encoder) => describeEncoder(encoder, result.encoderSteps[encoder.name] ?? 0)),
  ];
  for (const protocol of Object.keys(PROTOCOLS) as SerRow["protocol"][]) {
    const found = rows.filter((row) => row.protocol === protocol);
    if (found.length === 0) continue;
    const note = protocol === "split" ? `${count("test")} test clips` : `${result.folds} folds, all clips`;
    parts.push(`## ${PROTOCOLS[protocol]} (${note})`, figures(found));
  }
  for (const row of rows.filter(({ protocol }) => protocol === "split")) {
    if (row.system === "majority" || row.seed !== null && row.seed !== settings.seeds[0]) continue;
    parts.push(
      `### ${serRowName(row)}: confusion (rows: actual, columns: said)`,
      markdownTable(["", ...classes], classes.map((name, i) => [name, ...row.confusion[i]!.map(String)])),
    );
  }
  const shown = rows.filter(({ protocol, seed }) =>
    protocol === "split" && (seed ?? settings.seeds[0]) === settings.seeds[0]
  );
  const heard = Object.keys(shown[0]?.bySpeaker ?? {}).sort();
  if (heard.length > 0 && heard.length <= 24) {
    parts.push(
      "### Accuracy by test speaker",
      markdownTable(
        ["system", ...heard.map((speaker) => speaker || "not named")],
        shown.map((row) => [serRowName(row), ...heard.map((speaker) => percent(row.bySpeaker[speaker] ?? 0))]),
      ),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

function describeData({ dataset, dataRoot, calm, transcript }: SerData): string {
  const read = transcript === "heard" ? "transcripts as Whisper heard them" : "the known sentences";
  return dataset === "own"
    ? `${dataRoot}, ${read}`
    : `${dataRoot} (calm ${calm === "neutral" ? "counts as neutral" : "dropped"}), ${read}`;
}

function describeEncoder({ name, config, path, trained }: SerEncoder, step: number): string {
  const what = trained
    ? `${config.variant}, trained for ${config.steps} steps on ${config.dataRoot} (checkpoint of step ${step}` +
      `${path === null ? ", by this experiment" : `, ${path}`})`
    : `${config.variant}, not trained on anything: the first values of seed ${config.seed}`;
  return `Encoder \`${name}\`: ${what}; frozen ${config.whisper} and ${config.clip}.`;
}

/** What a row is called. */
export function serRowName({ system, encoder }: Pick<SerRow, "system" | "encoder">): string {
  if (system === "majority") return "majority class";
  if (system === "log-mel") return "log-mel statistics, logistic regression";
  return `${encoder}, ${system === "probe" ? "linear probe" : "fine-tuned"}`;
}

/** A row a system: one with several seeds has their mean and standard deviation. */
function figures(rows: readonly SerRow[]): string {
  const lines = [...Map.groupBy(rows, serRowName)].map(([name, same]) => [
    name,
    cell(same.map(({ accuracy }) => accuracy)),
    cell(same.map(({ unweightedAverageRecall }) => unweightedAverageRecall)),
    same.length > 1 ? `${same.length} seeds` : same[0]!.seed === null ? "" : `seed ${same[0]!.seed}`,
    same[0]!.l2?.join(", ") ?? "",
  ]);
  return markdownTable(["system", "accuracy", "unweighted average recall", "seeds", "L2 (chosen on train)"], lines);
}

function cell(found: readonly SerFigure[]): string {
  const mean = found.reduce((sum, { value }) => sum + value, 0) / found.length;
  if (found.length === 1) return `${percent(mean)} (${found[0]!.interval.map(percent).join("-")})`;
  const spread = Math.sqrt(found.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (found.length - 1));
  return `${percent(mean)} ± ${percent(spread)}`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
