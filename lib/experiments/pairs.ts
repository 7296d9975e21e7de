/**
 * Prepares the pairs of a data set: lists them, skips unusable ones, transcribes, and makes the examples of a variant.
 */
import { dirname, join } from "@std/path";
import type { Manifest } from "../data/check/manifest.ts";
import { differingParts, fingerprintPairs, identifyFiles } from "../data/fingerprint.ts";
import { loadPairs, smallSplits } from "../data/load_pairs.ts";
import { type Oddity, oddityLines, type Pair, type Split } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { exists } from "../files/read.ts";
import { readsConfidence } from "../systems/parameters.ts";
import { transcriptsRead, type Variant, VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import type { Example, FrameStates, Images } from "../training/examples.ts";
import type { SkippedFiles } from "../training/run_logs.ts";
import type { TextRows } from "../training/run_model.ts";
import type { Shard } from "../whisper/shard.ts";
import { transcribeAll } from "../whisper/transcribe_all.ts";
import { describeSpeed, type StoredSpeech } from "../whisper/transcript.ts";
import type { WhisperSource } from "../whisper/whisper.ts";
import type { Watch } from "./report.ts";

export type DataPlace = Pick<RunConfig, "dataset" | "dataRoot" | "dataRoots">;

export async function loadData(
  { dataset, dataRoot, dataRoots = [] }: DataPlace,
  onOddity: (oddity: Oddity) => void = () => {},
): Promise<Pair[]> {
  return await loadPairs(dataset, dataRoot, { onOddity, roots: dataRoots });
}

/**
 * Computes the fingerprint of a data set. It covers the content of the files only if the data are your own.
 */
export async function fingerprintData({ dataset, dataRoot }: DataPlace, pairs: readonly Pair[]): Promise<string> {
  if (dataset !== "own") return fingerprintPairs(pairs, dataRoot);
  const base = dirname(dataRoot);
  return fingerprintPairs(pairs, base, await identifyFiles(pairs, base));
}

/**
 * Checks that the data are those that a run started with.
 *
 * @throws {InputError} if they are not. It names the run and what differs.
 */
export function checkData({ dataset, dataRoot, dataFingerprint }: RunConfig, now: string, path: string): void {
  const parts = dataFingerprint === undefined ? [] : differingParts(dataFingerprint, now);
  if (parts.length === 0) return;
  throw new InputError(
    `Cannot continue the run '${path}' as it started with other data: the ${
      parts.join(" and the ")
    } of '${dataset}' in ` +
      `'${dataRoot}' differ. Give the data that it started with, or start a new run: another --out.`,
  );
}

/**
 * Lists the pairs of some splits; of their first `maxPictures` images if that is set. Reports oddities of the index files, a
 * line for each kind, and splits that are too small.
 *
 * @throws {InputError} if the data set cannot be read, or the variant reads written captions and a pair has none.
 */
export async function listPairs(
  config: DataPlace & Pick<RunConfig, "maxPictures" | "variant">,
  splits: readonly Split[],
  tell: (line: string) => void,
): Promise<Pair[]> {
  return (await listData(config, splits, tell)).pairs;
}

/** Lists pairs as {@link listPairs} does, and returns the fingerprint of the whole data set too. */
export async function listData(
  config: DataPlace & Pick<RunConfig, "maxPictures" | "variant">,
  splits: readonly Split[],
  tell: (line: string) => void,
): Promise<{ pairs: Pair[]; fingerprint: string }> {
  const odd: Oddity[] = [];
  const all = await loadData(config, (oddity) => odd.push(oddity));
  for (const line of oddityLines(odd)) tell(line);
  const asked = all.filter(({ split }) => splits.includes(split));
  const pairs = config.maxPictures === null ? asked : firstImages(asked, config.maxPictures);
  for (const line of smallSplits(pairs)) tell(line);
  if (VARIANTS[config.variant].source === "caption") requireCaptions(config, pairs);
  return { pairs, fingerprint: await fingerprintData(config, all) };
}

/**
 * Picks the pairs of the first images of each split, in the order of the list.
 *
 * @example
 * ```ts
 * import { firstImages } from "./pairs.ts";
 * const pair = (imageId: string, split: "train" | "test") => ({ imageId, split });
 * const pairs = [pair("a", "train"), pair("b", "train"), pair("a", "train"), pair("c", "test")];
 * if (firstImages(pairs, 1).map(({ imageId }) => imageId).join() !== "a,a,c") throw new Error("not the first");
 * ```
 */
export function firstImages<P extends Pick<Pair, "imageId" | "split">>(pairs: readonly P[], count: number): P[] {
  const images: Record<Split, Set<string>> = { train: new Set(), dev: new Set(), test: new Set() };
  return pairs.filter(({ imageId, split }) => {
    if (images[split].size < count) images[split].add(imageId);
    return images[split].has(imageId);
  });
}

function requireCaptions(
  { variant, dataset, dataRoot }: Pick<RunConfig, "dataset" | "dataRoot" | "variant">,
  pairs: readonly Pair[],
): void {
  const bare = pairs.filter(({ text }) => text.trim() === "");
  if (bare.length === 0) return;
  throw new InputError(
    `Cannot use variant '${variant}' on '${dataset}' in '${dataRoot}' as it reads written captions: ` +
      `${bare.length} of ${pairs.length} pairs have none, such as '${bare[0]?.id}'. ` +
      `Give their text, or do without this variant: another --variant, fewer --variants.`,
  );
}

/**
 * Skips pairs whose image is missing, and pairs with a file that `data check` found unusable and that has not changed since.
 * They are reported and listed before anything is transcribed. Files that were never checked may still fail when read.
 */
export async function usablePairs(
  pairs: readonly Pair[],
  manifest: Pick<Manifest, "problemOf">,
  skipped: Pick<SkippedFiles, "add">,
): Promise<Pair[]> {
  const usable = new Map<string, boolean>();
  const look = async (kind: "picture" | "recording", path: string, missing: string | undefined): Promise<void> => {
    if (usable.has(path)) return;
    const reason = missing ?? await manifest.problemOf(path);
    usable.set(path, reason === undefined);
    if (reason !== undefined) await skipped.add({ kind, path, reason });
  };
  for (const { image, audio } of pairs) {
    if (!usable.has(image)) await look("picture", image, await exists(image) ? undefined : "it does not exist");
    await look("recording", audio, undefined);
  }
  return pairs.filter(({ image, audio }) => usable.get(image) && usable.get(audio));
}

/** Skips pairs whose recording `data check` found unusable. Their images do not matter. */
export async function usableRecordings(
  pairs: readonly Pair[],
  manifest: Pick<Manifest, "problemOf">,
  skipped: Pick<SkippedFiles, "add">,
): Promise<Pair[]> {
  const usable: Pair[] = [];
  for (const pair of pairs) {
    const reason = await manifest.problemOf(pair.audio);
    if (reason === undefined) usable.push(pair);
    else await skipped.add({ kind: "recording", path: pair.audio, reason });
  }
  return usable;
}

/** The folder of the stores of transcripts and encoder states, shared by all runs. */
export const SPEECH_STORE: string = join("runs", "heard");

interface TranscribePairsOptions extends Watch {
  /** Whether encoder states are wanted too. */
  states: boolean;
  /** Whether stored transcripts without a confidence get one. Default false. */
  confidence?: boolean | undefined;
  /** Transcripts of each recording. Default 1. */
  transcripts?: number | undefined;
  /** States cover at most so many seconds of a recording. */
  maxSeconds: number;
  cache: boolean;
  /** The shard of the data set that the pairs are. Default all of it. */
  shard?: Shard | undefined;
  skipped: Pick<SkippedFiles, "add">;
  /** Knows the lengths of checked recordings, for the estimate of the time. */
  manifest: Pick<Manifest, "secondsOf">;
}

/** What a model of these settings reads of Whisper's decoder, besides the best transcript. */
export function decodingOf(
  { variant, fusion, transcripts }: Pick<RunConfig, "variant" | "fusion" | "transcripts">,
): Pick<TranscribePairsOptions, "confidence" | "transcripts"> {
  return { confidence: readsConfidence(variant, fusion), transcripts: transcriptsRead(variant, transcripts) };
}

/**
 * Transcribes the recordings of pairs, unless {@link SPEECH_STORE} has their transcripts. Reports the plan before the start,
 * and at the end the speed, the unusable recordings, and how many transcripts are empty.
 *
 * @throws {InputError} and the signal's reason, as {@link transcribeAll} does.
 */
export async function transcribePairs(
  pairs: readonly Pair[],
  source: WhisperSource,
  { skipped, manifest, report, ...options }: TranscribePairsOptions,
): Promise<StoredSpeech> {
  const recordings = pairs.map((pair) => ({ ...pair, seconds: manifest.secondsOf(pair.audio) ?? pair.seconds }));
  const progress = report.progress("transcribe", recordings.length, "recording");
  const speech = await transcribeAll(recordings, source, {
    ...options,
    folder: SPEECH_STORE,
    report: progress.line,
    progress: (done) => progress.update(done),
  }).finally(() => progress.stop());
  for (const { file, problem, kind } of speech.problems) {
    await skipped.add({ kind: "recording", path: file, problem: kind, reason: problem });
  }
  const { transcripts, newRecordings, empty } = speech;
  const speed = describeSpeed(speech);
  report.line(
    `transcribed ${transcripts.size} recordings, ${newRecordings} of them now${
      speed === undefined ? "" : ` (${speed})`
    }; ` +
      (options.cache ? `stored in ${SPEECH_STORE}` : "not stored"),
  );
  if (empty.length > 0) report.line(`the transcripts of ${empty.length} recordings are empty, such as '${empty[0]}'`);
  return speech;
}

/** A pair with everything that a variant may read. */
export interface PreparedPair {
  /** The pair as the data set lists it. */
  pair: Pair;
  /** Whisper's transcript. */
  transcript: string;
  /** How sure Whisper is of it; undefined if nothing asks for it, or for a text that Whisper did not write. */
  confidence?: number | undefined;
  /** CLIP's tokens of the transcript, all of them, without SOS and EOS. */
  transcriptTokens: readonly number[];
  /** Those of further transcripts. Default none. */
  otherTokens?: readonly (readonly number[])[] | undefined;
  /** CLIP's tokens of the written caption, likewise; empty without a caption. */
  captionTokens: readonly number[];
  /** States of Whisper's encoder or frames of a log-mel, if they were requested. */
  states?: FrameStates | undefined;
}

/** Whether every pair has a written caption. Your own data may have none. */
export function hasCaptions(pairs: readonly Pick<Pair, "text">[]): boolean {
  return pairs.every(({ text }) => text.trim() !== "");
}

/** A data set that is ready. */
export interface Prepared {
  /** The usable pairs of each split; empty for a split that was not requested. */
  splits: Record<Split, PreparedPair[]>;
  /** Makes the rows of a text for CLIP's text tower next to a number of prompts: one, perhaps truncated, or its windows. */
  rows: TextRows;
  /** Reads the images. */
  images: Images;
  /** Files that cannot be used. */
  skipped: SkippedFiles;
  /** Values of a frame of Whisper's states: their width Z, or that of all layers. */
  whisperWidth: number;
  /** States of a frame. Default 1. */
  whisperLayers?: number | undefined;
  /** Ids of the tokens that may be keywords, for models that choose them. */
  vocabulary?: readonly number[] | undefined;
  /** Identifies the Whisper. */
  whisperKey: string;
  /** The same Whisper's key in checkpoints of earlier versions. */
  formerWhisperKey?: string;
  /** Identifies the CLIP. */
  clipKey: string;
  /** The fingerprint of all pairs of the data set. */
  fingerprint: string;
}

/** Lists the usable pairs of all requested splits. */
export function pairsOf({ data }: { data: Pick<Prepared, "splits"> }): Pair[] {
  return Object.values(data.splits).flat().map(({ pair }) => pair);
}

/** Makes the examples of a split for a variant: transcripts or captions, with frames if it reads sound. */
export function examplesFor(
  { config, data }: { config: Pick<RunConfig, "promptLength">; data: Pick<Prepared, "splits" | "rows"> },
  split: Split,
  variant: Variant,
): Example[] {
  const { text, acoustic, prompts, source } = VARIANTS[variant];
  const pushed = prompts ? config.promptLength : 0;
  return data.splits[split].map(({ pair, confidence, transcriptTokens, otherTokens = [], captionTokens, states }) => ({
    id: pair.id,
    imageId: pair.imageId,
    image: pair.image,
    group: pair.group,
    texts: text
      ? (source === "caption" ? [captionTokens] : [transcriptTokens, ...otherTokens])
        .flatMap((tokens) => data.rows(tokens, pushed))
      : undefined,
    confidence: source === "caption" ? undefined : confidence,
    states: acoustic ? states : undefined,
  }));
}
