import assert from "node:assert/strict";
import { inspectAudio } from "../../lib/audio/inspect.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";

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
