/** Models with a short name, and the files that a model needs. */

/** The type of a model. */
export type ModelKind = "clip" | "whisper";

interface ModelPreset {
  /** The short name on the command line. */
  name: string;
  kind: ModelKind;
  /** The repository on the Hugging Face hub. */
  id: string;
  /** Parameters in millions. */
  millions: number;
  /** CLIP's joint width, or the width of Whisper's encoder states. */
  width: number;
  note: string;
  /** The pull request whose `model.safetensors` is used if the repository itself has none. */
  conversion?: string;
}

/**
 * OpenAI's CLIP and Whisper models with a short name. Any other CLIP or Whisper of the same architecture is named by its
 * hub id, `ORGANISATION/NAME`.
 */
export const MODEL_PRESETS: readonly ModelPreset[] = [
  {
    ...clip("clip-vit-base-patch32", 151, 512, "ViT-B/32: 50 positions an image, the fastest"),
    conversion: "refs/pr/15",
  },
  clip("clip-vit-base-patch16", 150, 512, "ViT-B/16: 197 positions an image"),
  clip("clip-vit-large-patch14", 428, 768, "ViT-L/14: 257 positions an image, the paper's"),
  whisper("whisper-tiny", 39, 384, "99 languages"),
  whisper("whisper-tiny.en", 39, 384, "English only"),
  whisper("whisper-base", 74, 512, "99 languages, the paper's"),
  whisper("whisper-base.en", 74, 512, "English only, that of the paper's published code"),
  whisper("whisper-small", 244, 768, "99 languages"),
  whisper("whisper-small.en", 244, 768, "English only"),
];

/** Finds a preset by its short name or hub id. */
export function modelPreset(name: string): ModelPreset | undefined {
  return MODEL_PRESETS.find((preset) => preset.name === name || preset.id === name);
}

/** Whether a text has the form of a hub id, `ORGANISATION/NAME`. */
export function isHubId(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(text) && !/--|\.\./.test(text) && text.length <= 96;
}

function clip(name: string, millions: number, width: number, note: string): ModelPreset {
  return { name, kind: "clip", id: `openai/${name}`, millions, width, note };
}

function whisper(name: string, millions: number, width: number, note: string): ModelPreset {
  return { name, kind: "whisper", id: `onnx-community/${name}`, millions, width, note };
}

/** Number formats of ONNX files, as named by transformers.js. */
export type WhisperDtype = "fp32" | "fp16" | "q8" | "int8" | "uint8" | "q4" | "bnb4" | "q4f16";

/** Suffixes of the ONNX files' names. */
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

/** The index of a CLIP whose weights are in several files. */
export const SHARD_INDEX = "model.safetensors.index.json";

/** The required files of a Whisper. */
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

/** The required files of a model. A CLIP may have an index and shards instead of `model.safetensors`. */
export function requiredFiles(kind: ModelKind): string[] {
  return kind === "clip" ? ["config.json", "tokenizer.json", "model.safetensors"] : whisperFiles();
}

/**
 * The sorted names of the shards in an index, without those that are not the name of a file next to the index, which the
 * loader refuses.
 *
 * @param index the parsed content of `model.safetensors.index.json`
 */
export function shardsOf(index: unknown): string[] {
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null) return [];
  const shards = Object.values(map).filter((shard): shard is string =>
    typeof shard === "string" && /^\w[\w.-]{0,200}$/.test(shard)
  );
  return [...new Set(shards)].sort();
}

/** Small files for other programs that read the same cache. */
const COMPANIONS = [
  "preprocessor_config.json",
  "processor_config.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "normalizer.json",
  "vocab.json",
  "merges.txt",
];

/**
 * Chooses the files to fetch: the required files, shards, external data, and small files next to them. Weights in other
 * formats and ONNX files in other number formats are not fetched.
 *
 * @param listed the paths of the repository's files
 * @returns the files to fetch, and the required files that the repository lacks
 */
export function wantedFiles(kind: ModelKind, listed: readonly string[]): { files: string[]; missing: string[] } {
  const there = new Set(listed);
  const required = requiredFiles(kind);
  const sharded = kind === "clip" && !there.has("model.safetensors") && there.has(SHARD_INDEX);
  const needed = sharded ? [...required.filter((file) => file !== "model.safetensors"), SHARD_INDEX] : required;
  const more = listed.filter((file) =>
    sharded && /^model-\d+-of-\d+\.safetensors$/.test(file) ||
    needed.includes(/^(.*\.onnx)_data(_\d+)?$/.exec(file)?.[1] ?? "")
  );
  const files = [...needed, ...more, ...COMPANIONS].filter((file) => there.has(file));
  return { files: [...new Set(files)], missing: needed.filter((file) => !there.has(file)) };
}
