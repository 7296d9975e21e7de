/**
 * Puts the tables of an MP4 before its sound, as `-movflags +faststart` does. Recorders write them last, and a decoder that
 * reads in parts would hold the whole sound until they come.
 */
import { boxSize } from "./containers.ts";
import { ascii, type Bytes } from "./format.ts";

/** Boxes on the way to the offsets of the sound. */
const ON_THE_WAY: ReadonlySet<string> = new Set(["trak", "mdia", "minf", "stbl"]);
/** Larger tables are those of more than a day, or damaged. */
const MAX_TABLES = 2 ** 26;

/** An MP4 in the order in which it can be decoded; the same file if it is in that order, or has no tables to move. */
export function tablesFirst(file: Bytes): Bytes {
  let [tables, sound, start]: ({ from: number; to: number } | undefined)[] = [];
  for (let at = 0; at + 8 <= file.size;) {
    const head = file.read(at, 16);
    const type = ascii(head, 4, 4);
    const size = head.length < 16 ? file.size - at : boxSize(viewOf(head)) || file.size - at;
    const box = { from: at, to: at + size };
    if (at === 0) start = type === "ftyp" ? box : { from: 0, to: 0 };
    if (type === "moov") tables ??= box;
    if (type === "mdat") sound ??= box;
    if (size < 8 || box.to > file.size) break;
    at = box.to;
  }
  if (tables === undefined || sound === undefined || start === undefined) return file;
  const length = tables.to - tables.from;
  if (sound.from > tables.from || length > MAX_TABLES) return file;
  const moved = file.read(tables.from, length).slice();
  if (!shiftOffsets(moved, 8, length, length, tables.from)) return file;
  // The first box, the tables, and everything else: what was before the tables is `length` further back.
  const first = start.to;
  const { from } = tables;
  return {
    size: file.size,
    read(at, count) {
      const end = Math.min(file.size, at + count);
      if (end <= first || at >= from + length) return file.read(at, end - at);
      const bytes = new Uint8Array(Math.max(0, end - at));
      const put = (begin: number, stop: number, source: (at: number, count: number) => Uint8Array): void => {
        const [a, b] = [Math.max(at, begin), Math.min(end, stop)];
        if (a < b) bytes.set(source(a - begin, b - a), a - at);
      };
      put(0, first, (offset, n) => file.read(offset, n));
      put(first, first + length, (offset, n) => moved.subarray(offset, offset + n));
      put(first + length, from + length, (offset, n) => file.read(first + offset, n));
      put(from + length, file.size, (offset, n) => file.read(from + length + offset, n));
      return bytes;
    },
  };
}

/** Adds to all offsets before the tables; false if one does not fit. */
function shiftOffsets(box: Uint8Array, from: number, to: number, by: number, before: number): boolean {
  const view = viewOf(box);
  for (let at = from; at + 16 <= to;) {
    const size = view.getUint32(at), type = ascii(box, at + 4, 4);
    if (size < 8 || at + size > to) return true;
    if (ON_THE_WAY.has(type)) {
      if (!shiftOffsets(box, at + 8, at + size, by, before)) return false;
    } else if (type === "stco" || type === "co64") {
      const width = type === "stco" ? 4 : 8;
      const count = Math.min(view.getUint32(at + 12), Math.floor((size - 16) / width));
      for (let i = 0; i < count; i++) {
        const place = at + 16 + i * width;
        const offset = width === 4 ? view.getUint32(place) : Number(view.getBigUint64(place));
        if (offset >= before) continue;
        if (width === 8) view.setBigUint64(place, BigInt(offset + by));
        else if (offset + by < 2 ** 32) view.setUint32(place, offset + by);
        else return false;
      }
    }
    at += size;
  }
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
