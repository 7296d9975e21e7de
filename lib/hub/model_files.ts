/**
 * Which files of a model's repository are needed.
 *
 * @module
 */
import type { ModelKind } from "./presets.ts";

/** Number formats of the ONNX files, by the names that transformers.js gives them. */
export type WhisperDtype = "fp32" | "fp16" | "q8" | "int8" | "uint8" | "q4" | "bnb4" | "q4f16";

/** What each number format adds to the names of the ONNX files. */
export const DTYPE_SUFFIXES: Readonly<Record<WhisperDtype, string>> = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  bnb4: "_bnb4",
  q4f16: "_q4f16",
};

/** The list of a CLIP's shards, where its weights are not in one file. */
export const SHARD_INDEX = "model.safetensors.index.json";

/** The files that a Whisper folder must have. */
export function whisperFiles(dtype: WhisperDtype = "fp32"): string[] {
  return [
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    `onnx/encoder_model${DTYPE_SUFFIXES[dtype]}.onnx`,
    `onnx/decoder_model_merged${DTYPE_SUFFIXES[dtype]}.onnx`,
  ];
}

/** The files that a CLIP folder must have; `model.safetensors` may be an index and its shards instead. */
export function clipFiles(): string[] {
  return ["config.json", "tokenizer.json", "model.safetensors"];
}

/** The files that a folder of this kind must have. */
export function requiredFiles(kind: ModelKind): string[] {
  return kind === "clip" ? clipFiles() : whisperFiles();
}

/**
 * The shards that an index names.
 *
 * @param index the parsed content of `model.safetensors.index.json`
 * @returns their paths in order, each once; none where the index has no map of weights.
 */
export function shardsOf(index: unknown): string[] {
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null) return [];
  const shards = Object.values(map).filter((shard): shard is string => typeof shard === "string");
  return [...new Set(shards)].sort();
}
