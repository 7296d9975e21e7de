/**
 * What a dry run starts from: files, models, what earlier runs transcribed, and a few recordings transcribed now.
 *
 * @module
 */
import { readAudio } from "../audio/read_audio.ts";
import { clipShapes } from "../clip/clip.ts";
import { type ClipConfig, readClipConfig } from "../clip/config.ts";
import { type ClipTokenizer, loadClipTokenizer, textCapacity } from "../clip/tokenizer.ts";
import type { Manifest } from "../data/check/manifest.ts";
import type { Pair, Split } from "../data/pair.ts";
import { InputError, messageOf } from "../errors.ts";
import { exists } from "../files/read.ts";
import { findModel } from "../hub/find_model.ts";
import type { AcousticConfig } from "../systems/acoustic_config.ts";
import { parameterShapes } from "../systems/parameters.ts";
import type { RunConfig } from "../training/config.ts";
import type { FrameStates } from "../training/examples.ts";
import { acousticSizes, openRunWhisper } from "../training/run_model.ts";
import { stampOf } from "../whisper/read_recordings.ts";
import { isEnough, type StoredLine, type Wanted } from "../whisper/store/line.ts";
import { readParts, storeFolder } from "../whisper/store/parts.ts";
import { SpeechMemory, StateReader } from "../whisper/store/speech_store.ts";
import type { Whisper, WhisperSource } from "../whisper/whisper.ts";
import { framesOf } from "../whisper/windows.ts";
import type { PlanPart } from "./dry_run_plan.ts";
import { SPEECH_STORE, usablePairs } from "./pairs.ts";

/** The usable pairs of each split. */
export type PairSplits = Record<Split, Pair[]>;

/** Files that are looked for at once. */
const TOGETHER = 64;

/**
 * Looks for every picture and recording and asks what a check of the data set knows. Reads no file's content.
 *
 * @param pairs as `listPairs` gives them
 */
export async function planData(
  config: Pick<RunConfig, "dataset" | "dataRoot" | "variant" | "steps" | "batchSize">,
  pairs: readonly Pair[],
  manifest: Pick<Manifest, "problemOf" | "size">,
): Promise<{ part: PlanPart; splits: PairSplits }> {
  const left: { path: string; reason: string }[] = [];
  const listed = await usablePairs(pairs, manifest, { add: (entry) => Promise.resolve(void left.push(entry)) });
  const missing = new Set(await missingOf(listed.map(({ audio }) => audio)));
  for (const path of missing) left.push({ path, reason: "it does not exist" });
  const usable = listed.filter(({ audio }) => !missing.has(audio));
  const splits: PairSplits = { train: [], dev: [], test: [] };
  for (const pair of usable) splits[pair.split].push(pair);

  const part: PlanPart = { name: "data", lines: [`${config.dataset} in ${config.dataRoot}`], lacking: [] };
  for (const split of ["train", "dev", "test"] as const) {
    const own = splits[split];
    const images = new Set(own.map(({ imageId }) => imageId)).size;
    const written = own.filter(({ text }) => text.trim() !== "").length;
    part.lines.push(`${split}: ${images} pictures, ${own.length} recordings, ${written} written captions`);
    if (own.length === 0) {
      part.lacking.push(`split '${split}' of '${config.dataset}' has no usable pair: check the data set`);
    }
  }
  part.lines.push(
    left.length === 0
      ? `no file is missing, ${manifest.size === 0 ? "none was checked" : "none has a known problem"}`
      : `left out ${left.length} files: ${examples(left)}`,
  );
  if (manifest.size === 0) {
    const where = `${config.dataset === "own" ? "--data" : "--data-root"} ${config.dataRoot}`;
    part.lines.push(`contents were not checked: 'deno task data check ${config.dataset} ${where}' finds damaged files`);
  }
  return { part, splits };
}

function examples(left: readonly { path: string; reason: string }[]): string {
  const shown = left.slice(0, 3).map(({ path, reason }) => `${path} (${reason.split("\n", 1)[0]})`).join(", ");
  return left.length > 3 ? `${shown}, ...` : shown;
}

/** The files that are not there. */
async function missingOf(files: readonly string[]): Promise<string[]> {
  const different = [...new Set(files)];
  const missing: string[] = [];
  for (let i = 0; i < different.length; i += TOGETHER) {
    const group = different.slice(i, i + TOGETHER);
    const there = await Promise.all(group.map((file) => exists(file)));
    missing.push(...group.filter((_, j) => !there[j]));
  }
  return missing;
}

/** The models of a run, found but not loaded. */
export interface FoundModels {
  /** CLIP's folder. */
  clipFolder: string;
  /** Sizes of its towers. */
  clip: ClipConfig;
  /** Turns texts into tokens. */
  tokenizer: ClipTokenizer;
  /** Whisper. */
  source: WhisperSource;
  /** Sizes of the acoustic branch between the two. */
  acoustic: AcousticConfig;
  /** Numbers that are trained. */
  trained: number;
}

/** Looks for both models and holds their sizes against each other. Weights are not read. */
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
    part.lines.push(`CLIP ${config.clip}: ${describeClip(clip.clip)}${at(config.clip, clip.clipFolder)}`);
  }
  const source = await attempt(async () => await openRunWhisper(config));
  if (source !== undefined) {
    part.lines.push(`Whisper ${config.whisper}: states of width ${source.width}${at(config.whisper, source.name)}`);
  }
  if (clip === undefined || source === undefined) return { part };
  const { text, vision } = clip.clip;
  const acoustic = await attempt(() => {
    textCapacity(text.positions, config.promptLength);
    return acousticSizes(config, text.width, source.width);
  });
  if (acoustic === undefined) return { part };
  const trained = sizeOf(parameterShapes(config.variant, clip.clip, acoustic));
  part.lines.push(
    `they fit together: states ${source.width} to text ${text.width}, prompts ${text.width} to vision ${vision.width}; ` +
      `${millions(trained)} million numbers are trained`,
  );
  return { part, models: { ...clip, source, acoustic, trained } };
}

/** Numbers in tensors of these shapes. */
export function sizeOf(shapes: ReadonlyMap<string, readonly number[]>): number {
  return shapes.values().reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

function describeClip(clip: ClipConfig): string {
  const { text, vision } = clip;
  return `${
    millions(sizeOf(clipShapes(clip)))
  } million weights, text ${text.layers} x ${text.width} with ${text.positions} ` +
    `places, vision ${vision.layers} x ${vision.width} on ${vision.imageSize} pixels`;
}

function at(name: string, folder: string): string {
  return name === folder ? "" : `, in ${folder}`;
}

function millions(count: number): string {
  return (count / 1e6).toFixed(count < 1e7 ? 2 : 0);
}

/** What is stored and what is not. */
export interface StoredTranscripts {
  /** The folder of the store; it need not exist. */
  folder: string;
  /** By file: recordings that are stored as they are wanted, or known to be bad. */
  lines: Map<string, StoredLine>;
  /** Recordings still to be heard, each file once. */
  open: { audio: string; seconds?: number | undefined }[];
}

/**
 * Looks up the recordings of pairs in the store of a Whisper.
 *
 * @param key of the Whisper
 * @param options.root the folder of all stores. Default {@link SPEECH_STORE}.
 * @param options.cache false for a run that uses no store: then all is still to be heard. Default true.
 */
export async function findStored(
  pairs: readonly Pick<Pair, "audio" | "seconds">[],
  key: string,
  wanted: Wanted,
  { root = SPEECH_STORE, cache = true }: { root?: string; cache?: boolean } = {},
): Promise<StoredTranscripts> {
  const folder = storeFolder(root, key);
  const shelf = new SpeechMemory();
  const stored = cache && await exists(folder) ? (await readParts(folder, key)).lines : [];
  for (const line of stored) await shelf.add(line);
  const lines = new Map<string, StoredLine>();
  const open = new Map<string, StoredTranscripts["open"][number]>();
  for (const { audio, seconds } of pairs) {
    if (lines.has(audio) || open.has(audio)) continue;
    const stamp = await stampOf(audio);
    const line = stamp && shelf.ofStamp(stamp);
    if (line !== undefined && isEnough(line, wanted)) lines.set(audio, line);
    else open.set(audio, { audio, seconds });
  }
  return { folder, lines, open: [...open.values()] };
}

/** Recordings that are heard now at most: enough to tell a speed, few enough not to wait for. */
const HEARD_NOW = 8;

/** One recording's speech. */
export interface FewSpeech {
  /** The transcript. */
  text: string;
  /** States of Whisper's encoder, where they are wanted. */
  states?: FrameStates | undefined;
}

/** Some recordings' speech, and how fast it was heard. */
export interface FewTranscribed {
  /** At least one. */
  speech: FewSpeech[];
  /** Recordings that were heard now. */
  newRecordings: number;
  /** Their length together, in seconds. */
  seconds: number;
  /** Time that their reading and hearing took, in seconds, without the loading of the model. */
  elapsed: number;
}

/** What is wanted of the recordings. */
export interface FewOptions {
  /** Whether states are wanted. */
  acoustic: boolean;
  /** The acoustic branch attends to so many seconds. */
  audioSeconds: number;
  /** At least so many frames of each recording. Default 1. */
  minFrames?: number | undefined;
  /** Whether the run stores states; false: they are computed anew whenever they are asked for, as in the run itself. */
  cache: boolean;
  /** Width of a state. */
  width: number;
}

/**
 * Takes the speech of `pairs` from the store, and hears the first few that are not stored, of these pairs or of others.
 *
 * @param load gives the model; called where something must be heard
 * @throws {InputError} where nothing is stored and nothing can be heard.
 */
export async function transcribeFew(
  pairs: readonly Pair[],
  before: StoredTranscripts,
  load: () => Promise<Whisper>,
  options: FewOptions,
): Promise<FewTranscribed> {
  const files = [...new Set(pairs.map(({ audio }) => audio))];
  const stored = storedSpeech(files, before, options);
  const unheard = new Set(before.open.map(({ audio }) => audio));
  const wanted = files.filter((file) => unheard.has(file)).concat([...unheard].filter((file) => !files.includes(file)));
  if (wanted.length === 0 && stored.length > 0) return { speech: stored, newRecordings: 0, seconds: 0, elapsed: 0 };

  const whisper = await load();
  const start = performance.now();
  const read: { file: string; samples: Float32Array }[] = [];
  for (const file of wanted) {
    if (read.length === HEARD_NOW) break;
    try {
      read.push({ file, samples: await readAudio(file) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error; // the run itself tells of it and leaves it out
    }
  }
  const maxSeconds = options.audioSeconds;
  const heard = await whisper.transcribe(read.map(({ samples }) => samples), { maxSeconds });
  const now = heard.map(({ text, states, frames, width }, i): FewSpeech => {
    const values = options.cache ? () => Promise.resolve(states) : recompute(read[i]!.file, load, maxSeconds);
    return { text, states: options.acoustic ? { values, frames, width } : undefined };
  });
  const speech = [...stored, ...now];
  if (speech.length === 0) {
    throw new InputError(
      `Cannot time the training as none of ${files.length} recordings can be heard, such as '${
        files[0]
      }': check the data set.`,
    );
  }
  const seconds = read.reduce((sum, { samples }) => sum + samples.length / 16000, 0);
  return { speech, newRecordings: read.length, seconds, elapsed: (performance.now() - start) / 1000 };
}

function storedSpeech(
  files: readonly string[],
  { folder, lines }: StoredTranscripts,
  { acoustic, audioSeconds, minFrames, width }: FewOptions,
): FewSpeech[] {
  const reader = new StateReader(folder);
  try {
    return files.flatMap((file): FewSpeech[] => {
      const line = lines.get(file);
      if (line?.text === undefined) return [];
      if (!acoustic) return [{ text: line.text }];
      const frames = framesOf(line.samples ?? 0, audioSeconds, minFrames);
      const states = reader.read(line, frames);
      return [{ text: line.text, states: { values: () => Promise.resolve(states), frames, width } }];
    });
  } finally {
    reader.close();
  }
}

function recompute(file: string, load: () => Promise<Whisper>, maxSeconds: number): () => Promise<Float32Array> {
  return async () => {
    const [encoded] = await (await load()).encode([await readAudio(file)], { maxSeconds });
    return encoded!.states;
  };
}
