/** Writes a CLIP in Hugging Face's layout. */
import { join } from "@std/path";
import type { Clip } from "../../lib/clip/clip.ts";
import { clipShapes } from "../../lib/clip/clip.ts";
import type { ClipConfig, TowerConfig } from "../../lib/clip/config.ts";
import { InputError } from "../../lib/errors.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { type TensorToWrite, writeSafetensors } from "../../lib/files/safetensors.ts";

/**
 * Writes `config.json` and `model.safetensors`; creates the folder if it is missing.
 *
 * @param dtype element type of the weights; default `"F32"`
 */
export async function saveClip(clip: Clip, directory: string, dtype: "F32" | "F16" = "F32"): Promise<void> {
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, shape] of clipShapes(clip.config)) {
    const data = await clip.weights.get(name)?.data<"float32">();
    if (data === undefined) {
      throw new InputError(`Cannot save a CLIP model to '${directory}' as it has no tensor '${name}'.`);
    }
    tensors.set(name, { shape, data: new Float32Array(data) });
  }
  await writeSafetensors(join(directory, "model.safetensors"), tensors, { dtype, metadata: { format: "pt" } });
  await writeAtomic(join(directory, "config.json"), JSON.stringify(formatClipConfig(clip.config), null, 2) + "\n");
}

/** Formats a `config.json` that transformers and `parseClipConfig` read. */
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
  const marks = { bos_token_id: text.bos, eos_token_id: text.eos, pad_token_id: text.pad };
  return {
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: projection,
    logit_scale_init_value: 2.6592,
    ...marks,
    text_config: {
      model_type: "clip_text_model",
      ...shared(text),
      vocab_size: text.vocabulary,
      max_position_embeddings: text.positions,
      ...marks,
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
