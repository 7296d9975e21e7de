/** What an executed notebook shows. */
import { type Output, outputsOf } from "../notebook/jupyter.ts";

const PLOTLY = "application/vnd.plotly.v1+json";

/** A figure as a notebook keeps it. */
export interface ShownFigure {
  /** Its title. */
  title: string;
  /** Plotly's traces. */
  data: unknown[];
}

/** The outputs of a notebook, by kind. */
export interface Shown {
  /** Outputs of each code cell. */
  cells: Output[][];
  /** Figures in their order. */
  figures: ShownFigure[];
  /** Players of recordings. */
  players: number;
  /** Pictures. */
  pictures: number;
  /** Tables. */
  tables: number;
  /** Progress bars. */
  bars: number;
  /** Texts that the last cell shows, in one piece. */
  seen: string;
}

/** Reads an executed notebook. */
export async function shownBy(path: string): Promise<Shown> {
  const cells = await outputsOf(path);
  const all = cells.flat();
  const html = all.map(({ data }) => String(data?.["text/html"] ?? ""));
  const count = (pattern: RegExp): number => html.filter((text) => pattern.test(text)).length;
  return {
    cells,
    figures: all.filter(({ data }) => data?.[PLOTLY] !== undefined).map(({ data }) => ({
      title: /^figure: (.*?)\. /.exec(String(data!["text/plain"]))?.[1] ?? "",
      data: (data![PLOTLY] as { data: unknown[] }).data,
    })),
    players: count(/<audio\b[^>]*src="data:audio\/[\w.+-]+;base64,[A-Za-z0-9+/]{1000}/),
    pictures: all.filter(({ data }) => String(data?.["image/jpeg"] ?? "").length > 500).length,
    tables: count(/<table\b/),
    bars: count(/<progress\b/),
    seen: (cells.at(-1) ?? []).map(({ data }) => String(data?.["text/markdown"] ?? "")).join("\n"),
  };
}

/** All numbers within a value, however deep. */
export function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}
