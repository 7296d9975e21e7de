import assert from "node:assert/strict";
import { InputError } from "../../lib/errors.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { WORDS } from "../../data/generator/narrations.ts";
import {
  encodeOpus,
  fromInt16,
  opusBytes,
  opusSeconds,
  speak,
  throughOpus,
  toInt16,
  trainVoices,
} from "../../data/generator/synthesize.ts";
import { runTool } from "../../data/generator/processes.ts";
import { chunkPath, listSpeech, readSpeech, synthesizeCorpus, writeChunk } from "../../data/generator/speech_corpus.ts";
import { planSpeech } from "../../data/generator/speech_texts.ts";
import { inFolder, spokenTest } from "./spoken.ts";

const voice = trainVoices[2]!;

spokenTest("the same words in the same manner are the same samples; faster is shorter", async () => {
  const manner = { voice, rate: 160, pitch: 50 };
  const first = await speak("a red car on the beach", manner);
  assert.deepEqual(await speak("a red car on the beach", manner), first);
  const fast = await speak("a red car on the beach", { ...manner, rate: 210 });
  assert.ok(fast.length < 0.9 * first.length && first.length > 16000, `${fast.length} and ${first.length}`);
  const peak = first.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(Math.abs(peak - 0.6) < 1e-6, `${peak}`);
  await assert.rejects(speak("", manner), InputError);
  await assert.rejects(speak("a", { ...manner, rate: 20 }), /'rate' must be within \[80, 450\]: current value is 20/);
});

spokenTest("Opus keeps length and loudness, and the file is the same every time", async () => {
  const samples = await speak("a small blue cup on the left", { voice, rate: 170, pitch: 45 });
  assert.deepEqual(await opusBytes(samples, 10), await opusBytes(samples, 10));
  await inFolder(async (folder) => {
    await encodeOpus(samples, `${folder}/a.ogg`, 10);
    const read = await readAudio(`${folder}/a.ogg`);
    assert.ok(Math.abs(read.length - samples.length) <= 1);
    const seconds = opusSeconds(await Deno.readFile(`${folder}/a.ogg`));
    assert.ok(Math.abs(seconds - samples.length / 16000) < 0.001);
    const decoded = await throughOpus(samples, 10);
    assert.equal(decoded.length, samples.length);
    const energy = (x: Float32Array) => x.reduce((sum, value) => sum + value * value, 0);
    assert.ok(Math.abs(Math.log(energy(decoded) / energy(read))) < 0.05);
    assert.ok(Math.abs(Math.log(energy(decoded) / energy(samples))) < 0.5);
  });
  await assert.rejects(opusBytes(samples, 2), /'kbps' must be within \[6, 64\]/);
});

spokenTest("speech is made in chunks, and what is there already is kept", async () => {
  await inFolder(async (directory) => {
    const counts = { phrase: 6, caption: 3, narration: 1 };
    const lines: string[] = [];
    const make = () => synthesizeCorpus({ directory, counts, chunkSize: 4, log: (line) => lines.push(line) });
    await make();
    const clips = await listSpeech(directory);
    const before = await Deno.readFile(`${chunkPath(directory, 1)}.pcm`);
    assert.deepEqual(
      clips.map(({ kind }) => kind),
      [..."ppppppcccn"].map((c) => ({ p: "phrase", c: "caption", n: "narration" })[c]),
    );
    const last = clips.at(-1)!;
    assert.equal((await readSpeech(last)).length, last.samples);
    await Deno.remove(`${chunkPath(directory, 1)}.json`);
    await make();
    assert.equal(lines.length, 4, lines.join("\n"));
    assert.deepEqual(await Deno.readFile(`${chunkPath(directory, 1)}.pcm`), before);
    assert.deepEqual(await listSpeech(directory), clips);
  });
});

Deno.test("chunks give back each clip's samples", async () => {
  await inFolder(async (folder) => {
    const entry = { text: "a cat", kind: "phrase", noise: null, opus: null, voice: "en-us+m1" } as const;
    await writeChunk(folder, 3, [
      { entry, samples: Int16Array.of(1, -2, 3) },
      { entry: { ...entry, text: "a dog", noise: 7 }, samples: Int16Array.of(32767, -32767) },
    ]);
    const [first, second] = await listSpeech(folder);
    assert.deepEqual(toInt16(await readSpeech(first!)), Int16Array.of(1, -2, 3));
    assert.deepEqual(await readSpeech(second!), fromInt16(Int16Array.of(32767, -32767)));
    assert.deepEqual([second!.start, second!.samples, second!.noise], [3, 2, 7]);
    await Deno.writeFile(`${chunkPath(folder, 3)}.pcm`, new Uint8Array(4));
    await assert.rejects(listSpeech(folder), /has 4 bytes: its list expects 10/);
    await assert.rejects(listSpeech(`${folder}/none`), InputError);
  });
});

Deno.test("the pretraining speech says every word and none of the reserved texts", () => {
  const counts = { phrase: 1500, caption: 1500, narration: 300 };
  const first = planSpeech(2026, counts).at(-1)!.text;
  const plan = planSpeech(2026, counts, new Set([first]));
  assert.equal(plan.length, 3300);
  assert.ok(plan.every(({ text }) => text !== first));
  const said = new Set(plan.flatMap(({ text }) => text.match(/[a-z]+/g) ?? []));
  assert.deepEqual(WORDS.filter((word) => !said.has(word)), []);
  const known = new Set(WORDS);
  assert.deepEqual([...said].filter((word) => !known.has(word)), []);
  for (const { text } of plan.slice(0, 1500)) assert.ok(text.split(" ").length <= 4, text);
});

Deno.test("a missing program is named with how to install it", async () => {
  await assert.rejects(runTool("no-such-program-here", []), (error: Error) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /'no-such-program-here'.*apt-get install espeak-ng opus-tools.*brew install/);
    return true;
  });
});
