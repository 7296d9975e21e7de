/**
 * The kinds of results that a report is made of.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { ABLATE_SCHEMAS } from "../../experiments/ablate/ablate_results.ts";
import { ATTENTION_SCHEMAS } from "../../experiments/attention/attention_results.ts";
import { COMPARE_SCHEMAS } from "../../experiments/compare/compare_results.ts";
import { CROP_SCHEMAS } from "../../experiments/crop/crop_results.ts";
import { CROSS_SCHEMAS } from "../../experiments/cross/cross_results.ts";
import type { PartSchema } from "../../experiments/experiment_file.ts";
import { GALLERY_SCHEMAS } from "../../experiments/gallery/gallery_results.ts";
import type { RunResults } from "../../experiments/results.ts";
import type { Experiments } from "../../experiments/run_experiment.ts";
import { SER_SCHEMAS } from "../../experiments/ser/ser_results.ts";
import { SPACE_SCHEMAS } from "../../experiments/space/space_results.ts";
import { TONE_SCHEMAS } from "../../experiments/tone/tone_results.ts";
import { WER_SCHEMAS } from "../../experiments/wer/wer_results.ts";
import { ZERO_SHOT_SCHEMAS } from "../../experiments/zero_shot/zero_shot_results.ts";
import type { RunConfig } from "../../training/config.ts";
import { TRAIN_SCHEMAS } from "./train_file.ts";

/** Settings and result of each kind. */
export interface ReportParts extends Experiments {
  /** A training run. */
  "train": { settings: RunConfig; result: RunResults };
}

/** A kind of results: an experiment, or `"train"` for a training run. */
export type ReportKind = keyof ReportParts;

/** A checked file of one kind. */
export interface FileOf<Kind extends ReportKind> {
  /** Version of the layout. */
  format: 1;
  /** The kind. */
  experiment: Kind;
  /** All that is needed to repeat it. */
  settings: ReportParts[Kind]["settings"];
  /** What was found. */
  result: ReportParts[Kind]["result"];
}

/** A checked file of any kind; `experiment` tells which. */
export type ReportFile = { [Kind in ReportKind]: FileOf<Kind> }[ReportKind];

const SCHEMAS: {
  [Kind in ReportKind]: {
    settings: PartSchema<ReportParts[Kind]["settings"]>;
    result: PartSchema<ReportParts[Kind]["result"]>;
  };
} = {
  "train": TRAIN_SCHEMAS,
  "zero-shot": ZERO_SHOT_SCHEMAS,
  "compare": COMPARE_SCHEMAS,
  "cross": CROSS_SCHEMAS,
  "ablate": ABLATE_SCHEMAS,
  "ser": SER_SCHEMAS,
  "wer": WER_SCHEMAS,
  "tone": TONE_SCHEMAS,
  "gallery": GALLERY_SCHEMAS,
  "attention": ATTENTION_SCHEMAS,
  "crop": CROP_SCHEMAS,
  "space": SPACE_SCHEMAS,
};

/** The kinds, in the order of the report. */
export const REPORT_KINDS: readonly ReportKind[] = Object.keys(SCHEMAS) as ReportKind[];

/**
 * Checks the content of a file, field for field.
 *
 * @param source where it comes from, for the message
 * @throws {InputError} where it is of no kind that is known, or a field is missing, unknown or impossible.
 */
export function checkReportFile(content: unknown, source: string): ReportFile {
  const value = content as Partial<Record<"format" | "experiment" | "settings" | "result", unknown>> | null;
  const kind = typeof value === "object" && value !== null ? value.experiment : undefined;
  if (!value || value.format !== 1 || typeof kind !== "string" || !Object.hasOwn(SCHEMAS, kind)) {
    throw new InputError(
      `Cannot use '${source}' as it must be the results.json of an experiment in format 1: experiment ` +
        `${JSON.stringify(kind) ?? "none"} found, expected one of ${
          REPORT_KINDS.join(", ")
        }. Take it out of the folder.`,
    );
  }
  const schemas = SCHEMAS[kind as ReportKind];
  const part = (name: "settings" | "result"): unknown => {
    const checked = (schemas[name] as PartSchema<unknown>).safeParse(value[name]);
    if (checked.success) return checked.data;
    const { issues } = checked.error;
    const faults = issues.slice(0, 5).map(({ path, message }) => `${[name, ...path].join(".")}: ${message}`);
    const more = issues.length > 5 ? `; and ${issues.length - 5} more` : "";
    throw new InputError(
      `Cannot use '${source}' as its fields must be those of '${kind}': ${
        faults.join("; ")
      }${more}. Repeat the experiment.`,
    );
  };
  return { format: 1, experiment: kind, settings: part("settings"), result: part("result") } as ReportFile;
}
