/** Counts what a backend sends to the host. Used by tests only. */
import * as tf from "@tensorflow/tfjs-core";

/** The part of a backend by which values come to the host. */
interface Reading {
  read(dataId: object): Promise<unknown>;
  readSync(dataId: object): unknown;
  tensorMap?: { get(dataId: object): { values: unknown } | undefined };
}

/** Counts the reads of what is not on the host, while an action runs. */
export function readsBack(action: () => void): number {
  const backend = tf.backend() as unknown as Reading;
  let reads = 0;
  const { read, readSync } = backend;
  const count = (dataId: object): void => {
    if (backend.tensorMap === undefined || !backend.tensorMap.get(dataId)?.values) reads++;
  };
  backend.read = (dataId) => (count(dataId), read.call(backend, dataId));
  backend.readSync = (dataId) => (count(dataId), readSync.call(backend, dataId));
  try {
    action();
  } finally {
    Object.assign(backend, { read, readSync });
  }
  return reads;
}
