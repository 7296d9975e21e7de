/**
 * One run of the encoder, then greedy decoding from its states; long recordings in windows.
 *
 * @module
 */
import { Tensor } from "@xenova/transformers";
import { InputError } from "../errors.ts";
import { HOP, logMel } from "../audio/log_mel.ts";
import type { Encoded, Heard, Whisper } from "./whisper.ts";
import { AUDIO_SECONDS, framesOf, SAMPLES_PER_STATE, windowsOf } from "./windows.ts";

/** Windows whose texts are decoded together: enough that the decoder's weights are not read for each, few enough to fit. */
const TOGETHER = 8;
/**
 * A model narrower than this decodes them one by one: its weights stay in the cores' caches anyhow, and no text waits for a
 * longer one. That is 1.4 times as fast for the bundled model, of width 128; the smallest published one has 384.
 */
const NARROW = 256;

/** The front end that a model's `preprocessor_config.json` asks for. */
export interface ExtractorConfig {
  /** Mel bands. */
  feature_size: number;
  /** Hz. */
  sampling_rate: number;
  /** Samples between frames. */
  hop_length: number;
  /** Samples of a frame. */
  n_fft: number;
  /** Samples of the window. */
  n_samples: number;
}

/** What is used of a model of transformers.js. */
export interface SpeechModel {
  /** `config.json`. */
  config: unknown;
  /** `generation_config.json`. */
  generation_config: unknown;
  /** Inputs that `generate` passes on to the model. */
  forward_params: string[];
  /** The ONNX sessions; `model` is the encoder. */
  sessions: Record<string, { run(feeds: Record<string, unknown>): Promise<Record<string, unknown>> }>;
  /** Decodes; gives one tensor of tokens `[B, L]` where no dictionary is asked for. */
  generate(options: { inputs: unknown; encoder_outputs: unknown; language?: string; task?: string }): Promise<unknown>;
  /** Frees the sessions. */
  dispose(): Promise<unknown>;
}

/** What transformers.js loaded. */
export interface Parts {
  /** Folder or hub name. */
  name: string;
  /** Tells models apart. */
  key: string;
  /** Encoder and decoder. */
  model: SpeechModel;
  /** Turns tokens into text. */
  tokenizer: { decode(tokens: number[], options: { skip_special_tokens: boolean }): string };
  /** The front end. */
  extractor: ExtractorConfig;
  /** Language of a multilingual model. */
  language: string;
  /** Whether the padding of a recording's only window is kept too. Default false. */
  padding?: boolean | undefined;
  /** Windows whose texts are decoded together. Default by its width. */
  together?: number | undefined;
}

/** A window of a recording on its way through Whisper. */
interface Piece {
  /** Which recording of the batch. */
  row: number;
  /** `[N]`, at most the window. */
  samples: Float32Array;
  /** Whether it is all of its recording. */
  alone: boolean;
  /** What it says; empty where it was only encoded. */
  text: string;
  /** `[frames, width]` of its real audio. */
  states: Float32Array;
}

/**
 * Puts the loaded parts together.
 *
 * @throws {InputError} where the model wants another front end than Whisper's.
 */
export function assemble(
  { name, key, model, tokenizer, extractor, language, padding = false, ...parts }: Parts,
): Whisper {
  checkFrontEnd(extractor);
  checkTokens(model.generation_config);
  const window = extractor.n_samples;
  const frames = window / HOP;
  const bands = extractor.feature_size;
  const width = (model.config as { d_model: number }).d_model;
  const together = parts.together ?? (width < NARROW ? 1 : TOGETHER);
  const least = padding ? window / SAMPLES_PER_STATE : 1;
  const settings = model.generation_config as { is_multilingual?: boolean; eos_token_id: number | number[] };
  const spoken = settings.is_multilingual ? { language, task: "transcribe" } : {};
  const ends = new Set([settings.eos_token_id].flat());
  model.forward_params.push("encoder_outputs"); // generate() then takes the states instead of running the encoder again
  const encoder = model.sessions["model"] as SpeechModel["sessions"][string];

  /** The encoder's states of a piece, `[1, T / 2, Z]`; fills in those of its real audio. */
  async function encode(piece: Piece): Promise<Float32Array> {
    const mel = new Tensor("float32", logMel(piece.samples, { frames, bands }), [1, bands, frames]); // [1, 80, T]
    const { last_hidden_state } = await encoder.run({ input_features: mel.ort_tensor });
    const { type, data, dims } = last_hidden_state as Tensor;
    if (dims[2] !== width) {
      throw new InputError(`'d_model' of '${name}' is ${width}, but its encoder gives states of ${dims[2]}`);
    }
    const states = new Tensor(type, data, dims).to("float32").data as Float32Array;
    const places = dims[1] as number;
    const real = padding && piece.alone ? places : Math.min(places, framesOf(piece.samples.length));
    piece.states = states.slice(0, real * width);
    return states;
  }

  /**
   * Fills in the states of pieces, and their text where that is asked for. The encoder, which keeps the cores busy with one
   * window, takes one at a time: together they need several times the memory, and no less time. The decoder, which reads all
   * of its weights for every token, takes all at once.
   */
  async function hear(pieces: readonly Piece[], withText: boolean): Promise<void> {
    const all: Float32Array[] = [];
    for (const piece of pieces) {
      const states = await encode(piece);
      if (withText) all.push(states);
    }
    if (!withText) return;
    const states = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
    all.forEach((part, i) => states.set(part, i * part.length));
    const encoded = new Tensor("float32", states, [pieces.length, states.length / pieces.length / width, width]); // [B, T / 2, Z]
    const inputs = new Tensor("float32", new Float32Array(pieces.length), [pieces.length, 1, 1]); // only their number counts
    const tokens = await model.generate({ inputs, encoder_outputs: encoded, ...spoken }) as Tensor; // [B, L]
    (tokens.tolist() as bigint[][]).forEach((row, i) => {
      pieces[i]!.text = tokenizer.decode(untilEnd(row.map(Number), ends), { skip_special_tokens: true }).trim();
    });
  }

  /** All windows of a batch, those of like length together; of each recording's they come back in their order. */
  async function hearWindows(batch: readonly (readonly Float32Array[])[], withText: boolean): Promise<Piece[][]> {
    const rows = batch.map((windows, row) =>
      windows.map((samples): Piece => ({
        row,
        samples,
        alone: windows.length === 1,
        text: "",
        states: new Float32Array(0),
      }))
    );
    const pieces = rows.flat().sort((a, b) => a.samples.length - b.samples.length);
    for (let at = 0; at < pieces.length; at += together) await hear(pieces.slice(at, at + together), withText);
    return rows;
  }

  return {
    name,
    key,
    width,
    window,
    leastFrames: least,
    async transcribe(batch, { maxSeconds = AUDIO_SECONDS } = {}) {
      const rows = await hearWindows(batch.map((samples) => windowsOf(samples, window)), true);
      return rows.map((pieces, row): Heard => ({
        text: pieces.map(({ text }) => text).join(" ").trim(),
        ...joined(pieces, framesOf(batch[row]!.length, maxSeconds, least), width),
      }));
    },
    async encode(batch, { maxSeconds = AUDIO_SECONDS } = {}) {
      const rows = await hearWindows(
        batch.map((samples) => within(windowsOf(samples, window), Math.max(maxSeconds, least / 50))),
        false,
      );
      return rows.map((pieces, row) => joined(pieces, framesOf(batch[row]!.length, maxSeconds, least), width));
    },
    async dispose() {
      await model.dispose();
    },
  };
}

/** The states of a recording's pieces one after the other, at most the first `limit` frames. */
function joined(pieces: readonly Piece[], limit: number, width: number): Encoded {
  const there = pieces.reduce((sum, { states }) => sum + states.length / width, 0);
  const frames = Math.min(limit, there);
  const states = new Float32Array(frames * width); // [S, Z]
  let at = 0;
  for (const piece of pieces) {
    const part = piece.states.subarray(0, states.length - at);
    states.set(part, at);
    at += part.length;
  }
  return { states, frames, width };
}

/** The windows that begin before the limit. */
function within(windows: readonly Float32Array[], maxSeconds: number): Float32Array[] {
  let start = 0;
  return windows.filter(({ length }) => (start += length) - length < Math.max(1, 16000 * maxSeconds));
}

/** A row's tokens up to its first end token: in a batch, rows that are done go on until the longest is. */
function untilEnd(row: number[], ends: ReadonlySet<number>): number[] {
  // The start token of some vocabularies is the end token as well, so the first place does not count.
  const end = row.findIndex((token, place) => place > 0 && ends.has(token));
  return end < 0 ? row : row.slice(0, end);
}

/** Samples of a window, and bands, beyond which a number is damage: Whisper's are 480,000, and 80 or 128. */
const MOST = { samples: 9_600_000, bands: 1024 };

function checkTokens(settings: unknown): void {
  const { eos_token_id: end, decoder_start_token_id: start } = settings as Record<string, unknown>;
  const token = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  if ([end].flat().every(token) && (start === undefined || start === null || token(start))) return;
  throw new InputError("'eos_token_id' and 'decoder_start_token_id' of its generation_config.json must be tokens");
}

function checkFrontEnd({ sampling_rate, hop_length, n_fft, n_samples, feature_size }: ExtractorConfig): void {
  if (sampling_rate !== 16000 || hop_length !== HOP || n_fft !== 400) {
    throw new InputError(
      `its front end must have 16000 Hz, windows of 400 and steps of 160 samples: it has ${sampling_rate}, ${n_fft}, ${hop_length}`,
    );
  }
  if (!(Number.isInteger(feature_size) && feature_size >= 1 && feature_size <= MOST.bands)) {
    throw new InputError(`its front end must have 1 to ${MOST.bands} bands: it has ${feature_size}`);
  }
  if (n_samples > MOST.samples || !(n_samples >= 10 * SAMPLES_PER_STATE && n_samples % SAMPLES_PER_STATE === 0)) {
    throw new InputError(`its window must be a multiple of ${SAMPLES_PER_STATE} samples: it has ${n_samples}`);
  }
}
