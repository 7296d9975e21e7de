/** Detects the format of an audio file by its content. */
import { shellWord } from "../files/escape.ts";

/** Supported formats: their description in messages, and their decoder in `audio-decode`. */
export const FORMATS = {
  wav: ["a WAV file", "wav"],
  flac: ["a FLAC file", "flac"],
  vorbis: ["an Ogg Vorbis file", "oga"],
  opus: ["an Ogg Opus file", "opus"],
  mp3: ["an MP3 file", "mp3"],
  aac: ["an AAC stream", "aac"],
  mp4: ["an MP4 or QuickTime file (.m4a, .mp4, .mov, .3gp)", "mp4"],
  webm: ["a WebM or Matroska file", "mkv"],
  caf: ["a Core Audio file (.caf)", "caf"],
  aiff: ["an AIFF file", "aiff"],
  wma: ["a Windows Media file (.wma, .asf)", "wma"],
  avi: ["an AVI file", "avi"],
  amr: ["an AMR file", "amr"],
  qoa: ["a QOA file", "qoa"],
  ac3: ["an AC-3 stream", "ac3"],
  eac3: ["an E-AC-3 stream", "eac3"],
  dts: ["a DTS stream", "dts"],
  wavpack: ["a WavPack file", "wv"],
  tta: ["a True Audio file", "tta"],
  mpc: ["a Musepack file", "mpc"],
  dsf: ["a DSD file (.dsf)", "dsf"],
  dff: ["a DSD file (.dff)", "dff"],
} as const satisfies Record<string, readonly [description: string, decoder: string]>;

/** A supported format. */
export type AudioFormat = keyof typeof FORMATS;

/** The bytes at an offset that identify a format. */
type Signature<Name> = readonly [name: Name, at: number, bytes: string];

const SUPPORTED: readonly Signature<AudioFormat>[] = [
  ["flac", 0, "fLaC"],
  ["mp4", 4, "ftyp"],
  ["mp4", 4, "moov"],
  ["mp4", 4, "mdat"],
  ["mp4", 4, "wide"],
  ["webm", 0, "\x1a\x45\xdf\xa3"],
  ["caf", 0, "caff"],
  ["aiff", 8, "AIFF"],
  ["aiff", 8, "AIFC"],
  ["wma", 0, "\x30\x26\xb2\x75"],
  ["avi", 8, "AVI "],
  ["amr", 0, "#!AMR"],
  ["qoa", 0, "qoaf"],
  ["dts", 0, "\x7f\xfe\x80\x01"],
  ["wavpack", 0, "wvpk"],
  ["tta", 0, "TTA1"],
  ["mpc", 0, "MPCK"],
  ["mpc", 0, "MP+"],
  ["dsf", 0, "DSD "],
  ["dff", 0, "FRM8"],
];

/** Unsupported audio formats. */
const FOREIGN: readonly Signature<string>[] = [
  ["a Sun audio file (.au)", 0, ".snd"],
  ["a NIST SPHERE file", 0, "NIST_1A"],
  ["a Wave64 file", 0, "riff"],
  ["a Monkey's Audio file", 0, "MAC "],
  ["a RealMedia file", 0, ".RMF"],
  ["a RealAudio file", 0, ".ra\xfd"],
  ["a Flash video", 0, "FLV"],
  ["an MPEG program stream", 0, "\0\0\x01\xba"],
  ["a Creative Voice file", 0, "Creative Voice File"],
  ["a Shorten file", 0, "ajkg"],
  ["an Ogg Speex file", 28, "Speex   "],
  ["an AAC stream in LATM", 0, "\x56\xe0"],
  ["an Ogg file of another codec", 0, "OggS"],
];

/** Files without audio. */
const OTHER: readonly Signature<string>[] = [
  ["a MIDI file, which holds notes", 0, "MThd"],
  ["a tracker module, which holds notes", 0, "Extended Module: "],
  ["a tracker module, which holds notes", 0, "IMPM"],
  ["a JPEG image", 0, "\xff\xd8\xff"],
  ["a PNG image", 0, "\x89PNG"],
  ["a PDF document", 0, "%PDF"],
  ["a ZIP archive: unpack it", 0, "PK\x03\x04"],
  ["a gzip archive: unpack it", 0, "\x1f\x8b"],
];

/** Bytes in a file or in memory, read in parts. */
export interface Bytes {
  readonly size: number;
  /** The bytes from `at` on, fewer at the end. */
  read(at: number, length: number): Uint8Array;
}

/** Makes bytes in memory readable in parts. */
export function bytesOf(bytes: Uint8Array): Bytes {
  return { size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) };
}

/** How many bytes at the start identify a format. */
export const HEAD = 512;

/** The format of a file's content, or undefined if it is not supported. */
export function formatOf(content: Bytes | Uint8Array): AudioFormat | undefined {
  const bytes = content instanceof Uint8Array ? bytesOf(content) : content;
  const start = tagSize(bytes);
  const file = bytes.read(start, HEAD);
  if (["RIFF", "RF64", "BW64"].includes(ascii(file, 0, 4)) && ascii(file, 8, 4) === "WAVE") return "wav";
  if (ascii(file, 0, 4) === "OggS") {
    const packet = 27 + (file[26] ?? 0);
    if (ascii(file, packet, 8) === "OpusHead") return "opus";
    if (ascii(file, packet, 7) === "\x01vorbis") return "vorbis";
    return ascii(file, packet, 5) === "\x7fFLAC" ? "flac" : undefined;
  }
  if (ascii(file, 0, 2) === "\x0b\x77") return file[5]! >> 3 > 10 ? "eac3" : "ac3";
  const known = find(SUPPORTED, file);
  if (known !== undefined) return known;
  if (file[0] === 0xff && (file[1]! & 0xf6) === 0xf0) return "aac"; // ADTS: layer 0
  const sync = file[0] === 0xff && (file[1]! & 0xe0) === 0xe0 && (file[1]! & 0x06) !== 0;
  return sync || start > 0 ? "mp3" : undefined; // an MP3's first frame may be anywhere behind its tags
}

/** Describes a file of an unsupported format, and whether it has sound that could be converted. */
export function foreignFormat(bytes: Uint8Array): { name: string; sound: boolean } | undefined {
  const sound = find(FOREIGN, bytes) ??
    (bytes[0] === 0x47 && bytes[188] === 0x47 ? "an MPEG transport stream" : undefined);
  if (sound !== undefined) return { name: sound, sound: true };
  const text = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  const other = find(OTHER, bytes) ?? (/^[<{]/.test(text) ? "a web page or a text: fetch it again" : undefined);
  return other === undefined ? undefined : { name: other, sound: false };
}

function find<Name>(signatures: readonly Signature<Name>[], file: Uint8Array): Name | undefined {
  return signatures.find(([, at, bytes]) => ascii(file, at, bytes.length) === bytes)?.[0];
}

/** Size of all ID3v2 tags at the start of a file. */
export function tagSize(bytes: Bytes): number {
  let size = 0;
  for (let head = bytes.read(0, 10); head.length === 10 && ascii(head, 0, 3) === "ID3"; head = bytes.read(size, 10)) {
    const body = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (head[at]! & 127), 0);
    size += 10 + body + (head[5]! & 0x10 ? 10 : 0);
    if (size >= bytes.size) break;
  }
  return Math.min(bytes.size, size);
}

/** Bytes as text, one character per byte. It is shorter at the end of the file. */
export function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** The remedy for audio in an unsupported format. */
export function convertCommand(name: string): string {
  const stem = name.replace(/\.\w{1,5}$/, "");
  const wav = name === `${stem}.wav` ? `${stem}-converted.wav` : `${stem}.wav`;
  return `convert it with: ffmpeg -i ${shellWord(name)} ${shellWord(wav)}`;
}
