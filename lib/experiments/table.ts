/**
 * Results as a table of plain text.
 *
 * @module
 */
import type { RetrievalResult, RunResults } from "./results.ts";
import { signed } from "./signed.ts";

const KS = ["R@1", "R@5", "R@10"] as const;

const NAMES: Readonly<Record<string, string>> = {
  "pip-zero-shot": "zero-shot (transcript)",
  "pip-zero-shot-gt": "zero-shot (written caption)",
  "pip": "PIP-only, prompted",
  "pip-gt": "PIP-only, prompted (written caption)",
  "e2e": "E2E-only",
  "full": "BrewCLIP (full)",
};

/** What a row is called. */
export function nameOf({ variant, trained }: Pick<RetrievalResult, "variant" | "trained">): string {
  if (!trained && !variant.startsWith("pip-zero-shot")) return "untrained random prompts (control)";
  return NAMES[variant] ?? variant;
}

/**
 * The table: a row a result, R@1, R@5 and R@10 both ways in percent, each with its 95 % interval on the line below.
 *
 * @param results all of one split
 * @param options.intervals whether the lines with intervals are there. Default true.
 */
export function formatTable(results: readonly RetrievalResult[], options: { intervals?: boolean } = {}): string {
  const rows: string[][] = [["", ...KS.map((k) => `S2I ${k}`), ...KS.map((k) => `I2S ${k}`)]];
  for (const result of results) {
    const directions = ["speech2image", "image2speech"] as const;
    rows.push([nameOf(result), ...directions.flatMap((way) => KS.map((k) => result[way][k].toFixed(1)))]);
    if (options.intervals === false) continue;
    rows.push(["", ...directions.flatMap((way) => KS.map((k) => formatInterval(result.intervals[way][k])))]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)).join(
      "  ",
    )
      .trimEnd()
  );
  lines.splice(1, 0, "-".repeat(Math.max(...lines.map((line) => line.length))));
  return lines.join("\n");
}

function formatInterval([low, high]: [number, number]): string {
  return `${low.toFixed(0)}-${high.toFixed(0)}`;
}

/** One line a direction: what the trained variant gains in R@1 over its zero-shot baseline, with the interval. */
export function formatGain({ gain, variant }: Pick<RunResults, "gain" | "variant">): string {
  const ways = { speech2image: "speech to image", image2speech: "image to speech" } as const;
  const lines = (["speech2image", "image2speech"] as const).map((way) => {
    const [low, high] = gain.intervals[way]["R@1"];
    return `${ways[way]}: R@1 ${signed(gain[way]["R@1"])} points (95 % interval ${signed(low)} to ${signed(high)})`;
  });
  const base = variant.endsWith("-gt") ? "zero-shot on written captions" : "zero-shot";
  return [`${nameOf({ variant, trained: true })} against ${base}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}
