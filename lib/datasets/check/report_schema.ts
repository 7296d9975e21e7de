/**
 * `report.json`: what a check of a data set found, in numbers.
 *
 * @module
 */
import { z } from "zod";
import { InputError } from "../../errors.ts";
import { readJson } from "../../files.ts";

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);
const spread = z.strictObject({ min: z.number(), median: z.number(), max: z.number() });
const splitCounts = z.strictObject({ train: count, dev: count, test: count });

const facts = z.strictObject({
  /** Pairs or clips that the index lists. */
  entries: count,
  /** Those of which every file can be used. */
  usable: count,
  /** Different pictures, by imageId. */
  pictures: count,
  /** Different recordings, by file. */
  recordings: count,
  /** Different speakers; unknown ones are not counted. */
  speakers: count,
  /** Hours of the usable recordings, each counted once. */
  hours: z.number().nonnegative(),
  /** Their lengths in seconds; null where there is none. */
  seconds: spread.nullable(),
  /** Entries a picture; null in a set of clips. */
  captions: spread.nullable(),
});

/** The schema of `report.json`. Unknown fields are refused. */
export const checkReportSchema = z.strictObject({
  /** Of this layout. */
  version: z.literal(1),
  /** `"flickr8k"`, `"spokencoco"`, `"ln-coco"`, `"ravdess"` or `"own"`. */
  dataset: z.string(),
  /** Absolute place of the data set. */
  root: z.string(),
  /** When the check ended: ISO 8601, UTC. */
  checked: z.iso.datetime(),
  /** Whether at least one entry can be used. */
  usable: z.boolean(),
  /** The whole set. */
  all: facts,
  /** Its parts. */
  splits: z.strictObject({ train: facts, dev: facts, test: facts }),
  /** Readable recordings by format, by samples a second, and by channels, as stored. */
  recordings: z.strictObject({ formats: counts, rates: counts, channels: counts }),
  /** Readable pictures by format; the smallest and the largest number of pixels of a side. Null in a set of clips. */
  pictures: z.strictObject({ formats: counts, sides: z.strictObject({ min: count, max: count }).nullable() })
    .nullable(),
  /** Clips by mood and split, and by speaker and mood; null in a set of pairs. */
  clips: z.strictObject({ moods: z.record(z.string(), splitCounts), speakers: z.record(z.string(), counts) })
    .nullable(),
  /** By kind: how many findings, and whether later runs leave out what they are about. All stand in `problems.jsonl`. */
  findings: z.record(z.string(), z.strictObject({ count, leftOut: z.boolean() })),
});

/** What a check found, in numbers. */
export type CheckReport = z.infer<typeof checkReportSchema>;

/** The schema of a line of `problems.jsonl`. */
export const findingSchema = z.strictObject({
  /** A word; `report.md` says what each means. */
  kind: z.string().min(1),
  /** Whether later runs leave the entries out; otherwise they are told only. */
  leftOut: z.boolean(),
  /** What was seen, in a sentence. */
  detail: z.string(),
  /** The files, relative to the data set's folder. */
  files: z.array(z.string()),
  /** Ids of the entries that it is about. */
  entries: z.array(z.string()),
  /** Their splits. */
  splits: z.array(z.enum(["train", "dev", "test"])),
});

/**
 * Reads a `report.json`.
 *
 * @throws {InputError} where it is missing, no JSON, or not of the schema.
 */
export async function readCheckReport(path: string): Promise<CheckReport> {
  const result = checkReportSchema.safeParse(await readJson(path));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".") || "the report"}: ${issue.message}`);
  throw new InputError(
    `Cannot use the report '${path}' as it is not of this version: ${
      faults.join("; ")
    }. Run 'deno task data check' again.`,
  );
}
