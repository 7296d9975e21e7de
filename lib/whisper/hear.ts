/**
 * One run of the encoder, then greedy decoding from its states.
 *
 * @module
 */
import { type AutoTokenizer, Tensor, type WhisperForConditionalGeneration } from "@xenova/transformers";
import { InputError } from "../errors.ts";
import { HOP, logMel } from "../audio/log_mel.ts";
import type { Heard, Whisper } from "./whisper.ts";
import { windowsOf } from "./windows.ts";

/** Samples of 16 kHz audio that make one frame of the encoder's states: 50 frames a second. */
export const SAMPLES_PER_STATE = 2 * HOP;

/** The front end that a model's `preprocessor_config.json` asks for. */
export interface ExtractorConfig {
  feature_size: number;
  sampling_rate: number;
  hop_length: number;
  n_fft: number;
  n_samples: number;
}

/** What transformers.js loaded. */
export interface Parts {
  name: string;
  key: string;
  model: Awaited<ReturnType<typeof WhisperForConditionalGeneration.from_pretrained>>;
  tokenizer: Awaited<ReturnType<typeof AutoTokenizer.from_pretrained>>;
  extractor: ExtractorConfig;
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
