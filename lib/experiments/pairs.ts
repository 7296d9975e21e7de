/**
 * The pairs of a data set made ready: listed, without those that cannot be used, transcribed, and as examples of a variant.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import type { Manifest } from "../data/check/manifest.ts";
import { differingParts, fingerprintPairs, identifyFiles } from "../data/fingerprint.ts";
import { loadPairs, smallSplits } from "../data/load_pairs.ts";
import { type Oddity, oddityLines, type Pair, type Split } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { exists } from "../files/read.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import type { Example, FrameStates, Images } from "../training/examples.ts";
import type { SkippedFiles } from "../training/run_logs.ts";
import type { TextRows } from "../training/run_model.ts";
import type { Shard } from "../whisper/shard.ts";
import { transcribeAll } from "../whisper/transcribe_all.ts";
import { describeSpeed, type StoredSpeech } from "../whisper/transcript.ts";
import type { WhisperSource } from "../whisper/whisper.ts";
import type { Report } from "./report.ts";

/** Where a data set is. */
export type DataPlace = Pick<RunConfig, "dataset" | "dataRoot" | "dataRoots">;

/** Reads all pairs of a data set. */
export async function loadData(
  { dataset, dataRoot, dataRoots = [] }: DataPlace,
  onOddity: (oddity: Oddity) => void = () => {},
): Promise<Pair[]> {
  return await loadPairs(dataset, dataRoot, { onOddity, roots: dataRoots });
}

/**
 * The fingerprint of a data set. The files of own data count by their content; those of published sets do not count.
 */
export async function fingerprintData({ dataset, dataRoot }: DataPlace, pairs: readonly Pair[]): Promise<string> {
  if (dataset !== "own") return fingerprintPairs(pairs, dataRoot);
  const base = dirname(dataRoot);
  return fingerprintPairs(pairs, base, await identifyFiles(pairs, base));
}

/**
 * Checks that the data are those that a run was begun with.
 *
 * @throws {InputError} if they are not: names the run and what differs.
 */
export function checkData({ dataset, dataRoot, dataFingerprint }: RunConfig, now: string, path: string): void {
  const parts = dataFingerprint === undefined ? [] : differingParts(dataFingerprint, now);
  if (parts.length === 0) return;
  throw new InputError(
    `Cannot take up the run '${path}' as it was begun with other data: the ${
      parts.join(" and the ")
    } of '${dataset}' in ` +
      `'${dataRoot}' differ from them. Give the data that it was begun with, or start a new run: another --out.`,
  );
}

/**
 * Lists the pairs of some splits, of their first images where the settings say so. Reports what is odd in the index files,
 * a line for each kind, and splits that are too small.
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

/** Lists pairs as {@link listPairs} does, and gives the fingerprint of the whole data set. */
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
 * The pairs of the first pictures of each split, in the order in which they are listed.
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
  const taken = new Map<Split, Set<string>>();
  return pairs.filter(({ imageId, split }) => {
    const pictures = taken.get(split) ?? new Set();
    taken.set(split, pictures);
    if (pictures.size < count) pictures.add(imageId);
    return pictures.has(imageId);
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
      `Give their text, or leave this variant out: another --variant, fewer --variants.`,
  );
}

/**
 * The pairs without those whose picture is missing, and without those of which a check of the data set (`data check`) knows
 * that a file cannot be used and has not changed since. What is left out is told and listed at once, before anything is
 * heard; files that were never checked are found faulty when they are read.
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

/** The same where pictures do not matter: the pairs without those of which a check knows that the recording is bad. */
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

/** Where transcripts and states are stored, for all runs. */
export const SPEECH_STORE: string = join("runs", "heard");

/** Options of {@link transcribePairs}. */
export interface TranscribePairsOptions {
  /** Whether encoder states are wanted too. */
  states: boolean;
  /** Seconds of a recording of which the acoustic branch sees states. */
  maxSeconds: number;
  /** Whether what is heard is stored. */
  cache: boolean;
  /** The part of the data set that the pairs are. Default all. */
  shard?: Shard | undefined;
  /** Takes recordings that cannot be used. */
  skipped: Pick<SkippedFiles, "add">;
  /** Tells lengths for the estimate before the start. */
  manifest: Pick<Manifest, "secondsOf">;
  /** Takes lines and progress. */
  report: Report;
  /** Stops after the current batch; what is heard stays stored. */
  signal?: AbortSignal | undefined;
}

/**
 * Hears the recordings of pairs, or takes what is stored in {@link SPEECH_STORE}. Tells what is to be done before the
 * start, and at the end how fast it was, which recordings cannot be used, and in how many no word was heard.
 *
 * @throws {InputError} and the signal's reason, as {@link transcribeAll} does.
 */
export async function transcribePairs(
  pairs: readonly Pair[],
  source: WhisperSource,
  { skipped, manifest, report, ...options }: TranscribePairsOptions,
): Promise<StoredSpeech> {
  const recordings = pairs.map(({ id, audio, text, seconds }) => ({
    id,
    audio,
    text,
    seconds: manifest.secondsOf(audio) ?? seconds,
  }));
  const progress = report.progress("transcribe", recordings.length, "recording");
  const heard = await transcribeAll(recordings, source, {
    ...options,
    folder: SPEECH_STORE,
    report: progress.line,
    progress: (done) => progress.update(done),
  }).finally(() => progress.stop());
  for (const { file, problem, kind } of heard.problems) {
    await skipped.add({ kind: "recording", path: file, problem: kind, reason: problem });
  }
  const { transcripts, newRecordings, empty } = heard;
  const speed = describeSpeed(heard);
  report.line(
    `heard ${transcripts.size} recordings, ${newRecordings} of them now${speed === undefined ? "" : ` (${speed})`}; ` +
      (options.cache ? `kept in ${SPEECH_STORE}` : "not kept"),
  );
  if (empty.length > 0) report.line(`no word was heard in ${empty.length} recordings, such as '${empty[0]}'`);
  return heard;
}

/** A pair with all that a variant may want. */
export interface PreparedPair {
  /** The pair as the data set lists it. */
  pair: Pair;
  /** What Whisper heard. */
  transcript: string;
  /** CLIP's tokens of the transcript, all of them, without SOS and EOS. */
  transcriptTokens: readonly number[];
  /** CLIP's tokens of the written caption, likewise; none where there is no caption. */
  captionTokens: readonly number[];
  /** States of Whisper's encoder, where they were asked for. */
  states?: FrameStates | undefined;
}

/** Whether every pair has a written caption; one's own data may have none. */
export function hasCaptions(pairs: readonly Pick<Pair, "text">[]): boolean {
  return pairs.every(({ text }) => text.trim() !== "");
}

/** A data set that is ready. */
export interface Prepared {
  /** The usable pairs of each split; none for a split that was not asked for. */
  splits: Record<Split, PreparedPair[]>;
  /** The rows of a text's tokens for CLIP's text tower beside so many prompts: one that may be cut, or its windows. */
  rows: TextRows;
  /** Reads the pictures. */
  images: Images;
  /** What cannot be used. */
  skipped: SkippedFiles;
  /** Width Z of Whisper's states. */
  whisperWidth: number;
  /** Tells Whispers apart. */
  whisperKey: string;
  /** The same Whisper's key in checkpoints of earlier versions. */
  formerWhisperKey?: string;
  /** Tells CLIPs apart. */
  clipKey: string;
  /** Tells data sets apart: the fingerprint of all of its pairs. */
  fingerprint: string;
}

/** The pairs of all splits that were asked for and could be used. */
export function pairsOf({ data }: { data: Pick<Prepared, "splits"> }): Pair[] {
  return Object.values(data.splits).flat().map(({ pair }) => pair);
}

/** The examples of a split for a variant: transcripts or captions, with states where it has an acoustic branch. */
export function examplesFor(
  { config, data }: { config: Pick<RunConfig, "promptLength">; data: Pick<Prepared, "splits" | "rows"> },
  split: Split,
  variant: Variant,
): Example[] {
  const { text, acoustic, prompts, source } = VARIANTS[variant];
  const pushed = prompts ? config.promptLength : 0;
  return data.splits[split].map(({ pair, transcriptTokens, captionTokens, states }) => ({
    id: pair.id,
    imageId: pair.imageId,
    image: pair.image,
    group: pair.group,
    texts: text ? data.rows(source === "caption" ? captionTokens : transcriptTokens, pushed) : undefined,
    states: acoustic ? states : undefined,
  }));
}
