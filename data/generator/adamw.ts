/**
 * AdamW: Adam whose weight decay does not pass through the moments. It trains the two tiny models of the bundled sample;
 * the method itself trains with Adam and L2 (`lib/training/optimizer.ts`), as the paper does.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The settings of {@link AdamW}; each has a default. */
export interface AdamWOptions {
  /** Decay of the mean of the gradients; 0.9. */
  beta1?: number;
  /** Decay of the mean of their squares; 0.98. */
  beta2?: number;
  /** Added to the root of the second moment; 1e-8. */
  epsilon?: number;
  /** Share of a weight that one step at learning rate 1 takes away; 0.05. */
  weightDecay?: number;
  /** Longest norm of the whole gradient, longer ones are scaled down to it; 1. `Infinity` clips nothing. */
  clipNorm?: number;
  /** Which variables decay; by default those of rank 2 and more (matrices yes; biases, norms and scales no). */
  decays?: (name: string, variable: tf.Variable) => boolean;
}

/** What {@link AdamW.save} gives and {@link AdamW.restore} takes. */
export interface AdamWState {
  /** Steps taken. */
  steps: number;
  /** First moments of all variables, one after the other in the order of the map. */
  mean: Float32Array;
  /** Second moments, in the same order. */
  square: Float32Array;
}

/**
 * Decoupled AdamW (Loshchilov and Hutter 2019, algorithm 2) over named variables, with the gradient clipped by its norm.
 * The moments of all variables are two flat vectors, so that a step is a dozen operations however many variables there are.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import "@tensorflow/tfjs-backend-cpu";
 * import { AdamW } from "./adamw.ts";
 * await tf.setBackend("cpu");
 * const weight = tf.variable(tf.tensor1d([1, 2]));
 * const optimizer = new AdamW(new Map([["weight", weight]]), { weightDecay: 0 });
 * const norm = optimizer.step(new Map([["weight", tf.tensor1d([3, -4])]]), 0.1);
 * if (Math.abs((await norm.data())[0]! - 5) > 1e-5) throw new Error("the norm before clipping is 5");
 * if (Math.abs((await weight.data())[0]! - 0.9) > 1e-4) throw new Error("the first step is as long as the rate");
 * ```
 */
export class AdamW {
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  readonly #options: Required<Omit<AdamWOptions, "decays">>;
  readonly #decay: tf.Tensor1D; // [P] 1 where the weight decays, else 0
  #mean: tf.Tensor1D; // [P]
  #square: tf.Tensor1D; // [P]
  #steps = 0;

  /**
   * Begins with moments of zero.
   *
   * @throws {RangeError} if there is no variable or a setting is out of its range.
   */
  constructor(variables: ReadonlyMap<string, tf.Variable>, options: AdamWOptions = {}) {
    const { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8, weightDecay = 0.05, clipNorm = 1 } = options;
    if (variables.size === 0) {
      throw new RangeError("Cannot make an optimizer as there are 0 variables: expected at least 1");
    }
    for (const [name, value] of Object.entries({ beta1, beta2 })) {
      if (!(value >= 0 && value < 1)) throw new RangeError(`Cannot use ${name} ${value}: expected a number in [0, 1)`);
    }
    if (!(clipNorm > 0)) throw new RangeError(`Cannot clip the gradient to ${clipNorm}: expected a positive norm`);
    const decays = options.decays ?? ((_name: string, variable: tf.Variable) => variable.rank >= 2);
    this.#variables = variables;
    this.#options = { beta1, beta2, epsilon, weightDecay, clipNorm };
    const size = [...variables.values()].reduce((sum, variable) => sum + variable.size, 0);
    const decay = new Float32Array(size);
    let offset = 0;
    for (const [name, variable] of variables) {
      if (decays(name, variable)) decay.fill(1, offset, offset + variable.size);
      offset += variable.size;
    }
    this.#decay = tf.keep(tf.tensor1d(decay));
    this.#mean = tf.keep(tf.zeros<tf.Rank.R1>([size]));
    this.#square = tf.keep(tf.zeros<tf.Rank.R1>([size]));
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Moves every variable once. A variable without a gradient is taken as one with gradient 0. The gradients stay the caller's.
   *
   * @returns the norm of the whole gradient before clipping, a scalar for the caller to read and dispose.
   * @throws {RangeError} if a gradient belongs to no variable.
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): tf.Scalar {
    for (const name of gradients.keys()) {
      if (!this.#variables.has(name)) {
        throw new RangeError(`Cannot take a step as '${name}' is no variable of this optimizer`);
      }
    }
    this.#steps++;
    const { beta1, beta2, epsilon, weightDecay, clipNorm } = this.#options;
    const rate = learningRate / (1 - beta1 ** this.#steps);
    const unbias = 1 / Math.sqrt(1 - beta2 ** this.#steps);
    return tf.tidy(() => {
      const names = [...this.#variables];
      const flat = tf.concat1d(
        names.map(([name, variable]) => tf.reshape(gradients.get(name) ?? tf.zeros([variable.size]), [variable.size])),
      ); // [P]
      const norm = tf.sqrt(tf.sum(tf.square(flat))) as tf.Scalar;
      const scale = tf.minimum(1, tf.div(clipNorm, tf.add(norm, 1e-6)));
      const clipped = Number.isFinite(clipNorm) ? tf.mul(flat, scale) : flat; // [P]
      const mean = tf.add(tf.mul(this.#mean, beta1), tf.mul(clipped, 1 - beta1)) as tf.Tensor1D; // [P]
      const square = tf.add(tf.mul(this.#square, beta2), tf.mul(tf.square(clipped), 1 - beta2)) as tf.Tensor1D; // [P]
      const move = tf.div(tf.mul(mean, rate), tf.add(tf.mul(tf.sqrt(square), unbias), epsilon)); // [P]
      const old = tf.concat1d(names.map(([, variable]) => tf.reshape(variable, [variable.size]))); // [P]
      const decayed = tf.mul(old, tf.sub(1, tf.mul(this.#decay, learningRate * weightDecay))); // [P]
      const weights = tf.sub(decayed, move); // [P]
      let offset = 0;
      for (const [, variable] of names) {
        variable.assign(tf.reshape(tf.slice(weights, [offset], [variable.size]), variable.shape));
        offset += variable.size;
      }
      this.#replace(mean, square);
      return norm;
    });
  }

  #replace(mean: tf.Tensor1D, square: tf.Tensor1D): void {
    this.#mean.dispose();
    this.#square.dispose();
    this.#mean = tf.keep(mean);
    this.#square = tf.keep(square);
  }

  /** The moments and the count of steps, enough to continue exactly. */
  async save(): Promise<AdamWState> {
    const [mean, square] = await Promise.all([this.#mean.data(), this.#square.data()]);
    return { steps: this.#steps, mean: Float32Array.from(mean), square: Float32Array.from(square) };
  }

  /** Restores a saved state. @throws {RangeError} if it has another number of weights. */
  restore(state: AdamWState): void {
    if (state.mean.length !== this.#mean.size || state.square.length !== this.#square.size) {
      throw new RangeError(
        `Cannot restore the optimizer as the state has ${state.mean.length} weights: expected ${this.#mean.size}`,
      );
    }
    this.#steps = state.steps;
    this.#replace(tf.tensor1d(state.mean), tf.tensor1d(state.square));
  }

  /** Frees the moments; the variables stay. */
  dispose(): void {
    for (const tensor of [this.#decay, this.#mean, this.#square]) tensor.dispose();
  }
}
