/** What a dry run starts from: files, models, what earlier runs transcribed, and a few recordings transcribed now. */
import { MelFrames } from "../audio/mel_frames.ts";
import { readAudio } from "../audio/read_audio.ts";
import { clipShapes } from "../clip/clip.ts";
import { type ClipConfig, readClipConfig } from "../clip/config.ts";
import { type ClipTokenizer, loadClipTokenizer, textCapacity } from "../clip/tokenizer.ts";
import type { Manifest } from "../data/check/manifest.ts";
import type { Pair, Split } from "../data/pair.ts";
import { InputError, messageOf } from "../errors.ts";
import { inParallel } from "../files/in_parallel.ts";
import { exists } from "../files/read.ts";
import { findModel } from "../hub/find_model.ts";
import { systemOf } from "../systems/registry.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import type { FrameStates } from "../training/examples.ts";
import { openRunWhisper, setupOf } from "../training/run_model.ts";
import { confidenceOf } from "../whisper/confidence.ts";
import { stampOf } from "../whisper/read_recordings.ts";
import { isEnough, type StoredLine, type Wanted } from "../whisper/store/line.ts";
import { readParts, storeFolder } from "../whisper/store/parts.ts";
import { SpeechMemory, StateReader } from "../whisper/store/speech_store.ts";
import type { Whisper, WhisperSource } from "../whisper/whisper.ts";
import { framesOf } from "../whisper/windows.ts";
import type { PlanPart } from "./dry_run_plan.ts";
import { decodingOf, SPEECH_STORE, usablePairs } from "./pairs.ts";

export type PairSplits = Record<Split, Pair[]>;

/** Files that are looked up at the same time. */
const CONCURRENT = 64;

/**
 * Looks for every image and recording, and for what a check of the data set found. Reads no file's content.
 *
 * @param pairs as `listPairs` returns them
 */
export async function planData(
  config: Pick<RunConfig, "dataset" | "dataRoot">,
  pairs: readonly Pair[],
  manifest: Pick<Manifest, "problemOf" | "size">,
): Promise<{ part: PlanPart; splits: PairSplits }> {
  const skipped: { path: string; reason: string }[] = [];
  const listed = await usablePairs(pairs, manifest, { add: (entry) => Promise.resolve(void skipped.push(entry)) });
  const recordings = [...new Set(listed.map(({ audio }) => audio))];
  const there = await inParallel(recordings, CONCURRENT, exists);
  const missing = new Set(recordings.filter((_, i) => !there[i]));
  for (const path of missing) skipped.push({ path, reason: "it does not exist" });
  const splits: PairSplits = { train: [], dev: [], test: [] };
  for (const pair of listed) if (!missing.has(pair.audio)) splits[pair.split].push(pair);

  const part: PlanPart = { name: "data", lines: [`${config.dataset} in ${config.dataRoot}`], lacking: [] };
  for (const split of ["train", "dev", "test"] as const) {
    const own = splits[split];
    const images = new Set(own.map(({ imageId }) => imageId)).size;
    const written = own.filter(({ text }) => text.trim() !== "").length;
    part.lines.push(`${split}: ${images} images, ${own.length} recordings, ${written} written captions`);
    if (own.length === 0) {
      part.lacking.push(`split '${split}' of '${config.dataset}' has no usable pair: check the data set`);
    }
  }
  const shown = skipped.slice(0, 3).map(({ path, reason }) => `${path} (${reason.split("\n", 1)[0]})`);
  part.lines.push(
    skipped.length === 0
      ? `no file is missing, ${manifest.size === 0 ? "none was checked" : "none has a known problem"}`
      : `skipped ${skipped.length} files: ${shown.concat(skipped.length > 3 ? "..." : []).join(", ")}`,
  );
  if (manifest.size === 0) {
    const where = `${config.dataset === "own" ? "--data" : "--data-root"} ${config.dataRoot}`;
    part.lines.push(`contents were not checked: 'deno task data check ${config.dataset} ${where}' finds damaged files`);
  }
  return { part, splits };
}

/** The models of a run, found but not loaded. */
export interface FoundModels {
  clipFolder: string;
  clip: ClipConfig;
  tokenizer: ClipTokenizer;
  source: WhisperSource;
  /** Trained numbers. */
  trained: number;
}

/** Looks for both models and checks that their sizes fit. Weights are not read. */
export async function planModels(config: RunConfig): Promise<{ part: PlanPart; models?: FoundModels }> {
  const part: PlanPart = { name: "models", lines: [], lacking: [] };
  const attempt = async <T>(action: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof InputError || error instanceof RangeError)) throw error;
      part.lacking.push(messageOf(error));
      return undefined;
    }
  };
  const clip = await attempt(async () => {
    const clipFolder = await findModel(config.clip, "clip");
    return { clipFolder, clip: await readClipConfig(clipFolder), tokenizer: await loadClipTokenizer(clipFolder) };
  });
  if (clip !== undefined) {
    part.lines.push(`CLIP ${config.clip}: ${describeClip(clip.clip)}${folderIfOther(config.clip, clip.clipFolder)}`);
  }
  const source = await attempt(() => openRunWhisper(config));
  if (source !== undefined) {
    const folder = folderIfOther(config.whisper, source.name);
    part.lines.push(`Whisper ${config.whisper}: states of width ${source.width}${folder}`);
  }
  if (clip === undefined || source === undefined) return { part };
  const { text, vision } = clip.clip;
  const shapes = await attempt(() => {
    if (VARIANTS[config.variant].prompts) textCapacity(text.positions, config.promptLength);
    const frozen = { clip: { config: clip.clip }, whisperWidth: source.width, whisperLayers: source.layers };
    return systemOf(config).shapes(config.variant, setupOf(config, frozen));
  });
  if (shapes === undefined) return { part };
  const trained = countNumbers(shapes);
  const fit = config.system === "brewclip"
    ? `states ${source.width} to text ${text.width}, prompts ${text.width} to vision ${vision.width}`
    : config.system;
  part.lines.push(`they fit together: ${fit}; ${millions(trained)} million numbers are trained`);
  return { part, models: { ...clip, source, trained } };
}

function countNumbers(shapes: ReadonlyMap<string, readonly number[]>): number {
  return shapes.values().reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

function describeClip(clip: ClipConfig): string {
  const { text, vision } = clip;
  return `${millions(countNumbers(clipShapes(clip)))} million weights, ` +
    `text ${text.layers} x ${text.width} with ${text.positions} positions, ` +
    `vision ${vision.layers} x ${vision.width} on ${vision.imageSize} pixels`;
}

function folderIfOther(name: string, folder: string): string {
  return name === folder ? "" : `, in ${folder}`;
}

function millions(count: number): string {
  return (count / 1e6).toFixed(count < 1e7 ? 2 : 0);
}

/** What the store of a Whisper has, and what it lacks. */
export interface StoredTranscripts {
  /** The folder of the store. It may not exist. */
  folder: string;
  /** By file: recordings that are stored as wanted, or known to be bad. */
  lines: Map<string, StoredLine>;
  /** Recordings still to be transcribed, each file once. */
  missing: Pick<Pair, "audio" | "seconds">[];
}

/**
 * Looks up the recordings of pairs in the store of a Whisper.
 *
 * @param key of the Whisper
 * @param options `root`: the folder of all stores, default {@link SPEECH_STORE}; `cache`: false for a run that uses no store,
 * for which everything is missing
 */
export async function findStored(
  pairs: readonly Pick<Pair, "audio" | "seconds">[],
  key: string,
  wanted: Wanted,
  { root = SPEECH_STORE, cache = true }: { root?: string; cache?: boolean } = {},
): Promise<StoredTranscripts> {
  const folder = storeFolder(root, key);
  const memory = new SpeechMemory();
  const stored = cache && await exists(folder) ? (await readParts(folder, key)).lines : [];
  for (const line of stored) await memory.add(line);
  const lines = new Map<string, StoredLine>();
  const missing = new Map<string, StoredTranscripts["missing"][number]>();
  for (const { audio, seconds } of pairs) {
    if (lines.has(audio) || missing.has(audio)) continue;
    const stamp = await stampOf(audio);
    const line = stamp && memory.ofStamp(stamp);
    if (line !== undefined && isEnough(line, wanted)) lines.set(audio, line);
    else missing.set(audio, { audio, seconds });
  }
  return { folder, lines, missing: [...missing.values()] };
}

/** The most recordings to transcribe: enough to measure the speed, few enough not to wait for. */
const FEW = 8;

type Speech = Pick<StoredLine, "others" | "confidence"> & { text: string; states?: FrameStates | undefined };

/** Speech of some recordings, and how fast it was transcribed. */
export interface FewTranscribed {
  /** At least one. */
  speech: Speech[];
  /** How many recordings were transcribed now. */
  newRecordings: number;
  /** Their total length in seconds. */
  seconds: number;
  /** Seconds that reading and transcribing them took, without loading the model. */
  elapsed: number;
}

/**
 * Reads the speech of `pairs` from the store, and transcribes the first few recordings that are missing there, of these pairs
 * or of others. Without a cache, states are computed again on each use, as in the run itself.
 *
 * @param load loads the model; called only if something must be transcribed
 * @throws {InputError} if nothing is stored and nothing can be transcribed.
 */
export async function transcribeFew(
  pairs: readonly Pair[],
  stored: StoredTranscripts,
  load: () => Promise<Whisper>,
  config: Pick<RunConfig, "variant" | "fusion" | "transcripts" | "audioSeconds" | "cache">,
  source: Pick<WhisperSource, "width" | "minFrames">,
): Promise<FewTranscribed> {
  const { audioSeconds: maxSeconds, cache } = config;
  const { transcripts = 1 } = decodingOf(config);
  const { acoustic, mel } = VARIANTS[config.variant];
  const spectra = mel === undefined ? undefined : new MelFrames(mel, maxSeconds);
  const files = [...new Set(pairs.map(({ audio }) => audio))];
  const known = readStored(files, stored, spectra ?? acoustic, { ...source, maxSeconds, transcripts });
  const missing = new Set(stored.missing.map(({ audio }) => audio));
  const wanted = files.filter((file) => missing.has(file)).concat([...missing].filter((file) => !files.includes(file)));
  if (wanted.length === 0 && known.length > 0) return { speech: known, newRecordings: 0, seconds: 0, elapsed: 0 };

  const whisper = await load();
  const start = performance.now();
  const read: { file: string; samples: Float32Array }[] = [];
  for (const file of wanted) {
    if (read.length === FEW) break;
    try {
      read.push({ file, samples: await readAudio(file) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error; // the run itself reports and skips it
    }
  }
  const transcribed = await whisper.transcribe(read.map(({ samples }) => samples), { maxSeconds, transcripts });
  const fresh = transcribed.map(({ text, others, states, frames, width, ...scores }, i): Speech => {
    const values = cache ? () => Promise.resolve(states) : async () => {
      const [encoded] = await (await load()).encode([await readAudio(read[i]!.file)], { maxSeconds });
      return encoded!.states;
    };
    const { file, samples } = read[i]!;
    if (spectra) return { text, states: spectra.of(file, samples.length / 16000) };
    return { text, others, confidence: confidenceOf(scores), states: acoustic ? { values, frames, width } : undefined };
  });
  const speech = [...known, ...fresh];
  if (speech.length === 0) {
    throw new InputError(
      `Cannot time the training as none of ${files.length} recordings can be transcribed, such as '${files[0]}': ` +
        "check the data set.",
    );
  }
  const seconds = read.reduce((sum, { samples }) => sum + samples.length / 16000, 0);
  return { speech, newRecordings: read.length, seconds, elapsed: (performance.now() - start) / 1000 };
}

function readStored(
  files: readonly string[],
  { folder, lines }: StoredTranscripts,
  acoustic: boolean | MelFrames,
  { width, minFrames, maxSeconds, transcripts }: Pick<WhisperSource, "width" | "minFrames"> & {
    maxSeconds: number;
    transcripts: number;
  },
): Speech[] {
  const reader = new StateReader(folder);
  try {
    return files.flatMap((file): Speech[] => {
      const line = lines.get(file);
      if (line?.text === undefined) return [];
      const { text, confidence } = line;
      const others = line.others?.slice(0, transcripts - 1);
      if (!acoustic) return [{ text, others }];
      if (acoustic !== true) return [{ text, states: acoustic.of(file, (line.samples ?? 0) / 16000) }];
      const frames = framesOf(line.samples ?? 0, maxSeconds, minFrames);
      const states = reader.read(line, frames);
      return [{ text, others, confidence, states: { values: () => Promise.resolve(states), frames, width } }];
    });
  } finally {
    reader.close();
  }
}
