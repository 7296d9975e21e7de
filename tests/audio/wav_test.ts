import assert from "node:assert/strict";
import { join } from "@std/path";
import { AudioError, type AudioProblem, decodeAudio, readAudio } from "../../lib/audio/read_audio.ts";
import { inFolder } from "../helpers.ts";
import { tone, wav } from "./wav.ts";

const SOUND = tone(440, 16000, 0.1);
const text = (word: string) => new TextEncoder().encode(word);

/** A chunk with its padding byte. */
function chunk(tag: string, body: Uint8Array, announced = body.length): Uint8Array {
  const bytes = new Uint8Array(8 + body.length + body.length % 2);
  bytes.set(text(tag));
  new DataView(bytes.buffer).setUint32(4, announced, true);
  bytes.set(body, 8);
  return bytes;
}

/** A RIFF file of chunks. */
function riff(...chunks: Uint8Array[]): Uint8Array {
  const body = chunks.flatMap((one) => [...one]);
  const file = new Uint8Array([...text("RIFF"), 0, 0, 0, 0, ...text("WAVE"), ...body]);
  new DataView(file.buffer).setUint32(4, file.length - 8, true);
  return file;
}

/** The body of a `fmt ` chunk. */
function format(options: { tag?: number; channels?: number; rate?: number; block?: number; bits?: number } = {}) {
  const { tag = 1, channels = 1, rate = 16000, bits = 16, block = channels * bits / 8 } = options;
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, tag, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, rate * block, true);
  view.setUint16(12, block, true);
  view.setUint16(14, bits, true);
  return new Uint8Array(view.buffer);
}

const DATA = wav([SOUND], 16000).slice(44);

async function problemOf(bytes: Uint8Array): Promise<AudioProblem | "none"> {
  try {
    await decodeAudio(bytes, "x.wav");
    return "none";
  } catch (error) {
    assert.ok(error instanceof AudioError, String(error));
    assert.match(error.message, /^Cannot read audio 'x.wav' as .*\.$/);
    return error.problem;
  }
}

Deno.test("chunks before and after the sound, odd ones too, are passed over", async () => {
  const odd = text("abc");
  const plain = await decodeAudio(wav([SOUND], 16000), "plain.wav");
  const file = riff(
    chunk("LIST", odd),
    chunk("junk", new Uint8Array(5)),
    chunk("fmt ", format()),
    chunk("fact", odd),
    chunk("data", DATA),
    chunk("LIST", text("after the sound")),
  );
  assert.deepEqual(await decodeAudio(file, "odd.wav"), plain);
});

Deno.test("a data chunk of open length ends with the file, one of no length is empty", async () => {
  for (const open of [0xffffffff, 0x7ffff000, 0x7ffff024]) {
    assert.equal(await problemOf(riff(chunk("fmt ", format()), chunk("data", DATA, open))), "none");
  }
  const piped = riff(chunk("fmt ", format()), chunk("data", DATA, 0));
  new DataView(piped.buffer).setUint32(4, 0, true); // neither length was filled in
  assert.equal(await problemOf(piped), "none");
  const empty = riff(chunk("fmt ", format()), chunk("data", new Uint8Array(0)), chunk("LIST", text("a long comment")));
  assert.equal(await problemOf(empty), "empty");
});

Deno.test("a length a little too long, as some writers announce it, is no cut", async () => {
  assert.equal(await problemOf(riff(chunk("fmt ", format()), chunk("data", DATA, DATA.length + 44))), "none");
  assert.equal(await problemOf(riff(chunk("fmt ", format()), chunk("data", DATA, DATA.length + 46))), "truncated");
});

const WRONG: [name: string, header: Parameters<typeof format>[0], problem: AudioProblem][] = [
  ["rate 0", { rate: 0 }, "corrupt"],
  ["rate 4 GHz", { rate: 0xffffffff }, "corrupt"],
  ["0 channels", { channels: 0, block: 2 }, "corrupt"],
  ["65535 channels", { channels: 65535, block: 2 }, "corrupt"],
  ["block 0", { block: 0 }, "corrupt"],
  ["a block of another size", { block: 3 }, "corrupt"],
  ["bits 0", { bits: 0, block: 2 }, "corrupt"],
  ["12 bits", { bits: 12, block: 2 }, "unknown-format"],
  ["GSM", { tag: 0x31, bits: 0, block: 65 }, "unknown-format"],
  ["ADPCM blocks of 1 byte", { tag: 0x11, bits: 4, block: 1 }, "corrupt"],
  ["ADPCM of 65 channels", { tag: 0x11, bits: 4, channels: 65, block: 1024 }, "corrupt"],
];
for (const [name, header, problem] of WRONG) {
  Deno.test(`a header with ${name} is ${problem}`, async () => {
    assert.equal(await problemOf(riff(chunk("fmt ", format(header)), chunk("data", DATA))), problem);
  });
}

Deno.test("ADPCM blocks that promise more than they hold are corrupt", async () => {
  const header = new Uint8Array(20);
  header.set(format({ tag: 0x11, bits: 4, block: 64 }));
  new DataView(header.buffer).setUint16(16, 2, true);
  new DataView(header.buffer).setUint16(18, 65535, true); // 65535 samples in 64 bytes
  assert.equal(await problemOf(riff(chunk("fmt ", header), chunk("data", DATA))), "corrupt");
});

Deno.test("what ends before its sound begins is truncated; sound before its format is corrupt", async () => {
  assert.equal(await problemOf(riff(chunk("fmt ", format()))), "truncated");
  assert.equal(await problemOf(riff(chunk("fmt ", format()), chunk("LIST", text("abcd"), 1e9))), "truncated");
  assert.equal(await problemOf(riff(chunk("data", DATA), chunk("fmt ", format()))), "corrupt");
  assert.equal(await problemOf(riff(chunk("fmt ", format().subarray(0, 8)), chunk("data", DATA))), "corrupt");
});

Deno.test("several data chunks follow on one another", async () => {
  const [first, second] = [DATA.slice(0, 1000), DATA.slice(1000)];
  const plain = await decodeAudio(wav([SOUND], 16000), "plain.wav");
  const file = riff(chunk("fmt ", format()), chunk("data", first), chunk("LIST", text("abc")), chunk("data", second));
  assert.deepEqual(await decodeAudio(file, "two.wav"), plain);
  const cut = riff(chunk("fmt ", format()), chunk("data", first), chunk("data", second, second.length + 100));
  assert.equal(await problemOf(cut), "truncated");
});

Deno.test("lengths of 64 bits are those of the file, or refused", async () => {
  const rf64 = (bytes: bigint) => {
    const lengths = new DataView(new ArrayBuffer(28));
    lengths.setBigUint64(8, bytes, true);
    const file = riff(
      chunk("ds64", new Uint8Array(lengths.buffer)),
      chunk("fmt ", format()),
      chunk("data", DATA, 0xffffffff),
    );
    file.set(text("RF64"));
    return file;
  };
  assert.equal(await problemOf(rf64(BigInt(DATA.length))), "none");
  assert.equal((await decodeAudio(rf64(BigInt(DATA.length)), "x.wav")).length, SOUND.length);
  assert.equal(await problemOf(rf64(BigInt(DATA.length) + (1n << 32n))), "truncated");
  assert.equal(await problemOf(rf64(1n << 60n)), "truncated");
});

Deno.test("a WAV of more than 4 GiB is too long, or read to its end if its length was stored modulo 2^32", async () => {
  const refused = async (bytes: number, announced: number, header: Parameters<typeof format>[0]) => {
    await inFolder(async (folder) => {
      const path = join(folder, "x.wav");
      await Deno.writeFile(path, riff(chunk("fmt ", format(header)), chunk("data", DATA, announced)));
      await Deno.truncate(path, 44 + bytes); // a hole, which takes no disk space
      await assert.rejects(readAudio(path), (error) => {
        assert.ok(error instanceof AudioError && error.problem === "too-long", String(error));
        assert.match(error.message, /hours or more: expected at most 2. Split it: ffmpeg/);
        return true;
      });
    });
  };
  for (const announced of [0xffffffff, 5e9 % 2 ** 32]) await refused(5e9, announced, {});
  await refused(2e9, 2e9, { rate: 8000 });
});
