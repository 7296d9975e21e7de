/**
 * Named tensor operations: one plain definition for every backend, a gradient that is computed only where it is needed,
 * and the option of a faster kernel for one backend.
 */

// Loads the whole package, which registers the gradients of TensorFlow.js's own operations.
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";

/** The backends that run the plain definition. */
const BACKENDS = ["cpu", "wasm", "webgpu", "tensorflow"];

/** An operation's inputs by name. */
export type Inputs = Record<string, tf.Tensor>;

/** An operation: its outputs, and the gradient at each input. */
export interface Definition<Attributes extends object> {
  /** The unique name of the kernel. */
  name: string;
  /** Computes the outputs by TensorFlow.js's own operations. The first output is the result. */
  forward: (inputs: Inputs, attributes: Attributes) => tf.Tensor[];
  /** Names of the inputs that the gradient needs. Default none. */
  savedInputs?: string[];
  /** Which outputs the gradient needs. */
  savedOutputs?: boolean[];
  /**
   * For each input a function that computes the gradient at it. It is called only if the gradient is needed, so frozen
   * weights cost nothing. `saved` has the saved inputs, then the saved outputs. Default: no gradient.
   */
  gradient?: (dy: tf.Tensor, saved: tf.Tensor[], attributes: Attributes) => Record<string, () => tf.Tensor>;
}

/** Registers an operation on every backend and returns the function that computes its outputs. */
export function defineOperation<Attributes extends object>(
  definition: Definition<Attributes>,
): (inputs: Inputs, attributes: Attributes) => [tf.Tensor, ...tf.Tensor[]] {
  const { name, savedInputs = [], gradient = () => ({}) } = definition;
  for (const backendName of BACKENDS) {
    if (tf.getKernel(name, backendName)) continue; // the fast kernel, if the backend was started before
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => definition.forward(inputs as Inputs, attrs as unknown as Attributes)),
    });
  }
  tf.registerGradient({
    kernelName: name,
    inputsToSave: savedInputs,
    ...(definition.savedOutputs ? { outputsToSave: definition.savedOutputs } : {}),
    gradFunc: (dy, saved, attrs) =>
      gradient(Array.isArray(dy) ? dy[0] as tf.Tensor : dy, saved, attrs as unknown as Attributes),
  });
  return (inputs, attributes) => {
    const result = tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap) as
      | tf.Tensor
      | tf.Tensor[];
    return (Array.isArray(result) ? result : [result]) as [tf.Tensor, ...tf.Tensor[]];
  };
}

/** The product of all dimensions but the last. */
export function rowsOf(shape: readonly number[]): number {
  return shape.slice(0, -1).reduce((product, size) => product * size, 1);
}
