/**
 * The configuration of a CLIP model, as Hugging Face's `config.json` tells it.
 *
 * @module
 */
import { join } from "@std/path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { readJson } from "../files/read.ts";

/** The activation between the two linear layers of a block. */
export type Activation = "quick_gelu" | "gelu";

/** What the two towers have in common. */
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
  /** Added to the variance in layer normalisation. */
  epsilon: number;
}

/** The text tower. */
export interface TextConfig extends TowerConfig {
  /** Number of tokens V. */
  vocabulary: number;
  /** Number of positions L; 77 in OpenAI's models. */
  positions: number;
  /** The token that begins a text. */
  bos: number;
  /** The token that ends a text, and at whose place the feature is read. */
  eos: number;
  /** The token that fills the positions after the end. */
  pad: number;
}

/** The vision tower. */
export interface VisionConfig extends TowerConfig {
  /** Height and width S of a picture, in pixels. */
  imageSize: number;
  /** Height and width P of a patch, in pixels. */
  patchSize: number;
  /** Colours; 3. */
  channels: number;
}

/** Both towers, and the width D of the space in which they meet. */
export interface ClipConfig {
  /** The text tower. */
  text: TextConfig;
  /** The vision tower. */
  vision: VisionConfig;
  /** Joint width D. */
  projection: number;
}

// Bounds, many times those of the largest published models, keep a damaged number from asking for terabytes.
const bounded = (most: number) => z.number().int().positive().max(most);
const size = bounded(2 ** 17);
const layers = bounded(512);
const pixels = bounded(2 ** 13);
const token = z.number().int().nonnegative();

// Hugging Face leaves out what equals its defaults, which are those of ViT-B/32.
const tower = {
  hidden_act: z.enum(["quick_gelu", "gelu"]).default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
};
const schema = z.object({
  projection_dim: size.default(512),
  bos_token_id: token.nullish(),
  eos_token_id: token.nullish(),
  pad_token_id: token.nullish(),
  text_config: z.object({
    ...tower,
    vocab_size: bounded(10_000_000).default(49408),
    hidden_size: size.default(512),
    intermediate_size: size.default(2048),
    num_hidden_layers: layers.default(12),
    num_attention_heads: size.default(8),
    max_position_embeddings: size.min(3).default(77),
    bos_token_id: token.nullish(),
    eos_token_id: token.nullish(),
    pad_token_id: token.nullish(),
  }),
  vision_config: z.object({
    ...tower,
    hidden_size: size.default(768),
    intermediate_size: size.default(3072),
    num_hidden_layers: layers.default(12),
    num_attention_heads: size.default(12),
    image_size: pixels.default(224),
    patch_size: pixels.default(32),
    num_channels: size.default(3),
  }),
});

/**
 * Checks and simplifies the content of a `config.json`.
 *
 * @param source names the file in messages
 * @throws {InputError} where a field is missing, of another kind, or does not fit the others.
 */
export function parseClipConfig(json: unknown, source: string): ClipConfig {
  const parsed = schema.safeParse(json);
  const wrong = (why: string) => new InputError(`Cannot use '${source}' as the configuration of a CLIP model: ${why}.`);
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error).replaceAll("\n", " "));
  const { text_config: text, vision_config: vision, ...joint } = parsed.data;
  for (const [name, { hidden_size, num_attention_heads }] of [["text", text], ["vision", vision]] as const) {
    if (hidden_size % num_attention_heads !== 0) {
      throw wrong(`the ${name} tower's ${num_attention_heads} heads must divide its width ${hidden_size}`);
    }
  }
  if (vision.patch_size > vision.image_size) {
    throw wrong(`the patch size ${vision.patch_size} must be at most the image size ${vision.image_size}`);
  }
  const last = text.vocab_size - 1;
  // Early published configurations carry 0 and 2 in the text tower where the last two tokens are meant.
  const eos = joint.eos_token_id ?? (text.eos_token_id === 2 ? last : text.eos_token_id ?? last);
  const bos = joint.bos_token_id ?? (text.eos_token_id === 2 ? last - 1 : text.bos_token_id ?? last - 1);
  for (const [name, id] of [["bos_token_id", bos], ["eos_token_id", eos]] as const) {
    if (id > last) throw wrong(`${name} is ${id}, expected at most ${last}, the last token`);
  }
  const pad = joint.pad_token_id ?? text.pad_token_id ?? eos;
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
 * Reads `config.json` of a model's folder.
 *
 * @throws {InputError} where the file is missing or does not describe a CLIP model.
 */
export async function readClipConfig(directory: string): Promise<ClipConfig> {
  const path = join(directory, "config.json");
  return parseClipConfig(await readJson(path), path);
}

/** The content of a `config.json` that Hugging Face's library and {@link parseClipConfig} read. */
export function formatClipConfig({ text, vision, projection }: ClipConfig): Record<string, unknown> {
  const shared = (tower: TowerConfig) => ({
    hidden_size: tower.width,
    intermediate_size: tower.feedforward,
    num_hidden_layers: tower.layers,
    num_attention_heads: tower.heads,
    hidden_act: tower.activation,
    layer_norm_eps: tower.epsilon,
    projection_dim: projection,
  });
  const tokens = { bos_token_id: text.bos, eos_token_id: text.eos, pad_token_id: text.pad };
  return {
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: projection,
    logit_scale_init_value: 2.6592,
    ...tokens,
    text_config: {
      model_type: "clip_text_model",
      ...shared(text),
      vocab_size: text.vocabulary,
      max_position_embeddings: text.positions,
      ...tokens,
    },
    vision_config: {
      model_type: "clip_vision_model",
      ...shared(vision),
      image_size: vision.imageSize,
      patch_size: vision.patchSize,
      num_channels: vision.channels,
    },
  };
}

function towerOf(config: z.infer<typeof schema>["text_config" | "vision_config"]): TowerConfig {
  return {
    width: config.hidden_size,
    feedforward: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    activation: config.hidden_act,
    epsilon: config.layer_norm_eps,
  };
}
