/**
 * `results.json`: what an evaluation found.
 *
 * @module
 */
import { z } from "zod";
import { InputError } from "../errors.ts";
import { readJson } from "../files/read.ts";
import type { Recall } from "../metrics/recall.ts";

/** Lower and upper end, in percent. */
export type Intervals = Record<"R@1" | "R@5" | "R@10", [number, number]>;

/** Retrieval with one variant on one split. */
export interface RetrievalResult {
  /** The data set's layout. */
  dataset: string;
  /** The split. */
  split: string;
  /** The variant. */
  variant: string;
  /** Whether the variant's parameters were trained; false for zero-shot variants and for the control. */
  trained: boolean;
  /** A recording asks for its picture. */
  speech2image: Recall;
  /** A picture asks for one of its recordings. */
  image2speech: Recall;
  /** Pictures in the split. */
  images: number;
  /** Recordings in the split. */
  recordings: number;
  /** 95 % intervals by bootstrap over pictures. */
  intervals: { speech2image: Intervals; image2speech: Intervals };
}

/** The results of a run: its own, and beside it what it must be compared with. */
export interface RunResults extends RetrievalResult {
  /** Steps of the evaluated checkpoint. */
  step: number;
  /** Zero-shot, zero-shot on written captions, untrained random prompts. */
  baselines: RetrievalResult[];
  /** What the run's own variant gains over zero-shot. */
  gain: Gain;
  /** The arguments of the command that made it; absent if an experiment, a program or an earlier version did. */
  command?: string[] | undefined;
  /** The fingerprint of the data; absent in results of an earlier version. */
  data?: string | undefined;
}

/** How much better one evaluation is than another of the same queries. */
export interface Gain {
  /** Differences of recall, in percentage points. */
  speech2image: Recall;
  /** Differences of recall, in percentage points. */
  image2speech: Recall;
  /** 95 % intervals of the differences, by resampling queries: one without 0 tells the two apart. */
  intervals: { speech2image: Intervals; image2speech: Intervals };
}

const NAMES: Readonly<Record<string, string>> = {
  "pip-zero-shot": "zero-shot (transcript)",
  "pip-zero-shot-gt": "zero-shot (written caption)",
  "pip": "PIP-only, prompted",
  "pip-gt": "PIP-only, prompted (written caption)",
  "e2e": "E2E-only",
  "full": "BrewCLIP (full)",
};

/** What tables call a model. */
export function nameOf({ variant, trained }: Pick<RetrievalResult, "variant" | "trained">): string {
  if (!trained && !variant.startsWith("pip-zero-shot")) return "untrained random prompts (control)";
  return NAMES[variant] ?? variant;
}

const percent = z.number().min(0).max(100);
const points = z.number().min(-100).max(100);
const recalls = z.strictObject({ "R@1": percent, "R@5": percent, "R@10": percent });
const interval = z.tuple([percent, percent]);
const intervals = z.strictObject({ "R@1": interval, "R@5": interval, "R@10": interval });
const pointInterval = z.tuple([points, points]);
const gains = z.strictObject({ "R@1": points, "R@5": points, "R@10": points });
const gainIntervals = z.strictObject({ "R@1": pointInterval, "R@5": pointInterval, "R@10": pointInterval });
const fields = {
  dataset: z.string(),
  split: z.string(),
  variant: z.string(),
  trained: z.boolean(),
  speech2image: recalls,
  image2speech: recalls,
  images: z.number().int().min(1),
  recordings: z.number().int().min(1),
  intervals: z.strictObject({ speech2image: intervals, image2speech: intervals }),
};
const schema = z.strictObject({
  ...fields,
  step: z.number().int().min(0),
  baselines: z.array(z.strictObject(fields)),
  gain: z.strictObject({
    speech2image: gains,
    image2speech: gains,
    intervals: z.strictObject({ speech2image: gainIntervals, image2speech: gainIntervals }),
  }),
  command: z.array(z.string()).optional(),
  data: z.string().optional(),
});

/**
 * Checks results, field for field.
 *
 * @param source where they come from, for the message.
 * @throws {InputError} that names each field that is missing, unknown or impossible.
 */
export function checkResults(value: unknown, source: string): RunResults {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new InputError(`Cannot use the results of ${source}: ${faults.join("; ")}.`);
}

/**
 * Reads a `results.json`.
 *
 * @throws {InputError} where it is missing, no JSON, or does not have these fields.
 */
export async function readResults(path: string): Promise<RunResults> {
  return checkResults(await readJson(path), `'${path}'`);
}
