/** The choice of the backend and of the BLAS library. */
import assert from "node:assert/strict";
import { InputError } from "../../lib/errors.ts";
import { BACKENDS, useBackend } from "../../lib/runtime/backend.ts";

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
      /^Cannot use backend 'node-gpu': its native library is not installed, .*Choose another/s,
    );
    return true;
  });
});

Deno.test("a BLAS library that cannot be opened is an error that names it", async () => {
  await assert.rejects(useBackend("wasm", { blas: "no-such-library.so" }), /Cannot use 'no-such-library.so' as BLAS/);
});
