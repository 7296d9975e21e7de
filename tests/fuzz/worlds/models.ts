/** Weights, their headers and indexes, and the configuration and tokenizer of CLIP. */
import { join } from "@std/path";
import { saveClip } from "../../../data/generator/save_clip.ts";
import { loadClip } from "../../../lib/clip/load.ts";
import { readClipConfig } from "../../../lib/clip/config.ts";
import { clipShapes, initializeClip } from "../../../lib/clip/clip.ts";
import { loadClipTokenizer } from "../../../lib/clip/tokenizer.ts";
import { readPreprocessorConfig } from "../../../lib/image/preprocessor_config.ts";
import { useBackend } from "../../../lib/runtime/backend.ts";
import { readSafetensors, writeSafetensors } from "../../../lib/files/safetensors.ts";
import { tinyClipConfig } from "../../training/tiny.ts";
import { HEADER } from "../header.ts";
import { check, type World } from "../world.ts";

const CLIP = "data/models/clip-tiny-sample";

/** The worlds of the models. */
export async function worlds(root: string): Promise<World[]> {
  await useBackend("cpu");
  const at = (name: string): string => join(root, name);
  const tensors = (offset: number) =>
    new Map([
      [`a.${offset}`, { shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, i) => i + offset) }],
      [`b.${offset}`, { shape: [4], data: Float32Array.of(1, 2, 3, 4) }],
      [`c.${offset}`, { shape: [], data: Float32Array.of(offset) }],
    ]);
  await writeSafetensors(at("model.safetensors"), tensors(0), { metadata: { format: "pt" } });
  await writeSafetensors(at("halves.safetensors"), tensors(0), { dtype: "F16" });
  const map: Record<string, string> = {};
  for (const part of [0, 1]) {
    await writeSafetensors(at(`sharded/model-${part}.safetensors`), tensors(part));
    for (const name of tensors(part).keys()) map[name] = `model-${part}.safetensors`;
  }
  const index = "model.safetensors.index.json";
  await Deno.writeTextFile(
    at(join("sharded", index)),
    JSON.stringify({ metadata: { total_size: 88 }, weight_map: map }),
  );
  const small = initializeClip(tinyClipConfig, 1);
  await saveClip(small, at("small"));
  small.dispose();
  for (const name of ["config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"]) {
    await Deno.mkdir(at("clip"), { recursive: true });
    await Deno.copyFile(join(CLIP, name), at(join("clip", name)));
  }

  const read = async (path: string): Promise<void> => {
    for (const [name, { shape, data }] of await readSafetensors(path)) {
      check(shape.every((size) => Number.isSafeInteger(size) && size >= 0), `'${name}' has the shape [${shape}]`);
      check(data.length === shape.reduce((all, size) => all * size, 1), `'${name}' has ${data.length} values`);
    }
  };
  const weights = { folder: root, files: ["model.safetensors", "halves.safetensors"] };
  const both = async (): Promise<void> => {
    for (const name of weights.files) await read(at(name));
  };
  return [
    { name: "safetensors", ...weights, read: both },
    { name: "safetensors header", ...weights, inner: HEADER, read: both },
    { name: "shards", folder: at("sharded"), files: [index], read: () => read(at(join("sharded", index))) },
    {
      name: "clip",
      folder: at("small"),
      files: ["config.json"],
      async read() {
        const clip = await loadClip(at("small"));
        for (const [name, weight] of clip.weights) {
          check(weight.shape.join() === clipShapes(clip.config).get(name)?.join(), `'${name}' is misshapen`);
        }
        clip.dispose();
      },
    },
    {
      name: "clip config",
      folder: at("clip"),
      files: ["config.json", "preprocessor_config.json"],
      async read() {
        const { text, vision } = await readClipConfig(at("clip"));
        check(Math.max(text.bos, text.eos, text.pad) < text.vocabulary, "a token beyond the vocabulary");
        check(text.width % text.heads === 0 && vision.width % vision.heads === 0, "heads that do not divide the width");
        const { size, edge, mean, std } = await readPreprocessorConfig(at("clip"), vision.imageSize);
        check(edge >= size && size === vision.imageSize && 3 * edge ** 2 < 2 ** 30, `sides of ${size} and ${edge}`);
        check([...mean, ...std].every(Number.isFinite) && std.every((value) => value > 0), "no mean or deviation");
      },
    },
    {
      name: "tokenizer",
      folder: at("clip"),
      files: ["tokenizer.json", "tokenizer.json", "tokenizer_config.json", "config.json"],
      async read() {
        const { text: { vocabulary } } = await readClipConfig(at("clip"));
        const tokenizer = await loadClipTokenizer(at("clip"));
        for (const row of tokenizer.encode(["", "a dog runs", "Été 9 ☃ \u{1f600} don't", "cat ".repeat(100)])) {
          check(row.length === tokenizer.length, `a row of ${row.length} tokens`);
          const legal = row.every((token) => Number.isInteger(token) && token >= 0 && token < vocabulary);
          check(legal, `the row [${row.slice(0, 20)}]`);
        }
      },
    },
  ];
}
