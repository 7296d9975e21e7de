/** Where the time of tensors goes, kernel by kernel. */
import * as tf from "@tensorflow/tfjs-core";

/** The time of one kernel, without that of kernels that it calls. */
export interface KernelTime {
  kernel: string;
  calls: number;
  seconds: number;
}

/** Runs an action with a clock around every kernel of the backend; the rest is time outside of kernels. */
export async function profile(action: () => unknown): Promise<KernelTime[]> {
  const times = new Map<string, KernelTime>();
  const open: number[] = []; // time of the kernels inside of each open one
  const add = (kernel: string, seconds: number, calls: number) => {
    const old = times.get(kernel) ?? { kernel, calls: 0, seconds: 0 };
    times.set(kernel, { kernel, calls: old.calls + calls, seconds: old.seconds + seconds });
  };
  const backendName = tf.getBackend();
  const kernels = tf.getKernelsForBackend(backendName);
  const swap = (wrap: (kernel: tf.KernelConfig) => tf.KernelFunc) => {
    for (const kernel of kernels) {
      tf.unregisterKernel(kernel.kernelName, backendName);
      tf.registerKernel({ kernelName: kernel.kernelName, backendName, kernelFunc: wrap(kernel) });
    }
  };
  swap(({ kernelName, kernelFunc }) => (values) => {
    const start = performance.now();
    open.push(0);
    try {
      return kernelFunc(values);
    } finally {
      const taken = (performance.now() - start) / 1000;
      add(kernelName, taken - (open.pop() as number), 1);
      if (open.length > 0) open[open.length - 1]! += taken;
    }
  });
  const start = performance.now();
  try {
    await action();
  } finally {
    swap(({ kernelFunc }) => kernelFunc);
  }
  const all = (performance.now() - start) / 1000;
  const inside = [...times.values()].reduce((sum, { seconds }) => sum + seconds, 0);
  add("(outside of kernels)", all - inside, 1);
  return [...times.values()].sort((a, b) => b.seconds - a.seconds);
}
