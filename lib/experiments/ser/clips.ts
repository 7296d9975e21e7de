/**
 * Emotion clips: loading them, the features of the baseline, and the inputs of an encoder.
 */
import { join } from "@std/path";
import { AudioError, readAudio } from "../../audio/read_audio.ts";
import { loadEmotionClips } from "../../data/own_data.ts";
import type { EmotionClip } from "../../data/pair.ts";
import { loadRavdess } from "../../data/ravdess.ts";
import { InputError } from "../../errors.ts";
import { Random } from "../../random.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { Example } from "../../training/examples.ts";
import { SkippedFiles } from "../../training/run_logs.ts";
import type { Encoded } from "../../whisper/whisper.ts";
import type { ExperimentContext } from "../experiment.ts";
import { decodingOf, transcribePairs } from "../pairs.ts";
import type { Report } from "../report.ts";
import { augment, pooled } from "./augment.ts";
import type { OpenEncoder } from "./encoder.ts";
import { logMelStatistics } from "./linear.ts";
import type { SerData, SerEncoder } from "./results.ts";

/**
 * Loads the clips and reports oddities of the data set.
 *
 * @throws {InputError} if the data set is at fault, has a single emotion, or has no train clip or no test clip.
 */
export async function loadClips(
  { dataset, dataRoot, dataRoots: roots = [], calm, transcript }: SerData,
  report: Pick<Report, "line">,
): Promise<EmotionClip[]> {
  const odd = new Map<string, number>();
  const onOddity = ({ kind }: { kind: string }) => void odd.set(kind, (odd.get(kind) ?? 0) + 1);
  const clips = dataset === "own"
    ? await loadEmotionClips(dataRoot, { onOddity, roots })
    : await loadRavdess(dataRoot, { calm, onOddity });
  for (const [kind, count] of odd) report.line(`${dataRoot}: ${count} x ${kind}`);
  const emotions = new Set(clips.map(({ emotion }) => emotion));
  const train = clips.filter(({ split }) => split !== "test");
  const test = clips.length - train.length;
  if (emotions.size < 2 || test === 0 || train.length === 0) {
    throw new InputError(
      `Cannot recognize emotions in '${dataRoot}' as there must be at least 2 emotions, a train clip and a test clip: ` +
        `found ${emotions.size} emotions, ${train.length} train clips and ${test} test clips.`,
    );
  }
  for (const emotion of emotions.difference(new Set(train.map(({ emotion }) => emotion)))) {
    const count = clips.filter((clip) => clip.emotion === emotion).length;
    report.line(`${dataRoot}: no train clip has emotion '${emotion}', so its ${count} test clips cannot be recognized`);
  }
  const unnamed = clips.find(({ statement }) => statement === "");
  if (transcript === "known" && unnamed !== undefined) {
    throw new InputError(
      `Cannot read known sentences as clip '${unnamed.id}' has none: fill the column 'statement', or use '--transcript heard'.`,
    );
  }
  return clips;
}

/**
 * Computes the baseline's log-mel statistics of each clip, by id. Clips that cannot be read are reported, listed in the
 * folder's `left_out.jsonl` and skipped.
 *
 * @throws the signal's reason, if it was aborted.
 */
export async function baselineFeatures(
  clips: readonly EmotionClip[],
  { folder, report, signal }: ExperimentContext,
): Promise<Map<string, Float64Array>> {
  const skipped = await openSkipped(folder, report);
  const progress = report.progress("log-mel", clips.length, "recording");
  const features = new Map<string, Float64Array>();
  try {
    for (const [done, { id, audio }] of clips.entries()) {
      signal?.throwIfAborted();
      try {
        features.set(id, logMelStatistics(await readAudio(audio)));
      } catch (error) {
        if (!(error instanceof AudioError)) throw error;
        await skipped.add({ kind: "recording", path: audio, problem: error.problem, reason: error.message });
      }
      progress.update(done + 1);
    }
  } finally {
    progress.stop();
  }
  return features;
}

/** Transcribed and encoded clips. Disposing of them closes the store of encoder states. */
export interface PreparedClips extends AsyncDisposable {
  /** By id, without clips that cannot be used. */
  examples: Map<string, Example>;
  /** The text that the text branch reads, by id. */
  transcripts: Map<string, string>;
  /** The same clips with their frames averaged in groups of `pool`. */
  pooled(pool: number): Map<string, Example>;
  /** Makes `copies` changed copies of each of these clips, or returns those of an earlier call, of any encoder. */
  changed(ids: readonly string[], copies: number): Promise<Example[]>;
}

/** Encoder states of changed copies, by model and clip. Encoders with the same Whisper share them. */
export type CopyStates = Map<string, Map<string, Encoded[]>>;

/**
 * Transcribes and encodes clips, or reads the store, and tokenizes their texts.
 *
 * @param options.copies receives the states of changed copies
 * @throws {InputError} if Whisper or the store is at fault.
 * @throws the signal's reason, if it was aborted.
 */
export async function prepareClips(
  clips: readonly EmotionClip[],
  { rows, whisper }: Pick<OpenEncoder, "rows" | "whisper">,
  { config }: Pick<SerEncoder, "config">,
  { transcript: which, copies: copyStates }: Pick<SerData, "transcript"> & { copies: CopyStates },
  { folder, report, signal }: ExperimentContext,
): Promise<PreparedClips> {
  const { audioSeconds: maxSeconds } = config;
  const pairs = clips.map((clip) => ({ ...clip, imageId: clip.id, image: "", text: clip.statement }));
  const prepared = await transcribePairs(pairs, whisper, {
    states: true,
    ...decodingOf(config),
    maxSeconds,
    cache: true,
    skipped: await openSkipped(folder, report),
    manifest: { secondsOf: () => undefined },
    report,
    signal,
  });
  const { text, acoustic } = VARIANTS[config.variant];
  const examples = new Map<string, Example>();
  const transcripts = new Map<string, string>();
  for (const { id, statement } of clips) {
    const transcript = prepared.transcripts.get(id);
    if (transcript === undefined) continue;
    const read = which === "known" ? [statement] : [transcript.text, ...transcript.others ?? []];
    transcripts.set(id, read[0]!);
    examples.set(id, {
      id,
      imageId: id,
      image: "",
      texts: text ? read.flatMap(rows) : undefined,
      confidence: which === "known" ? undefined : transcript.confidence,
      states: acoustic
        ? { frames: transcript.frames, width: prepared.width, values: () => prepared.states(id) }
        : undefined,
    });
  }

  /** Changes the audio and encodes it; the text stays. The copies depend on the clip's id alone. */
  async function encodeCopies(ids: readonly string[], copies: number, known: Map<string, Encoded[]>): Promise<void> {
    const missing = ids.filter((id) => known.get(id)?.length !== copies);
    if (missing.length === 0) return;
    const model = await whisper.load();
    const progress = report.progress("changed copies", missing.length, "recording");
    try {
      for (const [done, id] of missing.entries()) {
        signal?.throwIfAborted();
        const samples = await readAudio(audioOf.get(id)!);
        const random = new Random(`1:${id}`); // the same copies for every seed
        const changed = Array.from({ length: copies }, () => augment(samples, random));
        known.set(id, await model.encode(changed, { maxSeconds }));
        progress.update(done + 1);
      }
    } finally {
      progress.stop();
      await model.dispose();
    }
  }

  const audioOf = new Map(clips.map(({ id, audio }) => [id, audio]));
  const byPool = new Map<number, Map<string, Example>>();
  return {
    examples,
    transcripts,
    pooled(pool) {
      const known = byPool.get(pool) ?? new Map([...examples].map(([id, example]) => [id, pooled(example, pool)]));
      byPool.set(pool, known);
      return known;
    },
    async changed(ids, copies) {
      if (copies === 0) return [];
      const model = `${whisper.key} ${maxSeconds}`;
      const known = copyStates.get(model) ?? new Map<string, Encoded[]>();
      copyStates.set(model, known);
      await encodeCopies(ids, copies, known);
      return ids.flatMap((id) =>
        known.get(id)!.map(({ states, frames, width }) => ({
          ...examples.get(id)!,
          states: { frames, width, values: () => Promise.resolve(states) },
        }))
      );
    },
    [Symbol.asyncDispose]: () => prepared.close(),
  };
}

function openSkipped(folder: string, report: Report): Promise<SkippedFiles> {
  return SkippedFiles.open({ file: join(folder, "left_out.jsonl"), onLine: report.line });
}
