/** The committed kernels are those of their source. */
import assert from "node:assert/strict";
import { compileKernels } from "./build_kernels.ts";
import KERNELS_BASE64 from "../../lib/runtime/wasm/kernels_binary.txt" with { type: "text" };
import { outputOf } from "../programs.ts";

Deno.test("the kernels export what kernels.c declares", async () => {
  const read = (name: string) => Deno.readTextFile(new URL(`../../lib/runtime/wasm/${name}`, import.meta.url));
  const source = await read("kernels.c") + await read("signal.c");
  const declared = [...source.matchAll(/EXPORT\((\w+)\)\(/g)].map(([, name]) => name).filter((name) => name !== "name");
  const exported = WebAssembly.Module.exports(new WebAssembly.Module(Uint8Array.fromBase64(KERNELS_BASE64)));
  assert.deepEqual(exported.map(({ name }) => name).sort(), declared.sort());
});

Deno.test("a new build of kernels.c by the same compiler gives the committed binary", async () => {
  const version = await outputOf("clang", ["--version"]);
  if (version === undefined || !/clang version 14\./.test(version)) {
    return console.log("skipped: clang 14 is not installed here");
  }
  const binary = await compileKernels(new URL("../../lib/runtime/wasm/kernels.c", import.meta.url).pathname);
  assert.equal(binary.toBase64(), KERNELS_BASE64);
});
