/** The configuration of a CLIP model, as in Hugging Face's `config.json`. */
import { join } from "@std/path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { exists, readJson } from "../files/read.ts";

/** The activation between the two linear layers of a block. */
export type Activation = "quick_gelu" | "gelu";

/** Sizes that both towers have. */
export interface TowerConfig {
  /** Width H of the residual stream. */
  width: number;
  /** Width between the two linear layers of a block. */
  feedforward: number;
  /** Number of blocks. */
  layers: number;
  /** Attention heads; divides the width. */
  heads: number;
  /** `"quick_gelu"` in OpenAI's models. */
  activation: Activation;
  /** Added to the variance in layer normalization. */
  epsilon: number;
}

/** The text tower. */
export interface TextConfig extends TowerConfig {
  /** Number of tokens V. */
  vocabulary: number;
  /** Number of positions L; 77 in OpenAI's models. */
  positions: number;
  /** Id of SOS, the token that begins a text. */
  bos: number;
  /** Id of EOS, the token that ends a text. The feature is read at its position. */
  eos: number;
  /** Id of the token that fills the positions after EOS. */
  pad: number;
}

/** The vision tower. */
export interface VisionConfig extends TowerConfig {
  /** Height and width S of an image, in pixels. */
  imageSize: number;
  /** Height and width P of a patch, in pixels. */
  patchSize: number;
  /** Color channels; 3. */
  channels: number;
}

/** Both towers, and the width D of their joint embedding space. */
export interface ClipConfig {
  /** The text tower. */
  text: TextConfig;
  /** The vision tower. */
  vision: VisionConfig;
  /** Joint width D. */
  projection: number;
}

// A damaged number must not ask for terabytes. The bounds are many times the sizes of the largest published models.
const bounded = (most: number) => z.number().int().positive().max(most);
const size = bounded(2 ** 17);
const pixels = bounded(2 ** 13);

const token = z.number().int().nonnegative().nullish();
const tokens = { bos_token_id: token, eos_token_id: token, pad_token_id: token };

// Hugging Face omits fields that equal its defaults, which are those of ViT-B/32.
const tower = {
  hidden_act: z.enum(["quick_gelu", "gelu"]).default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
  num_hidden_layers: bounded(512).default(12),
};
const textSchema = z.looseObject({
  ...tower,
  ...tokens,
  model_type: z.literal("clip_text_model").nullish(),
  vocab_size: bounded(10_000_000).default(49408),
  hidden_size: size.default(512),
  intermediate_size: size.default(2048),
  num_attention_heads: size.default(8),
  max_position_embeddings: size.min(3).default(77),
});
const visionSchema = z.looseObject({
  ...tower,
  model_type: z.literal("clip_vision_model").nullish(),
  hidden_size: size.default(768),
  intermediate_size: size.default(3072),
  num_attention_heads: size.default(12),
  image_size: pixels.default(224),
  patch_size: pixels.default(32),
  num_channels: size.default(3),
});
const schema = z.looseObject({
  ...tokens,
  model_type: z.literal("clip").nullish(),
  projection_dim: size.default(512),
  text_config: textSchema,
  vision_config: visionSchema,
  text_config_dict: textSchema.nullish(),
  vision_config_dict: visionSchema.nullish(),
});

/** Fields of Hugging Face's configurations that do not change the features of a frozen model. */
const HARMLESS: ReadonlySet<string> = new Set(
  `architectures attention_dropout attn_implementation auto_map bad_words_ids begin_suppress_tokens
  chunk_size_feed_forward cross_attention_hidden_size decoder_start_token_id diversity_penalty do_sample dropout dtype
  early_stopping encoder_no_repeat_ngram_size exponential_decay_length_penalty finetuning_task forced_bos_token_id
  forced_eos_token_id id2label initializer_factor initializer_range is_encoder_decoder label2id length_penalty
  logit_scale_init_value max_length min_length no_repeat_ngram_size num_beam_groups num_beams num_return_sequences
  output_attentions output_hidden_states output_scores prefix problem_type projection_dim remove_invalid_values
  repetition_penalty return_dict return_dict_in_generate sep_token_id suppress_tokens task_specific_params temperature
  tf_legacy_loss tie_encoder_decoder tie_word_embeddings tokenizer_class top_k top_p torch_dtype torchscript
  transformers_version typical_p use_bfloat16 use_cache`.split(/\s+/),
);

/** The special tokens of a text. */
export type TextMarks = Pick<TextConfig, "bos" | "eos" | "pad">;

/**
 * Checks and simplifies the content of a `config.json`. As in transformers, `text_config_dict` and `vision_config_dict`
 * replace all fields of `text_config` and `vision_config`, including fields that they lack.
 *
 * @param source names the file in messages
 * @param marks the tokenizer's, used if the configuration is of the old kind (`eos_token_id` 2) or has none. Default: the
 * last two tokens.
 * @throws {InputError} if a field is missing, of the wrong type, not supported, or does not fit the others.
 */
export function parseClipConfig(json: unknown, source: string, marks?: TextMarks): ClipConfig {
  const wrong = (why: string) => new InputError(`Cannot use '${source}' as the configuration of a CLIP model: ${why}.`);
  const parsed = schema.safeParse(
    isObject(json)
      ? {
        ...json,
        text_config: json.text_config ?? json.text_config_dict,
        vision_config: json.vision_config ?? json.vision_config_dict,
      }
      : json,
  );
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error).replaceAll("\n", " "));
  const { text_config, vision_config, text_config_dict, vision_config_dict, ...joint } = parsed.data;
  for (
    const [prefix, { shape }, fields] of [
      ["", schema, joint],
      ["text_config.", textSchema, text_config],
      ["vision_config.", visionSchema, vision_config],
      ["text_config_dict.", textSchema, text_config_dict],
      ["vision_config_dict.", visionSchema, vision_config_dict],
    ] as const
  ) {
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (name in shape || HARMLESS.has(name) || name.startsWith("_") || isUnset(value)) continue;
      const shown = JSON.stringify(value)?.slice(0, 60);
      throw wrong(`'${prefix}${name}' is ${shown}, which may change the features and is not supported`);
    }
  }
  const [text, vision] = [text_config_dict ?? text_config, vision_config_dict ?? vision_config];
  const last = text.vocab_size - 1;
  // Early published configurations have 0, 2 and 1 in the text tower; transformers then reads at the largest token.
  const old = text.eos_token_id === 2;
  const own = !old && typeof text.eos_token_id === "number" ? text : joint;
  const eos = own.eos_token_id ?? marks?.eos ?? last;
  const bos = own.bos_token_id ?? (old ? undefined : text.bos_token_id) ?? marks?.bos ?? last - 1;
  const divides = ({ hidden_size, num_attention_heads }: typeof text | typeof vision) =>
    hidden_size % num_attention_heads === 0;
  const rules: [holds: boolean, rule: string][] = [
    [divides(text), `the text tower's ${text.num_attention_heads} heads must divide its width ${text.hidden_size}`],
    [
      divides(vision),
      `the vision tower's ${vision.num_attention_heads} heads must divide its width ${vision.hidden_size}`,
    ],
    [
      vision.patch_size <= vision.image_size,
      `the patch size ${vision.patch_size} must be at most the image size ${vision.image_size}`,
    ],
    [bos <= last, `bos_token_id is ${bos}, expected at most ${last}, the last token`],
    [eos <= last, `eos_token_id is ${eos}, expected at most ${last}, the last token`],
  ];
  for (const [holds, rule] of rules) if (!holds) throw wrong(rule);
  const pad = own.pad_token_id ?? (old ? marks?.pad : undefined) ?? text.pad_token_id ?? marks?.pad ?? eos;
  return {
    projection: joint.projection_dim,
    text: {
      ...towerOf(text),
      vocabulary: text.vocab_size,
      positions: text.max_position_embeddings,
      bos,
      eos,
      pad: Math.min(pad, last),
    },
    vision: {
      ...towerOf(vision),
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      channels: vision.num_channels,
    },
  };
}

/**
 * Reads `config.json` of a model's folder, and the special tokens of its `tokenizer.json` if it exists.
 *
 * @throws {InputError} if a file is missing or does not describe a CLIP model.
 */
export async function readClipConfig(directory: string): Promise<ClipConfig> {
  const path = join(directory, "config.json");
  return parseClipConfig(await readJson(path), path, await readMarks(directory));
}

/** The special tokens that a tokenizer adds to a text, or has under CLIP's names; undefined if it has none. */
async function readMarks(directory: string): Promise<TextMarks | undefined> {
  const [path, settingsPath] = ["tokenizer.json", "tokenizer_config.json"].map((name) => join(directory, name));
  if (!await exists(path!)) return undefined;
  const { model, added_tokens: added, post_processor: post } = await readObject(path!);
  const ids = new Map(Object.entries(isObject(model) && isObject(model.vocab) ? model.vocab : {}));
  for (const entry of Array.isArray(added) ? added : []) {
    if (isObject(entry) && typeof entry.content === "string") ids.set(entry.content, entry.id);
  }
  const settings = await exists(settingsPath!) ? await readObject(settingsPath!) : {};
  const content = (token: unknown) => isObject(token) ? token.content : token;
  const idOf = (name: unknown) => typeof name === "string" ? ids.get(name) : undefined;
  const around = isObject(post) ? [post.cls, post.sep].map((pair) => Array.isArray(pair) ? pair[1] : undefined) : [];
  const bos = around[0] ?? idOf("<|startoftext|>") ?? idOf(content(settings.bos_token));
  const eos = around[1] ?? idOf("<|endoftext|>") ?? idOf(content(settings.eos_token));
  const pad = idOf(content(settings.pad_token)) ?? eos;
  return [bos, eos, pad].every((id) => Number.isSafeInteger(id) && (id as number) >= 0)
    ? { bos, eos, pad } as TextMarks
    : undefined;
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  const value = await readJson(path);
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a field is null, false, an empty list or an empty object. */
function isUnset(value: unknown): boolean {
  return value === null || value === undefined || value === false ||
    typeof value === "object" && Object.keys(value).length === 0;
}

function towerOf(config: z.infer<typeof textSchema> | z.infer<typeof visionSchema>): TowerConfig {
  return {
    width: config.hidden_size,
    feedforward: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    activation: config.hidden_act,
    epsilon: config.layer_norm_eps,
  };
}
