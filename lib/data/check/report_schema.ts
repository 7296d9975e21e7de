/**
 * `report.json`: what a check of a data set found, in numbers.
 *
 * @module
 */
import { z } from "zod";
import { InputError } from "../../errors.ts";
import { readJson } from "../../files.ts";
import type { SplitFacts } from "./facts.ts";

/** What a check found, in numbers. */
export interface CheckReport {
  /** Of this layout: 1. */
  version: 1;
  /** `"flickr8k"`, `"spokencoco"`, `"ln-coco"`, `"ravdess"` or `"own"`. */
  dataset: string;
  /** Absolute place of the data set. */
  root: string;
  /** When the check ended: ISO 8601, UTC. */
  checked: string;
  /** Whether at least one entry can be used. */
  usable: boolean;
  /** The whole set. */
  all: SplitFacts;
  /** Its parts. */
  splits: { train: SplitFacts; dev: SplitFacts; test: SplitFacts };
  /** Readable recordings by format, by samples a second, and by channels, as stored. */
  recordings: { formats: Record<string, number>; rates: Record<string, number>; channels: Record<string, number> };
  /**
   * Readable pictures by format, and the fewest and most pixels of a side (null where no picture is readable). Null in a set
   * of clips.
   */
  pictures: { formats: Record<string, number>; sides: { min: number; max: number } | null } | null;
  /** Clips by mood and split, and by speaker and mood. Null in a set of pairs. */
  clips: {
    moods: Record<string, { train: number; dev: number; test: number }>;
    speakers: Record<string, Record<string, number>>;
  } | null;
  /**
   * By kind: how many findings, and whether later runs leave out what they are about. Each stands in `problems.jsonl`, and
   * `report.md` says what the kinds mean.
   */
  findings: Record<string, { count: number; leftOut: boolean }>;
}

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);
const spread = z.strictObject({ min: z.number(), median: z.number(), max: z.number() });
const facts = z.strictObject({
  entries: count,
  usable: count,
  pictures: count,
  recordings: count,
  speakers: count,
  hours: z.number().nonnegative(),
  seconds: spread.nullable(),
  captions: spread.nullable(),
});
const schema: z.ZodType<CheckReport> = z.strictObject({
  version: z.literal(1),
  dataset: z.string(),
  root: z.string(),
  checked: z.iso.datetime(),
  usable: z.boolean(),
  all: facts,
  splits: z.strictObject({ train: facts, dev: facts, test: facts }),
  recordings: z.strictObject({ formats: counts, rates: counts, channels: counts }),
  pictures: z.strictObject({ formats: counts, sides: z.strictObject({ min: count, max: count }).nullable() })
    .nullable(),
  clips: z.strictObject({
    moods: z.record(z.string(), z.strictObject({ train: count, dev: count, test: count })),
    speakers: z.record(z.string(), counts),
  }).nullable(),
  findings: z.record(z.string(), z.strictObject({ count, leftOut: z.boolean() })),
});

/**
 * Holds a report to its schema.
 *
 * @param source where it comes from, for the message
 * @throws {InputError} where a field is missing, unknown or out of range (names each).
 */
export function parseCheckReport(value: unknown, source: string): CheckReport {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".") || "the report"}: ${issue.message}`);
  throw new InputError(
    `Cannot use the report '${source}' as it is not of this version: ${
      faults.join("; ")
    }. Run 'deno task data check' again.`,
  );
}

/**
 * Reads a `report.json`.
 *
 * @throws {InputError} where it is missing, no JSON, or not of the schema.
 */
export async function readCheckReport(path: string): Promise<CheckReport> {
  return parseCheckReport(await readJson(path), path);
}
