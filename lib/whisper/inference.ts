/**
 * Runs the encoder once, then decodes greedily from its states; long recordings in windows.
 */
import { Tensor } from "@xenova/transformers";
import { HOP, logMel } from "../audio/log_mel.ts";
import { InputError } from "../errors.ts";
import { sumScores, TokenScorer, type TokenScores } from "./confidence.ts";
import { joinTexts, TokenSampler } from "./sampled.ts";
import type { WhisperSettings } from "./settings.ts";
import { type Groups, spread, thinSilence } from "./short_windows.ts";
import type { Encoded, Transcribed, Whisper } from "./whisper.ts";
import { AUDIO_SECONDS, framesOf, repeatedIn, SAMPLES_PER_STATE, sentencesOf, windowsOf } from "./windows.ts";

/** Windows that are decoded together: enough to share reads of the decoder's weights, few enough to fit in memory. */
const TOGETHER = 8;
/**
 * A model narrower than this decodes windows one by one: its weights stay in the cores' caches, and no text waits for a longer
 * one. The bundled model of width 128 is 1.4 times as fast this way; the smallest published model has 384.
 */
const NARROW = 256;
/** Recordings up to this length count as similarly long: 2 s. */
const SHORT = 32000;

/** The approximate rate of speech. */
export const WORDS_A_SECOND = 2.5;

/** The part of a model of transformers.js that we use. */
export interface SpeechModel {
  forward_params: string[]; // inputs that `generate` passes to the model
  sessions: Record<string, Session>; // ONNX; `model` is the encoder
  generate(options: Record<string, unknown>): Promise<unknown>; // tokens `[B, L]`
  dispose(): Promise<unknown>;
}

interface Session {
  constructor: unknown;
  release(): Promise<void>;
  run(feeds: Record<string, unknown>): Promise<Record<string, unknown>>;
  inputMetadata?: readonly TensorShape[];
  outputMetadata?: readonly TensorShape[];
}

/** Sizes that vary are names. */
interface TensorShape {
  name: string;
  shape?: readonly (number | string)[];
}

/** The loaded parts of a Whisper. */
export interface WhisperParts {
  name: string;
  key: string;
  model: SpeechModel;
  tokenizer: { decode(tokens: number[], options: { skip_special_tokens: boolean }): string };
  settings: WhisperSettings;
  padding?: boolean | undefined;
  groups?: Groups | undefined; // of an encoder that runs on thinned silence
  streams?: readonly string[] | undefined; // outputs of the encoder that precede its last hidden states in a frame
  together?: number | undefined;
}

/** A window of a recording with its results. */
interface Piece {
  samples: Float32Array; // [N], at most the window
  alone: boolean; // whether it is the whole recording
  text: string;
  others?: string[]; // further transcripts, if they were asked for
  scores: TokenScores;
  states: Float32Array; // [frames, width] of its real audio
}

type Processor = (tokens: bigint[][], logits: Tensor) => Tensor;

/** Builds a Whisper. */
export function createWhisper(
  { name, key, model, tokenizer, settings, padding = false, streams = [], groups, ...options }: WhisperParts,
): Whisper {
  const { window, bands, width, ends, isText } = settings;
  const positions = window / SAMPLES_PER_STATE;
  const together = options.together ?? (width < NARROW ? 1 : TOGETHER);
  const layers = [...streams, "last_hidden_state"];
  const minFrames = padding ? positions : 1;
  model.forward_params.push("encoder_outputs"); // generate() then takes the states instead of running the encoder again
  const encoder = model.sessions["model"] as Session;

  /** Computes the encoder's states of a piece, `[1, T / 2, Z]`; sets those of its real audio. */
  async function encode(piece: Piece): Promise<Float32Array> {
    const real = framesOf(piece.samples.length), sizes = groups && thinSilence(real, positions);
    const frames = 2 * (sizes?.length ?? positions);
    const mel = new Tensor("float32", logMel(piece.samples, { frames, bands }), [1, bands, frames]); // [1, 80, T]
    const outputs = await encoder.run({ input_features: mel.ort_tensor, ...sizes && groups(sizes) });
    const states = layers.map((layer) => {
      const { type, data, dims } = outputs[layer] as Tensor;
      return new Tensor(type, data, dims).to("float32").data as Float32Array;
    });
    const last = states.at(-1)!, all = last.length / width;
    piece.states = inTurn(states, padding && piece.alone ? all : Math.min(all, real), width);
    return sizes ? spread(last, sizes, width) : last; // so that the decoder attends to silence as much as ever
  }

  /**
   * Sets the states of pieces, and the wanted number of texts. The encoder runs on one window at a time, which keeps the cores busy;
   * a batch needs several times the memory and no less time. The decoder, which reads all of its weights for every token,
   * runs on all windows at once.
   */
  async function transcribe(pieces: readonly Piece[], transcripts: number): Promise<void> {
    const all: Float32Array[] = [];
    for (const piece of pieces) {
      const states = await encode(piece);
      if (transcripts > 0) all.push(states);
    }
    if (transcripts === 0) return;
    const states = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
    all.forEach((part, i) => states.set(part, i * part.length));
    const scorer = new TokenScorer(pieces.length, ends);
    const rows = await decode(states, pieces.length, scorer.processor);
    scorer.count(rows);
    rows.forEach((row, i) => {
      pieces[i]!.text = textOf(row);
      pieces[i]!.scores = scorer.rows[i]!;
      if (transcripts > 1) pieces[i]!.others = [];
    });
    const windows = pieces.map(({ samples }) => samples);
    for (let index = 1; index < transcripts; index++) {
      const drawn = await decode(states, pieces.length, new TokenSampler(windows, index).processor);
      drawn.forEach((row, i) => pieces[i]!.others!.push(textOf(row)));
    }
  }

  /** The tokens of each of B rows, whose encoder states are `[B, T / 2, Z]`. */
  async function decode(states: Float32Array, rows: number, processor: Processor): Promise<bigint[][]> {
    const tokens = await model.generate({
      inputs: new Tensor("float32", new Float32Array(rows), [rows, 1, 1]), // only the batch size matters
      encoder_outputs: new Tensor("float32", states, [rows, states.length / rows / width, width]), // [B, T / 2, Z]
      generation_config: settings.generation,
      decoder_input_ids: settings.prompt,
      logits_processor: [processor],
    }) as Tensor; // [B, L]
    return tokens.tolist() as bigint[][];
  }

  function textOf(row: bigint[]): string {
    const ids = untilEnd(row.map(Number).slice(settings.prompt.length), ends).filter(isText);
    const text = ids.length === 0 ? "" : tokenizer.decode(ids, { skip_special_tokens: true });
    return text.replace(/<\|\d+\.\d+\|>/g, "").trim();
  }

  /**
   * Runs all windows of a batch; returns the windows of each recording in order. Windows of similar length are decoded together:
   * else the text of a long one would hold up those of short ones.
   */
  async function runWindows(batch: readonly (readonly Float32Array[])[], transcripts: number): Promise<Piece[][]> {
    const rows = batch.map((windows) =>
      windows.map((samples): Piece => ({
        samples,
        alone: windows.length === 1,
        text: "",
        scores: sumScores([]),
        states: new Float32Array(0),
      }))
    );
    const pieces = rows.flat().sort((a, b) => a.samples.length - b.samples.length);
    while (pieces.length > 0) {
      const longest = 2 * pieces[0]!.samples.length + SHORT;
      const end = pieces.findIndex((piece) => piece.samples.length > longest);
      await transcribe(pieces.splice(0, Math.min(together, end < 0 ? Infinity : end)), transcripts);
    }
    return rows;
  }

  /** Transcribes windows with repeated sentences again, sentence by sentence, since Whisper may have lost count. */
  async function repeatSentences(pieces: readonly Piece[], transcripts: number): Promise<void> {
    const words = repeatedIn(pieces.map(({ text }) => text));
    const cut = pieces.map(({ samples }, i) => words[i] === 0 ? [] : sentencesOf(samples, words[i]! / WORDS_A_SECOND));
    for (const [i, sentences] of (await runWindows(cut, transcripts)).entries()) {
      if (sentences.length < 2) continue;
      Object.assign(pieces[i]!, joinTexts(sentences), { scores: sumScores(sentences.map(({ scores }) => scores)) });
    }
  }

  const frame = layers.length * width;
  return {
    name,
    key,
    width: frame,
    layers: layers.length,
    window,
    minFrames,
    async transcribe(batch, { maxSeconds = AUDIO_SECONDS, transcripts = 1 } = {}) {
      const rows = await runWindows(batch.map((samples) => windowsOf(samples, window)), transcripts);
      for (const pieces of rows) if (pieces.length > 1) await repeatSentences(pieces, transcripts);
      return rows.map((pieces, row): Transcribed => ({
        ...joinTexts(pieces),
        ...sumScores(pieces.map(({ scores }) => scores)),
        ...joinStates(pieces, framesOf(batch[row]!.length, maxSeconds, minFrames), frame),
      }));
    },
    async encode(batch, { maxSeconds = AUDIO_SECONDS } = {}) {
      const rows = await runWindows(
        batch.map((samples) => within(windowsOf(samples, window), Math.max(maxSeconds, minFrames / 50))),
        0,
      );
      return rows.map((pieces, row) => joinStates(pieces, framesOf(batch[row]!.length, maxSeconds, minFrames), frame));
    },
    async dispose() {
      await model.dispose();
    },
  };
}

/** The first frames of several states `[S, Z]`: those of a frame one after the other, `[frames, states * Z]`. */
function inTurn(states: readonly Float32Array[], frames: number, width: number): Float32Array {
  if (states.length === 1) return states[0]!.slice(0, frames * width);
  const all = new Float32Array(frames * states.length * width);
  states.forEach((values, layer) => {
    for (let f = 0; f < frames; f++) {
      all.set(values.subarray(f * width, (f + 1) * width), (f * states.length + layer) * width);
    }
  });
  return all;
}

/** Joins the states of a recording's pieces, at most the first `limit` frames. */
function joinStates(pieces: readonly Piece[], limit: number, width: number): Encoded {
  const available = pieces.reduce((sum, { states }) => sum + states.length / width, 0);
  const frames = Math.min(limit, available);
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

/** Replaces the encoder's session by one of another graph, which the runtime of the old one makes. */
export async function replaceEncoder({ sessions }: SpeechModel, graph: Uint8Array, options: object): Promise<void> {
  const old = sessions["model"] as Session;
  const runtime = old.constructor as { create(graph: Uint8Array, options: object): Promise<Session> };
  sessions["model"] = await runtime.create(graph, options);
  await old.release();
}

/** Cuts a row at its first end token: in a batch, rows continue until the longest one ends. */
function untilEnd(row: number[], ends: ReadonlySet<number>): number[] {
  const end = row.findIndex((token) => ends.has(token));
  return end < 0 ? row : row.slice(0, end);
}

/** Compares the fixed sizes of the ONNX graphs with those of the settings. Throws InputError if they differ. */
export function checkGraphs({ sessions }: SpeechModel, { width, bands, window, vocabulary }: WhisperSettings): void {
  const positions = window / SAMPLES_PER_STATE;
  const expected: [session: string, tensor: string, sizes: [axis: number, size: number, setting: string][]][] = [
    ["model", "input_features", [[1, bands, "num_mel_bins"], [2, window / HOP, "n_samples"]]],
    ["model", "last_hidden_state", [[1, positions, "max_source_positions"], [2, width, "d_model"]]],
    ["decoder_model_merged", "encoder_hidden_states", [[2, width, "d_model"]]],
    ["decoder_model_merged", "logits", [[2, vocabulary, "vocab_size"]]],
  ];
  for (const [session, name, sizes] of expected) {
    const { inputMetadata = [], outputMetadata = [] } = sessions[session] ?? {} as Session;
    const shape = [...inputMetadata, ...outputMetadata].find((tensor) => tensor.name === name)?.shape;
    for (const [axis, size, setting] of sizes) {
      const found = shape?.[axis];
      if (typeof found !== "number" || found < 0 || found === size) continue;
      throw new InputError(`'${setting}' asks for ${size}, but '${name}' of its ONNX files has ${found}`);
    }
  }
}
