/**
 * What a dry run finds.
 *
 * @module
 */

/** One part of a plan: the data, the models, the disk, ... */
export interface PlanPart {
  /** What it is about, in a word. */
  name: string;
  /** What was found, a line each. */
  lines: string[];
  /** What stands in the way of the run, a sentence each; none where it can start. */
  lacking: string[];
}

/** The plan as text: each part's lines beside its name, then what is lacking. */
export function formatPlan(parts: readonly PlanPart[]): string {
  const width = Math.max(...parts.map(({ name }) => name.length)) + 2;
  const lines = parts.flatMap(({ name, lines }) =>
    lines.map((line, i) => `${(i === 0 ? name : "").padEnd(width)}${line}`)
  );
  const lacking = parts.flatMap((part) => part.lacking);
  const end = lacking.length === 0 ? ["nothing is lacking"] : ["lacking:", ...lacking.map((what) => `- ${what}`)];
  return [...lines, "", ...end].join("\n");
}
