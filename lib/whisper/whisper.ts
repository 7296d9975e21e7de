/**
 * The frozen Whisper: transcript and encoder states of speech, from one run of the encoder.
 *
 * @module
 */
import {
  AutoTokenizer,
  env,
  LogLevel,
  Tensor,
  WhisperFeatureExtractor,
  WhisperForConditionalGeneration,
} from "@xenova/transformers";
import { resolve } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { exists } from "../files.ts";
import { HOP, logMel } from "../audio/log_mel.ts";
import { checkWhisperFolder, type WhisperDtype, whisperKey } from "./whisper_files.ts";
import { windowsOf } from "./windows.ts";

/** Samples of 16 kHz audio that make one frame of the encoder's states: 50 frames a second. */
export const SAMPLES_PER_STATE = 2 * HOP;

/** What Whisper makes of a recording. */
export interface Heard {
  /** The transcript, trimmed; all of the recording, also what lies past the window. */
  text: string;
  /** `[frames, width]`: the encoder's last hidden states of the first window, float32, a copy of its own. */
  states: Float32Array;
  /** Frames of real audio, 50 a second, rounded up; at least 1, at most those of the window. */
  frames: number;
  /** Width of a state. */
  width: number;
}

/** A loaded Whisper. */
export interface Whisper {
  /** Folder or hub name. */
  name: string;
  /** Tells models apart; see {@link whisperKey}. */
  key: string;
  /** Width of the encoder's states (Z of the paper, section 3). */
  width: number;
  /** Samples of the window: 480,000 for the published models. */
  window: number;
  /** Hears a batch of 16 kHz mono recordings `[N]`: greedy decoding; results stand in the order of the batch. */
  transcribe(batch: readonly Float32Array[]): Promise<Heard[]>;
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
  /** Folder into which a hub model may be fetched; without one nothing is fetched and only folders are accepted. */
  download?: string;
}

/** A Whisper that is known, but not loaded before it is needed. */
export interface WhisperSource {
  /** Tells models apart; see {@link whisperKey}. */
  key: string;
  /** Folder or hub name. */
  name: string;
  /** Loads it; each call loads anew. */
  load(): Promise<Whisper>;
}

/**
 * Finds a Whisper without loading it.
 *
 * @param name a folder with `config.json`, `generation_config.json`, `preprocessor_config.json`, `tokenizer.json`,
 * `tokenizer_config.json`, `onnx/encoder_model.onnx`, `onnx/decoder_model_merged.onnx`; or, with `download`, a hub name
 * such as `"onnx-community/whisper-base.en"`
 * @throws {InputError} where the folder or files in it are missing; names them and the remedy.
 */
export async function openWhisper(name: string, options: WhisperOptions = {}): Promise<WhisperSource> {
  const { dtype = "fp32", download, language } = options;
  const remote = download !== undefined && !await exists(name);
  if (!remote) await checkWhisperFolder(name, dtype);
  const model = remote ? `hub-${name.replaceAll("/", "-")}-${dtype}` : await whisperKey(name, dtype);
  const key = language === undefined ? model : `${model}-${language}`;
  return { key, name, load: () => load(name, key, remote, options) };
}

/**
 * Loads a Whisper, English-only or multilingual, through transformers.js on the CPU. Nothing is fetched from the network
 * unless `download` is given.
 *
 * @throws {InputError} as {@link openWhisper} does, and where the files cannot be loaded.
 */
export async function loadWhisper(name: string, options: WhisperOptions = {}): Promise<Whisper> {
  return await (await openWhisper(name, options)).load();
}

async function load(name: string, key: string, remote: boolean, options: WhisperOptions): Promise<Whisper> {
  const { dtype = "fp32", threads = Math.min(8, navigator.hardwareConcurrency), language = "en", download } = options;
  env.logLevel = LogLevel.ERROR;
  env.allowRemoteModels = remote;
  env.useBrowserCache = false;
  env.useFSCache = remote;
  if (remote) env.cacheDir = resolve(download as string);
  const place = remote ? name : resolve(name);
  try {
    const model = await WhisperForConditionalGeneration.from_pretrained(place, {
      dtype,
      device: "cpu",
      session_options: { intraOpNumThreads: threads, logSeverityLevel: 3 },
    });
    const tokenizer = await AutoTokenizer.from_pretrained(place);
    const { config } = await WhisperFeatureExtractor.from_pretrained(place);
    return assemble({ name, key, model, tokenizer, extractor: config as ExtractorConfig, language });
  } catch (error) {
    throw new InputError(`Cannot load Whisper '${name}' as transformers.js failed: ${messageOf(error)}.`);
  }
}

interface ExtractorConfig {
  feature_size: number;
  sampling_rate: number;
  hop_length: number;
  n_fft: number;
  n_samples: number;
}

interface Parts {
  name: string;
  key: string;
  model: Awaited<ReturnType<typeof WhisperForConditionalGeneration.from_pretrained>>;
  tokenizer: Awaited<ReturnType<typeof AutoTokenizer.from_pretrained>>;
  extractor: ExtractorConfig;
  language: string;
}

function assemble({ name, key, model, tokenizer, extractor, language }: Parts): Whisper {
  checkFrontEnd(extractor);
  const window = extractor.n_samples;
  const frames = window / HOP;
  const bands = extractor.feature_size;
  const settings = model.generation_config as unknown as { is_multilingual?: boolean; eos_token_id: number | number[] };
  const spoken = settings.is_multilingual ? { language, task: "transcribe" } : {};
  const ends = new Set([settings.eos_token_id].flat());
  model.forward_params.push("encoder_outputs"); // generate() then takes the states instead of running the encoder again
  const encoder = model.sessions["model"];

  async function hear(pieces: readonly Float32Array[]): Promise<Heard[]> {
    const features = new Float32Array(pieces.length * bands * frames);
    pieces.forEach((piece, i) => features.set(logMel(piece, { frames, bands }), i * bands * frames));
    const inputs = new Tensor("float32", features, [pieces.length, bands, frames]); // [B, 80, T]
    const encoded = new Tensor((await encoder.run({ input_features: inputs.ort_tensor })).last_hidden_state); // [B, T / 2, Z]
    const [, places, width] = encoded.dims as [number, number, number];
    const all = encoded.data as Float32Array;
    // The result of generate() is one tensor where no dictionary is asked for.
    const tokens = await model.generate({ inputs, encoder_outputs: encoded, ...spoken } as never) as Tensor;
    return (tokens.tolist() as bigint[][]).map((row, i) => {
      const real = Math.min(places, Math.max(1, Math.ceil(pieces[i]!.length / SAMPLES_PER_STATE)));
      const start = i * places * width;
      return {
        text: tokenizer.decode(untilEnd(row.map(Number), ends), { skip_special_tokens: true }).trim(),
        states: all.slice(start, start + real * width),
        frames: real,
        width,
      };
    });
  }

  return {
    name,
    key,
    width: (model.config as unknown as { d_model: number }).d_model,
    window,
    async transcribe(batch) {
      const windows = batch.map((samples) => windowsOf(samples, window));
      const first = batch.length === 0 ? [] : await hear(windows.map((pieces) => pieces[0] as Float32Array));
      for (const [i, heard] of first.entries()) {
        for (const piece of windows[i]!.slice(1)) {
          const [more] = await hear([piece]);
          heard.text = `${heard.text} ${more!.text}`.trim();
        }
      }
      return first;
    },
    async dispose() {
      await model.dispose();
    },
  };
}

/** A row's tokens up to its first end token: in a batch, rows that are done go on until the longest is. */
function untilEnd(row: number[], ends: ReadonlySet<number>): number[] {
  // The start token of some vocabularies is the end token as well, so the first place does not count.
  const end = row.findIndex((token, place) => place > 0 && ends.has(token));
  return end < 0 ? row : row.slice(0, end);
}

function checkFrontEnd({ sampling_rate, hop_length, n_fft }: ExtractorConfig): void {
  if (sampling_rate !== 16000 || hop_length !== HOP || n_fft !== 400) {
    throw new InputError(
      `its front end must have 16000 Hz, windows of 400 and steps of 160 samples: it has ${sampling_rate}, ${n_fft}, ${hop_length}`,
    );
  }
}
