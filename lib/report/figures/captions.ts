/** Sentences and numbers for captions. */
import type { TestQueries, TrialRow, Way } from "../../experiments/results.ts";
import { type DataOrigin, originLabel, originOf, setName } from "../collect/origin.ts";
import { chanceNote, type TrainedModel } from "../tables/cells.ts";
import type { PlotlyLayout } from "./figure.ts";
import { LIGHT } from "./style.ts";

export const WAY_TITLES: Readonly<Record<Way, string>> = {
  speech2image: "Speech to image",
  image2speech: "Image to speech",
};

/** `"LN-COCO (bundled sample)"`. */
export function describeData(origin: DataOrigin): string {
  return origin.kind === "own" ? setName(origin) : `${setName(origin)} (${originLabel(origin)})`;
}

/** `"LN-COCO (bundled sample), test split: 110 recordings, 110 images."` for each of several test splits. */
export function describeQueries(tests: readonly TestQueries[], split = "test"): string {
  const parts = tests.map((queries) => {
    const { dataset, dataRoot, recordings, pictures } = queries;
    const counts = `${amount(recordings.length, "recording")}, ${amount(pictures.length, "image")}`;
    return `${describeData(originOf(dataset, dataRoot))}, ${split} split: ${counts}`;
  });
  return `${parts.join("; ")}.`;
}

/** A short name for a panel or a tick. */
export function testName(tests: readonly TestQueries[], name: string): string {
  const queries = tests.find(({ test }) => test === name);
  if (queries === undefined) return name;
  const short = setName(originOf(queries.dataset, queries.dataRoot));
  const alike = tests.filter(({ dataset, dataRoot }) => setName(originOf(dataset, dataRoot)) === short);
  return alike.length > 1 ? name : short;
}

export function describeSeeds(seeds: readonly (number | null)[]): string {
  const trained = [...new Set(seeds.filter((seed) => seed !== null))];
  if (trained.length === 0) return "Nothing is trained.";
  return trained.length === 1 ? `Seed ${trained[0]}.` : `Means over seeds ${trained.join(", ")}.`;
}

export function describeSteps(rows: readonly TrialRow[]): string {
  const steps = rows.flatMap(({ seed, step }) => seed === null ? [] : [step]);
  if (steps.length === 0) return "";
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  return low === high ? ` Checkpoints of step ${low}.` : ` Checkpoints of steps ${low} to ${high}, the best on dev.`;
}

/** A warning for each trained model that hardly learned anything, behind a space; empty if all did. */
export function describeChance(rows: readonly TrainedModel[]): string {
  const note = chanceNote(rows);
  return note === "" ? "" : ` ${note}`;
}

export function amount(count: number, thing: string): string {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}

/** `"a"`, `"a and b"`, `"a, b and c"`. */
export function listWords(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export interface Value {
  value: number;
  interval?: readonly [low: number, high: number] | undefined;
  /** Whether its dot is not filled. */
  hollow?: boolean;
}

/** An end that is missing or not finite draws nothing. */
export function errorBars(values: readonly (Value | undefined)[], more: PlotlyLayout = {}): PlotlyLayout {
  const reach = (at: 0 | 1) =>
    values.map((found) => {
      const end = found?.interval?.[at];
      if (found === undefined || end === undefined || !Number.isFinite(end)) return 0;
      return Math.max(0, at === 0 ? found.value - end : end - found.value);
    });
  return {
    type: "data",
    symmetric: false,
    array: reach(1),
    arrayminus: reach(0),
    color: LIGHT.ink,
    thickness: 0.9,
    width: 1.8,
    ...more,
  };
}

export function inPercent({ value, interval }: Value): Value {
  return { value: 100 * value, interval: interval && [100 * interval[0], 100 * interval[1]] };
}

/** `"+3.2"`, `"−0.4"`, `"0.0"`. */
export function signed(points: number): string {
  const text = Math.abs(points).toFixed(1);
  if (text === "0.0") return text;
  return points > 0 ? `+${text}` : `−${text}`;
}

/** Wraps a text at spaces; longer words are split. */
export function wrapped(text: string, letters: number): string {
  const lines: string[] = [""];
  for (const word of text.split(" ").flatMap((word) => pieces(word, letters))) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > letters) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map(plain).join("<br>");
}

function pieces(word: string, letters: number): string[] {
  const parts = word.match(new RegExp(`.{1,${letters}}`, "gsu")) ?? [];
  return parts.length === 0 ? [""] : [...parts];
}

/** Escapes plotly's markup. */
export function plain(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
