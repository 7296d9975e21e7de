/**
 * WAV files: compares the header with the content.
 */
import { AudioError } from "./audio_error.ts";
import { SLACK } from "./containers.ts";
import { ascii, type Bytes, convertCommand } from "./format.ts";

/** The `fmt ` chunk. */
interface WavLayout {
  /** Format tag, or the sub-format of an "extensible" one. */
  tag: number;
  channels: number;
  rate: number;
  /** Bytes of a sample of all channels, or of an ADPCM block. */
  block: number;
  bits: number;
}

/** Supported format tags, with their bits per sample. */
const ENCODINGS: Record<number, { name: string; bits: readonly number[] }> = {
  1: { name: "PCM", bits: [8, 16, 24, 32] },
  2: { name: "MS ADPCM", bits: [4] },
  3: { name: "float", bits: [32, 64] },
  6: { name: "A-law", bits: [8] },
  7: { name: "mu-law", bits: [8] },
  17: { name: "IMA ADPCM", bits: [4] },
};
const EXTENSIBLE = 0xfffe;
/** More channels come from a damaged header. */
const MAX_CHANNELS = 64;

interface WavSound {
  /** A header of the simplest form for the data. */
  header: Uint8Array;
  /** The ranges of the data. */
  parts: { from: number; to: number }[];
  /** Samples per channel, a lower bound for ADPCM. */
  length: number;
  rate: number;
}

/**
 * Finds the data of a WAV file (RIFF, RF64 or BW64, with any other chunks) and checks its header. Several `data` chunks are
 * concatenated. A data chunk of unknown length, as written into a pipe, or of a length that does not fit into 32 bits ends
 * at the end of the file.
 *
 * @param name for error messages
 * @throws {AudioError} `corrupt`, `unknown-format`, `truncated` or `empty`.
 */
export function findWavSound(file: Bytes, name: string): WavSound {
  const { format, parts } = chunksOf(file, name);
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
  const whole = parts.map(({ from, to }) => ({ from, to: to - (to - from) % layout.block }));
  const length = whole.reduce((sum, { from, to }) => sum + (to - from) / layout.block, 0);
  if (length === 0) throw new AudioError(name, "empty", "it has 0 samples: expected at least 1");
  return { header: headerOf(format, layout.tag), parts: whole, length, rate: layout.rate };
}

function chunksOf(file: Bytes, name: string): { format: Uint8Array; parts: WavSound["parts"] } {
  const parts: WavSound["parts"] = [];
  let format: Uint8Array | undefined;
  let wide: number | undefined; // length of the data in a file that may exceed 4 GiB
  for (let at = 12; at + 8 <= file.size;) {
    const head = file.read(at, 8);
    const chunk = ascii(head, 0, 4);
    const size = new DataView(head.buffer, head.byteOffset).getUint32(4, true);
    const body = at + 8;
    if (chunk === "ds64" && body + 16 <= file.size) {
      const ds64 = file.read(body, 16);
      wide = Number(new DataView(ds64.buffer, ds64.byteOffset).getBigUint64(8, true));
    }
    if (chunk === "fmt " && format === undefined) format = file.read(body, size).slice();
    let next = body + size;
    if (chunk === "data") {
      if (format === undefined || format.length < 16) {
        throw new AudioError(name, "corrupt", "its data comes before a whole 'fmt ' chunk");
      }
      const to = endOfData(file, body, size === 0xffffffff ? wide ?? size : size, wide === undefined, name);
      parts.push({ from: body, to });
      next = to;
    }
    at = next + (next - body) % 2;
  }
  if (format !== undefined && parts.length > 0) return { format, parts };
  throw new AudioError(name, "truncated", "the file ends before its data begins: copy it again");
}

function endOfData(file: Bytes, from: number, announced: number, narrow: boolean, name: string): number {
  const left = file.size - from;
  const head = file.read(4, 4);
  const total = new DataView(head.buffer, head.byteOffset).getUint32(0, true) + 8;
  const open = announced >= 0x7ffff000 && announced <= 0xffffffff || announced === 0 && total !== file.size ||
    narrow && left > 0xffffffff; // the length was taken modulo 2^32
  if (!open && announced > left && (left === 0 || announced - left > SLACK)) {
    throw new AudioError(
      name,
      "truncated",
      `it ends after ${left} of the ${announced} bytes of sound that its header announces: copy it again`,
    );
  }
  return open ? file.size : Math.min(file.size, from + announced);
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
      `its WAV encoding is ${found}: expected PCM of 8 to 32 bits, float, A-law, mu-law or ADPCM. ${
        convertCommand(name)
      }`,
    );
  }
  if (channels < 1 || channels > MAX_CHANNELS) wrong(`it has ${channels} channels: expected 1 to ${MAX_CHANNELS}`);
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
  // A block holds at most this many samples; the header must not promise more.
  const most = tag === 2 ? 2 + (each - 7) * 2 : 1 + (each - 4) * 2;
  const promised = format.byteLength >= 20 ? format.getUint16(18, true) : 0;
  if (promised > most || promised === 1) wrong(`its ADPCM blocks promise ${promised} samples: they hold ${most}`);
  if (tag !== 2 || format.byteLength < 22) return;
  const coefficients = format.getUint16(20, true);
  if (22 + 4 * coefficients > format.byteLength) {
    wrong(`its header ends before its ${coefficients} pairs of coefficients`);
  }
}

/** A plain header for decoders: `RIFF`, `fmt `, and a `data` chunk of unknown length. */
function headerOf(format: Uint8Array, tag: number): Uint8Array {
  const length = format.length + format.length % 2;
  const header = new Uint8Array(28 + length).fill(0xff);
  const view = new DataView(header.buffer);
  const text = (at: number, chunk: string) => header.set(new TextEncoder().encode(chunk), at);
  text(0, "RIFF");
  text(8, "WAVEfmt ");
  view.setUint32(16, length, true);
  header.set(format, 20);
  view.setUint16(20, tag, true);
  text(20 + length, "data");
  return header;
}
