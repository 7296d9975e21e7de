import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { recomputes } from "../../lib/clip/block.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { roomLeft } from "../../lib/runtime/wasm/heap.ts";
import { PUBLISHED } from "../bench/random_clip.ts";

Deno.test("ViT-L/14 keeps what the gradient needs as long as the wasm heap has room beside the weights", async () => {
  const { vision } = PUBLISHED["clip-vit-large-patch14"]!;
  const room = 2 ** 32 - 1.9e9;
  assert.equal(recomputes(vision, 4 * 261, room), false);
  assert.equal(recomputes(vision, 32 * 261, room), true);
  assert.equal(recomputes(vision, 4 * 261, 0.5e9), true);
  await useBackend("cpu");
  assert.equal(recomputes(vision, 1000 * 261), false, "where no limit is known, nothing is computed again");
});

Deno.test("the room on wasm shrinks by what is there", async () => {
  await useBackend("wasm");
  const before = roomLeft();
  const tensor = tf.zeros([1000]);
  assert.equal(roomLeft(), before - 4000);
  tensor.dispose();
  assert.ok(before <= 2 ** 32);
});
