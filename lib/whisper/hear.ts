/**
 * One run of the encoder, then greedy decoding from its states.
 *
 * @module
 */
import { Tensor } from "@xenova/transformers";
import { InputError } from "../errors.ts";
import { HOP, logMel } from "../audio/log_mel.ts";
import type { Heard, Whisper } from "./whisper.ts";
import { windowsOf } from "./windows.ts";

/** Samples of 16 kHz audio that make one frame of the encoder's states: 50 frames a second. */
export const SAMPLES_PER_STATE = 2 * HOP;

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
}

/**
 * Puts the loaded parts together.
 *
 * @throws {InputError} where the model wants another front end than Whisper's.
 */
export function assemble({ name, key, model, tokenizer, extractor, language }: Parts): Whisper {
  checkFrontEnd(extractor);
  const window = extractor.n_samples;
  const frames = window / HOP;
  const bands = extractor.feature_size;
  const settings = model.generation_config as { is_multilingual?: boolean; eos_token_id: number | number[] };
  const spoken = settings.is_multilingual ? { language, task: "transcribe" } : {};
  const ends = new Set([settings.eos_token_id].flat());
  model.forward_params.push("encoder_outputs"); // generate() then takes the states instead of running the encoder again
  const encoder = model.sessions["model"] as SpeechModel["sessions"][string];

  async function hear(pieces: readonly Float32Array[]): Promise<Heard[]> {
    const features = new Float32Array(pieces.length * bands * frames);
    pieces.forEach((piece, i) => features.set(logMel(piece, { frames, bands }), i * bands * frames));
    const inputs = new Tensor("float32", features, [pieces.length, bands, frames]); // [B, 80, T]
    const { last_hidden_state } = await encoder.run({ input_features: inputs.ort_tensor });
    const { type, data, dims } = last_hidden_state as Tensor;
    const encoded = new Tensor(type, data, dims); // [B, T / 2, Z]
    const [, places, width] = encoded.dims as [number, number, number];
    const all = encoded.to("float32").data as Float32Array;
    const tokens = await model.generate({ inputs, encoder_outputs: encoded, ...spoken }) as Tensor; // [B, L]
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
    width: (model.config as { d_model: number }).d_model,
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
