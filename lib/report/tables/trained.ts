/**
 * Tables of trained models: one run with its baselines, Table 5, and ablations.
 */
import { holmCorrected } from "../../experiments/comparisons.ts";
import {
  type Cost,
  type Gain,
  nameOf,
  namesOf,
  rowsOf,
  type TestQueries,
  type TrialResult,
} from "../../experiments/results.ts";
import { spreadOut } from "../../metrics/bootstrap.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { type DataOrigin, isPaperSet, originOf, originSlug, originTitle, setName, slug } from "../collect/origin.ts";
import { PAPER_TABLE_5, PAPER_TABLE_5_NOTE } from "../paper.ts";
import {
  type Candidates,
  candidatesOf,
  chanceNote,
  differenceCells,
  fewCandidates,
  fromRuns,
  INTERVALS,
  modelsNote,
  pairedNote,
  PAPER_FIGURES,
  paragraph,
  queriesNote,
  RECALL_HEADS,
  recallCells,
  resultCells,
  trainingNote,
  trialCells,
  unitsOf,
} from "./cells.ts";
import type { ReportTable } from "./report_table.ts";

/** One table per training run. */
export function runTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "train").map(({ data, seeds, file: { settings, result }, stored: { run } }) => {
    const origin = data[0]!;
    const { baselines, gain, controlGain, recordings, images, split, step, trained, nearChance, cost } = result;
    const candidates = { speech2image: images, image2speech: recordings };
    return {
      name: `run_${slug(settings.variant)}_${slug(origin.set)}_${originSlug(origin)}`,
      title: `One training run on ${setName(origin)} with its baselines: recall in percent (${originTitle(origin)})`,
      note: paragraph(
        `${recordings} recordings and ${images} images of the ${split} split (${settings.dataRoot}).`,
        modelsNote(settings),
        trained ? trainingNote(settings, seeds) : "Nothing is trained.",
        trained ? `Best on dev: step ${step}.` : "",
        chanceNote([{ name: settings.variant, variant: settings.variant, seed: settings.seed, nearChance }]),
        INTERVALS,
        fewCandidates(candidates),
        cost && costSentence(cost),
        trained ? "Last rows: gain in points, paired bootstrap." : "",
        fromRuns(run),
      ),
      columns: ["model", ...RECALL_HEADS],
      rows: [
        ...[...baselines, ...(trained ? [result] : [])].map((row) => [nameOf(row), ...resultCells(row, candidates)]),
        ...(trained
          ? [
            gainRow(
              `gain over zero-shot${result.variant.endsWith("-gt") ? " on written captions" : ""}`,
              gain,
              candidates,
            ),
          ]
          : []),
        ...(controlGain === undefined ? [] : [gainRow("gain over untrained (control)", controlGain, candidates)]),
      ],
    };
  });
}

function costSentence({ parameters, secondsPerStep, secondsPerQuery }: Cost): string {
  const parts = [
    `${(parameters / 1e6).toFixed(3)} million parameters trained`,
    ...(secondsPerStep === undefined ? [] : [`${secondsPerStep.toFixed(3)} s per step`]),
    ...(secondsPerQuery === undefined ? [] : [`${(1000 * secondsPerQuery).toFixed(2)} ms per spoken query`]),
  ];
  return `Cost${parts.length > 1 ? " on this machine" : ""}: ${parts.join(", ")}.`;
}

function gainRow(name: string, gain: Gain, candidates: Candidates): string[] {
  const cells = recallCells(candidates, (way, k) => ({
    value: gain[way][k],
    interval: spreadOut(gain.intervals[way][k], unitsOf(candidates), true),
    signed: true,
  }));
  return [name, ...cells];
}

/** One table per `cross`: R@5 in both directions. */
export function crossTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "cross").map((entry) => {
    const { data, seeds, file: { settings: { models }, result }, stored: { run } } = entry;
    const tests = result.tests.map((queries) => ({ queries, origin: originOf(queries.dataset, queries.dataRoot) }));
    const kinds = [...new Set(data.map(originTitle))];
    return {
      name: `table5_${[...new Set(data.map(originSlug))].join("_")}`,
      title: `Table 5: trained on one data set, tested on another, R@5 in percent (${kinds.join("; ")})`,
      note: paragraph(
        "A row is the training set, a column the test set.",
        PAPER_TABLE_5_NOTE,
        PAPER_FIGURES,
        ...tests.map(({ queries, origin }) => `${setName(origin)}: ${queriesNote(queries)}`),
        ...models.map(({ config }) => modelsNote(config)),
        ...models.map(({ config }) => trainingNote(config, seeds)),
        chanceNote(result.rows),
        INTERVALS,
        fewCandidates(...result.tests.map(candidatesOf)),
        fromRuns(run),
      ),
      columns: [
        "trained on",
        "from",
        ...tests.flatMap(({ origin }) => [`${setName(origin)} S2I`, `${setName(origin)} I2S`]),
      ],
      rows: models.flatMap(({ name, config }) => {
        const trained = originOf(config.dataset, config.dataRoot);
        const cells = tests.flatMap(({ queries }) => ourCells(result, name, queries));
        const paper = paperCells(trained, tests.map(({ origin }) => origin));
        const called = models.some((other) => other.name !== name && other.config.dataset === config.dataset)
          ? `${setName(trained)} (${name})`
          : setName(trained);
        return [...(paper === undefined ? [] : [[called, "paper", ...paper]]), [called, "ours", ...cells]];
      }),
    };
  });
}

function ourCells(result: ReportEntry<"cross">["file"]["result"], name: string, queries: TestQueries): string[] {
  const rows = rowsOf(result.rows, name, queries.test);
  if (rows.length === 0) return ["", ""];
  const [, fiveS2I, , , fiveI2S] = trialCells(rows, candidatesOf(queries));
  return [fiveS2I!, fiveI2S!];
}

function paperCells(trained: DataOrigin, tests: readonly DataOrigin[]): string[] | undefined {
  const { set } = trained;
  if (!isPaperSet(set)) return undefined;
  return tests.flatMap((test) =>
    isPaperSet(test.set) ? PAPER_TABLE_5[set][test.set].map((value) => value.toFixed(1)) : ["", ""]
  );
}

/** Tables of each `ablate`: recall with each setting, its difference from the default, and the chosen one on test. */
export function ablateTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "ablate").flatMap(
    ({ data, seeds, file: { settings: { models }, result }, stored: { run } }) => {
      const { name: base, config } = models[0]!;
      const { chosen, test } = result;
      const origin = data[0]!;
      const name = `${slug(origin.set)}_${originSlug(origin)}`;
      const split = chosen === undefined ? "test" : "dev"; // earlier versions judged on test
      const of = `${nameOf({ variant: config.variant, trained: true })} on ${setName(origin)}`;
      const cells = ({ rows }: TrialResult, setting: string, candidates: Candidates) =>
        trialCells(rowsOf(rows, setting, config.dataset), candidates);
      const candidates = candidatesOf(result.tests[0]!);
      const notes = [
        queriesNote(result.tests[0]!, split),
        trainingNote(config, seeds),
        fewCandidates(candidates),
      ] as const;
      const tested = test && candidatesOf(test.tests[0]!);
      return [
        {
          name: `ablations_${name}`,
          title: `One setting changed in ${of}: recall on ${split} in percent (${originTitle(origin)})`,
          note: paragraph(
            "Not in the paper, which does not report these.",
            ...notes,
            chanceNote(result.rows),
            INTERVALS,
            chosen === undefined ? "" : `Highest mean R@1 of both directions: '${chosen}'.`,
            result.comparisons.length === 0 ? `No setting differs from '${base}': there is nothing to compare.` : "",
            fromRuns(run),
          ),
          columns: ["setting", ...RECALL_HEADS],
          rows: namesOf(result.rows).map((setting) => [setting, ...cells(result, setting, candidates)]),
        },
        ...(result.comparisons.length === 0 ? [] : [{
          name: `ablation_differences_${name}`,
          title: `Each setting minus '${base}' in ${of}: difference of recall on ${split} in points (${
            originTitle(origin)
          })`,
          note: paragraph(...notes, pairedNote(result.comparisons), fromRuns(run)),
          columns: ["setting", ...RECALL_HEADS],
          rows: holmCorrected(result.comparisons).map((
            comparison,
          ) => [comparison.name, ...differenceCells(comparison, candidates)]),
        }]),
        ...(tested === undefined ? [] : [{
          name: `ablation_test_${name}`,
          title: `The setting chosen on dev in ${of}: recall on test in percent (${originTitle(origin)})`,
          note: paragraph(
            "Only the default and the setting with the highest recall on dev are tested.",
            queriesNote(test!.tests[0]!),
            trainingNote(config, seeds),
            INTERVALS,
            fewCandidates(tested),
            fromRuns(run),
          ),
          columns: ["setting", ...RECALL_HEADS],
          rows: [
            ...namesOf(test!.rows).map((setting) => [setting, ...cells(test!, setting, tested)]),
            ...test!.comparisons.map((comparison) => [
              `${comparison.name} minus ${comparison.against}, points`,
              ...differenceCells(comparison, tested),
            ]),
          ],
        }]),
      ];
    },
  );
}
