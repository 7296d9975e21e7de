/** What every system that is trained has in common; training, checkpoints and evaluation know no more of one. */
import * as tf from "@tensorflow/tfjs-core";
import type { Clip } from "../clip/clip.ts";
import type { TokenIds } from "../clip/text_tower.ts";
import type { Pixels, TowerOptions } from "../clip/vision_tower.ts";
import { Random } from "../random.ts";
import type { AcousticConfig } from "./acoustic_config.ts";
import type { Variant } from "./variants.ts";

/** A frozen CLIP and what is trained next to it. */
export interface Model {
  /** Its name. */
  variant: Variant;
  /** The frozen towers. */
  clip: Clip;
  /** Trained parameters by name. */
  parameters: Map<string, tf.Variable>;
  /** Running `NORM.mean` and `NORM.variance` of batch norms. Default none. */
  statistics?: Map<string, tf.Variable>;
}

/** B spoken descriptions. */
export interface Speech {
  /**
   * Tokens of the transcript or caption, for models that read text. One row per recording, or consecutive rows as `windows`
   * says.
   */
  ids?: TokenIds | undefined;
  /**
   * Number of rows in `ids` per recording, at least 1: the windows of a long text, whose features are averaged. Default 1
   * each.
   */
  windows?: ArrayLike<number> | undefined;
  /**
   * The mean log-probability of each transcript's tokens, at most 0, for models whose fusion depends on it. A written caption or
   * a text that a person typed has 0: it is certain.
   */
  confidence?: ArrayLike<number> | undefined;
  /** `[B, S, Z]`: states of Whisper's encoder, those of several layers one after the other, or frames of a log-mel. */
  states?: tf.Tensor3D | undefined;
  /** Number of frames per recording; later frames are masked. Default: no mask. */
  lengths?: ArrayLike<number> | undefined;
}

/** Tensors by name, with a row for each image or recording. */
export type Features = Record<string, tf.Tensor>;

/** How features are computed. */
export interface Pass extends TowerOptions {
  /** Whether the batch is trained on: batch norms use, and count, its statistics. Default false. */
  training?: boolean | undefined;
  /** Seed of the dropout. Default no dropout. */
  dropoutSeed?: number | string | undefined;
}

/** Embeddings of earlier pairs. */
export interface Negatives {
  /** `[M, D]`, rows of length 1. */
  image: tf.Tensor2D;
  /** `[M, D]`, rows of length 1. */
  speech: tf.Tensor2D;
  /** The image of each pair. */
  imageIds: readonly (string | number)[];
}

/** What a loss depends on besides features. */
export interface LossOptions {
  /** Weight of BrewCLIP's inner term. Default 0.1. */
  alpha?: number | undefined;
  /** The image of each pair. Pairs of the same image are not negatives of each other. Default: all differ. */
  imageIds?: readonly (string | number)[] | undefined;
  /** Further negatives, for a loss that can have them. Default none. */
  negatives?: Negatives | undefined;
  /** Seed of the dropout, where parameters take part in the loss. Default no dropout. */
  dropoutSeed?: number | string | undefined;
  /** Seed of what the loss samples; use another one for each step. */
  seed?: number | string | undefined;
  /** What would be sampled, in place of `seed`: for each recording the row of an image, and the other way round. */
  impostors?: { images: readonly number[]; speech: readonly number[] } | undefined;
}

/** The loss that is minimized, and its terms by name. */
export type Losses = { loss: tf.Scalar } & Record<string, tf.Scalar>;

/** From what a model is made. */
export interface Setup {
  /** The frozen towers, which the caller keeps. */
  clip: Clip;
  /** Sizes of a branch on Whisper's states. */
  acoustic: AcousticConfig;
  /** Width of one state, or mel bins. */
  speechWidth: number;
  /** States of a frame; 1 for a log-mel. */
  speechLayers: number;
  /** Small sizes for the bundled sample, or the published ones. */
  size: ModelSize;
  /** Seed of the initial values. */
  seed: number | string;
  /** Token ids that may be chosen, for models that choose keywords. */
  vocabulary?: readonly number[] | undefined;
}

/** What the shapes of a model's parameters depend on. */
export type ShapeSetup = Omit<Setup, "clip"> & { clip: Pick<Clip, "config"> };

/** Sizes of systems that are trained from scratch. */
export type ModelSize = "small" | "published";

/** A second stage of the search, which orders the best candidates of the first again. */
export interface Rerank<M extends Model> {
  /** How many candidates. */
  top: number;
  /**
   * Scores pairs.
   *
   * @param image features of P images, in the order of the pairs, as `encodeImages` names them. Sequences of different
   * lengths are padded with zeros.
   * @param speech likewise
   * @returns `[P]`
   */
  score(model: M, image: Features, speech: Features): tf.Tensor1D;
}

/**
 * A system. A pair's score is the dot product of its `image` and `speech`; all other features serve the loss or the second
 * stage. `encode*` and `loss` are differentiable at every parameter, and return tensors that the caller disposes.
 */
export interface System<M extends Model = Model> {
  /** The shape of each trained parameter. */
  shapes(name: Variant, setup: ShapeSetup): Map<string, number[]>;
  /** Creates a model with initial values. */
  create(name: Variant, setup: Setup): M;
  /**
   * @param images what the model reads of B images ({@link VariantParts}): an array each, or a tensor
   * @returns at least `image` `[B, D]`
   */
  encodeImages(model: M, images: Pixels, pass?: Pass): Features & { image: tf.Tensor2D };
  /** @returns at least `speech` `[B, D]` */
  encodeSpeech(model: M, speech: Speech, pass?: Pass): Features & { speech: tf.Tensor2D };
  /** @param features of both sides; row i of each belongs to pair i */
  loss(model: M, features: Features & { image: tf.Tensor2D; speech: tf.Tensor2D }, options: LossOptions): Losses;
  /** Absent, or undefined for a model, if the dot product is all there is. */
  rerank?(model: M): Rerank<M> | undefined;
}

/** Frees a model's tensors, but not its CLIP. */
export function disposeModel(model: Model): void {
  for (const tensor of modelTensors(model).values()) tensor.dispose();
  model.parameters.clear();
  model.statistics?.clear();
}

/** Everything that a checkpoint of a model has: its parameters, and its running statistics as `statistics.NAME`. */
export function modelTensors({ parameters, statistics = new Map() }: Model): Map<string, tf.Variable> {
  return new Map([...parameters, ...[...statistics].map(([name, value]) => [`statistics.${name}`, value] as const)]);
}

/**
 * The trained parameters of a model by name.
 *
 * @throws {RangeError} if the model has no parameters.
 */
export function trainedParameters(
  { variant, parameters }: Model,
  frozen: readonly string[] = [],
): [name: string, parameter: tf.Variable][] {
  const trained = [...parameters].filter(([name]) => !frozen.includes(name));
  if (trained.length === 0) throw new RangeError(`Cannot train variant '${variant}' as it has no parameters`);
  return trained;
}

/** Initial values: one value, or a normal or uniform distribution around 0. */
export type Initial = { value: number } | { deviation: number } | { bound: number };

/** Makes parameters. Their values depend only on the seed and their names. */
export function initialize(
  shapes: ReadonlyMap<string, readonly number[]>,
  seed: number | string,
  initial: (name: string, shape: readonly number[]) => Initial,
): Map<string, tf.Variable> {
  return new Map([...shapes].map(([name, shape]) => {
    const random = new Random(`${seed}:${name}`);
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const how = initial(name, shape);
    if ("value" in how) values.fill(how.value);
    else if ("deviation" in how) values.forEach((_, i) => values[i] = how.deviation * random.normal());
    else values.forEach((_, i) => values[i] = how.bound * (2 * random.next() - 1));
    return [name, tf.tidy(() => tf.variable(tf.tensor(values, [...shape])))];
  }));
}

/** Running statistics of batch norms before the first step: mean 0 and variance 1. */
export function runningStatistics(
  norms: Iterable<readonly [name: string, channels: number | number[]]>,
): Map<string, tf.Variable> {
  return new Map([...norms].flatMap(([name, channels]) => {
    const shape = [channels].flat();
    return [
      [`${name}.mean`, tf.tidy(() => tf.variable(tf.zeros(shape)))],
      [`${name}.variance`, tf.tidy(() => tf.variable(tf.ones(shape)))],
    ];
  }));
}

/** What a model reads of images, as a tensor `[B, ...shape]`. */
export function imageTensor(images: Pixels, shape: readonly number[]): tf.Tensor {
  if (images instanceof tf.Tensor) return images;
  const size = shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(images.length * size);
  images.forEach((image, i) => {
    if (image.length !== size) {
      throw new RangeError(`Cannot encode image ${i} as it has ${image.length} values: expected ${shape.join(" x ")}`);
    }
    values.set(image, i * size);
  });
  return tf.tensor(values, [images.length, ...shape]);
}
