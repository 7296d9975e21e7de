/**
 * The table of a training run: its own variant beside the baselines.
 *
 * @module
 */
import { nameOf } from "../../experiments/table.ts";
import { WAYS } from "../../experiments/trials/trial_results.ts";
import { originSlug, originTitle, setName, slug } from "../collect/data_origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { INTERVALS, modelsNote, paragraph, trainingNote } from "./notes.ts";
import { RECALL_HEADS, resultCells } from "./retrieval_cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

/** A table of each training run. */
export function runTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "train").map(({ data, seeds, file: { settings, result }, stored: { run } }) => {
    const origin = data[0]!;
    const { baselines, gain, recordings, images, split, step, trained } = result;
    return {
      name: `run_${slug(settings.variant)}_${slug(origin.set)}_${originSlug(origin)}`,
      title: `One training run on ${setName(origin)} with its baselines: recall in percent (${originTitle(origin)})`,
      note: paragraph(
        `${recordings} recordings and ${images} pictures of the ${split} split (${settings.dataRoot}).`,
        modelsNote(settings),
        trained ? trainingNote(settings, seeds) : "Nothing is trained.",
        trained ? `Best on dev: step ${step}.` : "",
        INTERVALS,
        trained ? "Last row: points gained over zero-shot, paired bootstrap." : "",
        `From ${run}.`,
      ),
      columns: ["model", ...RECALL_HEADS],
      rows: [
        ...[...baselines, ...(trained ? [result] : [])].map((row) => [nameOf(row), ...resultCells(row)]),
        ...(!trained ? [] : [[
          "gain",
          ...WAYS.flatMap((way) =>
            (["R@1", "R@5", "R@10"] as const).map((k) =>
              figureText({ value: gain[way][k], interval: gain.intervals[way][k], signed: true })
            )
          ),
        ]]),
      ],
    };
  });
}
