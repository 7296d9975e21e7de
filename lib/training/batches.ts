/**
 * Which examples each step trains on: a seeded shuffle that can stop and continue at any step.
 */
import { hash, Random } from "../random.ts";

/** The state of the shuffling. State and seed determine all later batches. */
export interface BatchState {
  /** Completed passes over the examples. */
  epoch: number;
  /** Batches of this epoch that `next` has returned. */
  batch: number;
}

/**
 * Lists of `batchSize` different example indices. The order of an epoch depends on seed and epoch only. Examples of one
 * group are neighbors, so they share a batch unless a batch ends between them; without groups all orders are equally
 * likely. An epoch drops the examples that do not fill its last batch. If there are fewer than `batchSize`, every batch
 * has all of them.
 */
export class Batches {
  readonly #count: number;
  readonly #size: number;
  readonly #seed: number;
  readonly #groups: number[][] | undefined;
  #order: { epoch: number; indices: number[] };
  #state: BatchState;

  /**
   * Starts at the first epoch or at a saved state.
   *
   * @param options.groups the group of each example, if any
   * @throws {RangeError} if there are no examples or the batch size is 0.
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

  /** With the seed, enough to continue. */
  get state(): BatchState {
    return { ...this.#state };
  }

  /** The batch that `next` will return. */
  peek(): number[] {
    const { epoch, batch } = this.#upcoming();
    if (epoch !== this.#order.epoch) this.#order = { epoch, indices: this.#shuffled(epoch) };
    return this.#order.indices.slice(batch * this.#size, (batch + 1) * this.#size);
  }

  /** The example indices of the next batch. */
  next(): number[] {
    const indices = this.peek();
    const { epoch, batch } = this.#upcoming();
    this.#state = { epoch, batch: batch + 1 };
    return indices;
  }

  /** The position of the next batch. */
  #upcoming(): BatchState {
    const { epoch, batch } = this.#state;
    return (batch + 1) * this.#size > this.#count ? { epoch: epoch + 1, batch: 0 } : { epoch, batch };
  }
}

/** The examples of each group; an example without a group forms its own. Undefined if no example has one. */
function groupsOf(names: readonly (string | undefined)[] | undefined): number[][] | undefined {
  if (names === undefined || names.every((name) => name === undefined)) return undefined;
  return [...Map.groupBy(names.map((_, index) => index), (index) => names[index] ?? index).values()];
}
