/** Chooses the backend that computes all tensors. */
import process from "node:process";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { InputError, messageOf } from "../errors.ts";
import { registerFastKernels } from "./wasm/fast_kernels.ts";
import { startWasm } from "./wasm/heap.ts";
import { chooseBlas } from "./wasm/matrix_product.ts";
import { avoidSplitProducts } from "./webgpu_matmul.ts";

/** The names of the backends. */
export type BackendName = "node-gpu" | "webgpu" | "wasm" | "cpu";

/** The values of `--backend`; `auto` is the first of {@link BACKENDS} that works. */
export type BackendChoice = "auto" | BackendName;

/** All backends, fastest first. */
export const BACKENDS: readonly BackendName[] = ["node-gpu", "webgpu", "wasm", "cpu"];

/** The backend in use. */
export interface Backend {
  /** Its name. */
  name: BackendName;
  /** One line that names the backend and says why it was chosen. */
  detail: string;
  /** On `wasm`: the BLAS library that computes matrix products, if any. */
  blas?: string;
}

/** Options of {@link useBackend}. */
export interface BackendOptions {
  /** For `wasm`: true (default) for the first BLAS library found, the path of a library, or false for none. */
  blas?: boolean | string;
  /** Receives the line on the chosen backend, which also says why others were not used. */
  log?: (line: string) => void;
  /** For `webgpu` and `node-gpu`: whether a software driver or the CPU is acceptable. Default true; ignored by `auto`. */
  softwareGpu?: boolean;
}

/**
 * Starts TensorFlow's native library and checks a small product.
 *
 * @param onlyGpu whether to refuse its CPU: `wasm` with a BLAS library is faster there and needs half the memory.
 */
async function startNodeGpu(onlyGpu: boolean): Promise<string> {
  // The package calls functions that Deno and newer versions of Node.js no longer have.
  const util = (await import("node:util")).default as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  // Hides the package's advice on a missing binary; the caller logs ours.
  const { error: print, log } = console;
  Object.assign(console, { error: () => {}, log: () => {} });
  // The package's loader lists the whole environment; the tasks may read only some names.
  const { env } = process;
  const { state } = await Deno.permissions.query({ name: "env" });
  if (state !== "granted") process.env = {};
  try {
    await import("@tensorflow/tfjs-node-gpu");
    if (!await tf.setBackend("tensorflow")) throw new Error("it does not start");
  } catch (error) {
    throw new Error(nativeFault(messageOf(error)));
  } finally {
    Object.assign(console, { error: print, log });
    process.env = env;
  }
  const product = tf.tidy(() => tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]));
  const values = await product.data();
  product.dispose();
  if (values.join() !== "19,22,43,50") throw new Error(`it computes a wrong product: ${values}`);
  const { isUsingGpuDevice } = tf.backend() as unknown as { isUsingGpuDevice?: boolean };
  if (!isUsingGpuDevice && onlyGpu) throw new Error("TensorFlow's native library finds no GPU, only the CPU");
  return `TensorFlow's native library on ${isUsingGpuDevice ? "a GPU" : "the CPU, as it finds no GPU"}`;
}

/** Says why the native library does not start, and the remedy. */
function nativeFault(message: string): string {
  const [line = ""] = message.split("\n");
  if (/can ?not be found at path|tfjs_binding\.node.*not found|Cannot find module/i.test(message)) {
    return "its native library is not installed: 'deno approve-scripts' fetches it. If that failed before, first remove " +
      "node_modules, as Deno does not rerun an install script that left a file '.scripts-run'";
  }
  if (/Requires \w+ access|NotCapable|permission/i.test(message)) {
    return `a permission is missing (${line}): native code needs --allow-ffi, and reading its files --allow-read`;
  }
  if (/shared object|Library not loaded|libtensorflow|libcud|specified module could not be found/i.test(message)) {
    return `its addon finds no TensorFlow library that it can load (${line}): install libtensorflow for CUDA 11 and ` +
      "cuDNN 8, and name its folder in LD_LIBRARY_PATH";
  }
  return `it does not start: ${line}`;
}

/** The system's adapter. Graphics drivers print an error without XDG_RUNTIME_DIR, though they do not need it here. */
async function requestAdapter(): Promise<GPUAdapter | null> {
  const name = "XDG_RUNTIME_DIR";
  const { state } = await Deno.permissions.query({ name: "env", variable: name });
  if (state === "granted" && Deno.build.os === "linux" && !Deno.env.get(name)) Deno.env.set(name, "/tmp");
  return await navigator.gpu.requestAdapter();
}

/** Device files of GPUs on Linux: Mesa's drivers, NVIDIA, WSL, Mali, Adreno, Tegra. */
const DEVICES = ["dri", "nvidiactl", "nvidia0", "dxg", "mali0", "kgsl-3d0", "nvhost-gpu", "nvgpu"];

/** Whether this machine surely has no GPU. */
function lacksGpu(): boolean {
  return Deno.build.os === "linux" && DEVICES.every((name) => {
    try {
      Deno.statSync(`/dev/${name}`);
      return false;
    } catch (error) {
      return error instanceof Deno.errors.NotFound;
    }
  });
}

/** Starts WebGPU on the system's adapter. */
async function startWebGpu(allowSoftware: boolean): Promise<string> {
  if (!("gpu" in navigator)) throw new Error("this Deno has no WebGPU: start it with --unstable-webgpu");
  // Looking for an adapter takes 0.2 s, and a software driver crashes if the process ends while a worker that loaded it does.
  if (!allowSoftware && lacksGpu()) throw new Error("this machine has no GPU (no /dev/dri, no /dev/nvidia0)");
  const adapter = await requestAdapter();
  if (!adapter) throw new Error("there is no adapter");
  const { description, vendor, architecture } = adapter.info;
  const name = description || [vendor, architecture].filter(Boolean).join(" ") || "an unnamed adapter";
  const software = adapter.info.isFallbackAdapter || /llvmpipe|lavapipe|swiftshader|software/i.test(name);
  if (software && !allowSoftware) throw new Error(`${name} is a software driver, not a GPU`);
  await import("@tensorflow/tfjs-backend-webgpu");
  avoidSplitProducts();
  if (!await tf.setBackend("webgpu")) throw new Error("it does not start");
  return name;
}

async function start(name: BackendName, options: BackendOptions & { softwareGpu: boolean }): Promise<Backend> {
  tf.enableProdMode(); // Otherwise TensorFlow.js recommends its Node.js package whenever there is a `process`.
  switch (name) {
    case "node-gpu":
      return { name, detail: await startNodeGpu(!options.softwareGpu) };
    case "webgpu":
      return { name, detail: await startWebGpu(options.softwareGpu) };
    case "wasm": {
      if (!await startWasm()) return { name, detail: "TensorFlow.js's own kernels" };
      registerFastKernels();
      const blas = chooseBlas(options.blas ?? true);
      return blas
        ? { name, blas, detail: `matrix products by ${blas}` }
        : { name, detail: "no BLAS library; with one it is several times faster, see README" };
    }
    case "cpu":
      await tf.setBackend("cpu");
      return { name, detail: "plain JavaScript, slow" };
  }
}

/**
 * Chooses and starts the backend that computes all tensors from now on.
 *
 * @param choice a backend, or `auto` for the first that works; `auto` does not count a software driver as a GPU.
 * @throws {InputError} if a named backend does not work here; says why and what to do.
 *
 * @example
 * ```ts
 * import { useBackend } from "./backend.ts";
 * const { name } = await useBackend("cpu");
 * if (name !== "cpu") throw new Error(name);
 * ```
 */
export async function useBackend(choice: BackendChoice, options: BackendOptions = {}): Promise<Backend> {
  const rejected: string[] = [];
  for (const name of choice === "auto" ? BACKENDS : [choice]) {
    try {
      const softwareGpu = choice === "auto" ? false : options.softwareGpu ?? true;
      const backend = await start(name, { ...options, softwareGpu });
      await tf.ready();
      const because = rejected.length > 0 ? `; not ${rejected.join(", not ")}` : "";
      const detail = `Backend ${name}: ${backend.detail}${because}`;
      options.log?.(detail);
      return { ...backend, detail };
    } catch (error) {
      if (error instanceof InputError) throw error;
      if (choice !== "auto") {
        throw new InputError(
          `Cannot use backend '${name}': ${messageOf(error)}. Choose another with --backend auto, wasm or cpu.`,
        );
      }
      rejected.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new InputError(`Cannot compute here: no backend works (${rejected.join("; ")}).`);
}
