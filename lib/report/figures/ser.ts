/**
 * Speech emotion recognition: accuracy by system, and confusion matrices.
 *
 * @module
 */
import type { SerResult, SerRow, SerSettings } from "../../experiments/ser/results.ts";
import { originOf } from "../collect/origin.ts";
import { amount, describeData, errorBars, inPercent, meanValue, plain, type Value, wrapped } from "./captions.ts";
import { type ExperimentParts, type Figure, figurePixels, type PlotlyLayout, type PlotlyTrace } from "./figure.ts";
import { heatAxes, heatTrace, panelGrid } from "./panels.ts";
import {
  axis,
  figureLayout,
  FONT_SIZES,
  guideLine,
  LIGHT,
  PALETTE,
  panelTitle,
  VARIANT_COLOURS,
  VARIANT_LABELS,
} from "./style.ts";

/** What the protocols are called. */
export const PROTOCOLS: Readonly<Record<SerRow["protocol"], string>> = {
  "split": "Train and test split",
  "speakers-out": "Held-out speakers",
};

/** A system under a protocol, over its seeds. */
export interface SerGroup extends Pick<SerRow, "system" | "encoder" | "protocol"> {
  rows: SerRow[];
}

const SYSTEMS = ["majority", "log-mel", "probe", "fine-tuned"] as const;

/** Systems by protocols: the split first, baselines first, then encoder by encoder. */
export function groupedRows({ rows }: SerResult): SerGroup[] {
  const groups = new Map<string, SerGroup>();
  for (const row of rows) {
    const { system, encoder, protocol } = row;
    const key = JSON.stringify([protocol, encoder, system]);
    const group = groups.get(key) ?? { system, encoder, protocol, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  const encoders = [...new Set(rows.map(({ encoder }) => encoder))].sort((a, b) =>
    Number(b === null) - Number(a === null)
  );
  const protocols = Object.keys(PROTOCOLS) as SerRow["protocol"][];
  const place = ({ protocol, encoder, system }: SerGroup): number =>
    (protocols.indexOf(protocol) * encoders.length + encoders.indexOf(encoder)) * SYSTEMS.length +
    SYSTEMS.indexOf(system);
  return [...groups.values()].sort((a, b) => place(a) - place(b));
}

/** `"Log-mel statistics"`, `"BrewCLIP, probe"`. */
export function systemName({ system, encoder }: Pick<SerGroup, "system" | "encoder">, settings: SerSettings): string {
  if (system === "majority") return "Majority emotion";
  if (system === "log-mel") return "Log-mel statistics";
  return `${encoderName(encoder, settings)}, ${system}`;
}

/** An encoder as figures call it: its variant where its name is that. */
function encoderName(name: string | null, { encoders }: SerSettings): string {
  const found = encoders.find((encoder) => encoder.name === name);
  return found !== undefined && found.config.variant === name ? VARIANT_LABELS[found.config.variant] : name ?? "?";
}

/** Data, counts and seeds for a caption. */
export function describeSer(
  { settings, result }: ExperimentParts<SerSettings, SerResult>,
  groups: readonly SerGroup[],
): string {
  const { clips, classes } = result;
  const counts = (protocol: SerRow["protocol"]): string[] => {
    const group = groups.find((group) => group.protocol === protocol);
    if (group === undefined) return [];
    const judged = new Set(group.rows[0]!.predictions.map(({ id }) => id));
    const speakers = new Set(clips.filter(({ id }) => judged.has(id)).map(({ speaker }) => speaker)).size;
    return [
      `${PROTOCOLS[protocol].toLowerCase()}: ${judged.size} of ${clips.length} clips of ${
        amount(speakers, "speaker")
      } judged`,
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
  }. Text: ${transcript === "heard" ? "the transcript" : "the known sentence"}.${tuned}${untrained}`;
}

const MARGIN = { left: 12, right: 12, top: 40, bottom: 40 };

/**
 * Accuracy of every system as bars, unweighted average recall as diamonds, with intervals; a panel a protocol, from `ser`
 * (paper, Table 3).
 *
 * @throws {RangeError} where there are no rows.
 */
export function serBarsFigure({ settings, result }: ExperimentParts<SerSettings, SerResult>): Figure {
  const groups = groupedRows(result);
  if (groups.length === 0) throw new RangeError("Cannot draw emotions as the result has no rows");
  const protocols = [...new Set(groups.map(({ protocol }) => protocol))];
  const names = [...new Set(groups.map((group) => systemName(group, settings)))];
  const chance = 100 / result.classes.length;
  const labels = names.map((name) => wrapped(name, 26));
  const rowHeight = Math.max(24, ...labels.map((label) => 4 + 13 * label.split("<br>").length));
  const height = Math.round(100 * (MARGIN.top + MARGIN.bottom + rowHeight * names.length) / 96) / 100;
  const places = panelGrid({
    columns: 2,
    height,
    rows: 1,
    across: protocols.length,
    margin: MARGIN,
    gap: { x: 36, y: 0 },
  });
  const of = (protocol: SerRow["protocol"]) =>
    names.map((name) => groups.find((group) => group.protocol === protocol && systemName(group, settings) === name));
  const described = groups.map((group) =>
    `${systemName(group, settings)} (${PROTOCOLS[group.protocol].toLowerCase()}) ${
      measured(group, "accuracy")!.value.toFixed(1)
    }`
  );
  const several = groups.some(({ rows }) => rows.length > 1);
  return {
    name: "ser_bars",
    title: "Speech emotion recognition, next to baselines",
    caption: `${describeSer({ settings, result }, groups)} Intervals: 95 %, by bootstrap over speakers${
      several ? "; over several seeds the mean of values and of intervals" : ""
    }. Dashed: chance, ${chance.toFixed(0)} % of unweighted average recall.`,
    alt: `Bars of accuracy in percent: ${described.join("; ")}.`,
    columns: 2,
    height,
    data: places.flatMap(({ axes }, panel) => {
      const own = of(protocols[panel]!);
      return [accuracyTrace(own, axes, settings, panel === 0), averageTrace(own, axes, panel === 0)];
    }),
    layout: figureLayout({
      columns: 2,
      height,
      margin: MARGIN,
      legend: "top",
      axes: Object.fromEntries(places.flatMap(({ axes, x, y, column }) => [
        [
          `xaxis${axes}`,
          axis("Percent", { domain: x, anchor: `y${axes}`, range: [0, 100], dtick: 25, showgrid: true }),
        ],
        [
          `yaxis${axes}`,
          axis("", {
            domain: y,
            anchor: `x${axes}`,
            range: [names.length - 0.5, -0.5],
            tickmode: "array",
            tickvals: names.map((_, i) => i),
            ticktext: labels,
            showticklabels: column === 0,
            ticks: "",
            ticklabelstandoff: 4,
          }),
        ],
      ])),
      annotations: places.flatMap(({ x, axes }, panel) => [
        panelTitle(PROTOCOLS[protocols[panel]!], x),
        ...of(protocols[panel]!).flatMap((group, row) => group === undefined ? [notRun(axes, row)] : []),
      ]),
      shapes: places.map(({ axes }) =>
        guideLine({ xref: `x${axes}`, x0: chance, x1: chance, yref: "paper", y0: 0, y1: 1, layer: "above" })
      ),
      more: { bargap: 0.3, barmode: "overlay" },
    }),
  };
}

/** Said in a row without a bar. */
function notRun(axes: string, row: number): PlotlyLayout {
  const font = { size: FONT_SIZES.small, color: LIGHT.muted };
  const place = { xref: `x${axes}`, x: 0, xanchor: "left", xshift: 4, yref: `y${axes}`, y: row, yanchor: "middle" };
  return { text: "not run", ...place, showarrow: false, font };
}

function measured(group: SerGroup | undefined, of: "accuracy" | "unweightedAverageRecall"): Value | undefined {
  return meanValue((group?.rows ?? []).map((row) => inPercent(row[of])));
}

function accuracyTrace(
  groups: readonly (SerGroup | undefined)[],
  axes: string,
  settings: SerSettings,
  legend: boolean,
): PlotlyTrace {
  const values = groups.map((group) => measured(group, "accuracy"));
  return {
    type: "bar",
    orientation: "h",
    name: "Accuracy",
    legendgroup: "accuracy",
    showlegend: legend,
    xaxis: `x${axes}`,
    yaxis: `y${axes}`,
    x: values.map((found) => found?.value ?? null),
    y: groups.map((_, i) => i),
    error_x: errorBars(values),
    marker: { color: groups.map((group) => colourOf(group, settings)), line: { color: LIGHT.ink, width: 0.5 } },
    hovertemplate: "accuracy %{x:.1f} %<extra></extra>",
  };
}

function averageTrace(groups: readonly (SerGroup | undefined)[], axes: string, legend: boolean): PlotlyTrace {
  return {
    type: "scatter",
    mode: "markers",
    name: "Unweighted average recall",
    legendgroup: "average",
    showlegend: legend,
    xaxis: `x${axes}`,
    yaxis: `y${axes}`,
    x: groups.map((group) => measured(group, "unweightedAverageRecall")?.value ?? null),
    y: groups.map((_, i) => i - 0.2),
    marker: { symbol: "diamond", size: 6, color: LIGHT.paper, line: { color: LIGHT.ink, width: 1 } },
    hovertemplate: "unweighted average recall %{x:.1f} %<extra></extra>",
  };
}

/** The encoder's variant's colour; baselines have their own. */
function colourOf(group: SerGroup | undefined, { encoders }: SerSettings): string {
  const found = encoders.find(({ name }) => name === group?.encoder);
  if (found !== undefined) return VARIANT_COLOURS[found.config.variant];
  return group?.system === "log-mel" ? PALETTE.purple : LIGHT.grid;
}

const MATRIX_MARGIN = { left: 76, right: 8 };
const MATRIX_GAP = 14;
const [FIGURE_WIDTH] = figurePixels({ columns: 2, height: 1 });

/**
 * A confusion matrix for each system that hears or reads something, a row of panels or more a protocol, from `ser`
 * (paper, Table 3).
 *
 * @throws {RangeError} where there is no such system.
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
  const upright = Math.max(...classes.map(({ length }) => length)) * 6.2 > side / classes.length;
  const titles = new Map(groups.map((group) => [group, wrapped(systemName(group, settings), Math.floor(side / 6.8))]));
  const titleLines = lines.map((line) => Math.max(...line.map((group) => titles.get(group)!.split("<br>").length)));
  const below = (upright ? 6 * Math.max(...classes.map(({ length }) => length)) : 12) + 24;
  const margin = { ...MATRIX_MARGIN, top: 8 + 14 * titleLines[0]!, bottom: below };
  const gap = { x: MATRIX_GAP, y: below + 10 + 14 * Math.max(...titleLines.slice(1), 1) };
  const height =
    Math.round(100 * (margin.top + margin.bottom + side * lines.length + gap.y * (lines.length - 1)) / 96) / 100;
  const grid = panelGrid({ columns: 2, height, rows: lines.length, across, margin, gap });
  const places = grid.flatMap((place) => {
    const group = lines[place.row]?.[place.column];
    return group === undefined ? [] : [{ ...place, group }];
  }).map((place, i) => ({ ...place, axes: i === 0 ? "" : String(i + 1) }));
  const shares = places.map(({ group: { rows } }) =>
    classes.map((_, actual) => {
      const counts = classes.map((_, said) => rows.reduce((sum, { confusion }) => sum + confusion[actual]![said]!, 0));
      const all = counts.reduce((sum, count) => sum + count, 0);
      return counts.map((count) => all === 0 ? null : 100 * count / all);
    })
  );
  const described = places.map(({ group }, i) =>
    `${systemName(group, settings)}, ${PROTOCOLS[group.protocol].toLowerCase()}: ${
      classes.map((name, c) => `${name} ${shares[i]![c]![c]?.toFixed(0) ?? "-"} %`).join(", ")
    }`
  );
  const names = classes.map(plain);
  return {
    name: "ser_confusion",
    title: "Which emotion is recognized as which",
    caption:
      `Share of the recordings of an emotion (rows) that were recognized as each emotion (columns), in percent. ${
        describeSer({ settings, result }, groups)
      }`,
    alt: `Heat maps. Right answers: ${described.join("; ")}.`,
    columns: 2,
    height,
    data: places.map(({ axes }, i) =>
      heatTrace({
        axes,
        z: shares[i]!,
        text: shares[i]!.map((row) => row.map((share) => share === null ? "" : share.toFixed(0))),
      })
    ),
    layout: figureLayout({
      columns: 2,
      height,
      margin,
      axes: Object.assign(
        {},
        ...places.map((place) =>
          heatAxes(place, {
            down: names,
            over: names,
            downTitle: `Actual emotion<br>(${PROTOCOLS[place.group.protocol].toLowerCase()})`,
            overTitle: "Predicted",
            first: place.column === 0,
            tickangle: upright ? -90 : 0,
          })
        ),
      ),
      annotations: places.map(({ x, y, group }) => panelTitle(titles.get(group)!, x, y[1])),
    }),
  };
}
