/** R@1 of the tone benchmark over seeds. */
import type { Way } from "../experiments/results.ts";
import type { ToneQuery, ToneScores } from "../experiments/tone/experiment.ts";
import { hitsInterval, spreadOut } from "../metrics/bootstrap.ts";
import { sampleDeviation } from "../metrics/distributions.ts";
import type { TableFigure } from "./tables/report_table.ts";

/**
 * Computes the mean over seeds in percent, with its deviation and a 95 % interval over groups of twins and seeds. Results of an
 * earlier version have no single answers from image to speech: several seeds then have no interval.
 *
 * @param seeds the scores of each seed
 * @param among the candidates: the twins of a query, or all images or recordings
 */
export function toneRecall(seeds: readonly ToneScores[], way: Way, among: "twins" | "all"): TableFigure {
  const shares = seeds.map(({ twins, recall }) => (among === "twins" ? twins : recall)[way]["R@1"]);
  const mean = {
    value: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    deviation: sampleDeviation(shares),
  };
  const rank = ({ twinRank, rank, reverse }: ToneQuery): number | undefined => {
    const own = way === "speech2image" ? { twinRank, rank } : reverse;
    return among === "twins" ? own?.twinRank : own?.rank;
  };
  const names = new Set(seeds.map(({ queries }) => queries.map(({ id }) => id).join("\n")));
  const ranks = seeds.map(({ queries }) => queries.flatMap((query) => rank(query) ?? []));
  const [{ queries, groups, twins }] = seeds as [ToneScores];
  if (names.size > 1 || queries.length === 0 || ranks.some(({ length }) => length < queries.length)) {
    if (seeds.length > 1 || among === "all") return mean;
    return { ...mean, interval: spreadOut(twins[way].interval, groups) };
  }
  const hits = ranks.map((own) => own.map((rank) => rank === 1 ? 100 : 0));
  return { ...mean, interval: hitsInterval(hits, { groups: queries.map(({ group }) => group) }) };
}
