/**
 * Names and shapes of CLIP's weights, in Hugging Face's layout of `CLIPModel`.
 *
 * @module
 */
import type { ClipConfig, TowerConfig } from "./config.ts";

/**
 * Every weight of a model of this configuration, by name, with its shape. A linear weight is `[out, in]`.
 *
 * @returns in the order in which the towers use them
 */
export function clipShapes({ text, vision, projection }: ClipConfig): Map<string, number[]> {
  const patches = Math.floor(vision.imageSize / vision.patchSize) ** 2;
  return new Map([
    ["text_model.embeddings.token_embedding.weight", [text.vocabulary, text.width]],
    ["text_model.embeddings.position_embedding.weight", [text.places, text.width]],
    ...layers("text_model.encoder.layers", text),
    ...norm("text_model.final_layer_norm", text.width),
    ["text_projection.weight", [projection, text.width]],
    ["vision_model.embeddings.class_embedding", [vision.width]],
    ["vision_model.embeddings.patch_embedding.weight", [
      vision.width,
      vision.channels,
      vision.patchSize,
      vision.patchSize,
    ]],
    ["vision_model.embeddings.position_embedding.weight", [1 + patches, vision.width]],
    ...norm("vision_model.pre_layrnorm", vision.width), // spelt so in the published models
    ...layers("vision_model.encoder.layers", vision),
    ...norm("vision_model.post_layernorm", vision.width),
    ["visual_projection.weight", [projection, vision.width]],
    ["logit_scale", []],
  ]);
}

type Named = [name: string, shape: number[]];

function layers(prefix: string, { layers, width, feedforward }: TowerConfig): Named[] {
  return Array.from({ length: layers }, (_, i): Named[] => [
    ...norm(`${prefix}.${i}.layer_norm1`, width),
    ...["q_proj", "k_proj", "v_proj", "out_proj"].flatMap((p) => linear(`${prefix}.${i}.self_attn.${p}`, width, width)),
    ...norm(`${prefix}.${i}.layer_norm2`, width),
    ...linear(`${prefix}.${i}.mlp.fc1`, feedforward, width),
    ...linear(`${prefix}.${i}.mlp.fc2`, width, feedforward),
  ]).flat();
}

function linear(prefix: string, out: number, into: number): Named[] {
  return [[`${prefix}.weight`, [out, into]], [`${prefix}.bias`, [out]]];
}

function norm(prefix: string, width: number): Named[] {
  return [[`${prefix}.weight`, [width]], [`${prefix}.bias`, [width]]];
}
