/**
 * The frozen Whisper: transcript and encoder states of speech, from one run of the encoder.
 *
 * @module
 */
import {
  AutoTokenizer,
  env,
  LogLevel,
  WhisperFeatureExtractor,
  WhisperForConditionalGeneration,
} from "@xenova/transformers";
import { join, resolve } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import type { WhisperDtype } from "../hub/models.ts";
import { readJson } from "../files/read.ts";
import { checkWhisperFolder, whisperKey } from "./whisper_files.ts";
import { SAMPLES_PER_STATE } from "./windows.ts";
import { assemble, type ExtractorConfig, type SpeechModel } from "./hear.ts";

/** The encoder states of a recording. */
export interface Encoded {
  /**
   * `[frames, width]`: the encoder's last hidden states, float32, a copy of its own. Of a recording longer than the window
   * those of all windows one after the other, the padding of the last window left out.
   */
  states: Float32Array;
  /** Frames of real audio, 50 a second, rounded up; at least 1, at most those of `maxSeconds`. */
  frames: number;
  /** Width of a state. */
  width: number;
}

/** What Whisper makes of a recording. */
export interface Heard extends Encoded {
  /** The transcript, trimmed; always all of the recording. */
  text: string;
}

/** How much is kept of long recordings. */
export interface HearOptions {
  /** States are given for so many seconds from the beginning. Default 120. */
  maxSeconds?: number;
}

/** A loaded Whisper. */
export interface Whisper {
  /** Its folder. */
  name: string;
  /** Tells models apart; see {@link whisperKey}. */
  key: string;
  /** Width of the encoder's states (Z of the paper, section 3). */
  width: number;
  /** Samples of the window: 480,000 for the published models. */
  window: number;
  /** The fewest frames of a recording: 1, or the whole window's where its padding is kept. */
  leastFrames?: number | undefined;
  /** Hears a batch of 16 kHz mono recordings `[N]`: greedy decoding; results stand in the order of the batch. */
  transcribe(batch: readonly Float32Array[], options?: HearOptions): Promise<Heard[]>;
  /** The same states without the transcripts: runs the encoder alone, on no more windows than are asked for. */
  encode(batch: readonly Float32Array[], options?: HearOptions): Promise<Encoded[]>;
  /** Frees the model. */
  dispose(): Promise<void>;
}

/** Options of {@link loadWhisper}. */
export interface WhisperOptions {
  /** Number format of the ONNX files. Default `"fp32"`. */
  dtype?: WhisperDtype;
  /** Threads of a matrix product. Default: one for each core, at most 8. */
  threads?: number;
  /** Language of a multilingual model. Default `"en"`. */
  language?: string;
  /**
   * Whether states of a recording that is shorter than the window are those of the whole window, padding included, as the
   * paper's published code has them. Default false: those of real audio.
   */
  padding?: boolean;
  /** Windows whose texts are decoded together. Default 8, or 1 for a model narrower than the published ones. */
  together?: number;
}

/** A Whisper that is known, but not loaded before it is needed. */
export interface WhisperSource {
  /** Tells models apart; see {@link whisperKey}. */
  key: string;
  /** Its folder. */
  name: string;
  /** Width of the encoder's states. */
  width: number;
  /** The fewest frames of a recording: 1, or the whole window's where its padding is kept. Default 1. */
  leastFrames?: number | undefined;
  /** Loads it; each call loads anew. */
  load(): Promise<Whisper>;
}

/**
 * Finds a Whisper without loading it. Nothing is ever fetched; `findModel` turns the name of a published model into the
 * folder where `deno task data model NAME` put it.
 *
 * @param folder a folder with `config.json`, `generation_config.json`, `preprocessor_config.json`, `tokenizer.json`,
 * `tokenizer_config.json`, `onnx/encoder_model.onnx`, `onnx/decoder_model_merged.onnx`; links are followed
 * @throws {InputError} where the folder or files in it are missing; names them and the remedy.
 */
export async function openWhisper(folder: string, options: WhisperOptions = {}): Promise<WhisperSource> {
  const { dtype = "fp32", language, padding = false } = options;
  await checkWhisperFolder(folder, dtype);
  const model = await whisperKey(folder, dtype);
  const spoken = language === undefined ? model : `${model}-${language}`;
  const key = padding ? `${spoken}-padded` : spoken;
  const width = await widthOf(join(folder, "config.json"));
  const leastFrames = padding ? await windowFrames(join(folder, "preprocessor_config.json")) : 1;
  return { key, name: folder, width, leastFrames, load: () => load(folder, key, options) };
}

/**
 * Loads a Whisper, English-only or multilingual, through transformers.js on the CPU, without a network.
 *
 * @throws {InputError} as {@link openWhisper} does, and where the files cannot be loaded.
 */
export async function loadWhisper(folder: string, options: WhisperOptions = {}): Promise<Whisper> {
  return await (await openWhisper(folder, options)).load();
}

async function widthOf(file: string): Promise<number> {
  const width = (await readJson(file) as { d_model?: unknown } | null)?.d_model;
  if (typeof width === "number" && Number.isInteger(width) && width > 0) return width;
  throw new InputError(
    `Cannot load Whisper as 'd_model' in '${file}' must be a positive whole number: it is ${
      JSON.stringify(width)?.slice(0, 60)
    }. Fetch the file again.`,
  );
}

/** Encoder frames of the window. */
async function windowFrames(file: string): Promise<number> {
  const samples = (await readJson(file) as { n_samples?: unknown } | null)?.n_samples ?? 480_000;
  const frames = Number(samples) / SAMPLES_PER_STATE;
  if (Number.isInteger(frames) && frames > 0) return frames;
  throw new InputError(
    `Cannot load Whisper as 'n_samples' in '${file}' must be a multiple of ${SAMPLES_PER_STATE}: it is ${
      JSON.stringify(samples)?.slice(0, 60)
    }. Fetch the file again.`,
  );
}

async function load(name: string, key: string, options: WhisperOptions): Promise<Whisper> {
  const { dtype = "fp32", threads = Math.min(8, navigator.hardwareConcurrency), language = "en" } = options;
  env.logLevel = LogLevel.ERROR;
  env.allowRemoteModels = false;
  env.useBrowserCache = false;
  env.useFSCache = false;
  const place = resolve(name);
  try {
    const model = await WhisperForConditionalGeneration.from_pretrained(place, {
      dtype,
      device: "cpu",
      // Without spinning, threads that wait leave their core to the decoding of the next recordings.
      session_options: {
        intraOpNumThreads: threads,
        logSeverityLevel: 3,
        extra: { session: { intra_op: { allow_spinning: "0" } } },
      },
    });
    const tokenizer = await AutoTokenizer.from_pretrained(place);
    const { config } = await WhisperFeatureExtractor.from_pretrained(place);
    return assemble({
      name,
      key,
      model: model as unknown as SpeechModel,
      tokenizer,
      extractor: config as ExtractorConfig,
      language,
      padding: options.padding,
      together: options.together,
    });
  } catch (error) {
    throw new InputError(`Cannot load Whisper '${name}' as transformers.js failed: ${messageOf(error)}.`);
  }
}
