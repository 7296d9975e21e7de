/**
 * Opus recordings, written and read with opus-tools.
 *
 * @module
 */
import { writeAtomic } from "../../lib/files/atomic.ts";
import { runTool } from "./processes.ts";

/** Samples in [-1, 1] as little-endian 16-bit integers. */
export function toInt16(samples: Float32Array): Int16Array<ArrayBuffer> {
  const integers = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    integers[i] = Math.max(-32768, Math.min(32767, Math.round((samples[i] as number) * 32767)));
  }
  return integers;
}

/** 16-bit integers as samples in [-1, 1]. */
export function fromInt16(integers: Int16Array): Float32Array {
  return Float32Array.from(integers, (value) => value / 32767);
}

/**
 * 16 kHz mono samples as an Opus file, the same bytes every time (fixed stream number, no metadata).
 *
 * @param kbps bit rate, 6 to 64 kbit/s.
 * @throws {RangeError} where `kbps` is out of range.
 * @throws {InputError} where opusenc is missing or fails.
 */
export function opusBytes(
  samples: Float32Array,
  kbps: number,
  options: { complexity?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (!(kbps >= 6 && kbps <= 64)) {
    return Promise.reject(new RangeError(`Cannot encode as 'kbps' must be within [6, 64]: current value is ${kbps}`));
  }
  const raw = ["--raw", "--raw-rate", "16000", "--raw-chan", "1", "--raw-bits", "16"];
  const quality = [
    "--speech",
    "--bitrate",
    String(kbps),
    "--comp",
    String(options.complexity ?? 10),
    "--framesize",
    "60",
  ];
  const same = ["--serial", "1", "--padding", "0", "--discard-comments", "--quiet"];
  const input = new Uint8Array(toInt16(samples).buffer);
  return runTool("opusenc", [...raw, ...quality, ...same, "-", "-"], input);
}

/**
 * Writes 16 kHz mono samples as an Opus file (in an Ogg container, whatever the name's ending).
 *
 * @throws {InputError} where opusenc is missing or fails.
 */
export async function encodeOpus(samples: Float32Array, path: string, kbps: number): Promise<void> {
  await writeAtomic(path, await opusBytes(samples, kbps));
}

/**
 * The samples as they sound after Opus: encoded and decoded again, of the same length. What a recognizer must be used to.
 *
 * @throws {InputError} where opusenc or opusdec is missing or fails.
 */
export async function throughOpus(samples: Float32Array, kbps: number): Promise<Float32Array> {
  const encoded = await opusBytes(samples, kbps, { complexity: 5 });
  const decoded = await runTool("opusdec", ["--quiet", "--no-dither", "--rate", "16000", "-", "-"], encoded);
  const integers = new Int16Array(decoded.buffer, decoded.byteOffset, decoded.byteLength >> 1);
  const heard = new Float32Array(samples.length);
  heard.set(fromInt16(integers.subarray(0, samples.length)));
  return heard;
}
