/**
 * Which examples a step sees: a seeded shuffle that can be stopped and continued at any step.
 *
 * @module
 */
import { hash, Random } from "../random.ts";

/** The state of the shuffling; with the seed it determines all that follows. */
export interface BatchState {
  /** Passes over the examples that are complete. */
  epoch: number;
  /** Batches of this epoch that were given out. */
  batch: number;
}

/**
 * Gives out index lists of `batchSize` different examples. Examples of one group follow one another, so that they meet in a
 * batch (but for groups across the end of one); without groups all orders are equally likely. The order of an epoch is a function of seed and epoch alone.
 * Examples that do not fill a last batch wait for another epoch's order; where there are fewer than `batchSize`, a batch
 * is all of them.
 *
 * @example
 * ```ts
 * import { Batches } from "./batches.ts";
 * const batches = new Batches(10, { batchSize: 4, seed: 1 });
 * batches.next();
 * const again = new Batches(10, { batchSize: 4, seed: 1, state: batches.state });
 * if (String(again.next()) !== String(batches.next())) throw new Error("did not continue");
 * ```
 */
export class Batches {
  readonly #count: number;
  readonly #size: number;
  readonly #seed: number;
  readonly #groups: number[][] | undefined;
  #order: { epoch: number; indices: number[] };
  #state: BatchState;

  /**
   * Begins with the first epoch, or where a state says.
   *
   * @param count number of examples.
   * @param options.groups the group of each example, if any
   * @throws {RangeError} where there are no examples or the batch size is 0.
   */
  constructor(
    count: number,
    options: {
      batchSize: number;
      seed: number;
      groups?: readonly (string | undefined)[] | undefined;
      state?: BatchState | undefined;
    },
  ) {
    const { batchSize, seed, state = { epoch: 0, batch: 0 } } = options;
    if (!(count >= 1 && batchSize >= 1)) {
      throw new RangeError(`Cannot make batches of ${batchSize} from ${count} examples: expected at least 1 of both`);
    }
    this.#count = count;
    this.#size = Math.min(batchSize, count);
    this.#seed = seed;
    this.#state = { ...state };
    this.#groups = groupsOf(options.groups);
    this.#order = { epoch: state.epoch, indices: this.#shuffled(state.epoch) };
  }

  #shuffled(epoch: number): number[] {
    const random = new Random(hash(`batches:${this.#seed}:${epoch}`));
    if (this.#groups !== undefined) return random.shuffled(this.#groups).flatMap((group) => random.shuffled(group));
    return random.shuffled(Array.from({ length: this.#count }, (_, index) => index));
  }

  /** All that is needed, with the seed, to continue. */
  get state(): BatchState {
    return { ...this.#state };
  }

  /** The example indices that `next` will give, which are not given out yet. */
  peek(): number[] {
    const { epoch, batch } = this.#coming();
    if (epoch !== this.#order.epoch) this.#order = { epoch, indices: this.#shuffled(epoch) };
    return this.#order.indices.slice(batch * this.#size, (batch + 1) * this.#size);
  }

  /** The next batch's example indices. */
  next(): number[] {
    const indices = this.peek();
    const { epoch, batch } = this.#coming();
    this.#state = { epoch, batch: batch + 1 };
    return indices;
  }

  /** The position of the next batch. */
  #coming(): BatchState {
    const { epoch, batch } = this.#state;
    return (batch + 1) * this.#size > this.#count ? { epoch: epoch + 1, batch: 0 } : { epoch, batch };
  }
}

/** The examples of each group, one without a group alone; undefined where no example has one. */
function groupsOf(names: readonly (string | undefined)[] | undefined): number[][] | undefined {
  if (names === undefined || names.every((name) => name === undefined)) return undefined;
  return [...Map.groupBy(names.map((_, index) => index), (index) => names[index] ?? index).values()];
}
