/**
 * A Whisper directory in Hugging Face's layout, as transformers.js loads it without a network.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { writeJsonFiles } from "./tokenizer_files.ts";
import { whisperDecoderOnnx, whisperEncoderOnnx, type WhisperOnnxOptions } from "./whisper_onnx.ts";
import type { WhisperValues } from "./whisper_onnx_layers.ts";
import type { WhisperVocabulary } from "./whisper_vocabulary.ts";
import type { WhisperSize } from "./whisper_weights.ts";

/**
 * Writes both ONNX graphs (`onnx/`) and the JSON files beside them. With `half` the weights are stored as float16.
 *
 * @throws {RangeError} where a weight is missing or misshapen.
 */
export async function writeWhisperDirectory(
  directory: string,
  model: { values: WhisperValues; size: WhisperSize; vocabulary: WhisperVocabulary },
  options: WhisperOnnxOptions = {},
): Promise<void> {
  const { values, size, vocabulary } = model;
  const { endOfText, startOfTranscript, noTimestamps } = vocabulary;
  const ends = endTokens(endOfText, startOfTranscript);
  const samples = 16000 * size.windowSeconds;
  const files: Record<string, unknown> = {
    "config.json": whisperConfig(size, ends),
    "generation_config.json": {
      ...ends,
      no_timestamps_token_id: noTimestamps,
      is_multilingual: false,
      max_length: size.maxTokens,
    },
    "preprocessor_config.json": {
      feature_extractor_type: "WhisperFeatureExtractor",
      processor_class: "WhisperProcessor",
      feature_size: size.mels,
      sampling_rate: 16000,
      hop_length: 160,
      n_fft: 400,
      chunk_length: size.windowSeconds,
      n_samples: samples,
      nb_max_frames: samples / 160,
      padding_side: "right",
      padding_value: 0,
    },
  };
  await writeJsonFiles(directory, { ...files, ...vocabulary.files });
  await writeAtomic(join(directory, "onnx", "encoder_model.onnx"), whisperEncoderOnnx(values, size, options));
  await writeAtomic(join(directory, "onnx", "decoder_model_merged.onnx"), whisperDecoderOnnx(values, size, options));
}

/** The tokens that begin and end a text, as configuration files name them. */
export function endTokens(endOfText: number, startOfTranscript: number): Record<string, number> {
  return {
    bos_token_id: endOfText,
    eos_token_id: endOfText,
    pad_token_id: endOfText,
    decoder_start_token_id: startOfTranscript,
  };
}

/** The content of a Whisper's `config.json`. */
export function whisperConfig(size: WhisperSize, ends: Record<string, number>): Record<string, unknown> {
  return {
    model_type: "whisper",
    architectures: ["WhisperForConditionalGeneration"],
    is_encoder_decoder: true,
    activation_function: "gelu",
    scale_embedding: false,
    vocab_size: size.vocabulary,
    num_mel_bins: size.mels,
    d_model: size.width,
    encoder_layers: size.encoderLayers,
    encoder_attention_heads: size.heads,
    encoder_ffn_dim: size.feedForward,
    decoder_layers: size.decoderLayers,
    decoder_attention_heads: size.heads,
    decoder_ffn_dim: size.feedForward,
    num_hidden_layers: size.encoderLayers,
    max_source_positions: 50 * size.windowSeconds,
    max_target_positions: size.maxTokens,
    ...ends,
  };
}
