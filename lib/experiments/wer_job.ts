/** Runs the word error experiment on a model's recordings, or on a table of rows. */
import { readTable } from "../data/own_table.ts";
import { InputError } from "../errors.ts";
import { VARIANTS } from "../systems/variants.ts";
import { evaluateSplit, type Evaluation } from "./evaluate.ts";
import type { OpenJob } from "./job.ts";
import { openChoice } from "./qualitative/ranking.ts";
import type { Watch } from "./report.ts";
import type { WerModelSettings, WerResult, WerSettings } from "./wer.ts";
import { analyseWer, werRegression, type WerSample, werSamples } from "./wer_analysis.ts";

/** The result and the rows behind it. */
export interface WerOutcome {
  result: WerResult;
  /** Each recording with its texts, errors and rank; none for a table. */
  samples: WerSample[];
}

/**
 * Runs the experiment.
 *
 * @param folder where skipped inputs are listed
 * @throws {InputError} if the data, a model, the run or the table is at fault, or no recording has a caption.
 */
export async function runWer(
  settings: WerSettings,
  folder: string,
  { report, signal }: Watch,
): Promise<WerOutcome> {
  if (settings.source === "table") return await ofTable(settings.table);
  const { run, config, split } = settings;
  await using opened = await openChoice(settings, split, { folder, report, signal });
  const { job, model, step } = opened;
  const trained = run !== null && VARIANTS[config.variant].trained;
  const evaluation = await evaluateSplit(job, model, split, trained);
  const skipped = job.data.skipped.summary();
  if (skipped !== undefined) report.line(skipped);
  return ofEvaluation(job, evaluation, step, settings);
}

function ofEvaluation(
  job: OpenJob,
  { result, ranks, ids }: Evaluation,
  step: number,
  { split, k, normalisers, seed }: WerModelSettings,
): WerOutcome {
  const pairs = new Map(job.data.splits[split].map((prepared) => [prepared.pair.id, prepared]));
  const { samples, withoutCaption } = werSamples(ids.map((id, i) => {
    const { pair, transcript } = pairs.get(id)!;
    return { id, imageId: pair.imageId, reference: pair.text, transcript, rank: ranks.speech2image[i]! };
  }));
  if (samples.length === 0) {
    throw new InputError(
      `Cannot count word errors as none of ${ids.length} recordings of '${result.dataset}' has a written caption: ` +
        `expected at least 1.`,
    );
  }
  const { dataset, variant, trained, images, recordings } = result;
  const findings = analyseWer(samples, { k, normalisers, seed });
  return {
    result: { of: { dataset, split, variant, trained, step, images, recordings, withoutCaption }, findings },
    samples,
  };
}

/** Reads the columns wer, hit and words of a table. */
async function ofTable(file: string): Promise<WerOutcome> {
  const rows = await readTable(file, {
    columns: ["wer", "hit", "words"],
    required: ["wer", "hit"],
    onOddity: () => {},
  });
  if (rows.length === 0) throw new InputError(`Cannot use '${file}' as it has no rows: expected at least 1.`);
  const column = (name: string, legal: (value: number) => boolean, expected: string) =>
    rows.map(({ fields, where }) => {
      const found = fields.get(name), value = Number(found ?? NaN);
      if (legal(value)) return value;
      throw new InputError(`Cannot use ${where} as '${name}' is ${found ?? "missing"}: expected ${expected}.`);
    });
  const wer = column("wer", (value) => value >= 0 && value < Infinity, "a number of at least 0");
  const hit = column("hit", (value) => value === 0 || value === 1, "0 or 1");
  const words = rows.some(({ fields }) => fields.has("words"))
    ? column("words", (value) => value >= 0 && value < Infinity, "a number of at least 0 in every row, or in none")
    : undefined;
  const hits = hit.filter((value) => value === 1).length;
  const finding = {
    normaliser: "table" as const,
    recordings: rows.length,
    hits,
    withoutWords: 0,
    points: { wer, hit },
  };
  return { result: { of: null, findings: [{ ...finding, ...werRegression({ wer, hit, words }) }] }, samples: [] };
}
