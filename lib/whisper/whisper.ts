/**
 * The frozen Whisper: transcripts and encoder states of speech, from one run of the encoder.
 */
import { AutoTokenizer, env, LogLevel, WhisperForConditionalGeneration } from "@xenova/transformers";
import { dirname, join, resolve } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { DTYPE_SUFFIXES, type WhisperDtype } from "../hub/models.ts";
import { withLayerOutputs } from "./encoder_layers.ts";
import { checkGraphs, createWhisper, replaceEncoder, type SpeechModel } from "./inference.ts";
import { checkWhisperFolder, formerWhisperKey, whisperKey } from "./model_files.ts";
import { readWhisperSettings, type SpokenOptions, type WhisperSettings } from "./settings.ts";
import { type Groups, withGroups } from "./short_windows.ts";
import { SAMPLES_PER_STATE } from "./windows.ts";

export type { WhisperTask } from "./settings.ts";

/** The encoder states of a recording. */
export interface Encoded {
  /**
   * `[frames, width]`: the encoder's last hidden states, float32, a copy. With `layers` a frame has those of all layers, one
   * after the other. A recording longer than the window has the states of all windows in a row, without padding.
   */
  states: Float32Array;
  /** Frames of real audio, 50 a second, rounded up; at least 1, at most those of `maxSeconds`. */
  frames: number;
  /** Values of a frame. */
  width: number;
}

/** The transcript and encoder states of a recording. */
export interface Transcribed extends Encoded {
  /** The transcript of the whole recording, trimmed. */
  text: string;
  /** Further transcripts, drawn from the token probabilities; undefined if none were asked for. */
  others?: string[] | undefined;
  /** The sum of the natural logarithms of the probabilities of its tokens, those that end a window included. */
  logProbability: number;
  /** How many tokens these are; at least 1. */
  tokens: number;
}

/** Limits how much of a long recording is encoded. */
export interface EncodeOptions {
  /** States cover this many seconds from the beginning. Default 120. */
  maxSeconds?: number;
}

/** A loaded Whisper. */
export interface Whisper extends Omit<WhisperSource, "load"> {
  /** Samples of the window: 480,000 for the published models. */
  window: number;
  /**
   * Transcribes a batch of 16 kHz mono recordings `[N]` by greedy decoding; returns results in the order of the batch.
   *
   * @param options `transcripts`: the best one, and others, which depend on the recording alone. Default 1.
   */
  transcribe(
    batch: readonly Float32Array[],
    options?: EncodeOptions & { transcripts?: number | undefined },
  ): Promise<Transcribed[]>;
  /** Computes the same states without transcripts: runs only the encoder, on no more windows than needed. */
  encode(batch: readonly Float32Array[], options?: EncodeOptions): Promise<Encoded[]>;
  /** Frees the model. */
  dispose(): Promise<void>;
}

/** Options of {@link loadWhisper}. */
export interface WhisperOptions extends SpokenOptions {
  /** Number format of the ONNX files. Default `"fp32"`. */
  dtype?: WhisperDtype;
  /** Threads of a matrix product. Default: one for each core, at most 8. */
  threads?: number;
  /**
   * Whether a recording shorter than the window has the states of the whole window, padding included, as in the paper's
   * published code. Default false: only the states of real audio.
   */
  padding?: boolean;
  /**
   * Whether a frame has the states of all L layers of the encoder: `[L + 1, Z]`, first the input of the first layer, last the
   * encoder's last hidden states (`output_hidden_states` of Python's transformers). Default false: `[Z]`, the last ones.
   */
  layers?: boolean;
  /**
   * Whether the silence after a recording shorter than the window is thinned for the encoder, which then takes a fifth of the
   * time with whisper-base and recordings of 4 s; its states differ a little. Default false.
   */
  shortWindows?: boolean;
  /** Windows that are decoded together. Default 8, or 1 for a model narrower than the published ones. */
  together?: number;
  /** A JSON file that stores the hashes of model files, so that later processes need not read them. */
  hashes?: string;
}

/** A Whisper that is loaded when it is needed. */
export interface WhisperSource {
  /** Identifies the model, its language and its task. */
  key: string;
  /** Its folder. */
  name: string;
  /** Values of a frame: the width of the encoder's states (Z of the paper, section 3) times `layers`. */
  width: number;
  /** States of a frame: 1, or L + 1 with `layers`. Default 1. */
  layers?: number | undefined;
  /** The fewest frames of a recording: 1, or those of the whole window with `padding`. Default 1. */
  minFrames?: number | undefined;
  /** Loads it; each call loads anew. */
  load(): Promise<Whisper>;
}

/** A Whisper in a folder. */
export interface WhisperModel extends WhisperSource {
  /** Identifies the model without language and task. */
  modelKey: string;
  /** The `modelKey` of earlier versions, which read only parts of large files. */
  formerModelKey: string;
}

/**
 * Finds a Whisper and checks its settings without loading it. It fetches nothing: `findModel` turns the name of a published
 * model into the folder where `deno task data model NAME` stored it.
 *
 * @param folder a folder with `config.json`, `generation_config.json`, `preprocessor_config.json`, `tokenizer.json`,
 * `tokenizer_config.json`, `onnx/encoder_model.onnx`, `onnx/decoder_model_merged.onnx`; links are followed
 * @throws {InputError} if the folder or a file is missing, a setting is not supported, or the model lacks the language; names
 * it and the remedy.
 */
export async function openWhisper(folder: string, options: WhisperOptions = {}): Promise<WhisperModel> {
  const { dtype = "fp32", padding = false, layers = false, shortWindows = false, hashes } = options;
  if (padding && shortWindows) {
    throw new InputError(
      "Cannot use the states of padding with short windows as these have none: choose one of the two.",
    );
  }
  await checkWhisperFolder(folder, dtype);
  const settings = await readWhisperSettings(folder, options);
  const { language, task, window } = settings;
  const suffix = (padding ? "-padded" : "") + (layers ? "-layers" : "") + (shortWindows ? "-thinned" : "");
  const states = layers ? settings.layers + 1 : 1;
  const modelKey = await whisperKey(folder, dtype, hashes);
  const spoken = [...(language === "en" ? [] : [language]), ...(task === "transcribe" ? [] : [task])];
  const key = [modelKey, ...spoken].join("-") + suffix;
  const minFrames = padding ? window / SAMPLES_PER_STATE : 1;
  return {
    key,
    modelKey: modelKey + suffix,
    formerModelKey: await formerWhisperKey(folder, dtype) + suffix,
    name: folder,
    width: states * settings.width,
    layers: states,
    minFrames,
    load: () => load(folder, key, settings, options),
  };
}

/**
 * Loads a Whisper, English-only or multilingual, through transformers.js on the CPU, without a network.
 *
 * @throws {InputError} as {@link openWhisper} does, and if the files cannot be loaded.
 */
export async function loadWhisper(folder: string, options: WhisperOptions = {}): Promise<Whisper> {
  return await (await openWhisper(folder, options)).load();
}

async function load(name: string, key: string, settings: WhisperSettings, options: WhisperOptions): Promise<Whisper> {
  const { dtype = "fp32", threads = Math.min(8, navigator.hardwareConcurrency), shortWindows, layers } = options;
  env.logLevel = LogLevel.ERROR;
  env.allowRemoteModels = false;
  env.allowLocalModels = true; // the default is false in a worker
  env.useBrowserCache = false;
  env.useFSCache = false;
  const path = resolve(name);
  // Threads that spin while they wait would block the decoding of the next recordings.
  const session = { intra_op: { allow_spinning: "0" } };
  const session_options = { intraOpNumThreads: threads, logSeverityLevel: 3 as const, extra: { session } };
  try {
    const model = await WhisperForConditionalGeneration.from_pretrained(path, {
      dtype,
      device: "cpu",
      session_options,
    });
    const tokenizer = await AutoTokenizer.from_pretrained(path);
    const { padding, together } = options;
    const parts = { name, key, model: model as unknown as SpeechModel, tokenizer, settings, padding, together };
    checkGraphs(parts.model, settings);
    if (!layers && !shortWindows) return createWhisper(parts);
    const file = join(path, `onnx/encoder_model${DTYPE_SUFFIXES[dtype]}.onnx`);
    let graph = await Deno.readFile(file), streams: string[] | undefined, groups: Groups | undefined;
    if (layers) ({ bytes: graph, names: streams } = withLayerOutputs(graph, settings.layers));
    if (shortWindows) ({ bytes: graph, groups } = withGroups(graph, settings));
    const externalData = { model_external_initializers_file_folder_path: dirname(file) };
    await replaceEncoder(parts.model, graph, {
      ...session_options,
      extra: { session: { ...session, ...externalData } },
    });
    return createWhisper({ ...parts, streams, groups });
  } catch (error) {
    throw new InputError(`Cannot load Whisper '${name}' as transformers.js failed: ${messageOf(error)}.`);
  }
}
