/** A CLIP model in memory: its weights by name, and a fresh one with random weights. */
import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../random.ts";
import type { ClipConfig, TowerConfig } from "./config.ts";

/** Configuration and weights of a CLIP model (Radford et al. 2021). */
export interface Clip {
  /** Sizes of both towers. */
  config: ClipConfig;
  /** By the names of {@link clipShapes}. Constants if the model is frozen, variables if it is trained. */
  weights: Map<string, tf.Tensor>;
  /** Frees the weights. */
  dispose(): void;
}

export function clipOf(config: ClipConfig, weights: Map<string, tf.Tensor>): Clip {
  return {
    config,
    weights,
    dispose(): void {
      for (const weight of weights.values()) weight.dispose();
      weights.clear();
    },
  };
}

/** A weight by name. Throws RangeError if it is missing. */
export function weightOf(weights: ReadonlyMap<string, tf.Tensor>, name: string): tf.Tensor {
  const weight = weights.get(name);
  if (weight === undefined) throw new RangeError(`Cannot compute as weight '${name}' is missing`);
  return weight;
}

/**
 * Every weight of a model of this configuration, by name, with its shape. A linear weight is `[out, in]`.
 *
 * @returns in the order in which the towers use them
 */
export function clipShapes({ text, vision, projection }: ClipConfig): Map<string, number[]> {
  const patches = Math.floor(vision.imageSize / vision.patchSize) ** 2;
  return new Map([
    ["text_model.embeddings.token_embedding.weight", [text.vocabulary, text.width]],
    ["text_model.embeddings.position_embedding.weight", [text.positions, text.width]],
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
    ...norm("vision_model.pre_layrnorm", vision.width), // the published models spell it so
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

/** The initial temperature, by which similarities are divided (Radford et al. 2021, section 2.5). */
const TEMPERATURE = 0.07;

/**
 * A CLIP with random weights as variables; the seed determines them (Radford et al. 2021, section 2.4 and their code).
 * Embeddings have a small standard deviation and linear weights one of `width ** -0.5`. Layers that write to the residual
 * stream have less in deep towers. Biases are zero, and layer normalizations start at scale 1.
 */
export function initializeClip(config: ClipConfig, seed: number | string): Clip {
  const random = new Random(seed);
  const weights = new Map<string, tf.Tensor>();
  for (const [name, shape] of clipShapes(config)) {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = new Float32Array(size);
    if (name === "logit_scale") values.fill(Math.log(1 / TEMPERATURE));
    else if (/norm\d?\.weight$/.test(name)) values.fill(1);
    else if (!name.endsWith(".bias")) {
      const deviation = deviationOf(name, shape, config);
      for (let i = 0; i < size; i++) values[i] = deviation * random.normal();
    }
    weights.set(name, tf.tidy(() => tf.variable(tf.tensor(values, shape), true)));
  }
  return clipOf(config, weights);
}

function deviationOf(name: string, shape: number[], { text, vision }: ClipConfig): number {
  const tower = name.startsWith("text") ? text : vision;
  if (name.endsWith("token_embedding.weight")) return 0.02;
  if (name === "text_model.embeddings.position_embedding.weight") return 0.01;
  if (/class_embedding|position_embedding/.test(name)) return tower.width ** -0.5;
  const into = shape.slice(1).reduce((product, n) => product * n, 1);
  if (name.endsWith("fc1.weight")) return (2 * tower.width) ** -0.5;
  const residual = /out_proj|fc2/.test(name) ? (2 * tower.layers) ** -0.5 : 1;
  return residual * (name.endsWith("fc2.weight") ? tower.width : into) ** -0.5;
}
