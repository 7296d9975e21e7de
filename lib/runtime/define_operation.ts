/**
 * Named tensor operations: one plain definition for every backend, a gradient that is computed only where it is asked
 * for, and room for a faster kernel of a single backend.
 *
 * @module
 */
// The whole package is loaded since it registers the gradients of TensorFlow.js's own operations.
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";

/** The backends on which the plain definition of an operation is registered. */
const BACKENDS = ["cpu", "wasm", "webgpu", "tensorflow"];

/** An operation's inputs by name. */
export type Inputs = Record<string, tf.Tensor>;

/** What an operation is: its outputs, and how a gradient at them becomes one at each input. */
export interface Definition<Attributes extends object> {
  /** The kernel's name, unique among all kernels. */
  name: string;
  /** The outputs from the inputs, by TensorFlow.js's own operations. The first one is the operation's result. */
  forward: (inputs: Inputs, attributes: Attributes) => tf.Tensor[];
  /** Names of the inputs that the gradient needs. */
  savedInputs: string[];
  /** Which outputs the gradient needs. */
  savedOutputs?: boolean[];
  /**
   * For each input a function that computes the gradient there. It is called only where the gradient is needed, so
   * that frozen weights cost nothing. `saved` holds the saved inputs, then the saved outputs.
   */
  gradient: (dy: tf.Tensor, saved: tf.Tensor[], attributes: Attributes) => Record<string, () => tf.Tensor>;
}

/** Registers an operation on every backend and returns the function that runs it and gives all of its outputs. */
export function defineOperation<Attributes extends object>(
  definition: Definition<Attributes>,
): (inputs: Inputs, attributes: Attributes) => [tf.Tensor, ...tf.Tensor[]] {
  const { name } = definition;
  for (const backendName of BACKENDS) {
    if (tf.getKernel(name, backendName)) continue; // the fast one, where the backend was started first
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => definition.forward(inputs as Inputs, attrs as unknown as Attributes)),
    });
  }
  tf.registerGradient({
    kernelName: name,
    inputsToSave: definition.savedInputs,
    ...(definition.savedOutputs ? { outputsToSave: definition.savedOutputs } : {}),
    gradFunc: (dy, saved, attrs) =>
      definition.gradient(Array.isArray(dy) ? dy[0] as tf.Tensor : dy, saved, attrs as unknown as Attributes),
  });
  return (inputs, attributes) => {
    const result = tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap) as
      | tf.Tensor
      | tf.Tensor[];
    return (Array.isArray(result) ? result : [result]) as [tf.Tensor, ...tf.Tensor[]];
  };
}

/** Multiplies out all dimensions but the last. */
export function rowsOf(shape: readonly number[]): number {
  return shape.slice(0, -1).reduce((product, size) => product * size, 1);
}
