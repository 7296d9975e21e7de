/** The problems of an image, and the format of its content. */
import { InputError } from "../errors.ts";
import { shellWord } from "../files/escape.ts";

/**
 * What can be wrong with an image:
 * - `missing`: no such file;
 * - `empty`: no bytes;
 * - `unknown-format`: a web page, a text, or an unsupported format;
 * - `truncated`: the file ends before its last pixel;
 * - `corrupt`: the decoder failed, or the header announces more than the file can hold;
 * - `too-large`: too many pixels.
 */
export type ImageProblem = "missing" | "empty" | "unknown-format" | "truncated" | "corrupt" | "too-large";

/** An image that cannot be used. */
export class ImageError extends InputError {
  readonly problem: ImageProblem;
  /** `because` completes "Cannot read image 'x' as ...". */
  constructor(file: string, problem: ImageProblem, because: string) {
    super(`Cannot read image '${file}' as ${because}.`);
    this.problem = problem;
  }
}

/** Unsupported formats: name, and the bytes at an offset that identify it. "first": only the first page or layer is converted. */
const FOREIGN: readonly (readonly [name: string, at: number, bytes: string, first?: "first"])[] = [
  ["an ICO icon", 0, "\0\0\x01\0", "first"],
  ["a CUR cursor", 0, "\0\0\x02\0", "first"],
  ["a JP2 (JPEG 2000) image", 4, "jP  "],
  ["a JPEG 2000 image", 0, "\xff\x4f\xff\x51"],
  ["a JPEG XL image", 0, "\xff\x0a"],
  ["a JPEG XL image", 4, "JXL "],
  ["a PSD (Photoshop) image", 0, "8BPS", "first"],
  ["a PDF document", 0, "%PDF", "first"],
  ["a PostScript document", 0, "%!PS", "first"],
  ["a GIMP image (.xcf)", 0, "gimp xcf", "first"],
  ["an OpenEXR image", 0, "\x76\x2f\x31\x01"],
  ["a Radiance HDR image", 0, "#?RADIANCE"],
  ["a DDS texture", 0, "DDS "],
  ["a QOI image", 0, "qoif"],
  ["a PCX image", 0, "\x0a\x05\x01"],
  ["a raw photo of Canon (.cr2)", 8, "CR\x02"],
  ["a raw photo of Canon (.cr3)", 4, "ftypcrx "],
  ["a raw photo of Fujifilm (.raf)", 0, "FUJIFILMCCD-RAW"],
  ["a raw photo of Olympus (.orf)", 0, "IIRO"],
  ["a raw photo of Panasonic (.rw2)", 0, "IIU\0"],
  ["a DICOM image", 128, "DICM"],
];

/** Describes an image of an unsupported format, with a command that converts it. Undefined for other content. */
export function foreignFormat(bytes: Uint8Array, path: string): string | undefined {
  const begins = (at: number, start: string) => String.fromCharCode(...bytes.subarray(at, at + start.length)) === start;
  const found = FOREIGN.find(([, at, start]) => begins(at, start));
  if (found !== undefined) return `it is ${found[0]}, which is not read: ${convert(path, found[3] ? "[0]" : "")}`;
  if (isRawPhoto(bytes)) return `it is a raw photo of a camera (.dng, .nef, .arw), which is not read: ${convert(path)}`;
  const text = new TextDecoder().decode(bytes.subarray(0, 4096)).trimStart();
  if (text.startsWith("<") && /<(\w+:)?svg[\s/>]/.test(text) && !/<(!doctype )?html|<body/i.test(text)) {
    return `it is an SVG drawing, which is not read: ${convert(path)}`;
  }
  if (/^P[1-7]\s/.test(text)) return `it is a PNM image (.pbm, .pgm, .ppm), which is not read: ${convert(path)}`;
  if (text.startsWith("<") || text.startsWith("{")) return "it is a web page or a text, not an image: fetch it again";
  return undefined;
}

const [SUBFILE_TYPE, SUB_IFDS, DNG_VERSION] = [254, 330, 50706];

/** Whether a TIFF is a camera's raw photo, of which decoders return only the small preview. */
function isRawPhoto(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) return false;
  const order = view.getUint16(0);
  const little = order === 0x4949;
  if ((!little && order !== 0x4d4d) || view.getUint16(2, little) !== 42) return false;
  const at = view.getUint32(4, little);
  const tags = new Map<number, number>();
  for (let entry = at + 2; entry + 12 <= bytes.length && tags.size < view.getUint16(at, little); entry += 12) {
    tags.set(view.getUint16(entry, little), view.getUint32(entry + 8, little));
  }
  return tags.has(DNG_VERSION) || (tags.has(SUB_IFDS) && (tags.get(SUBFILE_TYPE) ?? 0) % 2 === 1);
}

/** The remedy for an image in an unsupported format or variant. */
export function convert(path: string, page = ""): string {
  const to = `${path.replace(/\.\w{1,5}$/, "")}.png`;
  return `convert it to PNG or JPEG, with ImageMagick by: magick ${shellWord(path + page)} ${shellWord(to)}`;
}

/** Whether an image is HEIC (HEVC, as iPhones take them), not AVIF, which has the same container. */
export function isHeic(bytes: Uint8Array): boolean {
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (text(4) !== "ftyp") return false;
  const end = Math.min(bytes.length, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
  const brands = [text(8), ...Array.from({ length: Math.max(0, (end - 16) >> 2) }, (_, i) => text(16 + 4 * i))];
  if (brands.some((brand) => brand === "avif" || brand === "avis")) return false;
  return brands.some((brand) => /^(he[iv][cxms]|mif1|msf1)$/.test(brand));
}
