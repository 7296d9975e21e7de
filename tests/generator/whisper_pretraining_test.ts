import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { AdamW } from "../../data/generator/adamw.ts";
import {
  listSpeech,
  type MelClip,
  melFrames,
  MELS,
  melValue,
  readMels,
  writeChunk,
} from "../../data/generator/speech_corpus.ts";
import type { SpeechKind } from "../../data/generator/speech_texts.ts";
import { BatchSampler, whisperLoss } from "../../data/generator/whisper_training.ts";
import { pretrainWhisper, trainingStep, whisperVariables } from "../../data/generator/whisper_pretraining.ts";
import { WhisperVocabulary } from "../../data/generator/whisper_directory.ts";
import type { WhisperSize } from "../../data/generator/whisper_model.ts";
import { logMel } from "../../lib/audio/log_mel.ts";
import { temporaryFolder } from "../temporary.ts";

const TEXTS = ["a red car", "a blue ball", "the blue car", "a red ball, the car"];
const WORDS = ["a", "ball", "blue", "car", "red", "the"];
const vocabulary = new WhisperVocabulary(TEXTS, 20);
const small = {
  width: 16,
  heads: 2,
  feedForward: 32,
  encoderLayers: 1,
  decoderLayers: 1,
  windowSeconds: 1,
  maxTokens: 16,
};
const size: WhisperSize = { ...small, mels: MELS, vocabulary: vocabulary.size };

/** A tone a word, 50 ms each. */
function tones(text: string): Float32Array {
  const words = text.replaceAll(",", "").split(" ");
  return Float32Array.from({ length: 800 * words.length }, (_, i) => {
    const pitch = 300 * (1 + WORDS.indexOf(words[Math.floor(i / 800)]!));
    return 0.3 * Math.sin(2 * Math.PI * pitch * i / 16000);
  });
}

function clipOf(text: string, kind: SpeechKind = "phrase"): MelClip {
  const samples = tones(text);
  const entry = { text, kind, start: 0, samples: samples.length, noise: null, opus: null, voice: "tone", file: "" };
  return { ...entry, ...melFrames(samples) };
}

const clips = TEXTS.map((text) => clipOf(text));

Deno.test("cached log-mels are those of the padded window within half a step", () => {
  const samples = tones("a red car");
  const { frames, mel, silence } = melFrames(samples);
  const window = 100;
  const full = logMel(samples, { frames: window }); // [80, 100]
  assert.equal(frames, 15);
  for (let t = 0; t < window; t++) {
    for (let band = 0; band < MELS; band++) {
      const value: number = t < frames ? melValue(mel[t * MELS + band]!, silence) : silence;
      // The frames just behind the clip still see its end; they are silence in the cache.
      if (t < frames || t > frames + 2) {
        assert.ok(Math.abs(value - full[band * window + t]!) <= 1 / 255 + 1e-6, `${t}, ${band}`);
      }
    }
  }
});

Deno.test("a batch holds each clip, silence after it, and its tokens and words", () => {
  const sampler = new BatchSampler(clips, vocabulary, WORDS, { window: 100, augment: false });
  const batch = sampler.batch([clips[0]!, clips[3]!], 41, new Random(1));
  assert.equal(batch.frames, 42);
  assert.deepEqual([...batch.stateLengths], [8, 13]);
  assert.deepEqual([...batch.wordLabels], [1, 5, 4, 0, 0, 1, 5, 2, 6, 4]);
  assert.deepEqual([...batch.wordCounts], [3, 5]);
  const ids = vocabulary.encode(TEXTS[0]!);
  const { endOfText, startOfTranscript, noTimestamps } = vocabulary;
  assert.deepEqual([...batch.inputs.subarray(0, ids.length + 2)], [startOfTranscript, noTimestamps, ...ids]);
  assert.deepEqual([...batch.targets.subarray(0, ids.length + 2)], [-1, ...ids, endOfText]);
  assert.ok(batch.targets.subarray(ids.length + 2, batch.tokens).every((target) => target === -1));
  const value = Math.fround(melValue(clips[0]!.mel[5 * MELS + 7]!, clips[0]!.silence));
  assert.equal(batch.mel[5 * MELS + 7], value);
  assert.equal(batch.mel[30 * MELS], Math.fround(clips[0]!.silence));
});

Deno.test("batches go from phrases to narrations, keep to their size and repeat", () => {
  const all = [...clips, clipOf(TEXTS[1]!, "caption"), clipOf(TEXTS[2]!, "narration")];
  const sampler = new BatchSampler(all, vocabulary, WORDS, { window: 100, frames: 60 });
  const draw = (seed: number, step: number) => sampler.draw({ step, steps: 4000 }, new Random(seed));
  for (let seed = 0; seed < 40; seed++) {
    const batch = draw(seed, 100 * seed);
    assert.ok(batch.frames <= 100 && batch.frames % 2 === 0);
    assert.ok(batch.clips === 1 || batch.clips * (batch.frames - 1) <= 60);
    assert.ok(batch.stateLengths.every((states) => states <= batch.frames / 2));
    assert.deepEqual(batch, draw(seed, 100 * seed));
  }
  assert.throws(
    () => new BatchSampler(clips, vocabulary, WORDS, { window: 5 }),
    /none of 4 clips fits 5 frames and 160 tokens/,
  );
});

Deno.test("the loss without smoothing and CTC is the mean negative log-likelihood of the targets", async () => {
  await useBackend("cpu");
  const variables = whisperVariables(size, WORDS.length, new Random(1));
  const batch = new BatchSampler(clips, vocabulary, WORDS, { augment: false }).batch(clips, 30, new Random(1));
  const before = tf.memory().numTensors;
  const flat = new Map(variables); // logits are 0 where the embedding is
  const zero = tf.zeros([vocabulary.size, size.width]);
  flat.set("decoder.embed_tokens.weight", zero as unknown as tf.Variable);
  for (const smoothing of [0, 0.3]) {
    const { total, tokens, ctc } = whisperLoss(flat, size, batch, { smoothing, ctcWeight: 0 });
    assert.ok(Math.abs((await total.data())[0]! - Math.log(vocabulary.size)) < 1e-4);
    tf.dispose([total, tokens, ctc]);
  }
  zero.dispose();
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
  tf.dispose([...variables.values()]);
});

Deno.test("a few steps lower both losses and leak nothing", async () => {
  await useBackend("wasm");
  const variables = whisperVariables(size, WORDS.length, new Random(1));
  const optimizer = new AdamW(variables, { weightDecay: 0 });
  const sampler = new BatchSampler(clips, vocabulary, WORDS, { window: 100, augment: false });
  const batch = sampler.batch(clips, 40, new Random(1));
  const first = await trainingStep(variables, size, batch, optimizer, 3e-3);
  const before = tf.memory().numTensors;
  let last = first;
  for (let step = 0; step < 40; step++) last = await trainingStep(variables, size, batch, optimizer, 3e-3);
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
  assert.ok(last.tokens < 0.7 * first.tokens, `${first.tokens} -> ${last.tokens}`);
  assert.ok(last.ctc < 0.7 * first.ctc, `${first.ctc} -> ${last.ctc}`);
  optimizer.dispose();
  tf.dispose([...variables.values()]);
});

Deno.test("a stopped pretraining continues to the numbers of an unbroken one and writes the model", async () => {
  await useBackend("wasm");
  const root = await temporaryFolder();
  try {
    const entry = { kind: "phrase" as const, noise: null, opus: null, voice: "tone" };
    const chunk = TEXTS.map((text) => ({
      entry: { ...entry, text },
      samples: Int16Array.from(tones(text), (value) => Math.round(32767 * value)),
    }));
    for (const run of ["whole", "broken"]) await writeChunk(join(root, run, "speech"), 0, chunk);
    const options = { steps: 6, counts: { phrase: 4, caption: 0, narration: 0 }, size: small, evaluateEvery: 100 };
    const before = tf.memory().numTensors;
    const paths = (run: string) => ({ work: join(root, run), out: join(root, run, "model") });
    assert.equal(await pretrainWhisper({ ...options, ...paths("whole") }), true);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 0); // takes effect within the first steps
    assert.equal(await pretrainWhisper({ ...options, ...paths("broken"), signal: stop.signal }), false);
    assert.equal(await pretrainWhisper({ ...options, ...paths("broken") }), true);
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
    for (
      const file of ["whisper.safetensors", "model/onnx/encoder_model.onnx", "model/onnx/decoder_model_merged.onnx"]
    ) {
      const [whole, broken] = await Promise.all(["whole", "broken"].map((run) => Deno.readFile(join(root, run, file))));
      assert.ok(whole!.length > 1000);
      assert.deepEqual(broken, whole, file);
    }
    const mels = await readMels(await listSpeech(join(root, "whole", "speech")));
    assert.deepEqual(mels.map(({ text }) => text), TEXTS);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
