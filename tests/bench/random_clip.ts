/** CLIP folders of the published shapes with random weights, written piece by piece. Used by tests and measurements only. */
import { join } from "@std/path";
import { formatClipConfig } from "../../data/generator/save_clip.ts";
import type { ClipConfig } from "../../lib/clip/config.ts";
import { clipShapes } from "../../lib/clip/clip.ts";
import { Random } from "../../lib/random.ts";

const text = {
  vocabulary: 49408,
  positions: 77,
  bos: 49406,
  eos: 49407,
  pad: 49407,
  activation: "quick_gelu" as const,
};
const base = { width: 512, feedforward: 2048, layers: 12, heads: 8, epsilon: 1e-5 };
const vision = {
  width: 768,
  feedforward: 3072,
  layers: 12,
  heads: 12,
  activation: "quick_gelu" as const,
  epsilon: 1e-5,
  imageSize: 224,
  channels: 3,
};

/** The published models by the last part of their names. */
export const PUBLISHED: Record<string, ClipConfig> = {
  "clip-vit-base-patch32": { text: { ...text, ...base }, vision: { ...vision, patchSize: 32 }, projection: 512 },
  "clip-vit-base-patch16": { text: { ...text, ...base }, vision: { ...vision, patchSize: 16 }, projection: 512 },
  "clip-vit-large-patch14": {
    text: { ...text, width: 768, feedforward: 3072, layers: 12, heads: 12, epsilon: 1e-5 },
    vision: { ...vision, patchSize: 14, width: 1024, feedforward: 4096, layers: 24, heads: 16 },
    projection: 768,
  },
};

const POOL = 2 ** 20;

/** Gives so many bytes of normal numbers of a deviation, always of the same pool. */
function drawing(dtype: "F32" | "F16"): (deviation: number, count: number) => Uint8Array {
  const random = new Random(1);
  const pool = Float32Array.from({ length: POOL }, () => random.normal());
  const scaled = new Map<number, Uint8Array>();
  const bytes = dtype === "F32" ? 4 : 2;
  let place = 0;
  return (deviation, count) => {
    if (!scaled.has(deviation)) {
      const values = pool.map((value) => deviation * value);
      scaled.set(deviation, new Uint8Array((dtype === "F32" ? values : new Float16Array(values)).buffer));
    }
    place = (place + 77_777) % (POOL / 2);
    return scaled.get(deviation)!.subarray(place * bytes, (place + count) * bytes);
  };
}

/**
 * Writes `config.json` and `model.safetensors`: unit layer norms, zero biases, other weights of deviation
 * `inputs ** -0.5` from a pool of normal numbers, each tensor from another offset.
 *
 * @returns the size of `model.safetensors` in bytes
 */
export async function writeRandomClip(folder: string, config: ClipConfig, dtype: "F32" | "F16"): Promise<number> {
  const draw = drawing(dtype);
  const bytes = dtype === "F32" ? 4 : 2;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  const shapes = clipShapes(config);
  for (const [name, shape] of shapes) {
    header[name] = { dtype, shape, data_offsets: [end, end += bytes * shape.reduce((product, n) => product * n, 1)] };
  }
  const head = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(head.length / 8) * 8;
  const first = new Uint8Array(start).fill(0x20, 8);
  new DataView(first.buffer).setBigUint64(0, BigInt(start - 8), true);
  first.set(head, 8);

  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(formatClipConfig(config)));
  using file = await Deno.open(join(folder, "model.safetensors"), { write: true, create: true, truncate: true });
  const write = async (part: Uint8Array) => {
    for (let done = 0; done < part.length;) done += await file.write(part.subarray(done));
  };
  await write(first);
  for (const [name, shape] of shapes) {
    const size = shape.reduce((product, n) => product * n, 1);
    const inputs = shape.slice(1).reduce((product, n) => product * n, 1);
    const deviation = /token_embedding|position_embedding/.test(name) ? 0.02 : inputs ** -0.5;
    for (let from = 0; from < size; from += POOL / 2) {
      const count = Math.min(POOL / 2, size - from);
      if (/norm\d?\.weight$/.test(name)) {
        await write(
          new Uint8Array((dtype === "F32" ? new Float32Array(count) : new Float16Array(count)).fill(1).buffer),
        );
      } else if (name.endsWith(".bias") || name === "logit_scale") await write(new Uint8Array(count * bytes));
      else await write(draw(deviation, count));
    }
  }
  return start + end;
}
