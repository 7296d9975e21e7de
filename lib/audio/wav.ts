/**
 * WAV files: what the header says, held to what the file has.
 *
 * @module
 */
import { AudioError } from "./audio_error.ts";
import { ascii } from "./format.ts";

/** What the `fmt ` chunk says. */
interface WavLayout {
  /** Format tag; that inside where it is "extensible". */
  tag: number;
  channels: number;
  rate: number;
  /** Bytes of a sample of all channels, or of a block of ADPCM. */
  block: number;
  bits: number;
}

/** Tags that are read, with the bits a sample that each may have. */
const ENCODINGS: Record<number, { name: string; bits: readonly number[] }> = {
  1: { name: "PCM", bits: [8, 16, 24, 32] },
  2: { name: "MS ADPCM", bits: [4] },
  3: { name: "float", bits: [32, 64] },
  6: { name: "A-law", bits: [8] },
  7: { name: "mu-law", bits: [8] },
  17: { name: "IMA ADPCM", bits: [4] },
};
const EXTENSIBLE = 0xfffe;
/** More channels are no recording but a damaged header. */
const MOST_CHANNELS = 64;
/** Some writers announce their header's length too much: to lack so many bytes is no cut worth losing the file for. */
const SLACK = 44;

/**
 * Checks a WAV file (RIFF, RF64 or BW64, with any other chunks before and after) and brings it to its simplest form: a
 * header, the `fmt ` chunk, and the data that the file really has.
 *
 * A data chunk whose length was left open, as by a writer into a pipe, goes on to the end of the file.
 *
 * @param name used in error messages only
 * @throws {AudioError} `corrupt`, `unknown-format`, `truncated` or `empty`.
 */
export function plainWav(bytes: Uint8Array, name: string): Uint8Array {
  const { format, data } = chunksOf(bytes, name);
  const view = new DataView(format.buffer, format.byteOffset, format.byteLength);
  const tag = view.getUint16(0, true);
  const layout = {
    tag: tag === EXTENSIBLE && format.length >= 26 ? view.getUint16(24, true) : tag,
    channels: view.getUint16(2, true),
    rate: view.getUint32(4, true),
    block: view.getUint16(12, true),
    bits: view.getUint16(14, true),
  };
  checkLayout(layout, view, name);
  if (data.length < layout.block) throw new AudioError(name, "empty", "it has 0 samples: expected at least 1");
  return assemble(format, layout.tag, data);
}

function chunksOf(bytes: Uint8Array, name: string): { format: Uint8Array; data: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Uint8Array | undefined;
  let wide: number | undefined; // length of the data in a file above 4 GB, or one that might have become so
  for (let at = 12; at + 8 <= bytes.length;) {
    const [chunk, size] = [ascii(bytes, at, 4), view.getUint32(at + 4, true)];
    const body = at + 8;
    if (chunk === "ds64" && body + 16 <= bytes.length) wide = Number(view.getBigUint64(body + 8, true));
    if (chunk === "fmt ") format = bytes.subarray(body, body + size);
    if (chunk === "data") {
      if (format === undefined || format.length < 16) {
        throw new AudioError(name, "corrupt", "its data comes before a whole 'fmt ' chunk");
      }
      const announced = size === 0xffffffff ? wide ?? size : size;
      return { format, data: dataOf(bytes, body, announced, name) };
    }
    at = body + size + size % 2;
  }
  throw new AudioError(name, "truncated", "the file ends before its data begins: copy it again");
}

function dataOf(bytes: Uint8Array, from: number, announced: number, name: string): Uint8Array {
  const left = bytes.length - from;
  const total = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) + 8;
  const open = announced >= 0x7ffff000 && announced <= 0xffffffff || announced === 0 && total !== bytes.length;
  if (!open && announced > left && (left === 0 || announced - left > SLACK)) {
    throw new AudioError(
      name,
      "truncated",
      `it ends after ${left} of the ${announced} bytes of sound that its header announces: copy it again`,
    );
  }
  return bytes.subarray(from, open ? bytes.length : Math.min(bytes.length, from + announced));
}

function checkLayout({ tag, channels, rate, block, bits }: WavLayout, format: DataView, name: string): void {
  const wrong = (why: string): never => {
    throw new AudioError(name, "corrupt", why);
  };
  const encoding = ENCODINGS[tag];
  if (bits === 0 && encoding !== undefined) wrong("its samples have 0 bits");
  if (encoding === undefined || !encoding.bits.includes(bits)) {
    const found = encoding ? `${bits} bits of ${encoding.name}` : `0x${tag.toString(16)}`;
    throw new AudioError(
      name,
      "unknown-format",
      `its WAV encoding is ${found}: expected PCM of 8 to 32 bits, float, A-law, mu-law or ADPCM. Convert it to FLAC`,
    );
  }
  if (channels < 1 || channels > MOST_CHANNELS) wrong(`it has ${channels} channels: expected 1 to ${MOST_CHANNELS}`);
  if (rate === 0) wrong("its sample rate is 0: expected a positive whole number");
  if (tag !== 2 && tag !== 17) {
    const expected = channels * bits / 8;
    if (block !== expected) {
      wrong(`its samples have ${block} bytes: ${channels} channels of ${bits} bits need ${expected}`);
    }
    return;
  }
  const each = block / channels;
  const least = tag === 2 ? 7 : 4;
  if (tag === 2 && channels > 2) wrong(`it has ${channels} channels of MS ADPCM: expected 1 or 2`);
  if (each < least) wrong(`its ADPCM blocks have ${block} bytes: expected at least ${least * channels}`);
  // A block holds so many samples at most; the header's own number must not promise more than that.
  const most = tag === 2 ? 2 + (each - 7) * 2 : 1 + (each - 4) * 2;
  const promised = format.byteLength >= 20 ? format.getUint16(18, true) : 0;
  if (promised > most || promised === 1) wrong(`its ADPCM blocks promise ${promised} samples: they hold ${most}`);
  if (tag !== 2 || format.byteLength < 22) return;
  const coefficients = format.getUint16(20, true);
  if (22 + 4 * coefficients > format.byteLength) {
    wrong(`its header ends before its ${coefficients} pairs of coefficients`);
  }
}

/** `RIFF` + `fmt ` + `data`, as any decoder reads it. */
function assemble(format: Uint8Array, tag: number, data: Uint8Array): Uint8Array {
  const length = format.length + format.length % 2;
  const file = new Uint8Array(28 + length + data.length);
  const view = new DataView(file.buffer);
  const text = (at: number, chunk: string) => file.set(new TextEncoder().encode(chunk), at);
  text(0, "RIFF");
  view.setUint32(4, 20 + length + data.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, length, true);
  file.set(format, 20);
  view.setUint16(20, tag, true);
  text(20 + length, "data");
  view.setUint32(24 + length, data.length, true);
  file.set(data, 28 + length);
  return file;
}
