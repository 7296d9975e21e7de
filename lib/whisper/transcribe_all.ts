/**
 * The transcripts and encoder states of a data set: computed once, stored, reused.
 */
import { join } from "@std/path";
import { type HeldLocks, holdLocks } from "../files/lock.ts";
import { type Outcome, transcribeFiles } from "./transcribe_files.ts";
import { checkDiskSpace, describePlan, planTranscription } from "./plan.ts";
import { encodeOnDemand } from "./encode_on_demand.ts";
import { stampOf } from "./read_recordings.ts";
import { type Shard, storeLocks } from "./shard.ts";
import { compareTranscripts, type Recording, type StoredSpeech } from "./transcript.ts";
import { hasStates, isDecoded, isEnough, type Wanted } from "./store/line.ts";
import { storeFolder } from "./store/parts.ts";
import { SpeechMemory, SpeechStore } from "./store/speech_store.ts";
import type { Whisper, WhisperSource } from "./whisper.ts";
import { AUDIO_SECONDS } from "./windows.ts";

/** Options of {@link transcribeAll}. */
export interface TranscribeAllOptions {
  /** The stores of all models, each in a folder of its own. */
  folder: string;
  /** Whether results are stored. Default true; false: transcripts stay in memory, states are computed on demand. */
  cache?: boolean | undefined;
  /** Whether encoder states are stored too. Default true. */
  states?: boolean | undefined;
  /** Whether stored transcripts without a confidence get one; new ones always have it. Default false. */
  confidence?: boolean | undefined;
  /** Transcripts of each recording: the best one, and others. Default 1. */
  transcripts?: number | undefined;
  /** States cover this many seconds from the beginning; transcripts cover everything. Default 120. */
  maxSeconds?: number | undefined;
  /** The shard of the recordings, if other processes transcribe the other shards. */
  shard?: Shard | undefined;
  /** Default 8. */
  batchSize?: number | undefined;
  /** Receives lines: the estimate before the start, damage in the store, and waiting for another process. */
  report?: ((line: string) => void) | undefined;
  progress?: ((done: number, total: number) => void) | undefined;
  /** Stops after the current batch; finished recordings stay stored. */
  signal?: AbortSignal | undefined;
}

/**
 * Transcribes recordings, or reads stored results. A recording is transcribed again if its content, the model, the language
 * or the task changed, but not if its file moved or was only touched. Whisper is loaded only if something must be computed. A
 * killed run continues where it stopped. Several processes may write into one folder.
 *
 * @param recordings several may share a file
 * @param source the model, or a source that loads it when needed
 * @throws {InputError} if the model cannot be loaded or fails on everything, or the disk is full (before the start if the
 * estimate exceeds the free space). Problems of single recordings are listed in `problems`.
 * @throws the signal's reason if it was aborted.
 */
export async function transcribeAll(
  recordings: readonly Recording[],
  source: Whisper | WhisperSource,
  options: TranscribeAllOptions,
): Promise<StoredSpeech> {
  const { folder: root, cache = true, states = true, maxSeconds = AUDIO_SECONDS, shard, progress } = options;
  const { confidence, transcripts = 1 } = options;
  const folder = storeFolder(root, source.key);
  const label = shard === undefined ? "" : `${shard.index}of${shard.count}`;
  const store = cache ? await SpeechStore.open({ folder, key: source.key, label }) : undefined;
  const known = store ?? new SpeechMemory();
  const model = lazyModel(source);
  const close = async (): Promise<void> => {
    store?.close();
    await model.free();
  };
  const { minFrames } = source;
  const wanted: Wanted = { states: states && cache, confidence, transcripts, maxSeconds, minFrames };
  let lock: HeldLocks | undefined;
  try {
    for (const part of store?.foreign ?? []) {
      options.report?.(`ignored ${part} in ${folder}: of another model or version`);
    }
    for (const [part, count] of store?.damaged ?? []) {
      const lines = count === 1 ? "1 line" : `${count} lines`;
      options.report?.(`damaged: ${lines} of ${join(folder, part)}.jsonl; those recordings are transcribed again`);
    }
    const files = new Map(recordings.map((recording) => [recording.audio, recording]));
    const outcomes = new Map<string, Outcome>();
    const undecoded = new Set<string>();
    await lookUp(files.keys(), known, wanted, outcomes, undecoded);
    if (store !== undefined && outcomes.size < files.size) {
      lock = await holdLocks(storeLocks(folder, shard), {
        signal: options.signal,
        onWait: () =>
          options.report?.(
            `waiting for another process that transcribes into ${folder}; --shard I/N lets several work at once`,
          ),
      });
      await store.refresh(); // what others transcribed since
      undecoded.clear();
      await lookUp(files.keys(), known, wanted, outcomes, undecoded);
    }
    const reportProgress = () =>
      progress?.(Math.round(recordings.length * outcomes.size / Math.max(1, files.size)), recordings.length);
    const open = [...files.values()].filter(({ audio }) => !outcomes.has(audio));
    let now = { recordings: 0, seconds: 0 };
    const start = performance.now();
    if (open.length > 0) {
      const again = open.filter(({ audio }) => undecoded.has(audio)).length;
      if (again > 0) {
        const lacking = [
          ...(confidence ? ["have no confidence"] : []),
          ...(transcripts > 1 ? [`lack ${transcripts - 1} others`] : []),
        ].join(" or ");
        options.report?.(
          `${again} stored transcripts ${lacking}: they are decoded again; their texts and states stay`,
        );
      }
      const states = wanted.states && again < open.length;
      const storage = { ...wanted, states, folder: cache ? folder : undefined, width: source.width };
      const plan = await planTranscription(open, storage);
      options.report?.(describePlan(plan));
      checkDiskSpace(plan, folder);
      reportProgress();
      const paths = open.map(({ audio }) => audio);
      now = await transcribeFiles(paths, model.load, known, { ...options, ...wanted }, (file, outcome) => {
        outcomes.set(file, outcome);
        reportProgress();
      });
      await store?.release();
    } else progress?.(recordings.length, recordings.length);
    const elapsed = (performance.now() - start) / 1000;
    if (store !== undefined) await model.free();

    const { lines, ...compared } = compareTranscripts(recordings, outcomes, wanted);
    const compute = encodeOnDemand(model.load, maxSeconds);
    return {
      ...compared,
      width: source.width,
      newRecordings: now.recordings,
      newSeconds: now.seconds,
      elapsed,
      async states(id) {
        const line = lines.get(id);
        const transcript = compared.transcripts.get(id);
        if (line === undefined || transcript === undefined) {
          throw new RangeError(`Cannot read states of '${id}' as it was not transcribed`);
        }
        return store === undefined ? await compute(transcript.file) : store.states(line, transcript.frames);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    lock?.[Symbol.dispose]();
  }
}

/** Reads the stored results of files that did not change; lists those that lack only a confidence or further transcripts. */
async function lookUp(
  files: Iterable<string>,
  cache: SpeechMemory,
  wanted: Wanted,
  outcomes: Map<string, Outcome>,
  undecoded: Set<string>,
): Promise<void> {
  for (const file of files) {
    const stamp = outcomes.has(file) ? undefined : await stampOf(file);
    const line = stamp === undefined ? undefined : cache.ofStamp(stamp);
    if (line === undefined) continue;
    if (isEnough(line, wanted)) outcomes.set(file, line);
    else if (!isDecoded(line, wanted) && hasStates(line, wanted)) undecoded.add(file);
  }
}

/** Loads a model once, when it is needed; frees only a model that it loaded. */
function lazyModel(source: Whisper | WhisperSource): { load: () => Promise<Whisper>; free: () => Promise<void> } {
  if ("transcribe" in source) return { load: () => Promise.resolve(source), free: () => Promise.resolve() };
  let loading: Promise<Whisper> | undefined;
  return {
    load: () => loading ??= source.load(),
    async free() {
      const loaded = loading;
      loading = undefined;
      await (await loaded?.catch(() => undefined))?.dispose();
    },
  };
}
