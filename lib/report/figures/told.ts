/**
 * Sentences that captions share.
 *
 * @module
 */
import { type DataOrigin, originLabel, originOf, setName } from "../collect/data_origin.ts";
import type { TestQueries, TrialRow, Way } from "../../experiments/trials/trial_results.ts";

/** The ways as titles. */
export const WAY_TITLES: Readonly<Record<Way, string>> = {
  speech2image: "Speech to image",
  image2speech: "Image to speech",
};

/** `"LN-COCO (bundled sample)"`. */
export function dataTold(origin: DataOrigin): string {
  return origin.kind === "own" ? setName(origin) : `${setName(origin)} (${originLabel(origin)})`;
}

/** `"LN-COCO (bundled sample), test split: 110 recordings, 110 pictures."` for each of several test splits. */
export function queriesTold(tests: readonly TestQueries[]): string {
  const parts = tests.map((queries) => {
    const { dataset, dataRoot, recordings, pictures } = queries;
    const counts = `${amount(recordings.length, "recording")}, ${amount(pictures.length, "picture")}`;
    return `${dataTold(originOf(dataset, dataRoot))}, test split: ${counts}`;
  });
  return `${parts.join("; ")}.`;
}

/** The short name of a test split, as a panel or a tick has room for. */
export function testName(tests: readonly TestQueries[], name: string): string {
  const queries = tests.find(({ test }) => test === name);
  if (queries === undefined) return name;
  const short = setName(originOf(queries.dataset, queries.dataRoot));
  const alike = tests.filter(({ dataset, dataRoot }) => setName(originOf(dataset, dataRoot)) === short);
  return alike.length > 1 ? name : short;
}

/** `"Seeds 1, 2, 3."`, or that nothing is trained. */
export function seedsTold(seeds: readonly (number | null)[]): string {
  const trained = [...new Set(seeds.filter((seed) => seed !== null))];
  if (trained.length === 0) return "Nothing is trained.";
  return trained.length === 1 ? `Seed ${trained[0]}.` : `Means over seeds ${trained.join(", ")}.`;
}

/** `"Trained for 200 steps."`: of the checkpoints, which are the best on dev. */
export function stepsTold(rows: readonly TrialRow[]): string {
  const steps = rows.flatMap(({ seed, step }) => seed === null ? [] : [step]);
  if (steps.length === 0) return "";
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  return low === high ? ` Checkpoints of step ${low}.` : ` Checkpoints of steps ${low} to ${high}, the best on dev.`;
}

/** `"1 recording"`, `"110 recordings"`. */
export function amount(count: number, thing: string): string {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}

/** `"a, b and c"`. */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
