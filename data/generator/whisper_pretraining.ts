/**
 * Pretrains the bundled tiny Whisper from random weights on the sample's generated speech.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { hash, Random } from "../../lib/random.ts";
import { AdamW } from "./adamw.ts";
import { SAMPLE_SEED } from "./plan.ts";
import { WORDS } from "./narrations.ts";
import { cosineRate, nextTask, progressLine, restoreCheckpoint, saveCheckpoint } from "./pretraining.ts";
import { listSpeech, type MelClip, readMels } from "./speech_corpus.ts";
import { planSpeech, SPEECH_COUNTS, type SpeechCounts } from "./speech_texts.ts";
import {
  BatchSampler,
  CTC_BIAS,
  CTC_WEIGHT,
  evaluateWhisper,
  type SpeechBatch,
  whisperLoss,
  type WhisperLossOptions,
} from "./whisper_training.ts";
import { WhisperVocabulary, writeWhisperDirectory } from "./whisper_directory.ts";
import { randomWhisperWeights, tinyWhisper, type WhisperSize, whisperTensors } from "./whisper_model.ts";

/** Options of {@link pretrainWhisper}. */
export interface WhisperPretrainingOptions {
  /** Work folder: speech in `speech/`, the checkpoint `whisper.safetensors`. */
  work: string;
  /** Folder of the finished model. */
  out: string;
  /** Seed of weights and batches, and of the texts; that of the shipped sample. */
  seed?: number;
  /** Steps of the whole run; {@link WHISPER_STEPS}. */
  steps?: number;
  /** How many clips of each kind the speech has when it is complete; {@link SPEECH_COUNTS}. */
  counts?: SpeechCounts;
  /** Sizes that differ from those of {@link tinyWhisper}. */
  size?: Partial<Omit<WhisperSize, "vocabulary">>;
  /** Steps between two measurements of held-out word errors; 400. */
  evaluateEvery?: number;
  /** Takes a line of progress. */
  log?: (line: string) => void;
  /** Saves and stops after the step at hand. */
  signal?: AbortSignal;
}

/** Steps of the shipped model. */
export const WHISPER_STEPS = 5400;
/** Merges of its vocabulary: 509 tokens. */
const MERGES = 250;
/** Seconds between checkpoints. */
const SAVE_EVERY = 120;
/** Steps between lines. */
const LOG_EVERY = 50;

/**
 * Trains with AdamW (0.9, 0.98), warm-up 200 steps to 1e-3, cosine from 45 % on; phrases, then captions, then narrations;
 * smoothed next-token loss plus half a word-level CTC loss. Continues from the work folder's checkpoint; with the same speech the
 * numbers are those of an unbroken run. Speech that is still being made is taken in as it comes.
 *
 * @returns true where the run was finished and the model written, false where it was stopped.
 * @throws {InputError} if there is no speech or the checkpoint is of another model.
 * @throws {RangeError} if the loss is no longer a number; the last checkpoint stays.
 */
export async function pretrainWhisper(options: WhisperPretrainingOptions): Promise<boolean> {
  const { work, out, seed = SAMPLE_SEED, steps = WHISPER_STEPS, evaluateEvery = 400, signal } = options;
  const { counts = SPEECH_COUNTS } = options;
  const log = options.log ?? (() => {});
  const plan = planSpeech(seed, counts);
  const vocabulary = new WhisperVocabulary(plan.map(({ text }) => text), MERGES);
  const size = { ...tinyWhisper(vocabulary.size), ...options.size };
  const random = new Random(`${seed}:whisper`);
  const variables = whisperVariables(size, WORDS.length, random.fork("weights"));
  const optimizer = new AdamW(variables, { beta2: 0.98, weightDecay: 0.01 });
  const checkpoint = join(work, "whisper.safetensors");
  const model = { weights: variables, size, vocabulary };
  try {
    const restored = await restoreCheckpoint(checkpoint, variables, optimizer);
    if (restored) random.state = restored.random;
    let step = restored?.step ?? 0;
    const first = step;
    const known = new Map<string, MelClip[]>();
    let data = await loadSpeech(join(work, "speech"), known);
    const limits = { window: 100 * size.windowSeconds, tokens: size.maxTokens };
    let sampler = new BatchSampler(data.train, vocabulary, WORDS, limits);
    log(`whisper: ${data.train.length} clips, ${vocabulary.size} tokens, from step ${step} of ${steps}`);
    const started = performance.now();
    let saved = started;
    const sums = { tokens: 0, ctc: 0, norm: 0, seconds: 0 };
    while (step < steps && !signal?.aborted) {
      if (data.count < plan.length && step > first && step % 100 === 0) {
        data = await loadSpeech(join(work, "speech"), known);
        sampler = new BatchSampler(data.train, vocabulary, WORDS, limits);
      }
      const before = performance.now();
      const rate = cosineRate(step, { peak: 1e-3, warmUp: 200, steps, hold: 0.45, floor: 1e-5 });
      const losses = await trainingStep(variables, size, sampler.draw({ step, steps }, random), optimizer, rate);
      await nextTask(); // signals get their turn
      step++;
      if (!Number.isFinite(losses.tokens + losses.ctc)) {
        throw new RangeError(`Cannot go on with the tiny Whisper as its loss at step ${step} is ${losses.tokens}`);
      }
      sums.tokens += losses.tokens;
      sums.ctc += losses.ctc;
      sums.norm += losses.norm;
      sums.seconds += (performance.now() - before) / 1000;
      if (step % LOG_EVERY === 0) {
        const mean = (sum: number): number => sum / LOG_EVERY;
        const elapsed = (performance.now() - started) / 1000;
        const values = { tokens: mean(sums.tokens), ctc: mean(sums.ctc), norm: mean(sums.norm), lr: rate };
        log(progressLine({ step, steps, first, elapsed }, { ...values, "s/step": mean(sums.seconds) }));
        Object.assign(sums, { tokens: 0, ctc: 0, norm: 0, seconds: 0 });
      }
      if (step % evaluateEvery === 0 || step === steps) log(await evaluateWhisper(model, data.heldOut));
      if (performance.now() - saved > 1000 * SAVE_EVERY || step === steps) {
        await saveCheckpoint(checkpoint, variables, optimizer, { step, random: random.state });
        saved = performance.now();
      }
    }
    await saveCheckpoint(checkpoint, variables, optimizer, { step, random: random.state });
    if (step < steps) return false;
    const values = new Map<string, Float32Array>();
    for (const [name, variable] of variables) values.set(name, Float32Array.from(await variable.data()));
    await writeWhisperDirectory(out, { values, size, vocabulary }, { half: true });
    return true;
  } finally {
    optimizer.dispose();
    tf.dispose([...variables.values()]);
  }
}

/** Random variables of the model and its CTC head. */
export function whisperVariables(size: WhisperSize, words: number, random: Random): Map<string, tf.Variable> {
  const variables = whisperTensors(randomWhisperWeights(size, random), size);
  const std = 1 / Math.sqrt(size.width);
  const head = Float32Array.from({ length: (1 + words) * size.width }, () => std * random.normal());
  const [weight, bias] = [tf.tensor2d(head, [1 + words, size.width]), tf.zeros([1 + words])];
  variables.set(CTC_WEIGHT, tf.variable(weight));
  variables.set(CTC_BIAS, tf.variable(bias));
  tf.dispose([weight, bias]);
  return variables;
}

/** One step of training; returns the parts of the loss and the norm of the gradient before clipping. */
export async function trainingStep(
  variables: ReadonlyMap<string, tf.Variable>,
  size: WhisperSize,
  batch: SpeechBatch,
  optimizer: AdamW,
  rate: number,
  options: WhisperLossOptions = {},
): Promise<{ tokens: number; ctc: number; norm: number }> {
  const kept: tf.Scalar[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const { total, tokens, ctc } = whisperLoss(variables, size, batch, options);
    kept.push(tf.keep(tokens.clone()), tf.keep(ctc.clone()));
    return total;
  }, [...variables.values()]);
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of variables) {
    const gradient = grads[variable.name];
    if (gradient) gradients.set(name, gradient);
  }
  const norm = optimizer.step(gradients, rate);
  const numbers = await Promise.all([...kept, norm].map((scalar) => scalar.data()));
  tf.dispose([value, norm, ...kept, ...gradients.values()]);
  const [tokens, ctc, length] = numbers.map((data) => data[0] as number) as [number, number, number];
  return { tokens, ctc, norm: length };
}

/** The finished chunks; one text in fifty is held out with all its clips. */
async function loadSpeech(
  directory: string,
  known: Map<string, MelClip[]>,
): Promise<{ count: number; train: MelClip[]; heldOut: MelClip[] }> {
  const clips = await readMels(await listSpeech(directory), known);
  const isHeldOut = ({ kind, text }: MelClip): boolean => kind !== "phrase" && hash(text) % 50 === 0;
  return {
    count: clips.length,
    train: clips.filter((clip) => !isHeldOut(clip)),
    heldOut: clips.filter(isHeldOut),
  };
}
