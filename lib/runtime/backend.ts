/** Backend choice. @module */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

/** What `--backend` accepts. */
export type BackendChoice = "auto" | "node-gpu" | "webgpu" | "wasm" | "cpu";

/** The backend in use. */
export interface Backend {
  /** The chosen one. */
  name: Exclude<BackendChoice, "auto">;
  /** One line: which and why. */
  detail: string;
}

/** Sets TensorFlow.js's backend. */
export async function useBackend(
  choice: BackendChoice,
  _options: { blas?: boolean | string; log?: (line: string) => void } = {},
): Promise<Backend> {
  setWasmPaths(new URL("./", import.meta.resolve("@tensorflow/tfjs-backend-wasm")).href);
  const name = choice === "cpu" ? "cpu" : "wasm";
  await tf.setBackend(name);
  await tf.ready();
  return { name, detail: name };
}
