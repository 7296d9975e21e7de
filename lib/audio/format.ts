/**
 * Which format a sound file has, by its content.
 *
 * @module
 */

/** A format that is read. */
export type AudioFormat = "wav" | "flac" | "vorbis" | "opus" | "mp3";

/** The format of a file's content; undefined where it is none that is read. */
export function formatOf(bytes: Uint8Array): AudioFormat | undefined {
  const start = tagSize(bytes);
  const file = bytes.subarray(start);
  const tag = ascii(file, 0, 4);
  if (["RIFF", "RF64", "BW64"].includes(tag)) return ascii(file, 8, 4) === "WAVE" ? "wav" : undefined;
  if (tag === "fLaC") return "flac";
  if (tag === "OggS") {
    const packet = 27 + (file[26] ?? 0);
    if (ascii(file, packet, 8) === "OpusHead") return "opus";
    if (ascii(file, packet, 7) === "\x01vorbis") return "vorbis";
    return ascii(file, packet, 5) === "\x7fFLAC" ? "flac" : undefined;
  }
  const sync = file[0] === 0xff && (file[1]! & 0xe0) === 0xe0 && (file[1]! & 0x06) !== 0;
  return sync || (start > 0 && file.length === 0) ? "mp3" : undefined;
}

/** Bytes of the ID3v2 tag at a file's beginning; 0 where there is none. */
export function tagSize(bytes: Uint8Array): number {
  if (bytes.length < 10 || ascii(bytes, 0, 3) !== "ID3") return 0;
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (bytes[at]! & 127), 0);
  return Math.min(bytes.length, 10 + size + (bytes[5]! & 0x10 ? 10 : 0));
}

/** Some bytes as text, one character a byte; shorter where the file ends. */
export function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
