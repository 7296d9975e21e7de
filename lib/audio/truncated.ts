/**
 * Files that end too early, which decoders pass over in silence.
 *
 * @module
 */
import { type AudioFormat, tagSize } from "./format.ts";
import { mp3Announced } from "./mp3.ts";
import { oggEnd } from "./ogg.ts";

/** Encoder delay and padding, which decoders cut off: fewer than so many samples. */
const MP3_PADDING = 4 * 1152;

/** What is wrong with a file's end. */
export interface EndFindings {
  /** Completes "Cannot read audio 'x' as ...", where the file was cut. */
  truncated?: string;
  /** What is odd. */
  warnings: string[];
}

/**
 * Whether a sound file other than WAV ends before what it announces:
 * - FLAC: fewer decoded samples than its stream info says (0: unknown);
 * - Ogg: its last page is cut off. A whole last page without the mark of the end is odd only, as recorders that are stopped
 *   write such files, and so are pages with a wrong checksum;
 * - MP3: both fewer bytes, by a frame or more, and fewer decoded samples than its Xing or Info header says.
 *
 * @param bytes the file
 * @param length decoded samples a channel
 */
export function checkEnd(bytes: Uint8Array, format: AudioFormat, length: number): EndFindings {
  const warnings: string[] = [];
  const file = bytes.subarray(format === "mp3" ? 0 : tagSize(bytes));
  if (file[0] === 0x4f) { // "OggS"
    const { cut, marked, pages, damaged } = oggEnd(file);
    if (cut) return { truncated: `it ends within page ${pages + 1} of its Ogg stream: copy it again`, warnings };
    if (damaged > 0) warnings.push(`damaged: ${damaged} of its ${pages} Ogg pages have a wrong checksum`);
    if (!marked) warnings.push("open end: its last Ogg page is not marked as the last: it may have been cut");
  } else if (format === "flac") {
    const announced = flacSamples(file);
    if (announced === undefined) return { truncated: "it ends within its header: copy it again", warnings };
    if (announced > length) {
      return {
        truncated: `${length} of the ${announced} samples that it announces are there: copy it again`,
        warnings,
      };
    }
  } else if (format === "mp3") {
    const announced = mp3Announced(file);
    if (announced === undefined) return { warnings };
    const missing = announced.bytes - (file.length - tagSize(file));
    if (missing > announced.bytes / announced.frames && length < announced.samples - MP3_PADDING) {
      return {
        truncated: `about ${length} of the ${announced.samples} samples that it announces are there: copy it again`,
        warnings,
      };
    }
  }
  return { warnings };
}

/** Samples a channel that a FLAC's stream info announces; 0 where they are not known. */
function flacSamples(file: Uint8Array): number | undefined {
  if (file.length < 26) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return (view.getUint8(21) % 16) * 2 ** 32 + view.getUint32(22); // 36 bits
}
