import { z } from "zod";
import type { CheckReport } from "../../lib/data/check/report.ts";

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
/** The documented fields of `report.json`, no others. */
export const reportSchema: z.ZodType<CheckReport> = z.strictObject({
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
