/**
 * The speech that the tiny Whisper is pretrained on, made chunk by chunk so that it can be stopped and continued.
 *
 * @module
 */
import { exists } from "../../lib/files/read.ts";
import { Random } from "../../lib/random.ts";
import { mapConcurrent } from "./concurrency.ts";
import { planCorpora, SAMPLE_SEED, textsOf } from "./corpus_plan.ts";
import { addNoise } from "./noise.ts";
import { throughOpus, toInt16 } from "./opus.ts";
import { checkTools } from "./processes.ts";
import { type PlannedSpeech, planSpeech, SPEECH_COUNTS, type SpeechCounts } from "./speech_plan.ts";
import { chunkPath, type SpeechEntry, writeChunk } from "./speech_store.ts";
import { speak } from "./synthesize.ts";
import { randomManner, trainVoices } from "./voices.ts";

/** Options of {@link synthesizeCorpus}. */
export interface SpeechCorpusOptions {
  /** Folder of the chunks. */
  directory: string;
  /** Seed of texts, voices and noise; that of the shipped sample. */
  seed?: number;
  /** How many clips of each kind; {@link SPEECH_COUNTS}. */
  counts?: SpeechCounts;
  /** Clips in a chunk; 200. */
  chunkSize?: number;
  /** Programs at work at a time; 2. */
  width?: number;
  /** Takes a line after each chunk. */
  log?: (line: string) => void;
  /** Stops between clips; finished chunks stay. */
  signal?: AbortSignal;
}

/** Share of the clips with noise, and its range in dB. */
const NOISY = { share: 0.35, low: 5, high: 20 };
/** Share of the clips that go through Opus, and the range of its bit rate. */
const ENCODED = { share: 0.6, low: 8, high: 12 };

/**
 * Speaks the whole pretraining corpus into `directory`; chunks that are there already are kept. Every clip follows from the
 * seed and its number alone.
 *
 * @throws {InputError} where espeak-ng or opus-tools are missing.
 */
export async function synthesizeCorpus(options: SpeechCorpusOptions): Promise<void> {
  const { directory, seed = SAMPLE_SEED, counts = SPEECH_COUNTS, chunkSize = 200, width = 2, signal } = options;
  const log = options.log ?? (() => {});
  await checkTools();
  const plan = planSpeech(seed, counts, textsOf(planCorpora(seed)));
  const chunks = Math.ceil(plan.length / chunkSize);
  const started = performance.now();
  let made = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    if (await exists(`${chunkPath(directory, chunk)}.json`)) continue;
    const part = plan.slice(chunk * chunkSize, (chunk + 1) * chunkSize);
    const clips = await mapConcurrent(
      part,
      width,
      (speech, i) => makeClip(speech, seed, chunk * chunkSize + i),
      signal,
    );
    await writeChunk(directory, chunk, clips);
    made += part.length;
    const seconds = (performance.now() - started) / 1000;
    log(`speech: chunk ${chunk + 1} of ${chunks} (${part[0]?.kind}), ${(made / seconds).toFixed(1)} clips a second`);
  }
}

/** One clip: spoken by a random train voice, at a random level, with noise and Opus in some. */
async function makeClip(
  speech: PlannedSpeech,
  seed: number,
  number: number,
): Promise<{ entry: Omit<SpeechEntry, "start" | "samples">; samples: Int16Array }> {
  const random = new Random(`${seed}:clip:${number}`);
  const manner = randomManner(trainVoices, random);
  let samples = await speak(speech.text, { ...manner, peak: random.uniform(0.15, 0.9) });
  const noise = random.next() < NOISY.share ? Math.round(random.uniform(NOISY.low, NOISY.high)) : null;
  if (noise !== null) samples = addNoise(samples, noise, random);
  const opus = random.next() < ENCODED.share ? Math.round(random.uniform(ENCODED.low, ENCODED.high)) : null;
  if (opus !== null) samples = await throughOpus(samples, opus);
  return {
    entry: { text: speech.text, kind: speech.kind, noise, opus, voice: manner.voice.name },
    samples: toInt16(samples),
  };
}
