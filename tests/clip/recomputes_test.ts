import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { recomputes } from "../../lib/clip/block.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { roomLeft } from "../../lib/runtime/wasm/heap.ts";
import { PUBLISHED } from "../bench/random_clip.ts";

Deno.test("ViT-L/14 saves what the gradient needs if it fits in the wasm heap with the weights", async () => {
  const { vision } = PUBLISHED["clip-vit-large-patch14"]!;
  const free = 2 ** 32 - 1.9e9;
  assert.equal(recomputes(vision, 4 * 261, free), false);
  assert.equal(recomputes(vision, 32 * 261, free), true);
  assert.equal(recomputes(vision, 4 * 261, 0.5e9), true);
  await useBackend("cpu");
  assert.equal(recomputes(vision, 1000 * 261), false, "without a known limit, nothing is recomputed");
});

Deno.test("free wasm memory shrinks by the size of a tensor", async () => {
  await useBackend("wasm");
  const before = roomLeft();
  const tensor = tf.zeros([1000]);
  assert.equal(roomLeft(), before - 4000);
  tensor.dispose();
  assert.ok(before <= 2 ** 32);
});
