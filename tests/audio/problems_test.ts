import assert from "node:assert/strict";
import { AudioError, type AudioProblem, decodeAudio, inspectAudio, readAudio } from "../../lib/audio/read_audio.ts";
import { inFolder } from "../helpers.ts";
import { tone, wav } from "./wav.ts";

const FOLDER = "tests/fixtures/audio";
const SOUND = tone(440, 16000, 0.2);
const asFloat = (samples: Float32Array) => wav([samples], 16000, { float: true });

async function assertProblem(bytes: Uint8Array, problem: AudioProblem): Promise<void> {
  for (const read of [decodeAudio, inspectAudio]) {
    await assert.rejects(read(bytes, "a"), (error) => {
      assert.ok(error instanceof AudioError, String(error));
      assert.equal(error.problem, problem, error.message);
      return true;
    });
  }
}

async function warningsOf(bytes: Uint8Array): Promise<string[]> {
  const { warnings } = await inspectAudio(bytes, "a");
  return warnings.map((one) => one.split(":", 1)[0]!);
}

/** Where the pages of an Ogg file begin, and its end. */
function pages(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    starts.push(at);
    const segments = bytes[at + 26]!;
    at += 27 + segments + bytes.subarray(at + 27, at + 27 + segments).reduce((sum, size) => sum + size, 0);
  }
  return [...starts, bytes.length];
}

Deno.test("a cut MP3 with a Xing or Info header is truncated, a whole one or one without is not", async () => {
  for (const name of ["tone.mp3", "sweep/vbr.mp3"]) {
    const mp3 = await Deno.readFile(`${FOLDER}/${name}`);
    assert.deepEqual(await warningsOf(mp3), []);
  }
  const vbr = await Deno.readFile(`${FOLDER}/sweep/vbr.mp3`); // 12 frames, of which up to 4 may be padding
  await assertProblem(vbr.slice(0, vbr.length / 2), "truncated");
  assert.deepEqual(await warningsOf(vbr.slice(0, vbr.length - 20)), []);
  const bare = await Deno.readFile(`${FOLDER}/sweep/bare.mp3`);
  assert.deepEqual(await warningsOf(bare.slice(0, bare.length / 2)), []);
});

Deno.test("an Ogg that was cut between two pages has an open end, one cut within a page is truncated", async () => {
  for (const name of ["tone.opus", "tone.ogg"]) {
    const ogg = await Deno.readFile(`${FOLDER}/${name}`);
    assert.deepEqual(await warningsOf(ogg), [], name);
    const starts = pages(ogg);
    await assertProblem(ogg.slice(0, ogg.length - 1), "truncated");
    if (starts.length > 4) assert.deepEqual(await warningsOf(ogg.slice(0, starts.at(-2))), ["open end"], name);
  }
});

Deno.test("an Ogg page whose content was changed is reported", async () => {
  const ogg = await Deno.readFile(`${FOLDER}/tone.opus`);
  ogg[pages(ogg).at(-2)! + 300]! ^= 4;
  assert.deepEqual(await warningsOf(ogg), ["damaged"]);
});

Deno.test("headers without sound are empty, damaged sound is corrupt", async () => {
  const ogg = await Deno.readFile(`${FOLDER}/tone.opus`);
  const headers = ogg.slice(0, pages(ogg)[2]);
  await assertProblem(headers, "empty");
  const mp3 = await Deno.readFile(`${FOLDER}/sweep/bare.mp3`);
  for (let i = 2; i < mp3.length; i++) if (mp3[i - 2] === 0xff) mp3[i] = 0xf0; // a bit rate that does not exist
  await assertProblem(mp3, "corrupt");
});

Deno.test("silence is recognised in every encoding, and where channels cancel out", async () => {
  await assertProblem(wav([new Float32Array(1000)], 16000), "silent");
  await assertProblem(wav([new Float32Array(1000).fill(0.001)], 16000, { float: true }), "silent");
  await assertProblem(wav([SOUND, SOUND.map((v) => -v)], 16000, { float: true }), "silent");
});

Deno.test("opposite channels are silent though 16 bits round them unlike, one quiet channel is not", async () => {
  await assertProblem(wav([SOUND, SOUND.map((v) => -v)], 16000), "silent");
  const noisy = (scale: number) => SOUND.map((v, i) => -v + scale * Math.sin(i * i));
  await assertProblem(wav([SOUND, noisy(1e-3)], 16000, { float: true }), "silent");
  assert.deepEqual(await warningsOf(wav([SOUND, noisy(0.1)], 16000, { float: true })), []);
  assert.deepEqual(await warningsOf(wav([SOUND, new Float32Array(SOUND.length)], 16000)), []);
});

Deno.test("a pipe is no recording", async () => {
  if (Deno.build.os === "windows") return;
  await inFolder(async (folder) => {
    const path = `${folder}/pipe.wav`;
    const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
    assert.ok(success);
    await assert.rejects(readAudio(path), /no file but a pipe/);
    await assert.rejects(readAudio("/dev/zero"), /no file but a pipe/);
  });
});

Deno.test("samples that are not numbers are reported with their position", async () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    const bytes = asFloat(SOUND.map((v, i) => i === 7 ? value : v));
    await assertProblem(bytes, "not-finite");
    await assert.rejects(decodeAudio(bytes, "a"), new RegExp(`sample 7 is ${value}`));
  }
});

Deno.test("clipped, nearly silent, shifted and overloud recordings are used, with a warning", async () => {
  const clipped = SOUND.map((v) => Math.max(-1, Math.min(1, 4 * v)));
  const facts = await inspectAudio(wav([clipped], 16000), "a");
  const expected = clipped.filter((v) => Math.abs(v) === 1).length / clipped.length;
  assert.ok(Math.abs(facts.clippedShare - expected) < 0.01, `${facts.clippedShare}, expected ${expected}`);
  assert.deepEqual(facts.warnings.map((one) => one.split(":", 1)[0]), ["clipped"]);
  assert.equal(facts.peak, 1);
  assert.deepEqual(await warningsOf(asFloat(SOUND.map((v) => 2e-4 * v))), ["nearly silent"]);
  assert.deepEqual(await warningsOf(asFloat(SOUND.map((v) => v + 0.2))), ["offset"]);
  assert.deepEqual(await warningsOf(asFloat(SOUND.map((v) => 32768 * v))), ["loud"]);
  const loud = SOUND.map((v) => 1.99 * v); // its peaks come close to full scale, but no neighbours stand there
  assert.deepEqual(await warningsOf(wav([loud], 16000)), []);
});

Deno.test("a single sample is sound", async () => {
  assert.deepEqual(await decodeAudio(asFloat(Float32Array.of(0.1, 0.3)), "a"), Float32Array.of(0.1, 0.3));
});
