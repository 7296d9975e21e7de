/** Speech emotion recognition: accuracy by system, and confusion matrices. */
import type { SerResult, SerRow, SerSettings } from "../../experiments/ser/results.ts";
import { type BrewClipVariant, VARIANTS } from "../../systems/variants.ts";
import { originOf } from "../collect/origin.ts";
import { amount, describeData, errorBars, plain, wrapped } from "./captions.ts";
import { accuracyDifference, meanAccuracy } from "../ser_accuracy.ts";
import { chanceNote } from "../tables/cells.ts";
import { differenceText, figureText } from "../tables/report_table.ts";
import { type ExperimentParts, type Figure, figurePixels, type PlotlyLayout } from "./figure.ts";
import { heatAxes, heatTrace, panelFigure, rowAxis, rowHeight } from "./panels.ts";
import { axis, FONT_SIZES, guideLine, LIGHT, PALETTE, VARIANT_COLOURS, VARIANT_LABELS } from "./style.ts";

const PROTOCOLS: Readonly<Record<SerRow["protocol"], string>> = {
  "split": "Train and test split",
  "speakers-out": "Held-out speakers",
};

/** A system under one protocol, with all its seeds. */
export interface SerGroup extends Pick<SerRow, "system" | "encoder" | "protocol"> {
  layer: SerRow["layer"];
  rows: SerRow[];
}

const SYSTEMS = ["majority", "log-mel", "states", "probe", "fine-tuned"] as const;

/** Rows by protocol and system: the split first, baselines before encoders. */
export function groupedRows({ rows }: SerResult): SerGroup[] {
  const groups = new Map<string, SerGroup>();
  for (const row of rows) {
    const { system, encoder, layer, protocol } = row;
    const key = JSON.stringify([protocol, encoder, system, layer]);
    const group = groups.get(key) ?? { system, encoder, layer, protocol, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  const encoders = [...new Set(rows.map(({ encoder }) => encoder))].sort((a, b) =>
    Number(b === null) - Number(a === null)
  );
  const protocols = Object.keys(PROTOCOLS) as SerRow["protocol"][];
  const rank = ({ protocol, encoder, system }: SerGroup): number =>
    (protocols.indexOf(protocol) * encoders.length + encoders.indexOf(encoder)) * SYSTEMS.length +
    SYSTEMS.indexOf(system);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b));
}

/** Of the controls on Whisper's layers: the one that train speakers choose, and the best on the test speakers. */
export function statesChoice(rows: readonly SerRow[]): { chosen: SerRow; best: SerRow } | undefined {
  const states = rows.filter(({ system }) => system === "states");
  const most = (value: (row: SerRow) => number): SerRow => states.toSorted((a, b) => value(b) - value(a))[0]!;
  if (states.length === 0) return undefined;
  return { chosen: most(({ chosenBy }) => chosenBy?.[0] ?? 0), best: most(({ accuracy }) => accuracy.value) };
}

/** How the two were chosen, in a sentence; `""` if there are none, or a single layer. */
export function statesChoiceText(rows: readonly SerRow[]): string {
  const found = statesChoice(rows);
  if (found === undefined || found.best.layer === null) return "";
  return `Of the layers of Whisper's encoder, cross-validation over train speakers chooses ${found.chosen.layer}; layer ` +
    `${found.best.layer} is the best on the test speakers.`;
}

/**
 * Whether each fine-tuned system is above the two controls of {@link statesChoice} on the test speakers, in sentences; `""` without
 * controls of several layers.
 *
 * @param settings name the systems, and those that read words alone are skipped; without them only the best system is shown
 */
export function controlsText(result: SerResult, settings?: SerSettings): string {
  const controls = statesChoice(result.rows);
  if (controls === undefined || controls.best.layer === null) return "";
  const { chosen, best } = controls;
  const wordsOnly = settings?.encoders.filter(({ config }) => !VARIANTS[config.variant].acoustic)
    .map(({ name }) => name);
  const tuned = groupedRows(result).filter(({ system, protocol, encoder }) =>
    system === "fine-tuned" && protocol === "split" && !wordsOnly?.includes(encoder!)
  ).map((group) => ({ group, value: meanAccuracy(group.rows, result.clips).value }));
  const shown = settings ? tuned : tuned.toSorted((a, b) => b.value - a.value).slice(0, 1);
  return shown.map(({ group, value }) => {
    const against = (control: SerRow): { text: string; isAbove: boolean } => {
      const { difference, interval, p } = accuracyDifference(group.rows, [control], result.clips);
      const isAbove = difference > 1e-9, place = isAbove ? "above" : difference < -1e-9 ? "below" : "equal to";
      const accuracy = figureText({ value: 100 * control.accuracy.value });
      const found = differenceText({ value: difference, interval, p });
      return { isAbove, text: `${place} the control of layer ${control.layer} (${accuracy} %; ${found})` };
    };
    const [ofChosen, ofBest] = [against(chosen), against(best)];
    const name = settings ? systemName(group, settings) : `${group.encoder}, fine-tuned`;
    return `${name}, ${figureText({ value })} %, is ${
      chosen === best
        ? ofBest.text
        : `${ofChosen.text}, which train speakers choose, and ${ofBest.text}, the best on the test speakers`
    }.${ofBest.isAbove ? "" : " So the best single layer is not beaten."}`;
  }).join(" ");
}

/** `"Log-mel statistics"`, `"BrewCLIP, probe"`. */
export function systemName(
  { system, encoder, layer }: Pick<SerGroup, "system" | "encoder" | "layer">,
  settings: SerSettings,
): string {
  if (system === "majority") return "Majority emotion";
  if (system === "log-mel") return "Log-mel statistics";
  if (system === "states") return `Mean and deviation of Whisper's ${layer === null ? "last layer" : `layer ${layer}`}`;
  return `${encoderName(encoder, settings)}, ${system}`;
}

/** An encoder that is named after its variant has the variant's label, and what distinguishes it. */
function encoderName(name: string | null, { encoders }: SerSettings): string {
  const found = encoders.find((encoder) => encoder.name === name);
  if (found === undefined || name?.replace(/-(untrained|known)$/, "") !== found.config.variant) return name ?? "?";
  const special = [...found.trained ? [] : ["untrained"], ...found.transcript === "known" ? ["known sentences"] : []];
  return VARIANT_LABELS[found.config.variant] + (special.length === 0 ? "" : ` (${special.join(", ")})`);
}

/** A warning for each encoder that hardly learned anything when it was trained; empty if all did. */
export function encoderWarnings({ settings, result }: ExperimentParts<SerSettings, SerResult>): string {
  return chanceNote(
    Object.entries(result.nearChance ?? {}).map(([encoder, nearChance]) => {
      const { variant, seed } = settings.encoders.find(({ name }) => name === encoder)!.config;
      return { name: encoderName(encoder, settings), variant, seed, nearChance };
    }),
  );
}

function describeSer(
  { settings, result }: ExperimentParts<SerSettings, SerResult>,
  groups: readonly SerGroup[],
): string {
  const { clips, classes } = result;
  const counts = (protocol: SerRow["protocol"]): string[] => {
    const group = groups.find((group) => group.protocol === protocol);
    if (group === undefined) return [];
    const classified = new Set(group.rows[0]!.predictions.map(({ id }) => id));
    const speakers = new Set(clips.filter(({ id }) => classified.has(id)).map(({ speaker }) => speaker)).size;
    return [
      `${PROTOCOLS[protocol].toLowerCase()}: ${classified.size} of ${clips.length} clips of ${
        amount(speakers, "speaker")
      } classified`,
    ];
  };
  const seeds = [...new Set(groups.flatMap(({ rows }) => rows.flatMap(({ seed }) => seed ?? [])))];
  const tuned = seeds.length === 0
    ? ""
    : ` Fine-tuned with ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}.`;
  const untrained = settings.encoders.every(({ trained }) => !trained) && settings.encoders.length > 0
    ? " The models were not trained on images."
    : "";
  const { dataset, dataRoot, transcript } = settings.data;
  return `${describeData(originOf(dataset, dataRoot))}, ${amount(classes.length, "emotion")}; ${
    [...counts("split"), ...counts("speakers-out")].join("; ")
  }. Text: ${transcript === "heard" ? "the transcript" : "the known sentence"}.${tuned}${untrained} ${
    encoderWarnings({ settings, result })
  }`.trimEnd();
}

/**
 * Accuracy of each system as bars and unweighted average recall as diamonds, with intervals, one panel per protocol, from
 * `ser` (paper, Table 3).
 *
 * @throws {RangeError} if there are no rows.
 */
export function serBarsFigure({ settings, result }: ExperimentParts<SerSettings, SerResult>): Figure {
  const groups = groupedRows(result);
  if (groups.length === 0) throw new RangeError("Cannot draw emotions as the result has no rows");
  const protocols = [...new Set(groups.map(({ protocol }) => protocol))];
  const names = [...new Set(groups.map((group) => systemName(group, settings)))];
  const chance = 100 / result.classes.length;
  const labels = names.map((name) => wrapped(name, 26));
  const described = groups.map((group) =>
    `${systemName(group, settings)} (${PROTOCOLS[group.protocol].toLowerCase()}) ${
      meanAccuracy(group.rows, result.clips).value.toFixed(1)
    }`
  );
  return panelFigure({
    name: "ser_bars",
    title: "Speech emotion recognition, next to baselines",
    caption: `${describeSer({ settings, result }, groups)} Error bars: 95 % intervals over speakers${
      groups.some(({ rows }) => rows.length > 1) ? ", and over seeds where there are several" : ""
    }. Dashed: chance, ${chance.toFixed(0)} % unweighted average recall.`,
    alt: `Bar chart of accuracy in percent: ${described.join("; ")}.`,
  }, {
    columns: 2,
    across: protocols.length,
    panelHeight: rowHeight(labels, 24) * names.length,
    margin: { left: 12, right: 12, top: 40, bottom: 40 },
    gap: { x: 36, y: 0 },
    legend: "top",
    more: { bargap: 0.3, barmode: "overlay" },
  }, (panel) => {
    const protocol = protocols[panel.column]!, legend = panel.column === 0;
    const own = names.map((name) =>
      groups.find((group) => group.protocol === protocol && systemName(group, settings) === name)
    );
    const accuracy = own.map((group) => group && meanAccuracy(group.rows, result.clips));
    return {
      title: PROTOCOLS[protocol],
      data: [{
        type: "bar",
        orientation: "h",
        name: "Accuracy",
        legendgroup: "accuracy",
        showlegend: legend,
        x: accuracy.map((found) => found?.value ?? null),
        y: own.map((_, i) => i),
        error_x: errorBars(accuracy),
        marker: { color: own.map((group) => colourOf(group, settings)), line: { color: LIGHT.ink, width: 0.5 } },
        hovertemplate: "accuracy %{x:.1f} %<extra></extra>",
      }, {
        type: "scatter",
        mode: "markers",
        name: "Unweighted average recall",
        legendgroup: "average",
        showlegend: legend,
        x: own.map((group) => group === undefined ? null : averageRecall(group)),
        y: own.map((_, i) => i - 0.2),
        marker: { symbol: "diamond", size: 6, color: LIGHT.paper, line: { color: LIGHT.ink, width: 1 } },
        hovertemplate: "unweighted average recall %{x:.1f} %<extra></extra>",
      }],
      xaxis: axis("Percent", { range: [0, 100], dtick: 25, showgrid: true }),
      yaxis: rowAxis(labels, panel),
      annotations: own.flatMap((group, row) => group === undefined ? [notRun(panel.axes, row)] : []),
      shapes: [
        guideLine({ xref: `x${panel.axes}`, x0: chance, x1: chance, yref: "paper", y0: 0, y1: 1, layer: "above" }),
      ],
    };
  });
}

function notRun(axes: string, row: number): PlotlyLayout {
  const font = { size: FONT_SIZES.small, color: LIGHT.muted };
  const position = { xref: `x${axes}`, x: 0, xanchor: "left", xshift: 4, yref: `y${axes}`, y: row, yanchor: "middle" };
  return { text: "not run", ...position, showarrow: false, font };
}

/** The mean over seeds, in percent. */
function averageRecall({ rows }: SerGroup): number {
  return rows.reduce((sum, row) => sum + 100 * row.unweightedAverageRecall.value, 0) / rows.length;
}

/** The color of the encoder's variant; baselines have their own. */
function colourOf(group: SerGroup | undefined, { encoders }: SerSettings): string {
  const found = encoders.find(({ name }) => name === group?.encoder);
  if (found !== undefined) return VARIANT_COLOURS[found.config.variant as BrewClipVariant];
  return group?.system === "log-mel" ? PALETTE.purple : LIGHT.grid;
}

const MATRIX_MARGIN = { left: 76, right: 8 };
const MATRIX_GAP = 14;
const [FIGURE_WIDTH] = figurePixels({ columns: 2, height: 1 });

/**
 * A confusion matrix for each system but the majority, a row of panels or more per protocol, from `ser` (paper, Table 3).
 *
 * @throws {RangeError} if there is no such system.
 */
export function serConfusionFigure({ settings, result }: ExperimentParts<SerSettings, SerResult>): Figure {
  const { classes } = result;
  const groups = groupedRows(result).filter(({ system }) => system !== "majority");
  if (groups.length === 0) throw new RangeError("Cannot draw confusions as the result has no system but the majority");
  const protocols = [...new Set(groups.map(({ protocol }) => protocol))];
  const widest = classes.length > 5 ? 3 : 5;
  const lines = protocols.flatMap((protocol) => {
    const own = groups.filter((group) => group.protocol === protocol);
    const across = Math.ceil(own.length / Math.ceil(own.length / widest));
    return Array.from({ length: Math.ceil(own.length / across) }, (_, i) => own.slice(i * across, (i + 1) * across));
  });
  const across = Math.max(2, ...lines.map(({ length }) => length));
  const side = Math.min(
    150,
    (FIGURE_WIDTH - MATRIX_MARGIN.left - MATRIX_MARGIN.right - MATRIX_GAP * (across - 1)) / across,
  );
  const longest = Math.max(...classes.map(({ length }) => length));
  const upright = longest * 6.2 > side / classes.length;
  const title = (group: SerGroup) => wrapped(systemName(group, settings), Math.floor(side / 6.8));
  const titleLines = lines.map((line) => Math.max(...line.map((group) => title(group).split("<br>").length)));
  const below = (upright ? 6 * longest : 12) + 24;
  const shares = ({ rows }: SerGroup): (number | null)[][] =>
    classes.map((_, actual) => {
      const counts = classes.map((_, predicted) =>
        rows.reduce((sum, { confusion }) => sum + confusion[actual]![predicted]!, 0)
      );
      const all = counts.reduce((sum, count) => sum + count, 0);
      return counts.map((count) => all === 0 ? null : 100 * count / all);
    });
  const described = lines.flat().map((group) => {
    const correct = shares(group).map((row, c) => `${classes[c]} ${row[c]?.toFixed(0) ?? "-"} %`);
    return `${systemName(group, settings)}, ${PROTOCOLS[group.protocol].toLowerCase()}: ${correct.join(", ")}`;
  });
  const names = classes.map(plain);
  return panelFigure({
    name: "ser_confusion",
    title: "Which emotion is recognized as which",
    caption:
      "Recordings of each emotion (rows) that were recognized as each emotion (columns), in percent of the row. " +
      describeSer({ settings, result }, groups),
    alt: `Heat maps. Correct answers: ${described.join("; ")}.`,
  }, {
    columns: 2,
    rows: lines.length,
    across,
    panelHeight: side,
    margin: { ...MATRIX_MARGIN, top: 8 + 14 * titleLines[0]!, bottom: below },
    gap: { x: MATRIX_GAP, y: below + 10 + 14 * Math.max(...titleLines.slice(1), 1) },
  }, (panel) => {
    const group = lines[panel.row]?.[panel.column];
    if (group === undefined) return undefined;
    const z = shares(group);
    return {
      title: title(group),
      data: [heatTrace(z, z.map((row) => row.map((share) => share?.toFixed(0) ?? "")))],
      ...heatAxes(panel, {
        down: names,
        over: names,
        downTitle: `Actual emotion<br>(${PROTOCOLS[group.protocol].toLowerCase()})`,
        overTitle: "Predicted",
        tickangle: upright ? -90 : 0,
      }),
    };
  });
}
