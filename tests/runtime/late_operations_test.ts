/** Operations that are loaded after the backend was started: in a process of its own, since a process loads them once. */
import assert from "node:assert/strict";

const SCRIPT = `
import * as tf from "@tensorflow/tfjs-core";
import { useBackend } from "./lib/runtime/backend.ts";
await useBackend("wasm", { blas: false });
const names = tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName).filter((name) => name.startsWith("Brew"));
const functions = new Map(names.map((name) => [name, tf.getKernel(name, "wasm").kernelFunc]));
await import("./lib/runtime/operations.ts");
console.log(JSON.stringify(names.map((name) => functions.get(name) === tf.getKernel(name, "wasm").kernelFunc)));
`;

Deno.test("the fast kernels stay where the operations are loaded after the backend was started", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--allow-read", "--allow-env", "--allow-ffi", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
    env: { DENO_NO_UPDATE_CHECK: "1" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(SCRIPT));
  await writer.close();
  const kept = JSON.parse(new TextDecoder().decode((await child.output()).stdout)) as boolean[];
  assert.ok(kept.length >= 8, `${kept.length} kernels`);
  assert.ok(kept.every(Boolean));
});
