/**
 * The transcripts and encoder states of a data set: computed once, stored, reused.
 *
 * @module
 */
import { join } from "@std/path";
import { type HeldLocks, holdLocks, type LockRequest } from "../files/lock.ts";
import { hearAll, type HeardNow, type Outcome } from "./hear_all.ts";
import { checkRoom, describePlan, planHearing } from "./hearing_plan.ts";
import { statesOnTheFly } from "./on_the_fly.ts";
import { stampOf } from "./read_for_hearing.ts";
import type { Shard } from "./shard.ts";
import { compare, type Recording, type StoredSpeech } from "./speech.ts";
import { isEnough, type Wanted } from "./store/line.ts";
import { heardFolder } from "./store/part_files.ts";
import { SpeechMemory, type SpeechShelf, SpeechStore } from "./store/speech_store.ts";
import type { Whisper, WhisperSource } from "./whisper.ts";
import { AUDIO_SECONDS } from "./windows.ts";

export type { Recording, SpeechProblem, StoredSpeech, Transcript } from "./speech.ts";

/** Options of {@link transcribeAll}. */
export interface TranscribeAllOptions {
  /** Where results are stored, for all models: each has a folder below. */
  folder: string;
  /** Whether results are stored. Default true; false: transcripts stay in memory, states are computed when wanted. */
  cache?: boolean | undefined;
  /** Whether encoder states are wanted too. Default true. */
  states?: boolean | undefined;
  /** States are kept for so many seconds from a recording's beginning; transcripts always tell all. Default 120. */
  maxSeconds?: number | undefined;
  /** The part of a data set that the recordings are: other parts may be heard by other processes at once. */
  shard?: Shard | undefined;
  /** Recordings in a batch. Default 8. */
  batchSize?: number | undefined;
  /** Takes the estimate before the start, and whom must be waited for. */
  tell?: ((line: string) => void) | undefined;
  /** Called with the number of recordings done, and of all. */
  progress?: ((done: number, total: number) => void) | undefined;
  /** Stops after the current batch; what is done stays stored. */
  signal?: AbortSignal | undefined;
}

/**
 * Hears recordings, or takes what was heard before from the store. A recording is heard again where its file's content
 * changed or another model listens; a file that moved or was only touched is not. Whisper is loaded only where something
 * must be heard. A killed run continues where it was. Several processes may work into one folder.
 *
 * @param recordings several may share a file
 * @param source the model, or a source that loads it when needed
 * @throws {InputError} where the model cannot be loaded or fails on everything, and where the disk has no room (before the
 * start, where that is seen then); never for one recording: those are listed in `problems`.
 * @throws the signal's reason, where it was aborted.
 */
export async function transcribeAll(
  recordings: readonly Recording[],
  source: Whisper | WhisperSource,
  options: TranscribeAllOptions,
): Promise<StoredSpeech> {
  const { folder: root, cache = true, states = true, maxSeconds = AUDIO_SECONDS, shard, progress } = options;
  const folder = heardFolder(root, source.key);
  const label = shard === undefined ? "" : `${shard.index}of${shard.count}`;
  const store = cache ? await SpeechStore.open({ folder, key: source.key, label }) : undefined;
  const shelf: SpeechShelf = store ?? new SpeechMemory();
  const model = modelOf(source);
  const close = async (): Promise<void> => {
    store?.close();
    await model.free();
  };
  const wanted: Wanted = { states: states && cache, maxSeconds, leastFrames: source.leastFrames };
  let lock: HeldLocks | undefined;
  try {
    for (const part of store?.foreign ?? []) {
      options.tell?.(`passed over ${part} in ${folder}: of another model or version`);
    }
    const files = new Map(recordings.map((recording) => [recording.audio, recording]));
    const outcomes = new Map<string, Outcome>();
    await lookUp(files.keys(), shelf, wanted, outcomes);
    if (store !== undefined && outcomes.size < files.size) {
      lock = await holdLocks(storeLocks(folder, shard), {
        signal: options.signal,
        onWait: () =>
          options.tell?.(
            `waiting for another process that hears into ${folder}; --shard I/N lets several work at once`,
          ),
      });
      await store.refresh(); // what others heard since
      await lookUp(files.keys(), shelf, wanted, outcomes);
    }
    const share = (): number => Math.round(recordings.length * outcomes.size / Math.max(1, files.size));
    const open = [...files.values()].filter(({ audio }) => !outcomes.has(audio));
    let now: HeardNow = { recordings: 0, seconds: 0 };
    const start = performance.now();
    if (open.length > 0) {
      const plan = await planHearing(open, { ...wanted, folder: cache ? folder : undefined, width: source.width });
      options.tell?.(describePlan(plan));
      checkRoom(plan, folder);
      progress?.(share(), recordings.length);
      now = await hearAll(
        open.map(({ audio }) => audio),
        model.load,
        shelf,
        { ...options, ...wanted },
        (file, outcome) => {
          outcomes.set(file, outcome);
          progress?.(share(), recordings.length);
        },
      );
      await store?.release();
    } else progress?.(recordings.length, recordings.length);
    const elapsed = (performance.now() - start) / 1000;
    if (store !== undefined) await model.free();

    const { lines, ...compared } = compare(recordings, outcomes, maxSeconds, source.leastFrames);
    const compute = statesOnTheFly(model.load, maxSeconds);
    return {
      ...compared,
      width: source.width,
      heardNow: now.recordings,
      secondsNow: now.seconds,
      elapsed,
      async states(id) {
        const line = lines.get(id);
        if (line === undefined) throw new RangeError(`Cannot read states of '${id}' as it was not heard`);
        if (store === undefined) return await compute(compared.transcripts.get(id)!.file);
        return store.states(line, compared.transcripts.get(id)!.frames);
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

/** Takes what the store tells about files that did not change. */
async function lookUp(
  files: Iterable<string>,
  shelf: SpeechShelf,
  wanted: Wanted,
  outcomes: Map<string, Outcome>,
): Promise<void> {
  for (const file of files) {
    const stamp = outcomes.has(file) ? undefined : await stampOf(file);
    const line = stamp === undefined ? undefined : shelf.ofStamp(stamp);
    if (line !== undefined && isEnough(line, wanted)) outcomes.set(file, line);
  }
}

/** Loads a model once, when it is needed; frees what was loaded here. */
function modelOf(source: Whisper | WhisperSource): { load: () => Promise<Whisper>; free: () => Promise<void> } {
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

/**
 * Who works on everything excludes all others, a shard only itself. No process writes another one's part, so the locks
 * keep no data safe: they spare the work of encoding the same recordings twice.
 */
function storeLocks(folder: string, shard: Shard | undefined): LockRequest[] {
  const all = join(folder, "lock");
  if (shard === undefined) return [{ path: all, exclusive: true }];
  return [
    { path: join(folder, `lock-${shard.index}-of-${shard.count}`), exclusive: true },
    { path: all, exclusive: false },
  ];
}
