/**
 * What was seen of retrieval, in words.
 *
 * @module
 */
import { nameOf } from "../../experiments/table.ts";
import { type TrialResult, type Way, WAYS } from "../../experiments/trials/trial_results.ts";
import { rowsOf, summary } from "../../experiments/trials/trial_statistics.ts";
import type { Recall } from "../../metrics/recall.ts";
import { bullets, differenceWords, percentWords } from "./words.ts";

const NAMES: Readonly<Record<Way, string>> = { speech2image: "speech to image", image2speech: "image to speech" };

const title = (name: string): string => nameOf({ variant: name, trained: true });

/** Recall of a model with its interval. */
function recallWords(result: TrialResult, name: string, test: string, way: Way, k: 1 | 5): string {
  const { mean, interval } = summary(rowsOf(result.rows, name, test), way, k);
  return percentWords(mean, interval);
}

/** A difference each way. */
function bothWays({ differences }: TrialResult["comparisons"][number], k: keyof Recall): string {
  return WAYS.map((way) => `${NAMES[way]} ${differenceWords(differences[way][k])}`).join("; ");
}

/**
 * Markdown of variants on test splits: R@1 of each, then every comparison. Used for zero-shot and for trained variants alike.
 */
export function variantFindings(result: TrialResult): string {
  const lines = result.tests.flatMap(({ test, recordings, pictures }) => {
    const names = [...new Set(result.rows.filter((row) => row.test === test).map(({ name }) => name))];
    const of = (name: string): string =>
      `${title(name)} ${WAYS.map((way) => `${recallWords(result, name, test, way, 1)} ${NAMES[way]}`).join(", ")}`;
    return [
      `**${test}** (${recordings.length} recordings, ${pictures.length} pictures), R@1: ${names.map(of).join("; ")}.`,
      ...result.comparisons.filter((comparison) => comparison.test === test).map((comparison) =>
        `${title(comparison.name)} less ${title(comparison.against)} on ${test}, R@1: ${bothWays(comparison, "R@1")}.`
      ),
    ];
  });
  return bullets(lines);
}

/** Markdown of models on each other's test splits: R@5 at home, and what a model from elsewhere loses there. */
export function crossFindings(result: TrialResult): string {
  return bullets(result.tests.flatMap(({ test, recordings, pictures }) => {
    const guests = result.comparisons.filter((comparison) => comparison.test === test);
    const home = guests[0]?.against ?? result.rows.find((row) => row.test === test)!.name;
    const own = WAYS.map((way) => `${recallWords(result, home, test, way, 5)} ${NAMES[way]}`).join(", ");
    return [
      `Tested on **${test}** (${recordings.length} recordings, ${pictures.length} pictures), R@5: trained there ${own}.`,
      ...guests.map((guest) => `Trained on ${guest.name} instead: ${bothWays(guest, "R@5")}.`),
    ];
  }));
}
