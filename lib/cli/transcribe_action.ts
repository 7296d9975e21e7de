/**
 * What `transcribe` does, loaded when it is asked for.
 *
 * @module
 */
import { join } from "@std/path";
import { loadPairs, type PairsName } from "../datasets/load_pairs.ts";
import type { Pair, Split } from "../datasets/pair.ts";
import { HEARD_FOLDER } from "../experiments/open_job.ts";
import { InputError } from "../errors.ts";
import type { RunConfig } from "../training/config.ts";
import { LeftOut } from "../training/left_out.ts";
import { dataRootOf, PRESETS } from "../training/presets.ts";
import { mayWrite, writeJsonLines } from "../training/run_folder.ts";
import { type StoredSpeech, transcribeAll, type Transcript } from "../whisper/transcripts.ts";
import { openWhisper } from "../whisper/whisper.ts";
import { consoleReport } from "./console_report.ts";
import { onInterrupt } from "./interrupt.ts";
import type { TranscribeOptions } from "./transcribe.ts";

/**
 * Transcribes a data set: a JSON line a recording, and a summary by split.
 *
 * @throws {InputError} where the data set or the model is at fault.
 */
export async function transcribeFromOptions(options: TranscribeOptions): Promise<"complete" | "interrupted"> {
  const report = consoleReport();
  const preset = (PRESETS[options.preset] as () => RunConfig)();
  const dataset = (options.dataset ?? preset.dataset) as PairsName;
  const out = options.out ?? join("runs", "transcripts", `${options.preset}-${dataset}.jsonl`);
  await mayWrite(out);
  const source = await openWhisper(options.whisper ?? preset.whisper);
  const pairs = chosen(await loadPairs(dataset, options.dataRoot ?? dataRootOf(options.preset, dataset)), options);
  const signal = onInterrupt(() => report.line("stopping: what was heard is stored (again Ctrl-C: stop at once)"));
  const progress = report.progress("hear", pairs.length, "recording");
  let heard: StoredSpeech;
  try {
    const update = (done: number): void => progress.update(done);
    heard = await transcribeAll(pairs, source, { folder: HEARD_FOLDER, progress: update, signal });
  } catch (error) {
    if (!(signal.aborted && error === signal.reason)) throw error;
    progress.stop();
    report.line("stopped; the same command continues");
    return "interrupted";
  }
  progress.stop();
  await heard.close();
  const leftOut = new LeftOut({ tell: report.line });
  for (const { file, problem } of heard.problems) await leftOut.add({ kind: "recording", path: file, reason: problem });
  const lines = [...heard.transcripts.values()].map(({ id, file, text, reference, wer }) => ({
    id,
    file,
    text,
    reference,
    wer,
  }));
  await writeJsonLines(out, lines);
  const summary = leftOut.summary();
  if (summary !== undefined) report.line(summary);
  report.result(summaryOf(pairs, heard.transcripts));
  report.line(`${lines.length} transcripts in ${out}`);
  return "complete";
}

/** The pairs that are asked for, each recording once. */
function chosen(pairs: readonly Pair[], { split, limit = Infinity, dataset }: TranscribeOptions): Pair[] {
  const counts = new Map<Split, number>();
  const kept = pairs.filter((pair) => {
    if (split !== undefined && pair.split !== split) return false;
    counts.set(pair.split, (counts.get(pair.split) ?? 0) + 1);
    return (counts.get(pair.split) as number) <= limit;
  });
  if (kept.length > 0) return kept;
  throw new InputError(
    `Cannot transcribe ${dataset ?? "the data set"} as it has no recording in the split: expected at least 1.`,
  );
}

/** A line a split: word error rate over all words, and recordings without an error. */
function summaryOf(pairs: readonly Pair[], transcripts: ReadonlyMap<string, Transcript>): string {
  const lines = ["split   recordings  hours    WER  without an error"];
  for (const split of ["train", "dev", "test"] as const) {
    const heard = pairs.filter((pair) => pair.split === split).flatMap(({ id }) => transcripts.get(id) ?? []);
    if (heard.length === 0) continue;
    const known = heard.filter(({ words }) => words > 0);
    const errors = known.reduce((sum, { errors }) => sum + errors, 0);
    const words = known.reduce((sum, { words }) => sum + words, 0);
    const hours = heard.reduce((sum, { seconds }) => sum + seconds, 0) / 3600;
    const right = known.filter(({ errors }) => errors === 0).length;
    lines.push(
      [
        split.padEnd(6),
        String(heard.length).padStart(11),
        hours.toFixed(2).padStart(6),
        `${(100 * errors / words).toFixed(1)} %`.padStart(7),
        `${(100 * right / known.length).toFixed(0)} %`.padStart(9),
      ].join(" "),
    );
  }
  return lines.join("\n");
}
