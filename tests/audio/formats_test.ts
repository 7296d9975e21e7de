import assert from "node:assert/strict";
import { AudioError, type AudioProblem, decodeAudio, inspectAudio, readAudio } from "../../lib/audio/read_audio.ts";
import { resample } from "../../lib/audio/resample.ts";
import { inFolder } from "../helpers.ts";
import { wav } from "./wav.ts";

const FOLDER = "tests/fixtures/audio/sweep";

/** The sweep that ffmpeg was given, at 16 kHz. */
const sweep = (i: number) => 0.4 * Math.sin(2 * Math.PI * (200 * (i / 16000) + 5600 * (i / 16000) ** 2));

/** Root mean square difference from the sweep in its middle; `shift` samples late. */
function error(samples: Float32Array, shift = 0): number {
  let sum = 0;
  for (let i = 1000; i < 3000; i++) sum += (samples[i + shift]! - sweep(i)) ** 2;
  return Math.sqrt(sum / 2000);
}

/** What each file is, and how far its encoding may take it from the sweep. */
const FILES: Record<string, [format: string, rate: number, channels: number, limit: number]> = {
  "u8.wav": ["wav", 8000, 1, 4e-3],
  "s16.wav": ["wav", 8000, 1, 2e-5],
  "s24.wav": ["wav", 8000, 1, 2e-6],
  "s32.wav": ["wav", 8000, 1, 2e-6],
  "f64.wav": ["wav", 8000, 1, 2e-6],
  "alaw.wav": ["wav", 8000, 1, 5e-3],
  "mulaw.wav": ["wav", 8000, 1, 5e-3],
  "ms.wav": ["wav", 8000, 1, 0.05],
  "ima.wav": ["wav", 8000, 1, 0.05],
  "rf64.wav": ["wav", 8000, 1, 2e-5],
  "pipe.wav": ["wav", 8000, 1, 2e-5],
  "extensible6.wav": ["wav", 8000, 6, 4e-3],
  "96k.flac": ["flac", 96000, 1, 2e-5],
  "eight.flac": ["flac", 8000, 8, 2e-5],
  "oggflac.ogg": ["flac", 8000, 1, 2e-6],
  "sweep.ogg": ["vorbis", 16000, 1, 0.03],
  "sweep.opus": ["opus", 48000, 1, 5e-3],
  "six.opus": ["opus", 48000, 6, 0.08],
  "vbr.mp3": ["mp3", 44100, 1, 0.02],
  "cbr.mp3": ["mp3", 16000, 1, 0.03],
  "sweep.m4a": ["mp4", 16000, 1, 0.03],
  "alac.m4a": ["mp4", 16000, 1, 2e-5],
  "pcm.mov": ["mp4", 16000, 1, 2e-5],
  "sweep.webm": ["webm", 48000, 1, 0.02],
  "flac.mka": ["webm", 16000, 1, 2e-5],
  "sweep.caf": ["caf", 16000, 1, 2e-5],
  "sweep.aiff": ["aiff", 16000, 1, 2e-5],
  "sowt.aifc": ["aiff", 16000, 1, 2e-5],
  "sweep.wv": ["wavpack", 16000, 1, 2e-5],
  "sweep.tta": ["tta", 16000, 1, 2e-5],
};

for (const [name, [format, rate, channels, limit]] of Object.entries(FILES)) {
  Deno.test(`'${name}' is the sweep that was written`, async () => {
    const samples = await readAudio(`${FOLDER}/${name}`);
    const block = name === "ms.wav" || name === "ima.wav" ? 100 : 0; // ADPCM fills its last block
    assert.ok(samples.length >= 4000 && samples.length <= 4000 + block, `${samples.length} samples`);
    assert.ok(error(samples) < limit, `${error(samples)} from the sweep, expected less than ${limit}`);
    const facts = await inspectAudio(await Deno.readFile(`${FOLDER}/${name}`), name);
    assert.deepEqual([facts.format, facts.sampleRate, facts.channels], [format, rate, channels]);
    assert.ok(Math.abs(facts.seconds - 0.25) < 0.01);
    assert.ok(Math.abs(facts.peak - 0.4) < 0.15, `peak ${facts.peak}`);
    assert.deepEqual([facts.clippedShare, facts.warnings], [0, []]);
  });
}

/** Files that tell nothing of their encoder's delay and padding: samples late and samples in all, as ffmpeg has them. */
const UNTRIMMED: Record<string, [format: string, rate: number, limit: number, late: number, length: number]> = {
  "fragments.m4a": ["mp4", 16000, 0.03, 0, 4096],
  "sweep.aac": ["aac", 32000, 0.03, 481, 4096], // decoded as HE-AAC, whose filter bank is late
  "vorbis.webm": ["webm", 16000, 0.03, 0, 4096],
  "ima.caf": ["caf", 16000, 0.03, 0, 4032],
  "sweep.wma": ["wma", 16000, 0.01, -512, 3584],
  "mp3.avi": ["avi", 16000, 0.03, 1105, 5184],
  "sweep.ac3": ["ac3", 32000, 1e-3, 128, 4608],
};
for (const [name, [format, rate, limit, late, length]] of Object.entries(UNTRIMMED)) {
  Deno.test(`'${name}' is the sweep, ${late} samples late`, async () => {
    const samples = await readAudio(`${FOLDER}/${name}`);
    assert.equal(samples.length, length);
    assert.ok(error(samples, late) < limit, `${error(samples, late)} from the sweep, expected less than ${limit}`);
    const facts = await inspectAudio(await Deno.readFile(`${FOLDER}/${name}`), name);
    assert.deepEqual([facts.format, facts.sampleRate, facts.channels, facts.warnings], [format, rate, 1, []]);
  });
}

Deno.test("a recording in parts is decoded as one in a single piece", async () => {
  const long = new Float32Array(800_000).map((_, i) => 0.3 * Math.sin(i * i / 4e6));
  const bytes = wav([long, long.map((value) => value / 2)], 44100, { float: true });
  const samples = await decodeAudio(bytes, "long.wav");
  const mixed = long.map((value) => (value + Math.fround(value / 2)) / 2);
  assert.deepEqual(samples, resample(mixed, 44100, 16000));
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/long.wav`, bytes);
    assert.deepEqual(await readAudio(`${folder}/long.wav`), samples);
  });
});

Deno.test("AMR is decoded: frames of 20 ms at 8 and 16 kHz", async () => {
  const frames = (head: string, first: number, size: number) => {
    const sound = Uint8Array.from({ length: 50 * size }, (_, i) => i % size === 0 ? first : (i * 7919) >> 3);
    return new Uint8Array([...new TextEncoder().encode(head), ...sound]);
  };
  for (const [bytes, rate] of [[frames("#!AMR\n", 0x3c, 32), 8000], [frames("#!AMR-WB\n", 0x44, 61), 16000]] as const) {
    const { format, sampleRate, seconds } = await inspectAudio(bytes, "x.amr");
    assert.deepEqual([format, sampleRate, seconds], ["amr", rate, 1]);
  }
});

Deno.test("an MP3 without tags and without a Xing header keeps its encoder's delay", async () => {
  const samples = await readAudio(`${FOLDER}/bare.mp3`);
  assert.ok(error(samples, 1105) < 0.03, "529 + 576 samples late, as nothing in the file tells");
});

Deno.test("a FLAC behind an ID3 tag is read", async () => {
  const flac = await Deno.readFile(`${FOLDER}/oggflac.ogg`);
  const tag = new Uint8Array(10 + 200);
  tag.set([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 1, 72]); // ID3, 200 bytes as 1 * 128 + 72
  const { format } = await inspectAudio(new Uint8Array([...tag, ...flac]), "tagged.flac");
  assert.equal(format, "flac");
});

Deno.test("several ID3 tags before an MP3 are skipped", async () => {
  const mp3 = await Deno.readFile(`${FOLDER}/cbr.mp3`);
  const tag = new Uint8Array(10 + 200);
  tag.set([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 1, 72]);
  const plain = await decodeAudio(mp3, "plain.mp3");
  for (const tags of [1, 2, 3]) {
    const tagged = new Uint8Array([...Array(tags).fill([...tag]).flat(), ...mp3]);
    assert.deepEqual(await decodeAudio(tagged, "tagged.mp3"), plain, `${tags} tags`);
  }
});

Deno.test("what is not read is named, with the command that converts it", async () => {
  const refused = async (bytes: Uint8Array, pattern: RegExp, problem: AudioProblem = "unknown-format") => {
    await assert.rejects(decodeAudio(bytes, "a b.x"), (error) => {
      assert.ok(error instanceof AudioError && error.problem === problem, String(error));
      assert.match(error.message, pattern);
      return true;
    });
  };
  const command = "convert it with: ffmpeg -i 'a b.x' 'a b.wav'";
  await refused(await Deno.readFile(`${FOLDER}/sun.au`), new RegExp(`Sun audio file.*${command}`));
  await refused(await Deno.readFile(`${FOLDER}/speex.ogg`), new RegExp(`Ogg Speex file.*${command}`));
  await refused(await Deno.readFile(`${FOLDER}/opus.caf`), new RegExp(`Core Audio file.*opus.*${command}`));
  const text = (start: string) => new TextEncoder().encode(start.padEnd(300, "x"));
  await refused(text("NIST_1A"), new RegExp(`NIST SPHERE.*${command}`));
  await refused(text("<!DOCTYPE html>"), /web page/);
  await refused(text("%PDF-1.7"), /a PDF document/);
  await refused(text("no sound"), new RegExp(command));
  await assert.rejects(decodeAudio(text("no sound"), "a.wav"), /ffmpeg -i a\.wav a-converted\.wav/);
  const video = await Deno.readFile(`${FOLDER}/alac.m4a`);
  const at = String.fromCharCode(...video).indexOf("alac");
  video.set(new TextEncoder().encode("drms"), at);
  await refused(video, new RegExp(`MP4.*drms.*${command}`));
});

Deno.test("containers that were cut are truncated, tables that announce too much are corrupt", async () => {
  const problemOf = (bytes: Uint8Array) => decodeAudio(bytes, "x").then(() => "none", (error) => error.problem);
  for (
    const name of ["sweep.m4a", "alac.m4a", "pcm.mov", "sweep.webm", "flac.mka", "sweep.caf", "sweep.aiff", "sweep.wma"]
      .concat("mp3.avi", "sweep.wv", "sweep.tta")
  ) {
    const bytes = await Deno.readFile(`${FOLDER}/${name}`);
    assert.equal(await problemOf(bytes.slice(0, bytes.length * 0.7)), "truncated", name);
  }
  for (const [name, table, entries] of [["sweep.m4a", "stsz", 12], ["alac.m4a", "stco", 8], ["pcm.mov", "stts", 8]]) {
    const bytes = await Deno.readFile(`${FOLDER}/${name}`);
    const at = String.fromCharCode(...bytes).indexOf(table as string);
    new DataView(bytes.buffer).setUint32(at + (entries as number), 0xf0000000);
    assert.equal(await problemOf(bytes), "corrupt", `${name}, ${table}`);
  }
});
