/**
 * What an MP3 announces of its length.
 *
 * @module
 */
import { ascii, tagSize } from "./format.ts";

/** Samples a frame, and bytes between a frame's header and a Xing header: by version 1 or 2 (and 2.5). */
const VERSIONS = {
  one: { samples: 1152, stereo: 32, mono: 17 },
  two: { samples: 576, stereo: 17, mono: 9 },
};

/**
 * The length that the Xing or Info header in an MP3's first frame announces; undefined where there is none, as in files of
 * constant bit rate of some encoders, or where it leaves out a number.
 *
 * @returns `samples` a channel before an encoder's padding is cut off, in so many `frames`, and `bytes` from the first frame on
 */
export function mp3Announced(bytes: Uint8Array): { samples: number; frames: number; bytes: number } | undefined {
  const start = tagSize(bytes);
  const [first, second, , fourth] = bytes.subarray(start, start + 4);
  if (first === undefined || second === undefined || fourth === undefined) return undefined;
  const layerThree = first === 0xff && (second & 0xe6) === 0xe2;
  if (!layerThree) return undefined;
  const version = (second & 0x18) === 0x18 ? VERSIONS.one : VERSIONS.two;
  const at = start + 4 + (fourth >> 6 === 3 ? version.mono : version.stereo);
  if (!["Xing", "Info"].includes(ascii(bytes, at, 4)) || at + 16 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if ((view.getUint32(at + 4) & 3) !== 3) return undefined;
  const frames = view.getUint32(at + 8);
  return { samples: frames * version.samples, frames, bytes: view.getUint32(at + 12) };
}
