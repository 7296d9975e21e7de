/**
 * The mean of a training's last weights, which says less of its last batches than the last weights do.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * An exponential moving average of parameters. After step s the average keeps a share of `min(decay, s / (s + 9))` of
 * itself, so that the first values do not linger.
 */
export class MovingAverage implements Disposable {
  readonly #decay: number;
  readonly #values = new Map<string, tf.Variable>();
  #steps = 0;

  /**
   * Starts without values.
   *
   * @param decay the highest share that is kept; 0 keeps nothing: the average is the last value
   * @throws {RangeError} where it is not in [0, 1).
   */
  constructor(decay: number) {
    if (!(decay >= 0 && decay < 1)) {
      throw new RangeError(`Cannot average as 'decay' must be in [0, 1): current value is ${decay}`);
    }
    this.#decay = decay;
  }

  /** Takes the parameters as they are after a step; their names and shapes stay the same from step to step. */
  add(parameters: ReadonlyMap<string, tf.Tensor>): void {
    this.#steps++;
    const kept = Math.min(this.#decay, this.#steps / (this.#steps + 9));
    for (const [name, parameter] of parameters) {
      const value = this.#values.get(name);
      if (value === undefined) this.#values.set(name, tf.tidy(() => tf.variable(parameter.clone(), false)));
      else tf.tidy(() => value.assign(tf.add(tf.mul(value, kept), tf.mul(parameter, 1 - kept))));
    }
  }

  /** Gives parameters the averages; those that were never added stay. */
  assignTo(parameters: ReadonlyMap<string, tf.Variable>): void {
    for (const [name, value] of this.#values) tf.tidy(() => parameters.get(name)?.assign(tf.clone(value)));
  }

  /** Frees the averages. */
  [Symbol.dispose](): void {
    tf.dispose([...this.#values.values()]);
    this.#values.clear();
  }
}
