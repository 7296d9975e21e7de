import assert from "node:assert/strict";
import { join } from "@std/path";
import { inFolder } from "../helpers.ts";
import { fuzz, fuzzRuns } from "./fuzz_process.ts";

const FOLDER = "tests/fixtures/audio";
const FILES = ["sweep/u8.wav", "sweep/s24.wav", "sweep/ms.wav", "sweep/ima.wav", "sweep/mulaw.wav", "sweep/rf64.wav"]
  .concat([
    "sweep/eight.flac",
    "sweep/oggflac.ogg",
    "sweep/sweep.ogg",
    "sweep/six.opus",
    "sweep/vbr.mp3",
    "sweep/bare.mp3",
  ])
  .concat(
    "sweep.m4a fragments.m4a alac.m4a pcm.mov sweep.aac sweep.webm vorbis.webm flac.mka sweep.caf ima.caf sweep.aiff"
      .split(" ").concat("sweep.wma sweep.wv sweep.tta mp3.avi sweep.ac3".split(" ")).map((name) => `sweep/${name}`),
  )
  .concat(["tone.flac", "tone.ogg", "tone.opus", "tone.mp3"])
  .map((name) => join(FOLDER, name));

const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);
/** Where the last page of an Ogg file begins; its place in time stands 6 bytes further. */
const lastPage = (bytes: Uint8Array) => text(bytes).lastIndexOf("OggS");

Deno.test("damaged recordings are read or refused by kind, without a crash, a hang or a large memory", async () => {
  const runs = fuzzRuns(300);
  const { outcomes, peak } = await fuzz("audio", 20261122, runs, FILES);
  const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  assert.equal(total, FILES.length + runs);
  for (const word of ["read", "truncated", "corrupt"]) assert.ok(outcomes[word], `none was ${word}`);
  assert.ok(peak < 600, `${peak} MB`);
});

Deno.test("headers that announce gigabytes take no memory", async () => {
  await inFolder(async (folder) => {
    const made: string[] = [];
    const make = async (from: string, change: (view: DataView, bytes: Uint8Array) => void) => {
      const bytes = await Deno.readFile(join(FOLDER, from));
      change(new DataView(bytes.buffer), bytes);
      made.push(join(folder, `${made.length}`));
      await Deno.writeFile(made.at(-1)!, bytes);
    };
    await make("sweep/s16.wav", (view) => view.setUint32(40, 0x7ffffff0 - 4096, true)); // 2 GB of data
    await make("sweep/s16.wav", (view) => view.setUint32(40, 0xfffffff0, true)); // as a pipe leaves it
    await make("sweep/s16.wav", (view) => view.setUint16(22, 65535, true)); // channels
    await make("sweep/s16.wav", (view) => view.setUint32(24, 1, true)); // 1 Hz: 16,000 samples for each
    await make("sweep/s16.wav", (view) => view.setUint32(24, 767_999, true)); // a filter for each sample
    await make("sweep/ima.wav", (view) => view.setUint16(32, 5, true)); // blocks of 5 bytes, 2041 samples each
    await make("sweep/rf64.wav", (view) => view.setBigUint64(28, 2n ** 63n, true));
    await make("tone.flac", (view) => view.setUint32(22, 0xffffffff)); // samples
    await make("tone.flac", (view) => view.setUint16(8, 65535)); // block size
    await make("tone.opus", (view, bytes) => view.setBigUint64(lastPage(bytes) + 6, 2n ** 60n, true));
    await make("tone.ogg", (_, bytes) => bytes[39] = 255); // channels of the identification header
    await make("sweep/vbr.mp3", (_, bytes) => {
      const xing = text(bytes).indexOf("Xing");
      bytes.fill(0xff, xing + 8, xing + 16); // frames and bytes
    });
    const { outcomes, peak } = await fuzz("audio", 1, 0, made);
    assert.equal(Object.values(outcomes).reduce((sum, count) => sum + count, 0), made.length);
    assert.ok(peak < 400, `${peak} MB`);
  });
});
