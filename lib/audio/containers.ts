/**
 * Finds files that end too early, which decoders ignore, and tables that announce more than a file can hold.
 */
import { ascii, type AudioFormat, type Bytes } from "./format.ts";

/** Decoders remove an encoder's delay and padding of up to this many samples. */
const MP3_PADDING = 4 * 1152;
/** Some writers announce the length of their header too. A file that lacks only so many bytes is not refused. */
export const SLACK = 44;

interface EndFindings {
  /** Why the file was cut. Completes "Cannot read audio 'x' as ...". */
  truncated?: string;
  warnings: string[];
}

/**
 * Checks whether a file other than WAV is shorter than it announces:
 * - FLAC, WavPack, True Audio, QOA: fewer decoded samples than in the header (0: unknown);
 * - Ogg: its last page is cut. A last page without the end mark is only a warning, as recorders that are stopped write such
 *   files, and so are pages with a wrong checksum;
 * - MP3: fewer bytes, by a frame or more, and fewer decoded samples than in its Xing or Info header.
 *
 * @param file without its tags
 * @param length decoded samples per channel
 */
export function checkEnd(file: Bytes, format: AudioFormat, length: number): EndFindings {
  const warnings: string[] = [];
  const missing = (announced: number): EndFindings => ({
    truncated: `${length} of the ${announced} samples that it announces are there: copy it again`,
    warnings,
  });
  if (ascii(file.read(0, 4), 0, 4) === "OggS") {
    const { cut, marked, pages, damaged } = oggEnd(file);
    if (cut) return { truncated: `it ends within page ${pages + 1} of its Ogg stream: copy it again`, warnings };
    if (damaged > 0) warnings.push(`damaged: ${damaged} of its ${pages} Ogg pages have a wrong checksum`);
    if (!marked) warnings.push("open end: its last Ogg page has no end mark: it may have been cut");
  } else if (format === "mp3") {
    const announced = mp3Announced(file.read(0, 64));
    if (announced === undefined) return { warnings };
    const bytes = announced.bytes - file.size;
    if (bytes > announced.bytes / announced.frames && length < announced.samples - MP3_PADDING) {
      return missing(announced.samples);
    }
  } else if (format in SAMPLES) {
    const announced = SAMPLES[format]!(file.read(0, 32));
    if (announced === undefined) return { truncated: "it ends within its header: copy it again", warnings };
    if (announced > length) return missing(announced);
  }
  return { warnings };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Samples per channel that a header announces: 0 if they are unknown, undefined if the header is cut. */
const SAMPLES: Partial<Record<AudioFormat, (file: Uint8Array) => number | undefined>> = {
  flac: (file) => file.length < 26 ? undefined : (file[21]! % 16) * 2 ** 32 + viewOf(file).getUint32(22), // 36 bits
  wavpack(file) {
    const samples = file.length < 16 ? undefined : viewOf(file).getUint32(12, true);
    return samples === 0xffffffff ? 0 : samples;
  },
  tta: (file) => file.length < 18 ? undefined : viewOf(file).getUint32(14, true),
  qoa: (file) => file.length < 8 ? undefined : viewOf(file).getUint32(4),
};

/** How many bytes the head of a part has at most. */
const PART_HEAD = 24;

/**
 * The end of a chain of parts that begin with their sizes.
 *
 * @param least the bytes of the shortest head
 * @param sizeOf returns the size of the part with this head
 */
function endOfParts(file: Bytes, start: number, least: number, sizeOf: (head: DataView) => number): number {
  let at = start;
  while (at + least <= file.size) {
    const size = sizeOf(viewOf(file.read(at, PART_HEAD)));
    if (!(size > 0)) return 0; // of unknown length, or not a part
    at += size;
  }
  return at;
}

/** The announced end of a container (MP4, WebM, Core Audio, AIFF, Windows Media, AVI, DSD) if the file ends earlier. */
export function announcedEnd(file: Bytes, format: AudioFormat): number | undefined {
  const end = ENDS[format]?.(file, viewOf(file.read(0, PART_HEAD))) ?? 0;
  return end > file.size + SLACK ? end : undefined;
}

/** The end that a file's parts announce, or 0 if it is unknown. */
const ENDS: Partial<Record<AudioFormat, (file: Bytes, head: DataView) => number>> = {
  aiff: (file, head) => file.size < 8 ? 0 : 8 + head.getUint32(4),
  avi: (file, head) => file.size < 8 ? 0 : 8 + head.getUint32(4, true),
  dff: (file, head) => file.size < 12 ? 0 : 12 + Number(head.getBigUint64(4)),
  dsf: (file, head) => file.size < 20 ? 0 : Number(head.getBigUint64(12, true)),
  caf: (file) =>
    endOfParts(file, 8, 12, (head) => {
      const size = Number(head.getBigInt64(4));
      return size < 0 ? 0 : 12 + size;
    }),
  wma: (file) => endOfParts(file, 0, 24, (head) => Number(head.getBigUint64(16, true))),
  mp4: (file) => endOfParts(file, 0, 16, boxSize),
  webm: (file) =>
    endOfParts(file, 0, 12, (head) => {
      const bytes = Array.from({ length: head.byteLength }, (_, i) => head.getUint8(i));
      const id = 8 - Math.floor(Math.log2(bytes[0]! || 1)); // lengths of identifier and size are in their leading zeros
      const width = 8 - Math.floor(Math.log2(bytes[id]! || 1));
      const size = bytes.slice(id, id + width);
      if (size.every((byte, i) => byte === (i === 0 ? 0xff >> (width - 1) : 0xff))) return 0; // a live recording
      return id + width + size.reduce((sum, byte, i) => sum * 256 + (i === 0 ? byte & (0xff >> width) : byte), 0);
    }),
};

/** The size of an MP4's box; 0 if it reaches to the end of the file. */
export function boxSize(head: DataView): number {
  const size = head.getUint32(0);
  return size === 1 ? Number(head.getBigUint64(8)) : size;
}

const MP4_CONTAINERS = new Set(["moov", "trak", "mdia", "minf", "stbl", "moof", "traf", "edts"]);
/** Size of the entries of an MP4's tables. */
const MP4_TABLES: Record<string, number> = { stco: 4, co64: 8, stsc: 12, stts: 8, ctts: 8, elst: 12 };

/**
 * The first table of an MP4 that announces more entries than it holds, for which decoders would allocate memory. Samples of
 * a constant size must fit into the file.
 */
export function overfullTable(file: Bytes, from = 0, to = file.size): string | undefined {
  for (let at = from; at + 8 <= to;) {
    const bytes = file.read(at, 32);
    const view = viewOf(bytes);
    const size = view.getUint32(0), type = ascii(bytes, 4, 4);
    const end = Math.min(to, size === 0 ? to : at + size);
    const head = size === 1 ? 16 : 8;
    const body = at + head;
    if (MP4_CONTAINERS.has(type)) {
      const found = overfullTable(file, body, end);
      if (found !== undefined) return found;
    } else if (Object.hasOwn(MP4_TABLES, type) && end - body >= 8) {
      if (view.getUint32(head + 4) * MP4_TABLES[type]! > end - body) return type;
    } else if (type === "stsz" && end - body >= 12) {
      const [each, count] = [view.getUint32(head + 4), view.getUint32(head + 8)];
      if (each === 0 ? count * 4 > end - body : count * each > file.size) return type;
    } else if (type === "trun" && end - body >= 8) {
      if (view.getUint32(head + 4) > file.size) return type;
    }
    if (size < 8 && size !== 1) return undefined;
    at += size === 1 && at + 16 <= to ? Number(view.getBigUint64(8)) || to : size;
  }
  return undefined;
}

/** Samples per frame, and bytes between a frame's header and a Xing header: by version 1 or 2 (and 2.5). */
const VERSIONS = {
  one: { samples: 1152, stereo: 32, mono: 17 },
  two: { samples: 576, stereo: 17, mono: 9 },
};

/**
 * The length in the Xing or Info header of an MP3's first frame. Undefined without such a header, as in some files of
 * constant bit rate, or if a number is missing.
 *
 * @returns `samples` per channel including the encoder's padding, `frames`, and `bytes` from the first frame on
 */
function mp3Announced(bytes: Uint8Array): { samples: number; frames: number; bytes: number } | undefined {
  const [first, second, , fourth] = bytes;
  if (first === undefined || second === undefined || fourth === undefined) return undefined;
  const layerThree = first === 0xff && (second & 0xe6) === 0xe2;
  if (!layerThree) return undefined;
  const version = (second & 0x18) === 0x18 ? VERSIONS.one : VERSIONS.two;
  const at = 4 + (fourth >> 6 === 3 ? version.mono : version.stereo);
  if (!["Xing", "Info"].includes(ascii(bytes, at, 4)) || at + 16 > bytes.length) return undefined;
  const view = viewOf(bytes);
  if ((view.getUint32(at + 4) & 3) !== 3) return undefined;
  const frames = view.getUint32(at + 8);
  return { samples: frames * version.samples, frames, bytes: view.getUint32(at + 12) };
}

interface OggEnd {
  /** Whether the file ends within a page. */
  cut: boolean;
  /** Whether the last whole page has the end mark. */
  marked: boolean;
  /** Number of whole pages. */
  pages: number;
  /** Number of pages with a wrong checksum. */
  damaged: number;
}

const END_OF_STREAM = 4;

/** Walks through the pages of an Ogg file. Other bytes after the last page, such as a tag, are ignored. */
export function oggEnd(file: Bytes): OggEnd {
  const end: OggEnd = { cut: false, marked: false, pages: 0, damaged: 0 };
  let at = 0;
  while (at < file.size) {
    const head = file.read(at, 27 + 255);
    if (ascii(head, 0, 4) !== "OggS") return end;
    const segments = head[26] ?? 0;
    let length = 27 + segments;
    if (at + length <= file.size) { for (let i = 0; i < segments; i++) length += head[27 + i]!; }
    if (at + length > file.size) return { ...end, cut: true };
    if (checksum(file.read(at, length)) !== viewOf(head).getUint32(22, true)) end.damaged++;
    end.marked = (head[5]! & END_OF_STREAM) !== 0;
    end.pages++;
    at += length;
  }
  return end;
}

/** Ogg's CRC-32 of a page (polynomial 0x04c11db7, highest bit first, no inversion), with its own field set to 0. */
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
