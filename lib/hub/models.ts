/**
 * The models that have a short name, and the files that a model needs.
 *
 * @module
 */

/** What a model does for BrewCLIP. */
export type ModelKind = "clip" | "whisper";

/** A published model. */
export interface ModelPreset {
  /** The name on the command line. */
  name: string;
  /** CLIP or Whisper. */
  kind: ModelKind;
  /** The repository on the Hugging Face hub. */
  id: string;
  /** Parameters in millions, both towers of CLIP or encoder and decoder of Whisper. */
  millions: number;
  /** Width of its output: CLIP's joint width, or that of Whisper's encoder states. */
  width: number;
  /** How it differs from the others. */
  note: string;
  /** The pull request whose `model.safetensors` is used if the repository itself has none. */
  conversion?: string;
}

/**
 * OpenAI's CLIP and Whisper models that have a short name; any other CLIP or Whisper of the same architecture is named by
 * its hub id, `ORGANISATION/NAME`.
 *
 * @example
 * ```ts
 * import { MODEL_PRESETS } from "./models.ts";
 * const paper = MODEL_PRESETS.find(({ name }) => name === "clip-vit-large-patch14");
 * if (paper?.id !== "openai/clip-vit-large-patch14") throw new Error(paper?.id);
 * ```
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

/** The preset of a name, or of the hub id that it stands for. */
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

/** The list of a CLIP's shards, if its weights are not in one file. */
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
 * @returns their names in order, each once; none if the index has no map of weights. What is no name of a file next to
 * the index is skipped: its loader refuses it.
 */
export function shardsOf(index: unknown): string[] {
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null) return [];
  const shards = Object.values(map).filter((shard): shard is string =>
    typeof shard === "string" && /^\w[\w.-]{0,200}$/.test(shard)
  );
  return [...new Set(shards)].sort();
}

/** Small files that are not needed here; other programs that read the same cache want them. */
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
 * Chooses what is fetched of a repository: the files that a model of this kind needs, its shards, its external data, and small
 * files next to them; no weights in other formats, and of the ONNX files those of one number format.
 *
 * @param listed the paths of the repository's files
 * @returns the files to fetch, and those that it should have and has not
 *
 * @example
 * ```ts
 * import { wantedFiles } from "./models.ts";
 * const { files, missing } = wantedFiles("clip", ["README.md", "config.json", "pytorch_model.bin", "tokenizer.json"]);
 * if (files.join() !== "config.json,tokenizer.json") throw new Error(files.join());
 * if (missing.join() !== "model.safetensors") throw new Error(missing.join());
 * ```
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
