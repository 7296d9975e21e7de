/** Embeddings of earlier batches as further negatives (He et al. 2020, MoCo, without its second encoder). */
import * as tf from "@tensorflow/tfjs-core";
import type { Negatives } from "../systems/system.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { MomentValues } from "./optimizer.ts";

/** What a checkpoint has of a queue. */
type QueueState = NonNullable<Checkpoint["queue"]>;

/** The last embeddings of both sides, oldest first. No gradient reaches them. */
export class NegativeQueue {
  readonly #size: number;
  #negatives: Negatives | undefined;

  /**
   * Starts empty, or with a stored state.
   *
   * @param size the most pairs that it keeps
   */
  constructor(size: number, state?: QueueState) {
    this.#size = size;
    if (state === undefined) return;
    const [image, speech] = [state.image, state.speech].map(({ data, shape }) =>
      tf.keep(tf.tensor2d(data, shape as [number, number]))
    );
    this.#negatives = { image: image!, speech: speech!, imageIds: state.imageIds };
  }

  /** The embeddings; undefined before the first batch. */
  get negatives(): Negatives | undefined {
    return this.#negatives;
  }

  /** Adds the embeddings of a batch, `[N, D]` each, and drops the oldest ones. The caller keeps its tensors. */
  add({ image, speech, imageIds }: Negatives): void {
    const old = this.#negatives;
    const last = (rows: tf.Tensor2D, before: tf.Tensor2D | undefined): tf.Tensor2D =>
      tf.keep(tf.tidy(() => {
        const all = before ? tf.concat([before, rows], 0) : rows; // [M + N, D]
        const [count, width] = all.shape;
        const kept = Math.min(this.#size, count);
        return tf.clone(tf.slice(all, [count - kept, 0], [kept, width]));
      }));
    this.#negatives = {
      image: last(image, old?.image),
      speech: last(speech, old?.speech),
      imageIds: [...old?.imageIds ?? [], ...imageIds].slice(-this.#size),
    };
    tf.dispose([old?.image ?? [], old?.speech ?? []]);
  }

  /** Reads the state from the device, for a checkpoint; undefined before the first batch. */
  async state(): Promise<QueueState | undefined> {
    if (this.#negatives === undefined) return undefined;
    const { image, speech, imageIds } = this.#negatives;
    const read = async (rows: tf.Tensor2D): Promise<MomentValues> => ({
      shape: rows.shape,
      data: new Float32Array(await rows.data<"float32">()),
    });
    return { imageIds: imageIds.map(String), image: await read(image), speech: await read(speech) };
  }

  /** Frees the embeddings. */
  dispose(): void {
    tf.dispose([this.#negatives?.image ?? [], this.#negatives?.speech ?? []]);
    this.#negatives = undefined;
  }
}
