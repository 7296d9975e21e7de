import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  AutoTokenizer,
  type Tensor,
  WhisperFeatureExtractor,
  WhisperForConditionalGeneration,
} from "@xenova/transformers";
import { loadWhisper, openWhisper } from "../../lib/whisper/whisper.ts";
import { exists } from "../../lib/files/read.ts";
import { randomWhisper, swell } from "./random_whisper.ts";

const folder = await randomWhisper();
const clips = [0.5, 1.3, 2, 0.01, 1.9].map((seconds, seed) => swell(seed, seconds));

/** The log-probabilities of chosen tokens, after two of the prompt, if all go through the decoder at the same time. */
async function forcedScores(
  model: { forward(inputs: object): Promise<unknown> },
  input_features: Tensor,
  decoder_input_ids: Tensor,
): Promise<{ sum: number; count: number }> {
  const { logits } = await model.forward({ input_features, decoder_input_ids }) as { logits: Tensor }; // [1, L, V]
  const chosen = (decoder_input_ids.tolist() as bigint[][])[0]!.map(Number);
  const size = logits.dims[2]!;
  let sum = 0;
  for (let at = 2; at < chosen.length; at++) {
    const row = Array.from(logits.data as Float32Array).slice((at - 1) * size, at * size);
    sum += row[chosen[at]!]! - Math.log(row.reduce((total, value) => total + Math.exp(value), 0));
  }
  return { sum, count: chosen.length - 2 };
}

Deno.test("transcribe equals plain transformers.js", async () => {
  const whisper = await loadWhisper(folder, { together: 8 });
  assert.deepEqual([whisper.width, whisper.window], [32, 32000]);
  const model = await WhisperForConditionalGeneration.from_pretrained(folder, { dtype: "fp32", device: "cpu" });
  const extractor = await WhisperFeatureExtractor.from_pretrained(folder);
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const texts = new Set<string>();
  for (const clip of clips) {
    const { input_features } = await extractor._call(clip);
    const tokens = await model.generate({ inputs: input_features } as never) as Tensor;
    const output = await model.sessions["model"].run({ input_features: input_features.ort_tensor });
    const states: Float32Array = output.last_hidden_state.data;
    const [found] = await whisper.transcribe([clip]);
    assert.ok(found);
    const { sum, count } = await forcedScores(model, input_features, tokens);
    assert.equal(found.tokens, count);
    assert.ok(sum < -1 && Math.abs(found.logProbability - sum) < 1e-3 * -sum, `${sum}, ${found.logProbability}`);
    assert.equal(found.text, tokenizer.batch_decode(tokens, { skip_special_tokens: true })[0]?.trim());
    assert.equal(found.frames, Math.ceil(clip.length / 320));
    assert.equal(found.states.length, found.frames * 32);
    found.states.forEach((value, i) => assert.ok(Math.abs(value - states[i]!) < 1e-3));
    texts.add(found.text);
  }
  assert.ok(texts.size > 1, "the recordings should not all sound the same");
  await model.dispose();
  await whisper.dispose();
});

Deno.test("transcribe of a batch equals one by one", async () => {
  const whisper = await loadWhisper(folder, { threads: 1, together: 8 });
  const batch = await whisper.transcribe(clips);
  for (const [i, clip] of clips.entries()) {
    const [one] = await whisper.transcribe([clip]);
    assert.equal(batch[i]?.text, one?.text);
    assert.equal(batch[i]!.tokens, one!.tokens);
    assert.ok(Math.abs(batch[i]!.logProbability - one!.logProbability) < 1e-3);
    batch[i]!.states.forEach((value, j) => assert.ok(Math.abs(value - one!.states[j]!) < 1e-4));
  }
  assert.deepEqual(await whisper.transcribe([]), []);
  await whisper.dispose();
});

Deno.test("in a batch, a transcript ends at its own end token", async () => {
  const ending = await randomWhisper();
  const path = join(ending, "generation_config.json");
  const settings = JSON.parse(await Deno.readTextFile(path));
  const { model } = JSON.parse(await Deno.readTextFile(join(ending, "tokenizer.json")));
  settings.eos_token_id = [settings.eos_token_id, model.vocab["\u0106"]]; // a token that only some transcripts have
  await Deno.writeTextFile(path, JSON.stringify(settings));
  const whisper = await loadWhisper(ending, { together: 8 });
  const batch = await whisper.transcribe(clips);
  assert.ok(new Set(batch.map(({ text }) => text.length)).size >= 3, "the transcripts should differ in length");
  for (const [i, clip] of clips.entries()) {
    const [one] = await whisper.transcribe([clip]);
    assert.deepEqual([one?.text, one?.tokens], [batch[i]?.text, batch[i]?.tokens]);
    assert.ok(Math.abs(one!.logProbability - batch[i]!.logProbability) < 1e-3, "the ended rows do not count");
  }
  await whisper.dispose();
  await Deno.remove(ending, { recursive: true });
});

Deno.test("a multilingual model gets the language and the task", async () => {
  const multilingual = await randomWhisper();
  const path = join(multilingual, "generation_config.json");
  const settings = JSON.parse(await Deno.readTextFile(path));
  Object.assign(settings, {
    is_multilingual: true,
    lang_to_id: { "<|en|>": 5, "<|de|>": 6 },
    task_to_id: { transcribe: 7 },
  });
  await Deno.writeTextFile(path, JSON.stringify(settings));
  const english = await openWhisper(multilingual);
  const german = await openWhisper(multilingual, { language: "de" });
  assert.notEqual(english.key, german.key);
  for (const source of [english, german]) {
    const whisper = await source.load();
    assert.equal((await whisper.transcribe(clips.slice(0, 2))).length, 2);
    await whisper.dispose();
  }
  await Deno.remove(multilingual, { recursive: true });
});

Deno.test("the key follows the content of the files", async () => {
  const other = await randomWhisper(2);
  const again = await randomWhisper(1);
  const key = (await openWhisper(folder)).key;
  assert.match(key, /^[0-9a-f]{16}$/);
  assert.notEqual((await openWhisper(other)).key, key);
  assert.equal((await openWhisper(again)).key, key);
  await Deno.remove(other, { recursive: true });
  await Deno.remove(again, { recursive: true });
});

Deno.test("a missing or unfit model gives one error with the remedy", async () => {
  await assert.rejects(loadWhisper("no/such/model"), {
    name: "InputError",
    message: /'no\/such\/model' as there is no such model folder\..*config\.json.*deno task data model/,
  });
  const broken = await randomWhisper();
  await Deno.remove(join(broken, "onnx", "encoder_model.onnx"));
  await assert.rejects(loadWhisper(broken), { name: "InputError", message: /as it lacks onnx\/encoder_model\.onnx\./ });
  await Deno.writeTextFile(join(broken, "onnx", "encoder_model.onnx"), "no model");
  await assert.rejects(loadWhisper(broken), { name: "InputError", message: /as transformers\.js failed/ });
  await assert.rejects(loadWhisper(folder, { dtype: "fp8" as never }), /'dtype' must be one of fp32, fp16/);
  await assert.rejects(loadWhisper(folder, { dtype: "q8" }), /lacks onnx\/encoder_model_quantized\.onnx/);
  await Deno.remove(broken, { recursive: true });
});

const BUNDLED = "data/models/whisper-tiny-sample";
const present = await exists(BUNDLED);
if (!present) console.log(`The test on the bundled Whisper is skipped: there is no ${BUNDLED}.`);

Deno.test({
  name: "the bundled Whisper transcribes a batch like its recordings one by one",
  ignore: !present,
  async fn() {
    const whisper = await loadWhisper(BUNDLED, { together: 8 });
    const batch = await whisper.transcribe(clips);
    for (const [i, clip] of clips.entries()) {
      assert.equal((await whisper.transcribe([clip]))[0]?.text, batch[i]?.text);
    }
    await whisper.dispose();
  },
});
