/**
 * Adam, as `torch.optim.Adam` computes it.
 */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { adamUpdate } from "../runtime/operations.ts";

/** Options of {@link Adam}. */
export interface AdamOptions {
  /** Decay of the two moments. Default 0.9 and 0.999. */
  betas?: readonly [number, number];
  /** Added to the root of the second moment. Default 1e-8. */
  epsilon?: number;
  /** L2 decay: this times the parameter is added to its gradient. Default 1e-6 (paper, section 4). */
  weightDecay?: number;
}

/** Values of a named tensor on the host. */
export interface MomentValues {
  /** Sizes of the axes. */
  shape: number[];
  /** Row-major values. */
  data: Float32Array<ArrayBuffer>;
}

/** The state from which {@link Adam} continues. */
export interface AdamState {
  /** Steps taken. */
  steps: number;
  /** The first moment of parameter NAME as `first.NAME`, the second one as `second.NAME`. */
  moments: Map<string, MomentValues>;
}

/**
 * Adam with L2 decay added to the gradient (Kingma and Ba 2015; not the decoupled AdamW). A step reads nothing back.
 */
export class Adam {
  readonly #betas: readonly [number, number];
  readonly #epsilon: number;
  readonly #weightDecay: number;
  #steps = 0;
  #moments = new Map<string, { first: tf.Tensor; second: tf.Tensor }>();

  /**
   * Starts without moments.
   *
   * @throws {RangeError} if an option is out of range.
   */
  constructor({ betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 1e-6 }: AdamOptions = {}) {
    for (const [name, value] of [["betas[0]", betas[0]], ["betas[1]", betas[1]]] as const) {
      if (!(value >= 0 && value < 1)) {
        throw new RangeError(`Cannot make Adam as '${name}' must be in [0, 1): current value is ${value}`);
      }
    }
    if (!(epsilon > 0)) {
      throw new RangeError(`Cannot make Adam as 'epsilon' must be positive: current value is ${epsilon}`);
    }
    if (!(weightDecay >= 0)) {
      throw new RangeError(`Cannot make Adam as 'weightDecay' must not be negative: current value is ${weightDecay}`);
    }
    this.#betas = betas;
    this.#epsilon = epsilon;
    this.#weightDecay = weightDecay;
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Updates each parameter that has a gradient. The caller keeps both maps.
   *
   * @param learningRate of all parameters, or of the one with a name
   */
  apply(
    parameters: ReadonlyMap<string, tf.Variable>,
    gradients: ReadonlyMap<string, tf.Tensor>,
    learningRate: number | ((name: string) => number),
  ): void {
    this.#steps++;
    const [beta1, beta2] = this.#betas;
    const rateOf = typeof learningRate === "number" ? () => learningRate : learningRate;
    const step = {
      beta1,
      beta2,
      epsilon: this.#epsilon,
      weightDecay: this.#weightDecay,
      correction: 1 / Math.sqrt(1 - beta2 ** this.#steps),
    };
    for (const [name, gradient] of gradients) {
      const parameter = parameters.get(name);
      if (parameter === undefined) throw new RangeError(`Cannot apply a gradient as there is no parameter '${name}'`);
      const old = this.#moments.get(name);
      const { x, first, second } = tf.tidy(() => {
        const moments = old ?? { first: tf.zerosLike(parameter), second: tf.zerosLike(parameter) };
        return adamUpdate(parameter, gradient, moments, { ...step, rate: rateOf(name) / (1 - beta1 ** this.#steps) });
      });
      parameter.assign(x);
      x.dispose();
      old?.first.dispose();
      old?.second.dispose();
      this.#moments.set(name, { first: tf.keep(first), second: tf.keep(second) }); // the caller may be in a tidy
    }
  }

  /** Reads the state from the device, for a checkpoint. */
  async state(): Promise<AdamState> {
    const moments = new Map<string, MomentValues>();
    for (const [name, { first, second }] of this.#moments) {
      for (const [kind, tensor] of [["first", first], ["second", second]] as const) {
        moments.set(`${kind}.${name}`, { shape: tensor.shape, data: new Float32Array(await tensor.data<"float32">()) });
      }
    }
    return { steps: this.#steps, moments };
  }

  /**
   * Continues from a state.
   *
   * @throws {InputError} if a parameter has one moment but not the other.
   */
  restore({ steps, moments }: AdamState): void {
    this.dispose();
    this.#steps = steps;
    for (const [key, first] of moments) {
      const [kind, name] = [key.slice(0, key.indexOf(".")), key.slice(key.indexOf(".") + 1)];
      const second = moments.get(`second.${name}`);
      if (!moments.has(`first.${name}`) || second === undefined) {
        throw new InputError(
          `Cannot continue Adam as the moments of '${name}' are incomplete: expected 'first' and 'second'.`,
        );
      }
      if (kind === "first") {
        this.#moments.set(name, {
          first: tf.tensor(first.data, first.shape),
          second: tf.tensor(second.data, second.shape),
        });
      }
    }
  }

  /** Frees the moments. */
  dispose(): void {
    for (const { first, second } of this.#moments.values()) tf.dispose([first, second]);
    this.#moments.clear();
  }
}
