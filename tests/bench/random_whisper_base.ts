/** A Whisper of the shapes of the published multilingual `whisper-base` with random weights. Used by tests and measurements only. */
import { join } from "@std/path";
import { readJson } from "../../lib/files/read.ts";
import { Random } from "../../lib/random.ts";
import { endTokens, whisperConfig, writeJsonFiles } from "../../data/generator/whisper_directory.ts";
import { whisperDecoderOnnx, whisperEncoderOnnx } from "../../data/generator/whisper_onnx.ts";
import { whisperShapes, type WhisperSize } from "../../data/generator/whisper_model.ts";

/** The sizes of `whisper-base`. */
export const WHISPER_BASE: WhisperSize = {
  mels: 80,
  width: 512,
  heads: 8,
  feedForward: 2048,
  encoderLayers: 6,
  decoderLayers: 6,
  windowSeconds: 30,
  maxTokens: 448,
  vocabulary: 51865,
};

const [END, START, LANGUAGES, TRANSLATE, TRANSCRIBE, NO_TIMESTAMPS] = [50257, 50258, 99, 50358, 50359, 50363];
const TINY = new URL("../../data/models/whisper-tiny-sample/", import.meta.url).pathname;

/** Names of the marks by their numbers in the published vocabulary. */
function markOf(id: number): string {
  const named: Record<number, string> = {
    [END]: "<|endoftext|>",
    [START]: "<|startoftranscript|>",
    [START + 1]: "<|en|>",
    [TRANSLATE]: "<|translate|>",
    [TRANSCRIBE]: "<|transcribe|>",
    50360: "<|startoflm|>",
    50361: "<|startofprev|>",
    50362: "<|nospeech|>",
    [NO_TIMESTAMPS]: "<|notimestamps|>",
  };
  if (named[id] !== undefined) return named[id];
  return id <= START + LANGUAGES ? `<|l${id - START}|>` : `<|${((id - NO_TIMESTAMPS - 1) * 0.02).toFixed(2)}|>`;
}

/** The bundled tokenizer with the published vocabulary's size and marks; tokens that it does not know are made up. */
async function tokenizerFiles(): Promise<Record<string, unknown>> {
  const tokenizer = await readJson(join(TINY, "tokenizer.json")) as {
    added_tokens: Record<string, unknown>[];
    model: { vocab: Record<string, number> };
    post_processor: { special_tokens: Record<string, { ids: number[] }> };
  };
  const known = Object.entries(tokenizer.model.vocab).filter(([token]) => !token.startsWith("<|"));
  const made = Array.from({ length: END - known.length }, (_, i): [string, number] => [`Ġw${i}`, known.length + i]);
  tokenizer.model.vocab = Object.fromEntries([...known, ...made]);
  const like = tokenizer.added_tokens[0] as Record<string, unknown>;
  tokenizer.added_tokens = Array.from({ length: WHISPER_BASE.vocabulary - END }, (_, i) => ({
    ...like,
    id: END + i,
    content: markOf(END + i),
  }));
  for (const [name, token] of Object.entries(tokenizer.post_processor.special_tokens)) {
    token.ids = tokenizer.added_tokens.filter(({ content }) => content === name).map(({ id }) => id as number);
  }
  return {
    "tokenizer.json": tokenizer,
    "tokenizer_config.json": await readJson(join(TINY, "tokenizer_config.json")),
  };
}

/** Writes the folder as the published ONNX exports lie, 32-bit weights. Of random weights each text is `mostTokens` long. */
export async function writeRandomWhisperBase(folder: string, mostTokens = WHISPER_BASE.maxTokens): Promise<void> {
  const size = WHISPER_BASE;
  const random = new Random(2);
  const pool = Float32Array.from({ length: 2 ** 19 }, () => random.normal());
  const values = new Map<string, Float32Array>();
  for (const [name, shape] of whisperShapes(size)) {
    const weight = new Float32Array(shape.reduce((product, n) => product * n, 1));
    const deviation = /embed/.test(name) ? 0.05 : (shape[1] ?? 1) ** -0.5;
    if (/norm\.weight$/.test(name)) weight.fill(1);
    else if (!name.endsWith(".bias")) {
      for (let i = 0, at = name.length * 31; i < weight.length; i++, at += 1 + (i & 1)) {
        weight[i] = deviation * pool[at % pool.length]!;
      }
    }
    values.set(name, weight);
  }
  const ends = endTokens(END, START);
  await writeJsonFiles(folder, {
    "config.json": whisperConfig(size, ends),
    "generation_config.json": {
      ...ends,
      no_timestamps_token_id: NO_TIMESTAMPS,
      is_multilingual: true,
      lang_to_id: { "<|en|>": START + 1 },
      task_to_id: { transcribe: TRANSCRIBE, translate: TRANSLATE },
      max_length: mostTokens,
    },
    "preprocessor_config.json": {
      ...await readJson(join(TINY, "preprocessor_config.json")) as Record<string, unknown>,
      chunk_length: size.windowSeconds,
      n_samples: 16000 * size.windowSeconds,
      nb_max_frames: 100 * size.windowSeconds,
    },
    ...await tokenizerFiles(),
  });
  await Deno.mkdir(join(folder, "onnx"), { recursive: true });
  await Deno.writeFile(join(folder, "onnx", "encoder_model.onnx"), whisperEncoderOnnx(values, size));
  await Deno.writeFile(join(folder, "onnx", "decoder_model_merged.onnx"), whisperDecoderOnnx(values, size));
}
