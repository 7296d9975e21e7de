/**
 * The pages of an Ogg file.
 *
 * @module
 */
import { ascii } from "./format.ts";

/** How an Ogg file ends. */
export interface OggEnd {
  /** Whether the file ends within a page. */
  cut: boolean;
  /** Whether the last whole page carries the mark of a stream's end. */
  marked: boolean;
  /** Whole pages. */
  pages: number;
  /** Pages whose checksum does not fit their content. */
  damaged: number;
}

const END_OF_STREAM = 4;

/** Walks through the pages of an Ogg file. What comes after the last page, such as a tag, is no cut. */
export function oggEnd(bytes: Uint8Array): OggEnd {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end: OggEnd = { cut: false, marked: false, pages: 0, damaged: 0 };
  let at = 0;
  while (at < bytes.length) {
    if (ascii(bytes, at, 4) !== "OggS") return end;
    const segments = bytes[at + 26] ?? 0;
    let next = at + 27 + segments;
    if (next <= bytes.length) { for (let i = 0; i < segments; i++) next += bytes[at + 27 + i]!; }
    if (next > bytes.length) return { ...end, cut: true };
    if (checksum(bytes.subarray(at, next)) !== view.getUint32(at + 22, true)) end.damaged++;
    end.marked = (bytes[at + 5]! & END_OF_STREAM) !== 0;
    end.pages++;
    at = next;
  }
  return end;
}

/** Ogg's CRC-32 of a page (polynomial 0x04c11db7, from the highest bit, no inversion), its own field taken as 0. */
function checksum(page: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : page[i]!;
    crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ byte]!;
  }
  return crc >>> 0;
}

const TABLE = Int32Array.from({ length: 256 }, (_, i) => {
  let crc = i << 24;
  for (let k = 0; k < 8; k++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});
