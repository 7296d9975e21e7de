/**
 * The test splits of several data sets.
 *
 * @module
 */
import type { TestData } from "./run_trial.ts";

/** A test split by its name. */
export interface TestSplit {
  /** What tables call it. */
  name: string;
  /** Its data. */
  on: TestData;
}

/**
 * The test splits of data sets, each once: named by its layout, or by layout and folder where another one has that name.
 *
 * @example
 * ```ts
 * import { testSplits } from "./test_splits.ts";
 * const at = (dataRoot: string) => ({ dataset: "flickr8k", dataRoot, maxPictures: null }) as const;
 * const names = testSplits([at("one"), at("two"), at("one")]).map(({ name }) => name);
 * if (names.join() !== "flickr8k,flickr8k two") throw new Error(names.join());
 * ```
 */
export function testSplits(sets: readonly TestData[]): TestSplit[] {
  const splits: TestSplit[] = [];
  for (const { dataset, dataRoot, maxPictures } of sets) {
    const on = { dataset, dataRoot, maxPictures };
    if (splits.some((split) => isSplitOf(split, on))) continue;
    const taken = splits.some(({ name }) => name === dataset);
    splits.push({ name: taken ? `${dataset} ${dataRoot}` : dataset, on });
  }
  return splits;
}

/** Whether a test split is that of a data set. */
export function isSplitOf({ on }: TestSplit, { dataset, dataRoot }: TestData): boolean {
  return on.dataset === dataset && on.dataRoot === dataRoot;
}
