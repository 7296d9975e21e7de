import assert from "node:assert/strict";
import { AudioError, type AudioProblem, decodeAudio, readAudio } from "../../lib/audio/read_audio.ts";
import { temporaryFolder } from "../temporary.ts";
import { tone, wav } from "./wav.ts";

const FIXTURES = "tests/fixtures/audio";

async function assertProblem(promise: Promise<unknown>, problem: AudioProblem): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof AudioError, String(error));
    assert.equal(error.problem, problem, error.message);
    assert.match(error.message, /^Cannot read audio '.*' as .*\.$/);
    return true;
  });
}

/** Amplitude of the 440 Hz part in the middle of a half-second recording. */
function amplitude(samples: Float32Array): number {
  let re = 0, im = 0;
  for (let i = 2000; i < 6000; i++) {
    re += samples[i]! * Math.cos(2 * Math.PI * 440 * i / 16000);
    im += samples[i]! * Math.sin(2 * Math.PI * 440 * i / 16000);
  }
  return Math.hypot(re, im) / 2000;
}

Deno.test("readAudio reads every format as 16 kHz mono", async () => {
  for (
    const [name, expected] of [["flac", 0.125], ["opus", 0.125], ["mp3", 0.125], ["ogg", 0.125 / Math.SQRT2]] as const
  ) {
    const samples = await readAudio(`${FIXTURES}/tone.${name}`);
    assert.equal(samples.length, 8000, name);
    assert.ok(Math.abs(amplitude(samples) - expected) < 0.01, `${name}: ${amplitude(samples)}`);
  }
});

Deno.test("readAudio goes by the content, not by the name", async () => {
  const folder = await temporaryFolder();
  await Deno.copyFile(`${FIXTURES}/tone.opus`, `${folder}/tone.wav`);
  assert.deepEqual(await readAudio(`${folder}/tone.wav`), await readAudio(`${FIXTURES}/tone.opus`));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("decodeAudio keeps WAV samples and averages channels", async () => {
  const left = tone(440, 16000, 0.1), right = tone(300, 16000, 0.1);
  const mono = await decodeAudio(wav([left], 16000, { float: true }), "mono.wav");
  assert.deepEqual(mono, left);
  const stereo = await decodeAudio(wav([left, right], 16000, { float: true }), "stereo.wav");
  stereo.forEach((value, i) => assert.ok(Math.abs(value - (left[i]! + right[i]!) / 2) < 1e-6));
  const pcm = await decodeAudio(wav([left], 16000), "pcm.wav");
  pcm.forEach((value, i) => assert.ok(Math.abs(value - left[i]!) < 1e-4));
});

Deno.test("decodeAudio recognizes every kind of unusable recording", async () => {
  const sound = tone(440, 16000, 0.1);
  const flac = await Deno.readFile(`${FIXTURES}/tone.flac`);
  const opus = await Deno.readFile(`${FIXTURES}/tone.opus`);
  const vorbis = await Deno.readFile(`${FIXTURES}/tone.ogg`);
  await assertProblem(readAudio("no/such/file.wav"), "missing");
  await assertProblem(readAudio(FIXTURES), "missing");
  await assertProblem(decodeAudio(new Uint8Array(0), "a"), "empty");
  await assertProblem(decodeAudio(wav([new Float32Array(0)], 16000), "a"), "empty");
  await assertProblem(
    decodeAudio(new TextEncoder().encode("not a recording at all, just text"), "a"),
    "unknown-format",
  );
  await assertProblem(decodeAudio(wav([sound], 16000).subarray(0, 1000), "a"), "truncated");
  await assertProblem(decodeAudio(wav([sound], 16000).subarray(0, 44), "a"), "truncated");
  await assertProblem(decodeAudio(flac.subarray(0, flac.length - 2000), "a"), "truncated");
  await assertProblem(decodeAudio(opus.subarray(0, opus.length - 100), "a"), "truncated");
  await assertProblem(decodeAudio(vorbis.subarray(0, vorbis.length - 100), "a"), "truncated");
  await assertProblem(decodeAudio(wav([sound], 0), "a"), "corrupt");
  await assertProblem(
    decodeAudio(wav([sound.map((v, i) => i === 7 ? NaN : v)], 16000, { float: true }), "a"),
    "not-finite",
  );
  await assertProblem(decodeAudio(wav([new Float32Array(100)], 16000), "a"), "silent");
});

Deno.test("decodeAudio never fails in another way on damaged bytes", async () => {
  for (const name of ["flac", "opus", "ogg", "mp3"]) {
    const bytes = await Deno.readFile(`${FIXTURES}/tone.${name}`);
    for (const at of [5, 30, 60, 100, Math.floor(bytes.length / 2)]) {
      const damaged = bytes.slice();
      damaged.fill(0x55, at, at + 40);
      for (const content of [damaged, bytes.slice(0, at)]) {
        try {
          await decodeAudio(content, name);
        } catch (error) {
          assert.ok(error instanceof AudioError, `${name} at ${at}: ${error}`);
        }
      }
    }
  }
});

Deno.test("decodeAudio refuses more seconds than it may read", async () => {
  const second = wav([tone(440, 16000, 1)], 16000);
  assert.equal((await decodeAudio(second, "a.wav", { maxSeconds: 1 })).length, 16000);
  await assertProblem(decodeAudio(second, "a.wav", { maxSeconds: 0.9 }), "too-long");
});

Deno.test("a recording that is joined in pieces has every sample at its place", async () => {
  const samples = Int16Array.from({ length: 2 ** 22 + 700_000 }, (_, i) => i * 7919 % 30_011);
  const bytes = new Uint8Array(44 + samples.byteLength);
  bytes.set(wav([new Float32Array(0)], 16000, { announced: samples.byteLength }));
  bytes.set(new Uint8Array(samples.buffer), 44);
  const read = await decodeAudio(bytes, "long.wav");
  assert.equal(read.length, samples.length);
  assert.equal(read.findIndex((value, i) => Math.abs(value * 32768 - samples[i]!) > 1), -1);
});

Deno.test("decodeAudio accepts a WAV whose length was left open by a pipe", async () => {
  for (const announced of [0xffffffff, 0x7ffff000 + 36]) {
    assert.equal((await decodeAudio(wav([tone(440, 16000, 0.1)], 16000, { announced }), "pipe.wav")).length, 1600);
  }
});
