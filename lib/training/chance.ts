/**
 * Whether a run has learned anything: its loss and its score on dev against those of chance.
 *
 * @module
 */

import { BREWCLIP_VARIANTS } from "../systems/variants.ts";

/** A value of a run that is near chance. */
export interface NearChance {
  /**
   * `loss`: mean of the last tenth of the steps. `inner`: likewise, of sound against transcript alone. `dev`: the best mean R@1
   * of both directions, in percent.
   */
  of: "loss" | "inner" | "dev";
  /** What the run reached. */
  value: number;
  /** What features without information reach. */
  chance: number;
}

/** What a run logged, and what its chance depends on. */
export interface RunOutcome {
  /** The losses of each step. */
  steps: readonly { loss: number; inner?: number }[];
  /** Whether the inner loss is trained. */
  inner: boolean;
  /** Pairs per batch. */
  batchSize: number;
  /** Further negatives of the outer loss. Default 0. */
  queue?: number | undefined;
  /** Weight of the inner loss. Default 0.1. */
  alpha?: number | undefined;
  /** The best mean R@1 on dev, in percent; null if dev was never evaluated. */
  best: number | null;
  /** Images of the dev split. */
  devImages: number;
}

/** A loss above this share of chance counts as near it. */
const NEAR = 0.9;

/**
 * The values of a run that stayed near chance. The chance of a loss is 2 ln B: InfoNCE in two directions over B pairs whose
 * similarities are equal; 2 ln (B + M) for the outer loss with a queue of M. The chance of the mean R@1 is one in the number of images; a score counts as above it if it is more
 * than three standard deviations of as many draws higher.
 *
 * @example
 * ```ts
 * import { nearChance } from "./chance.ts";
 * const run = { batchSize: 32, inner: false, devImages: 60 };
 * const learned = nearChance({ ...run, steps: [{ loss: 6.9 }, { loss: 1.2 }], best: 40 });
 * const stuck = nearChance({ ...run, steps: [{ loss: 6.9 }, { loss: 6.8 }], best: 3 });
 * if (learned.length !== 0 || stuck.map(({ of }) => of).join() !== "loss,dev") throw new Error(JSON.stringify(stuck));
 * ```
 */
export function nearChance(
  { steps, inner, batchSize, queue = 0, alpha = 0.1, best, devImages }: RunOutcome,
): NearChance[] {
  const found: NearChance[] = [];
  const own = 2 * Math.log(batchSize);
  const further = (inner ? 1 - alpha : 1) * 2 * Math.log((batchSize + queue) / batchSize);
  const last = steps.slice(-Math.ceil(steps.length / 10));
  for (const of of inner ? ["loss", "inner"] as const : ["loss"] as const) {
    const values = last.map((step) => step[of]).filter((value) => value !== undefined);
    const chance = of === "inner" || queue === 0 ? own : own + further;
    const value = values.reduce((sum, loss) => sum + loss, 0) / values.length;
    if (value > NEAR * chance) found.push({ of, value, chance });
  }
  const share = 1 / devImages;
  const limit = 100 * (share + 3 * Math.sqrt(share * (1 - share) / devImages));
  if (best !== null && best <= limit) found.push({ of: "dev", value: best, chance: 100 * share });
  return found;
}

/**
 * The values as a warning: what they are, what chance is, and what may help; undefined if there are none.
 *
 * @param variant of the run
 */
export function chanceWarning(found: readonly NearChance[] = [], variant: string = "full"): string | undefined {
  if (found.length === 0) return undefined;
  const parts = found.map(({ of, value, chance }) =>
    of === "dev"
      ? `its best mean R@1 on dev is ${value.toFixed(1)} % (chance ${chance.toFixed(1)} %)`
      : `its ${of === "loss" ? "loss" : "inner loss (sound against transcript)"} ends at ${value.toFixed(2)} (chance ${
        chance.toFixed(2)
      })`
  );
  const what = found.every(({ of }) => of === "inner") ? "the acoustic branch" : "this run";
  return `${what} has hardly learned anything: ${parts.join("; ")}. Try another ${
    Object.hasOwn(BREWCLIP_VARIANTS, variant) ? "--acoustic-lr or --lr" : "--lr"
  }, or more --steps`;
}
