import assert from "node:assert/strict";
import { AutoTokenizer, env, Tensor, WhisperForConditionalGeneration } from "@xenova/transformers";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { Random } from "../../lib/random.ts";
import { OnnxGraph } from "../../data/generator/onnx_writer.ts";
import { transcribeGreedily } from "../../data/generator/whisper_training.ts";
import { WhisperVocabulary, writeWhisperDirectory } from "../../data/generator/whisper_directory.ts";
import {
  decodeSpeech,
  encodeSpeech,
  randomWhisperWeights,
  sinusoids,
  type WhisperSize,
  whisperTensors,
} from "../../data/generator/whisper_model.ts";
import { temporaryFolder } from "../temporary.ts";

const vocabulary = new WhisperVocabulary(["a red car on the beach, and a blue ball", "a blue car"], 30);
const size: WhisperSize = {
  mels: 12,
  width: 16,
  heads: 2,
  feedForward: 24,
  encoderLayers: 2,
  decoderLayers: 2,
  windowSeconds: 1,
  maxTokens: 12,
  vocabulary: vocabulary.size,
};
/** Weights that float16 holds exactly, larger than at a training's start so that the transcripts vary. */
const values = new Map(
  [...randomWhisperWeights(size, new Random(3))].map(([name, list]) => {
    const scale = name.includes("embed_tokens") ? 8 : 1;
    return [name, Float32Array.from(new Float16Array(list.map((value) => scale * value)))];
  }),
);

async function inDirectory(half: boolean, run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await temporaryFolder();
  try {
    await writeWhisperDirectory(directory, { values, size, vocabulary }, { half });
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function load(
  directory: string,
): Promise<Awaited<ReturnType<typeof WhisperForConditionalGeneration.from_pretrained>>> {
  env.allowRemoteModels = false;
  return await WhisperForConditionalGeneration.from_pretrained(directory, { dtype: "fp32", device: "cpu" });
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `place ${i}: ${actual[i]} and ${expected[i]}`);
  }
}

for (const half of [false, true]) {
  Deno.test(`the ONNX graphs${half ? " with float16 weights" : ""} compute what the TensorFlow.js model does`, async () => {
    await tf.setBackend("cpu");
    const tensors = whisperTensors(values, size);
    const before = tf.memory().numTensors;
    await inDirectory(half, async (directory) => {
      const model = await load(directory);
      const [batch, frames] = [2, 60];
      const random = new Random(4);
      const features = Float32Array.from({ length: batch * size.mels * frames }, () => random.normal()); // [B, mels, T]
      const input = new Tensor("float32", features, [batch, size.mels, frames]);
      const encoded = await model.sessions["model"].run({ input_features: input.ort_tensor });
      const mel = tf.tidy(() =>
        tf.transpose(tf.tensor3d(features, [batch, size.mels, frames]), [0, 2, 1])
      ) as tf.Tensor3D;
      const states = encodeSpeech(tensors, size, mel);
      assertClose(encoded.last_hidden_state.data, await states.data(), 1e-4);

      // Logits of four tokens at once, and of one more with the cache.
      const ids = [[3, 5, 7, 9, 2], [8, 1, 4, 4, 6]];
      const all = tf.tidy(() => decodeSpeech(tensors, size, tf.tensor2d(ids, [2, 5], "int32"), states));
      const expected = await all.array();
      const decoder = model.sessions["decoder_model_merged"];
      const empty = new Tensor("float32", new Float32Array(0), [batch, size.heads, 0, size.width / size.heads]);
      const idTensor = (rows: number[][]) =>
        new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]).ort_tensor;
      const feeds = Object.fromEntries(
        ["decoder", "encoder"].flatMap((tower) =>
          [0, 1].flatMap((i) =>
            ["key", "value"].map((part) => [`past_key_values.${i}.${tower}.${part}`, empty.ort_tensor])
          )
        ),
      );
      const hidden = { encoder_hidden_states: encoded.last_hidden_state };
      const first = await decoder.run({ input_ids: idTensor(ids.map((row) => row.slice(0, 4))), ...hidden, ...feeds });
      assertClose(first.logits.data, expected.flatMap((row) => row.slice(0, 4)).flat(), 1e-4);
      const kept = Object.entries(first).filter(([name]) => name.startsWith("present"))
        .map(([name, value]) => [name.replace("present", "past_key_values"), value]);
      assert.equal(kept.length, 8);
      const second = await decoder.run({
        input_ids: idTensor(ids.map((row) => row.slice(4))),
        ...hidden,
        ...Object.fromEntries(kept),
      });
      assertClose(second.logits.data, expected.flatMap((row) => row[4]!), 1e-4);
      assert.deepEqual(first["present.0.encoder.key"].dims, [batch, size.heads, frames / 2, 8]);
      assert.deepEqual(second["present.0.encoder.key"].dims, [batch, size.heads, 0, 8]);

      // Greedy transcripts are the same, token by token.
      const generated: number[][] = [];
      for (let clip = 0; clip < batch; clip++) {
        const length = size.mels * frames;
        const inputs = new Tensor("float32", features.slice(clip * length, (clip + 1) * length), [
          1,
          size.mels,
          frames,
        ]);
        const tokens = await model.generate({ inputs }) as Tensor;
        generated.push((tokens.tolist() as bigint[][])[0]!.map(Number));
      }
      const texts = await transcribeGreedily(
        { weights: tensors, size, vocabulary },
        { clips: batch, frames, mel: Float32Array.from(await mel.data()) },
      );
      const untilEnd = (row: number[]) => row.slice(0, (row.indexOf(vocabulary.endOfText) + 1 || row.length + 1) - 1);
      assert.deepEqual(texts, generated.map((row) => vocabulary.decode(untilEnd(row))));
      assert.ok(texts.join("").length > 0);
      tf.dispose([mel, states, all]);
      await model.dispose();
    });
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
    tf.dispose([...tensors.values()]);
  });
}

Deno.test("a Whisper vocabulary encodes as the tokenizer that transformers.js loads from its files", async () => {
  await inDirectory(true, async (directory) => {
    const tokenizer = await AutoTokenizer.from_pretrained(directory);
    for (const text of ["a red car on the beach, and a blue ball", "zebras 42!", "the"]) {
      const ids = vocabulary.encode(text);
      assert.deepEqual(tokenizer.encode(` ${text}`, { add_special_tokens: false }), ids);
      assert.equal(vocabulary.decode(ids), text);
      assert.equal(tokenizer.decode(ids).trim(), text);
    }
    assert.deepEqual(
      tokenizer.encode("<|endoftext|><|startoftranscript|><|notimestamps|>", { add_special_tokens: false }),
      [
        vocabulary.endOfText,
        vocabulary.startOfTranscript,
        vocabulary.noTimestamps,
      ],
    );
  });
});

Deno.test("the encoder's positions are Whisper's sinusoids", () => {
  const table = sinusoids(3, 4);
  const expected = [0, 1, 2].flatMap((t) => [Math.sin(t), Math.sin(t / 10000), Math.cos(t), Math.cos(t / 10000)]);
  assertClose(table, expected, 1e-6);
});

Deno.test("an ONNX weight of the wrong size and a missing weight are refused by name", async () => {
  assert.throws(
    () => new OnnxGraph("g").weight("w", new Float32Array(3), [2, 2]),
    /'w' as it has 3 values: expected 4/,
  );
  const { whisperDecoderOnnx } = await import("../../data/generator/whisper_onnx.ts");
  const without = new Map(values);
  without.delete("decoder.layers.1.fc1.weight");
  assert.throws(() => whisperDecoderOnnx(without, size), /'decoder.layers.1.fc1.weight' is missing/);
});
