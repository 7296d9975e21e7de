/** What `embed` does, loaded when it is asked for. */
import { join } from "@std/path";
import { loadPairs, type PairsName } from "../data/load_pairs.ts";
import type { Pair } from "../data/pair.ts";
import { InputError, messageOf } from "../errors.ts";
import { holdFolder } from "../files/lock.ts";
import type { Report } from "../experiments/report.ts";
import type { Embeddings } from "../retrieval/rank.ts";
import { type Facts, type VectorRecord, writeVectors } from "../retrieval/index/vector_files.ts";
import type { EmbedOptions as Calls } from "../retrieval/load_brewclip.ts";
import { dataRootOf, presetConfig } from "../training/presets.ts";
import { mayWrite } from "../training/run_folder.ts";
import { dataSetName, placeOf } from "../training/settings.ts";
import { bundledModel, namedModel } from "./named_model.ts";
import { consoleReport } from "./progress.ts";
import { onInterrupt } from "./interrupt.ts";
import type { EmbedOptions } from "./search.ts";

/** Inputs that are embedded before they are written. */
const PAGE = 256;

/**
 * Writes the embeddings of a split's images and recordings.
 *
 * @throws {InputError} if an option, the data set or the model is at fault.
 */
export async function embedFromOptions(options: EmbedOptions): Promise<void> {
  const report = consoleReport();
  const own = options.data !== undefined || options.dataset === "own";
  const preset = options.preset ?? (own ? "own" : "sample");
  const dataset = (options.data !== undefined ? "own" : options.dataset ?? presetConfig(preset).dataset) as PairsName;
  const { dataRoot = dataRootOf(preset, dataset), dataRoots: roots = [] } = placeOf(options);
  const { split, format, limit = Infinity } = options;
  const set = dataSetName({ preset, dataset, dataRoot });
  const out = options.out ?? join("runs", "embeddings", `${set}-${split}`);
  await mayWrite(out);
  const pairs = (await loadPairs(dataset, dataRoot, { roots })).filter((pair) => pair.split === split).slice(0, limit);
  if (pairs.length === 0) {
    throw new InputError(`Cannot embed '${set}' as its split '${split}' is empty: choose another.`);
  }
  await using model = await namedModel(options) ?? await bundledModel(report);
  await using _lock = await holdFolder(out);
  const signal = onInterrupt(
    () => report.line("stopping (again Ctrl-C: stop at once)"),
    "stopped; the same command starts over",
  );
  const images = [...new Map(pairs.map((pair) => [pair.imageId, pair])).values()];
  const jobs = [
    ["image", images, (pair: Pair) => pair.image, factsOfImage, "embedImages"],
    ["recording", pairs, (pair: Pair) => pair.audio, factsOfRecording, "embedAudio"],
  ] as const;
  for (const [unit, entries, fileOf, factsOf, method] of jobs) {
    const embed = (files: string[], calls: Calls) => model[method](files, { ...calls, signal });
    const file = join(out, `${unit}s.${format}`);
    const pages = embedded(unit, entries, fileOf, factsOf, embed, report);
    report.line(`written: ${(await writeVectors(file, model.width, pages)).join(", ")}`);
  }
  report.line(`embedded by model ${model.fingerprint}`);
}

const factsOfImage = (pair: Pair): Facts => ({ path: pair.image, imageId: pair.imageId });

const factsOfRecording = (pair: Pair, transcript: string): Facts => ({
  path: pair.audio,
  id: pair.id,
  imageId: pair.imageId,
  text: pair.text,
  transcript,
});

async function* embedded(
  unit: string,
  entries: readonly Pair[],
  fileOf: (pair: Pair) => string,
  factsOf: (pair: Pair, transcript: string) => Facts,
  embed: (files: string[], calls: Calls) => Promise<Embeddings>,
  report: Report,
): AsyncGenerator<VectorRecord[]> {
  const shown = report.progress("embedding", entries.length, unit);
  let skipped = 0;
  try {
    for (let first = 0; first < entries.length; first += PAGE) {
      const page = entries.slice(first, first + PAGE);
      const unreadable = new Set<number>(), transcripts = new Map<number, string>();
      const rows = await embed(page.map(fileOf), {
        progress: (done) => shown.update(first + done),
        onTranscript: (index, text) => transcripts.set(index, text),
        onUnreadable(index, error) {
          unreadable.add(index);
          shown.line(`skipped: ${messageOf(error)}`);
        },
      });
      skipped += unreadable.size;
      const vectors = [...rows];
      const kept = [...page.keys()].filter((index) => !unreadable.has(index));
      if (kept.length > 0) {
        yield kept.map((index, i) => ({
          facts: factsOf(page[index]!, transcripts.get(index) ?? ""),
          vector: vectors[i]!,
        }));
      }
    }
  } finally {
    shown.stop();
  }
  if (skipped > 0) report.line(`${skipped} of ${entries.length} ${unit}s skipped`);
}
