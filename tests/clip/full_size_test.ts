/** The published sizes for real, with random weights: ViT-L/14's file of 1.7 GB, Whisper-base's 30 s window. */
import assert from "node:assert/strict";
import { statfs } from "node:fs/promises";
import { join } from "@std/path";
import { inFolder } from "../helpers.ts";
import { measureApart } from "../bench/measure_apart.ts";
import { PUBLISHED, writeRandomClip } from "../bench/random_clip.ts";
import { writeRandomWhisperBase } from "../bench/random_whisper_base.ts";

const GIGABYTE = 1e9;

/** Why the machine cannot run a test; undefined if it can. */
async function obstacle(folder: string, need: { memory: number; disk: number }): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "peaks of memory are read from Linux's /proc";
  const { available } = Deno.systemMemoryInfo();
  if (available < need.memory) return `${(available / GIGABYTE).toFixed(1)} GB of memory are free`;
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < need.disk) return `${(bavail * bsize / GIGABYTE).toFixed(1)} GB of disk are free`;
  return undefined;
}

for (const dtype of ["F32", "F16"] as const) {
  Deno.test(`ViT-L/14 in ${dtype} loads in less than twice its weights' memory and encodes an image and a text`, async () => {
    await inFolder(async (folder) => {
      const why = await obstacle(folder, { memory: 8 * GIGABYTE, disk: 8 * GIGABYTE });
      if (why !== undefined) return console.log(`skipped: ${why}`);
      const size = await writeRandomClip(folder, PUBLISHED["clip-vit-large-patch14"]!, dtype);
      const weights = dtype === "F32" ? size : 2 * size; // on the heap they are 32-bit numbers
      assert.ok(weights > 1.7 * GIGABYTE && weights < 1.72 * GIGABYTE, `${size} bytes`);
      const { peak, shapes, finite } = await measureApart({ task: "forward", folder, batch: 1 });
      assert.deepEqual(shapes, [[1, 768], [1, 768]]);
      assert.ok(finite, "features must be finite numbers");
      assert.ok(peak > weights, `a peak of ${peak} bytes is less than the weights`);
      assert.ok(peak < 2 * weights, `a peak of ${peak} bytes for weights of ${weights}`);
    });
  });
}

Deno.test("Whisper-base encodes a window of 30 s into 1500 states of width 512, and transcribes it", async () => {
  await inFolder(async (folder) => {
    const why = await obstacle(folder, { memory: 4 * GIGABYTE, disk: GIGABYTE });
    if (why !== undefined) return console.log(`skipped: ${why}`);
    await writeRandomWhisperBase(folder);
    const sizes = await Promise.all(
      ["encoder_model", "decoder_model_merged"].map((name) => Deno.stat(join(folder, "onnx", `${name}.onnx`))),
    );
    assert.ok(sizes[0]!.size > 79e6 && sizes[1]!.size > 208e6, "weights of 287 MB");
    const { shapes, finite } = await measureApart({ task: "whisper", folder, seconds: 30 });
    assert.deepEqual(shapes, [[1500, 512], [1500 * 512]]);
    assert.ok(finite, "states must be finite numbers, the transcript not empty");
  });
});
