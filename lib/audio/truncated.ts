/**
 * Files that end too early, which decoders pass over in silence.
 *
 * @module
 */

/**
 * Whether a sound file ends before what its own headers announce: a WAV whose data chunk is longer than the file, a FLAC
 * with fewer decoded samples than its stream info says, an Ogg whose last page is cut off. Formats that announce nothing
 * (MP3), and WAV files whose writer left the length open, count as whole.
 *
 * @param bytes the file
 * @param length decoded samples a channel
 */
export function isTruncated(bytes: Uint8Array, length: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = ascii(bytes, 0);
  if (tag === "RIFF" && ascii(bytes, 8) === "WAVE") return isTruncatedWav(bytes, view);
  if (tag === "fLaC") return isTruncatedFlac(view, length);
  if (tag === "OggS") return isTruncatedOgg(bytes);
  return false;
}

function isTruncatedWav(bytes: Uint8Array, view: DataView): boolean {
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    if (ascii(bytes, at) === "data") {
      const open = size === 0 || size >= 0x7ffff000; // written to a pipe
      return !open && at + 8 + size > bytes.length;
    }
    at += 8 + size + size % 2;
  }
  return true;
}

function isTruncatedFlac(view: DataView, length: number): boolean {
  if (view.byteLength < 26) return true;
  const announced = (view.getUint8(21) % 16) * 2 ** 32 + view.getUint32(22); // 36 bits; 0: unknown
  return announced > length;
}

function isTruncatedOgg(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    if (ascii(bytes, at) !== "OggS") return false; // not a cut, but something else after the stream
    if (at + 27 > bytes.length) return true;
    const segments = bytes[at + 26]!;
    if (at + 27 + segments > bytes.length) return true;
    let size = 0;
    for (let i = 0; i < segments; i++) size += bytes[at + 27 + i]!;
    at += 27 + segments + size;
  }
  return at > bytes.length;
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
