/** The numbers of the reference, on one backend. Used by tests only. */
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { encodeText } from "../lib/clip/text_tower.ts";
import { encodeImage } from "../lib/clip/vision_tower.ts";
import { encodeAcoustic } from "../lib/systems/acoustic_branch.ts";
import { disposeBrewClip, encodeImages, encodeSpeech } from "../lib/systems/brewclip.ts";
import { Adam } from "../lib/training/optimizer.ts";
import { lossAndGradients, trainingStep } from "../lib/training/loop.ts";
import { type GoldenFolder, goldenModel, goldenStates, loadGoldenFolder, relativeError } from "./golden_folder.ts";
import type { StoredTensor } from "../lib/files/safetensors.ts";

const FEATURE = 1e-4;
const GRADIENT = 1e-3;
const PARAMETER = 1e-4;

const IN_BIAS = "acoustic.layer.attn.in.bias";

/** Compares everything that a folder holds; the backend must be set. Returns the largest errors. */
export async function goldenSuite(directory: string): Promise<Record<string, number>> {
  const folder = await loadGoldenFolder(directory);
  const worst: Record<string, number> = {};
  const close: Close = async (name: string, tensor: tf.Tensor, limit: number, key: string) => {
    const error = await relativeError(tensor, folder.golden.get(name)!);
    worst[key] = Math.max(worst[key] ?? 0, error);
    assert.ok(error <= limit, `${name}: relative error ${error}`);
    tensor.dispose();
  };
  await plain(folder, close);
  await full(folder, close);
  await training(folder, close);
  folder.clip.dispose();
  return worst;
}

type Close = (name: string, tensor: tf.Tensor, limit: number, key: string) => Promise<void>;

async function plain(folder: GoldenFolder, close: Close): Promise<void> {
  const { clip, ids, pixels } = folder;
  const text = encodeText(clip, ids);
  const image = encodeImage(clip, pixels);
  const zeroShot = { ...goldenModel(folder, "pip-zero-shot") };
  const similarity = tf.tidy(() =>
    tf.matMul(encodeImages(zeroShot, pixels), encodeSpeech(zeroShot, { ids }).speech, false, true)
  );
  const transposed = tf.transpose(similarity);
  const wanted = folder.golden.get("plain.similarity")!;
  const upright = await relativeError(similarity, wanted) <= await relativeError(transposed, wanted);
  await close("plain.text", text, FEATURE, "features");
  await close("plain.image", image, FEATURE, "features");
  await close("plain.similarity", upright ? similarity : transposed, FEATURE, "features");
  tf.dispose([similarity, transposed]);
}

async function full(folder: GoldenFolder, close: Close): Promise<void> {
  const { pixels, ids, lengths, imageIds } = folder;
  const model = goldenModel(folder);
  const states = goldenStates(folder);
  const prompts = model.parameters.get("prompts.text")!;
  await close(
    "acoustic.without_lengths",
    encodeAcoustic(states, prompts, model.parameters, model.acoustic),
    FEATURE,
    "features",
  );
  const { speech, text, acoustic } = encodeSpeech(model, { ids, states, lengths });
  await close("full.speech", speech, FEATURE, "features");
  await close("full.text", text!, FEATURE, "features");
  await close("full.acoustic", acoustic!, FEATURE, "features");
  await close("full.image", encodeImages(model, pixels), FEATURE, "features");
  const { losses, gradients } = lossAndGradients(model, { pixels, ids, states, lengths, imageIds });
  for (const [name, term] of Object.entries(losses)) await close(`full.${name}`, term, FEATURE, "losses");
  assert.deepEqual([...gradients.keys()].sort(), [...folder.trainable.keys()].sort());
  for (const [name, gradient] of gradients) await close(`grad.${name}`, gradient, GRADIENT, "gradients");
  states.dispose();
  disposeBrewClip(model);
}

async function training(folder: GoldenFolder, close: Close): Promise<void> {
  const { pixels, ids, lengths, imageIds, golden } = folder;
  const model = goldenModel(folder);
  const states = goldenStates(folder);
  const optimizer = new Adam();
  const rates = golden.get("train.learning_rate")!.data as Float32Array;
  for (let step = 1; step <= rates.length; step++) {
    const batch = { pixels, ids, states, lengths, imageIds };
    const { losses, gradientNorm } = trainingStep(model, batch, optimizer, { learningRate: rates[step - 1]! });
    for (const [name, tensor] of [["loss", losses.loss], ["grad_norm", gradientNorm]] as const) {
      const wanted = (golden.get(`train.${name}`)!.data as Float32Array)[step - 1]!;
      assert.ok(await relativeError(tensor, [wanted]) <= FEATURE, `${name} of step ${step}`);
    }
    tf.dispose([...Object.values(losses), gradientNorm]);
  }
  for (const [name, parameter] of model.parameters) {
    if (name === IN_BIAS) await compareInBias(parameter, golden.get(`after3.${name}`)!, rates);
    else await close(`after3.${name}`, tf.clone(parameter), PARAMETER, "parameters");
  }
  states.dispose();
  optimizer.dispose();
  disposeBrewClip(model);
}

/**
 * A bias of the keys adds the same to all scores of a query, so its gradient is zero but for rounding. Adam divides by
 * the gradient's own size and so makes steps out of the reference's rounding (1e-9, beside a decay of 1e-8), each at most
 * as long as the learning rate: that third of the bias is held to the sum of these, queries and values to full precision.
 */
async function compareInBias(parameter: tf.Tensor, golden: StoredTensor, rates: Float32Array): Promise<void> {
  const wanted = golden.data as Float32Array;
  const width = wanted.length / 3;
  for (const third of [0, 1, 2]) {
    const part = tf.slice(parameter, [third * width], [width]);
    const expected = wanted.slice(third * width, (third + 1) * width);
    const name = `after3.${IN_BIAS}, third ${third}`;
    if (third === 1) {
      const limit = rates.reduce((sum, rate) => sum + rate, 0);
      const values = await part.data<"float32">();
      const error = Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
      assert.ok(error <= limit, `${name}: off by ${error}`);
    } else {
      const error = await relativeError(part, expected);
      assert.ok(error <= PARAMETER, `${name}: relative error ${error}`);
    }
    part.dispose();
  }
}
