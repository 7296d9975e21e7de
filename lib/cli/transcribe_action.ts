/** What `transcribe` does, loaded when it is asked for. */
import { join } from "@std/path";
import { openManifest } from "../data/check/manifest.ts";
import { loadPairs, type PairsName } from "../data/load_pairs.ts";
import type { Pair, Split } from "../data/pair.ts";
import { transcribePairs, usableRecordings } from "../experiments/pairs.ts";
import { InputError } from "../errors.ts";
import type { RunConfig } from "../training/config.ts";
import { openRunWhisper } from "../training/run_model.ts";
import { SkippedFiles } from "../training/run_logs.ts";
import { dataRootOf, presetConfig } from "../training/presets.ts";
import { writeJsonLines } from "../files/json_lines.ts";
import { holdFile } from "../files/lock.ts";
import { mayWrite } from "../training/run_folder.ts";
import { dataSetName, placeOf } from "../training/settings.ts";
import { isInShard, type Shard } from "../whisper/shard.ts";
import { consoleReport } from "./progress.ts";
import { onInterrupt } from "./interrupt.ts";
import type { TranscribeOptions } from "./transcribe.ts";
import { textOf } from "../report/tables/render.ts";
import { transcriptsTable } from "../report/tables/word_errors.ts";

/**
 * Transcribes a data set, or one shard of it. Writes a JSON line per recording, and reports a summary by split.
 *
 * @throws {InputError} if the data set or the model is at fault, or the disk is full.
 */
export async function transcribeFromOptions(options: TranscribeOptions): Promise<void> {
  const report = consoleReport();
  const { preset, dataset, dataRoot, roots, maxSeconds, ...recognition } = settingsOf(options);
  const { shard, cache } = options;
  const set = dataSetName({ preset, dataset, dataRoot });
  const name = preset.endsWith(set) ? preset : preset === dataset ? set : `${preset}-${set}`;
  const out = shardFile(options.out ?? join("runs", "transcripts", `${name}.jsonl`), shard);
  await mayWrite(out);
  await using _lock = await holdFile(out);
  const source = await openRunWhisper({ ...recognition, attendPadding: false });
  const asked = chosen(await loadPairs(dataset, dataRoot, { roots }), options, dataset);
  const mine = shard === undefined ? asked : asked.filter(({ id }) => isInShard(id, shard));
  if (shard !== undefined) {
    report.line(`shard ${shard.index} of ${shard.count}: ${mine.length} of ${asked.length} recordings`);
  }
  const manifest = await openManifest(dataset, dataRoot);
  const skipped = new SkippedFiles({ onLine: report.line });
  const pairs = await usableRecordings(mine, manifest, skipped);
  const signal = onInterrupt(
    () => report.line(`stopping${cache ? ": finished transcripts are stored" : ""} (again Ctrl-C: stop at once)`),
    `stopped; the same command ${cache ? "continues" : "starts over, as nothing was stored"}`,
  );
  const states = cache && options.states;
  const speech = await transcribePairs(pairs, source, {
    states,
    confidence: options.confidence,
    transcripts: options.transcripts,
    maxSeconds,
    cache,
    shard,
    skipped,
    manifest,
    report,
    signal,
  });
  await speech.close();
  const lines = [...speech.transcripts.values()].map(({ id, file, text, reference, wer }) => ({
    id,
    file,
    text,
    reference,
    wer,
  }));
  await writeJsonLines(out, lines);
  const summary = skipped.summary();
  if (summary !== undefined) report.line(summary);
  report.result(textOf(transcriptsTable(pairs, speech.transcripts)).trimEnd());
  report.line(`${lines.length} transcripts in ${out}`);
}

/** Reads what to transcribe from the options, or else from the preset. */
function settingsOf(options: TranscribeOptions): {
  preset: string;
  dataset: PairsName;
  dataRoot: string;
  roots: string[];
  whisper: string;
  shortWindows: boolean | undefined;
  language: RunConfig["language"];
  task: RunConfig["task"];
  maxSeconds: number;
} {
  const own = options.data !== undefined || options.dataset === "own";
  const name = options.preset ?? (own ? "own" : "sample");
  const preset = presetConfig(name);
  const dataset = (options.data !== undefined ? "own" : options.dataset ?? preset.dataset) as PairsName;
  const { dataRoot = dataRootOf(name, dataset), dataRoots: roots = [] } = placeOf(options);
  return {
    preset: name,
    dataset,
    dataRoot,
    roots,
    whisper: options.whisper ?? preset.whisper,
    shortWindows: options.shortWindows,
    language: options.language ?? preset.language,
    task: (options.task ?? preset.task) as RunConfig["task"],
    maxSeconds: options.audioSeconds ?? preset.audioSeconds,
  };
}

/** Names a shard's file: `NAME.shard-I-of-N.jsonl` next to `NAME.jsonl`. */
function shardFile(out: string, shard: Shard | undefined): string {
  if (shard === undefined) return out;
  const [, stem = out, ending = ""] = /^(.*?)(\.[^./\\]+)?$/.exec(out) ?? [];
  return `${stem}.shard-${shard.index}-of-${shard.count}${ending}`;
}

function chosen(
  pairs: readonly Pair[],
  { split, limit = Infinity }: TranscribeOptions,
  dataset: PairsName,
): Pair[] {
  const counts = new Map<Split, number>();
  const picked = pairs.filter((pair) => {
    if (split !== undefined && pair.split !== split) return false;
    counts.set(pair.split, (counts.get(pair.split) ?? 0) + 1);
    return (counts.get(pair.split) as number) <= limit;
  });
  if (picked.length > 0) return picked;
  throw new InputError(`Cannot transcribe '${dataset}' as it has no recording in the split: expected at least 1.`);
}
