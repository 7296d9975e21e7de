import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { parseClipConfig, readClipConfig } from "../../lib/clip/config.ts";
import { clipShapes, initializeClip } from "../../lib/clip/clip.ts";
import { formatClipConfig, saveClip } from "../../data/generator/save_clip.ts";
import { loadClip } from "../../lib/clip/load.ts";
import { InputError } from "../../lib/errors.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { readSafetensors, type TensorToWrite, writeSafetensors } from "../../lib/files/safetensors.ts";
import { temporaryFolder } from "../temporary.ts";

await useBackend("cpu");

const GOLDEN = new URL("../fixtures/brewclip_tiny", import.meta.url).pathname;

/** Changes a copy of the small model; returns the error of loading it. */
async function loadChanged(change: (tensors: Map<string, TensorToWrite>) => void): Promise<string> {
  const directory = await temporaryFolder();
  try {
    await Deno.copyFile(join(GOLDEN, "config.json"), join(directory, "config.json"));
    const tensors: Map<string, TensorToWrite> = await readSafetensors(join(GOLDEN, "model.safetensors"));
    change(tensors);
    await writeSafetensors(join(directory, "model.safetensors"), tensors);
    const before = tf.memory().numTensors;
    try {
      (await loadClip(directory)).dispose();
      return "";
    } catch (error) {
      assert.ok(error instanceof InputError && error.message.includes(directory), String(error));
      return error.message;
    } finally {
      assert.equal(tf.memory().numTensors, before, "leaked tensors");
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a model is loaded whole, with the file's values", async () => {
  const clip = await loadClip(GOLDEN);
  const stored = await readSafetensors(join(GOLDEN, "model.safetensors"));
  assert.deepEqual([...clip.weights.keys()].sort(), [...stored.keys()].sort());
  for (const [name, weight] of clip.weights) assert.deepEqual(await weight.data(), stored.get(name)!.data);
  clip.dispose();
});

Deno.test("a missing, extra or misshapen tensor is named; old position buffers are ignored", async () => {
  const name = "text_model.encoder.layers.1.mlp.fc1.weight";
  const one = { shape: [1], data: new Float32Array(1) };
  assert.match(await loadChanged((tensors) => tensors.delete(name)), new RegExp(`'${name}' is missing`));
  assert.match(await loadChanged((tensors) => tensors.set("surplus", one)), /'surplus' is extra/);
  assert.match(await loadChanged((tensors) => tensors.set(name, one)), /has the shape \[1\].*\[192,48\]/);
  const whole = { shape: [40, 48], data: new Int32Array(40 * 48) };
  assert.match(
    await loadChanged((tensors) => tensors.set("text_projection.weight", whole)),
    /'text_projection.weight'.*I32/,
  );
  const buffer = { shape: [1, 24], data: new BigInt64Array(24) };
  assert.equal(await loadChanged((tensors) => tensors.set("text_model.embeddings.position_ids", buffer)), "");
  await assert.rejects(loadClip(join(GOLDEN, "nowhere")), InputError);
});

Deno.test("saved in one file or in shards, in F32 or F16, a model loads to the same weights", async () => {
  const config = await readClipConfig(GOLDEN);
  const clip = initializeClip(config, "seed");
  const directory = await temporaryFolder();
  try {
    for (const [dtype, tolerance] of [["F32", 0], ["F16", 2 ** -11]] as const) {
      await saveClip(clip, directory, dtype);
      const loaded = await loadClip(directory);
      assert.deepEqual(loaded.config, config);
      for (const [name, weight] of clip.weights) {
        const [saved, found] = [await weight.data(), await loaded.weights.get(name)!.data()];
        assert.ok(
          saved.every((value, i) => Math.abs(value - found[i]!) <= Math.abs(value) * tolerance + tolerance * 1e-4),
          name,
        );
      }
      loaded.dispose();
    }
    const tensors = [...await readSafetensors(join(directory, "model.safetensors"))];
    await Deno.remove(join(directory, "model.safetensors"));
    const weight_map: Record<string, string> = {};
    for (const [i, half] of [tensors.slice(0, 20), tensors.slice(20)].entries()) {
      const shard = `model-0000${i + 1}-of-00002.safetensors`;
      await writeSafetensors(join(directory, shard), new Map(half));
      for (const [name] of half) weight_map[name] = shard;
    }
    await Deno.writeTextFile(join(directory, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
    const loaded = await loadClip(directory);
    assert.equal(loaded.weights.size, clip.weights.size);
    loaded.dispose();
  } finally {
    await Deno.remove(directory, { recursive: true });
    clip.dispose();
  }
});

Deno.test("random weights repeat with the seed and have sensible sizes", async () => {
  const config = await readClipConfig(GOLDEN);
  const [a, b, c] = [initializeClip(config, 1), initializeClip(config, 1), initializeClip(config, 2)];
  const name = "vision_model.encoder.layers.0.mlp.fc2.weight";
  const [first, again, other] = await Promise.all([a, b, c].map((clip) => clip.weights.get(name)!.data()));
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  assert.deepEqual([...a.weights].map(([name, { shape }]) => [name, shape]), [...clipShapes(config)]);
  const deviation = Math.hypot(...first!) / Math.sqrt(first!.length);
  assert.ok(Math.abs(deviation - (2 * 2 * 64) ** -0.5) < 1e-3);
  for (const clip of [a, b, c]) clip.dispose();
});

Deno.test("published configurations are read", () => {
  // As openai/clip-vit-large-patch14 stores it: fields that equal a default may be missing, and token ids are wrong.
  const large = parseClipConfig({
    model_type: "clip",
    projection_dim: 768,
    text_config: {
      hidden_size: 768,
      intermediate_size: 3072,
      num_attention_heads: 12,
      bos_token_id: 0,
      eos_token_id: 2,
      pad_token_id: 1,
    },
    vision_config: {
      hidden_size: 1024,
      intermediate_size: 4096,
      num_attention_heads: 16,
      num_hidden_layers: 24,
      patch_size: 14,
      unknown: null,
    },
  }, "large");
  assert.deepEqual(large.text, {
    width: 768,
    feedforward: 3072,
    layers: 12,
    heads: 12,
    activation: "quick_gelu",
    epsilon: 1e-5,
    vocabulary: 49408,
    positions: 77,
    bos: 49406,
    eos: 49407,
    pad: 1,
  });
  assert.equal(large.vision.imageSize, 224);
  assert.equal([...clipShapes(large)].reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0), 427616513);
  const base = parseClipConfig({ text_config: {}, vision_config: {} }, "base");
  assert.equal([...clipShapes(base)].reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0), 151277313);
  assert.deepEqual(parseClipConfig(JSON.parse(JSON.stringify(formatClipConfig(large))), "again"), large);
});

Deno.test("a configuration that cannot be right is refused with the field", () => {
  const refuse = (config: unknown, pattern: RegExp) =>
    assert.throws(() => parseClipConfig(config, "c.json"), (error: Error) => {
      assert.match(error.message, pattern);
      return error instanceof InputError && error.message.includes("c.json");
    });
  refuse(null, /object/);
  refuse({ text_config: {} }, /vision_config/);
  refuse({ text_config: { hidden_size: -1 }, vision_config: {} }, /text_config\.hidden_size/);
  refuse({ text_config: { hidden_act: "relu" }, vision_config: {} }, /hidden_act/);
  refuse({ text_config: { num_attention_heads: 7 }, vision_config: {} }, /text tower's 7 heads/);
  refuse({ text_config: {}, vision_config: { patch_size: 500 } }, /patch size 500/);
  refuse({ text_config: { attention_scale: 0.5 }, vision_config: {} }, /text_config\.attention_scale/);
  refuse({ text_config: {}, vision_config: { use_rms_norm: true } }, /vision_config\.use_rms_norm/);
  refuse({ text_config: {}, vision_config: {}, vision_config_dict: { qkv_scale: 2 } }, /vision_config_dict\.qkv_scale/);
  refuse({ text_config: {}, vision_config: {}, logit_cap: 3 }, /'logit_cap'/);
  refuse({ text_config: { model_type: "bert" }, vision_config: {} }, /text_config\.model_type/);
  refuse({ model_type: "siglip", text_config: {}, vision_config: {} }, /model_type/);
  refuse({ eos_token_id: 50000, text_config: {}, vision_config: {} }, /eos_token_id is 50000/);
});

Deno.test("text_config_dict and vision_config_dict replace text_config and vision_config, defaults too", () => {
  const { text, vision } = parseClipConfig({
    text_config: { hidden_size: 768, num_attention_heads: 12, hidden_act: "quick_gelu", vocab_size: 500 },
    text_config_dict: { hidden_act: "gelu", num_hidden_layers: 3 },
    vision_config: { hidden_act: "quick_gelu" },
    vision_config_dict: {
      hidden_act: "gelu",
      patch_size: 14,
      attention_dropout: 0,
      pruned_heads: {},
      is_decoder: false,
    },
  }, "c");
  assert.deepEqual([text.activation, text.layers, text.width, text.vocabulary], ["gelu", 3, 512, 49408]);
  assert.deepEqual([vision.activation, vision.patchSize], ["gelu", 14]);
  const alone = parseClipConfig({ text_config_dict: { hidden_size: 64 }, vision_config_dict: {} }, "c");
  assert.deepEqual([alone.text.width, alone.vision.width], [64, 768]);
});

Deno.test("a configuration of the old kind takes its special tokens from the tokenizer, added tokens included", () => {
  const marks = { bos: 97, eos: 98, pad: 96 };
  const config = (text: object) => ({ text_config: { vocab_size: 120, ...text }, vision_config: {} });
  const of = (text: object) => {
    const { bos, eos, pad } = parseClipConfig(config(text), "c", marks).text;
    return [bos, eos, pad];
  };
  assert.deepEqual(of({ bos_token_id: 0, eos_token_id: 2, pad_token_id: 1 }), [97, 98, 96]);
  assert.deepEqual(of({}), [97, 98, 96]);
  assert.deepEqual(of({ bos_token_id: 5, eos_token_id: 7, pad_token_id: 1 }), [5, 7, 1]);
});
