/**
 * A CLIP with random weights, as pretraining begins with.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../random.ts";
import { type Clip, clipOf } from "./clip.ts";
import type { ClipConfig } from "./config.ts";
import { clipShapes } from "./shapes.ts";

/** Similarities are divided by this temperature at first (Radford et al. 2021, section 2.5). */
const TEMPERATURE = 0.07;

/**
 * A CLIP with random weights as variables, the same for the same seed (Radford et al. 2021, section 2.4 and their code):
 * embeddings of small deviation, linear weights of deviation `width ** -0.5`, smaller in deep towers where a block's
 * output is added to the residual stream; no biases; unit normalisations.
 */
export function initialiseClip(config: ClipConfig, seed: number | string): Clip {
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
