import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { readWhisperSettings } from "../../lib/whisper/settings.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { randomWhisper } from "./random_whisper.ts";

type Json = Record<string, unknown>;

const folder = await randomWhisper();
const path = (name: string) => join(folder, name);
const originals = new Map<string, Json>();
for (const name of ["config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json"]) {
  originals.set(name, JSON.parse(await Deno.readTextFile(path(name))));
}
const { decoder_start_token_id: start, eos_token_id: end, no_timestamps_token_id: bare } = originals.get(
  "generation_config.json",
) as Record<string, number>;

/** Reads the folder's settings with some fields of its files changed; undefined removes a field. */
async function settingsWith(changes: Record<string, Json>, spoken = {}) {
  for (const [name, original] of originals) {
    await Deno.writeTextFile(path(name), JSON.stringify({ ...original, ...changes[name] }));
  }
  return await readWhisperSettings(folder, spoken);
}

const generation = (change: Json) => ({ "generation_config.json": change });

Deno.test("settings that do not change greedy decoding are accepted, start tokens and length found without them", async () => {
  const plain = await settingsWith({});
  assert.deepEqual(plain.prompt, [start, bare]);
  const same: Json[] = [
    { do_sample: true, temperature: 5, top_k: 0 },
    { return_timestamps: true, return_dict_in_generate: true, output_scores: true },
    { max_length: undefined },
    { max_length: 1e6 },
    { max_new_tokens: 1e4 },
    { _from_model_config: true, no_timestamps_token_id: undefined, is_multilingual: undefined },
    { decoder_start_token_id: undefined, eos_token_id: undefined },
    { forced_decoder_ids: [[1, bare]] },
    { forced_decoder_ids: [[1, null]] },
    { num_beams: 1, repetition_penalty: 1, no_repeat_ngram_size: 0, bad_words_ids: [], min_length: 0 },
  ];
  for (const change of same) {
    const { prompt, generation: decoding, ends } = await settingsWith(generation(change));
    assert.deepEqual([prompt, decoding, [...ends]], [plain.prompt, plain.generation, [end]], JSON.stringify(change));
  }
  const { generation: suppressed } = await settingsWith(
    generation({ suppress_tokens: [-1, 3], begin_suppress_tokens: [4] }),
  );
  assert.deepEqual([suppressed.suppress_tokens, suppressed.begin_suppress_tokens], [[3], [4]]);
});

const REFUSED: [field: string, changes: Record<string, Json>][] = [
  ...Object.entries({
    num_beams: 5,
    repetition_penalty: 1.2,
    no_repeat_ngram_size: 3,
    bad_words_ids: [[5]],
    guidance_scale: 2,
    min_length: 4,
    max_new_tokens: 5,
    prompt_ids: [3],
    forced_eos_token_id: 3,
    sequence_bias: [[[3], 1]],
    logit_magic: 3,
    forced_decoder_ids: [[1, bare], [2, 5]],
    suppress_tokens: "all",
    begin_suppress_tokens: [1e6],
    max_length: 1,
    is_multilingual: true,
    no_timestamps_token_id: 3,
    decoder_start_token_id: 3,
    eos_token_id: 3,
  }).map(([field, value]): [string, Record<string, Json>] => [field, generation({ [field]: value })]),
  ["repetition_penalty", { "config.json": { repetition_penalty: 2 } }],
  ["max_source_positions", { "config.json": { max_source_positions: 1500 } }],
  ["num_mel_bins", { "config.json": { num_mel_bins: 128 } }],
  ["vocab_size", { "config.json": { vocab_size: 100 } }],
  ["n_samples", { "preprocessor_config.json": { n_samples: 480000 } }],
  ["nb_max_frames", { "preprocessor_config.json": { nb_max_frames: 3000 } }],
  ["chunk_length", { "preprocessor_config.json": { chunk_length: 30 } }],
  ["feature_size", { "preprocessor_config.json": { feature_size: 128 } }],
  ["dither", { "preprocessor_config.json": { dither: 0.1 } }],
];
for (const [field, changes] of REFUSED) {
  Deno.test(`'${field}' in ${Object.keys(changes)[0]} is refused by name if it does not fit`, async () => {
    await assert.rejects(settingsWith(changes), (error: Error) => {
      assert.match(error.message, new RegExp(`'${field}'`));
      return error.name === "InputError" && error.message.includes(folder);
    });
  });
}

const languages = {
  is_multilingual: true,
  lang_to_id: { "<|en|>": 5, "<|de|>": 6 },
  task_to_id: { transcribe: 7, translate: 8 },
};

Deno.test("a multilingual model begins with language and task: the user's, its own, or English", async () => {
  const prompt = async (change: Json, spoken = {}) =>
    (await settingsWith(generation({ ...languages, ...change }), spoken)).prompt;
  assert.deepEqual(await prompt({}), [start, 5, 7, bare]);
  assert.deepEqual(await prompt({}, { language: "de" }), [start, 6, 7, bare]);
  assert.deepEqual(await prompt({}, { language: "German", task: "translate" }), [start, 6, 8, bare]);
  assert.deepEqual(await prompt({ forced_decoder_ids: [[1, 6], [2, 7], [3, bare]] }), [start, 6, 7, bare]);
  assert.deepEqual(await prompt({ forced_decoder_ids: [[1, null], [2, 8]] }), [start, 5, 8, bare]);
  assert.deepEqual(await prompt({ forced_decoder_ids: [[1, 6]] }, { language: "en" }), [start, 5, 7, bare]);
  assert.deepEqual(await prompt({ language: "<|de|>", is_multilingual: undefined }), [start, 6, 7, bare]);
  await assert.rejects(prompt({}, { language: "fr" }), {
    name: "InputError",
    message: /'language' is 'fr'.*It has de, en/,
  });
  await assert.rejects(prompt({ task_to_id: { transcribe: 7 } }, { task: "translate" }), /'task' is 'translate'/);
  await assert.rejects(settingsWith({}, { language: "de" }), /'language' is 'de', but the model is English-only/);
  await assert.rejects(settingsWith({}, { task: "translate" }), /'task' is 'translate', but the model is English-only/);
});

Deno.test("language and task are part of the store's key, not of the model's", async () => {
  await settingsWith(generation(languages));
  const [english, same, german, translated] = await Promise.all(
    [{}, { language: "english" }, { language: "de" }, { language: "de", task: "translate" as const }].map((spoken) =>
      openWhisper(folder, spoken)
    ),
  );
  assert.equal(english!.key, same!.key);
  assert.equal(new Set([english, german, translated].map((source) => source!.key)).size, 3);
  assert.equal(new Set([english, german, translated].map((source) => source!.modelKey)).size, 1);
  await settingsWith({});
});

Deno.test("the key covers external data, and a changed file of the same size", async () => {
  const data = path("onnx/encoder_model.onnx_data");
  const keys = [(await openWhisper(folder)).key];
  for (const content of ["abc", "abd"]) {
    await Deno.writeTextFile(data, content);
    keys.push((await openWhisper(folder)).key);
  }
  await Deno.writeTextFile(path("onnx/encoder_model_fp16.onnx"), "another number format");
  await Deno.writeTextFile(path("onnx/encoder_model_fp16.onnx_data"), "abc");
  assert.equal((await openWhisper(folder)).key, keys[2]);
  assert.equal(new Set(keys).size, 3);
  const hashes = path("hashes.json");
  const [old, young] = ["00000000", "ffffffff"].map((digits) => `${hashes}.${digits}.tmp`) as [string, string];
  for (const file of [old, young]) await Deno.writeTextFile(file, "of a killed writer, or of one that works");
  await Deno.utime(old, 1e9, 1e9);
  assert.equal((await openWhisper(folder, { hashes })).key, keys[2]);
  await Deno.remove(data);
  assert.equal((await openWhisper(folder, { hashes })).key, keys[0]);
  await Deno.writeTextFile(data, "abe"); // hashed, and so the hashes are written
  await openWhisper(folder, { hashes });
  assert.deepEqual([await exists(old), await exists(young)], [false, true]);
  await Deno.remove(data);
});
