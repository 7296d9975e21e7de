/**
 * Phrases and cells that the tables of several experiments share.
 *
 * @module
 */
import type { WordErrors } from "../../text/word_errors.ts";
import type { SplitRecall } from "../evaluate.ts";
import type { Choice } from "./settings.ts";

const KS = ["R@1", "R@5", "R@10"] as const;

/** Heads of {@link recallRow}. */
export const RECALL_HEAD: readonly string[] = ["model", ...KS.map((k) => `S2I ${k}`), ...KS.map((k) => `I2S ${k}`)];

/** A row of recall both ways with intervals, in percent. */
export function recallRow(label: string, recall: SplitRecall): string[] {
  const cells = (["speech2image", "image2speech"] as const).flatMap((way) =>
    KS.map((k) => {
      const [low, high] = recall.intervals[way][k];
      return `${recall[way][k].toFixed(1)} (${low.toFixed(0)}-${high.toFixed(0)})`;
    })
  );
  return [tableText(label), ...cells];
}

/** How queries were chosen; `what` they are: `"queries each way"`. */
export function choiceInWords(choice: Choice, model: string, what: string): string {
  if (choice.by === "ids") return `the ${what} that were named`;
  if (choice.by === "worst") return `the ${choice.count} worst ${what} of ${model}`;
  return `${choice.count} ${what} at random, seed ${choice.seed}`;
}

/** Text of a cell: in one line, the sign that parts cells escaped. Cut to `longest` where that is given. */
export function tableText(text: string, longest: number = Infinity): string {
  const line = text.replace(/\s+/g, " ").trim();
  const shown = line.length <= longest ? line : `${line.slice(0, longest - 4).trimEnd()} ...`;
  return shown.replaceAll("|", "\\|");
}

/** Word errors in a phrase: `"2 of 9 words wrong"`. */
export function errorsInWords(errors: WordErrors | null): string {
  if (errors === null) return "no reference";
  return errors.errors === 0 ? `all ${errors.words} words right` : `${errors.errors} errors in ${errors.words} words`;
}
