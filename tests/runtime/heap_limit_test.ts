/** The end of the wasm heap, in a process of its own: whose heap has grown once keeps it. */
import assert from "node:assert/strict";

const SCRIPT = `
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "./lib/errors.ts";
import { useBackend } from "./lib/runtime/backend.ts";
import { output } from "./lib/runtime/wasm/heap.ts";
await useBackend("wasm");
const rooms = [];
let message = "no error";
try {
  // Room that is never written to takes none of the machine's memory.
  for (let i = 0; i < 9; i++) rooms.push(output([2 ** 27]));
} catch (error) {
  message = (error instanceof InputError ? "InputError: " : "other: ") + error.message;
}
const count = rooms.length;
for (const room of rooms) tf.backend().disposeData(room.dataId);
const tensor = tf.tidy(() => tf.add(tf.ones([1000]), 1));
console.log(JSON.stringify({ count, message, after: tensor.dataSync()[999], huge: (() => {
  try { output([2 ** 31]); return "none"; } catch (error) { return error.name; }
})() }));
`;

Deno.test("a full heap is an InputError that names the remedy, and what is freed can be used again", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--allow-read", "--allow-env", "--allow-ffi", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { DENO_NO_UPDATE_CHECK: "1", BREWCLIP_BLAS: "none" },
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(SCRIPT));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { count, message, after, huge } = JSON.parse(new TextDecoder().decode(stdout));
  assert.ok(count >= 6 && count <= 7, `${count} rooms of 512 MB`);
  assert.match(
    message,
    /^InputError: Cannot compute as the backend 'wasm' cannot allocate another 512 MB.*--micro-batch/,
  );
  assert.equal(after, 2);
  assert.equal(huge, "InputError");
});
