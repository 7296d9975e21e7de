/** The choice of the backend and of the BLAS library. */
import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { readJson } from "../../lib/files/read.ts";
import { BACKENDS, useBackend } from "../../lib/runtime/backend.ts";
import { temporaryFolder } from "../temporary.ts";

const ROOT = resolve(import.meta.dirname as string, "../..");

Deno.test("auto takes the first backend that works and says in one line which and why", async () => {
  const lines: string[] = [];
  const { name, detail } = await useBackend("auto", { log: (line) => lines.push(line) });
  assert.deepEqual(lines, [detail]);
  assert.ok(!detail.includes("\n"));
  assert.ok(detail.startsWith(`Backend ${name}: `));
  for (const better of BACKENDS.slice(0, BACKENDS.indexOf(name))) assert.ok(detail.includes(`not ${better}: `), detail);
});

Deno.test("auto does not take a software driver for a GPU", async () => {
  const adapter = "gpu" in navigator ? await navigator.gpu.requestAdapter() : null;
  const { name } = await useBackend("auto");
  if (!adapter || /llvmpipe|lavapipe|swiftshader/i.test(adapter.info.description)) assert.notEqual(name, "webgpu");
});

Deno.test("a named backend that does not work is one clear error", async () => {
  const installed = await import("@tensorflow/tfjs-node-gpu").then(() => true, () => false);
  if (installed) return console.log("skipped: TensorFlow's native library is installed here");
  await assert.rejects(useBackend("node-gpu"), (error: Error) => {
    assert.ok(error instanceof InputError);
    assert.match(
      error.message,
      /^Cannot use backend 'node-gpu': its native library is not installed: .*approve-scripts.*Choose another/s,
    );
    return true;
  });
});

/** TensorFlow's package as it might be: what it throws when it is imported, or a backend of its name. */
const PACKAGES: [source: string, choice: string, expected: RegExp][] = [
  [
    `throw new Error("libtensorflow.so.2: cannot open shared object file: No such file or directory")`,
    "node-gpu",
    /^Cannot use backend 'node-gpu': its addon finds no TensorFlow library .*libtensorflow\.so\.2.*LD_LIBRARY_PATH/,
  ],
  [
    `throw new Deno.errors.NotCapable('Requires ffi access to "tfjs_binding.node", run again with --allow-ffi')`,
    "node-gpu",
    /^Cannot use backend 'node-gpu': a permission is missing \(Requires ffi access.*--allow-ffi/,
  ],
  [
    backendSource(`(await import("node:util")).default.isNullOrUndefined(null); return super.read(id);`, false),
    "node-gpu",
    /^Backend node-gpu: TensorFlow's native library on the CPU, as it finds no GPU$/,
  ],
  [backendSource("return super.read(id);", true), "auto", /^Backend node-gpu: TensorFlow's native library on a GPU$/],
  [
    backendSource("return super.read(id);", false),
    "auto",
    /^Backend (webgpu|wasm): .*not node-gpu: TensorFlow's native library finds no GPU, only the CPU/,
  ],
  [
    backendSource(`throw new Error("isNullOrUndefined is not a function");`, true),
    "node-gpu",
    /^Cannot use backend 'node-gpu': isNullOrUndefined is not a function/,
  ],
  [
    backendSource("return new Float32Array([19, 22, 43, 51]);", true),
    "auto",
    /^Backend (webgpu|wasm): .*not node-gpu: it computes a wrong product: 19,22,43,51/,
  ],
];

/** A package that registers a backend named "tensorflow" on plain JavaScript. */
function backendSource(read: string, gpu: boolean): string {
  return `
    import * as tf from "@tensorflow/tfjs-core";
    import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
    class Fake extends MathBackendCPU {
      isUsingGpuDevice = ${gpu};
      async read(id) { ${read} }
    }
    tf.registerBackend("tensorflow", () => new Fake(), 3);
    for (const kernel of tf.getKernelsForBackend("cpu")) tf.registerKernel({ ...kernel, backendName: "tensorflow" });`;
}

Deno.test("TensorFlow's native library must compute before it is used; each fault has its own message", async () => {
  const folder = await temporaryFolder();
  const { imports } = await readJson(join(ROOT, "deno.json")) as { imports: Record<string, string> };
  const program = join(ROOT, "lib/runtime/backend.ts");
  await Promise.all(PACKAGES.map(async ([source, choice, expected], i) => {
    const [fake, map] = [join(folder, `fake-${i}.js`), join(folder, `map-${i}.json`)];
    await Deno.writeTextFile(fake, source);
    const local = Object.entries(imports).map(([name, to]) => [name, to.startsWith("./") ? join(ROOT, to) : to]);
    const mapped = { ...Object.fromEntries(local), "@tensorflow/tfjs-node-gpu": fake };
    await Deno.writeTextFile(map, JSON.stringify({ imports: mapped }));
    const code = `const { useBackend } = await import(${JSON.stringify(program)});
      await useBackend("${choice}", { log: console.log }).catch(({ message }) => console.log(message));`;
    const main = join(folder, `main-${i}.js`);
    await Deno.writeTextFile(main, code);
    const args = ["run", "-q", "-A", "--no-check", "--unstable-webgpu", "--import-map", map, main];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
    const told = new TextDecoder().decode(stdout).trim();
    assert.match(told, expected, `${told}\n${new TextDecoder().decode(stderr)}`);
  }));
});

Deno.test("a BLAS library that cannot be opened is an error that names it", async () => {
  await assert.rejects(useBackend("wasm", { blas: "no-such-library.so" }), /Cannot use 'no-such-library.so' as BLAS/);
});
