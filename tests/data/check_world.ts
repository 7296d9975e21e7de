/** A small Flickr8k, made by hand, with one of each fault. */
import { dirname, join } from "@std/path";
import sharp from "sharp";
import { tone, wav } from "../audio/wav.ts";

/** Writes a file and the folders that it needs. */
export async function put(root: string, name: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(join(root, name)), { recursive: true });
  if (typeof content === "string") await Deno.writeTextFile(join(root, name), content);
  else await Deno.writeFile(join(root, name), content);
}

/** A picture of random-looking stripes; the same seed gives the same bytes. */
export async function picture(seed: number, width = 40, height = 30): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (seed + 7) * 31) % 251);
  return new Uint8Array(await sharp(pixels, { raw: { width, height, channels: 3 } }).jpeg().toBuffer());
}

/** A recording of 16 kHz that differs from those of other pitches. */
export function recording(hertz: number, seconds = 1, rate = 16000): Uint8Array {
  return wav([tone(hertz, rate, seconds)], rate);
}

/** A recording, by picture and number: its bytes (none: the file is missing), and its caption. */
export interface Spoken {
  bytes: Uint8Array | undefined;
  caption?: string;
  speaker?: string;
}

/** A picture: its split, its bytes (none: the file is missing), and its recordings. */
export interface Shown {
  split: "train" | "dev" | "test";
  bytes: Uint8Array | undefined;
  spoken: Spoken[];
}

/** Writes a data set in Flickr8k's layout. Every caption has six words if none is given. */
export async function putFlickr8k(root: string, pictures: Record<string, Shown>): Promise<void> {
  const names = { token: [] as string[], capt: [] as string[], spk: [] as string[] };
  const splits = { train: [] as string[], dev: [] as string[], test: [] as string[] };
  await Deno.mkdir(join(root, "Images"), { recursive: true });
  await Deno.mkdir(join(root, "flickr_audio", "wavs"), { recursive: true });
  for (const [name, { split, bytes, spoken }] of Object.entries(pictures)) {
    splits[split].push(`${name}.jpg`);
    if (bytes) await put(root, `Images/${name}.jpg`, bytes);
    for (const [i, { bytes, caption = "a dog runs over the grass", speaker = "1" }] of spoken.entries()) {
      names.token.push(`${name}.jpg#${i}\t${caption}`);
      names.capt.push(`${name}_${i}.wav ${name}.jpg #${i}`);
      names.spk.push(`${name}_${i}.wav ${speaker}`);
      if (bytes) await put(root, `flickr_audio/wavs/${name}_${i}.wav`, bytes);
    }
  }
  const text = (lines: string[]): string => lines.map((line) => `${line}\n`).join("");
  await put(root, "Flickr8k.token.txt", text(names.token));
  await put(root, "flickr_audio/wav2capt.txt", text(names.capt));
  await put(root, "flickr_audio/wav2spk.txt", text(names.spk));
  for (const [split, images] of Object.entries(splits)) await put(root, `Flickr_8k.${split}Images.txt`, text(images));
}

/** Changes some bytes of a copy. */
export function edited(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

/** A Flickr8k of 8 pictures and 24 recordings with one of each fault; `check_dataset_test.ts` says what must be found. */
export async function putFaults(root: string): Promise<void> {
  const first = await picture(1);
  const good = recording(200);
  const broken = recording(230);
  const long = "one two three four five six seven eight nine";
  await putFlickr8k(root, {
    whole: {
      split: "train",
      bytes: first,
      spoken: [
        { bytes: good },
        { bytes: undefined }, // missing
        { bytes: new Uint8Array(0), speaker: "2" }, // empty
        { bytes: wav([new Float32Array(0)], 16000), speaker: "2" }, // a header alone
        { bytes: recording(240).subarray(0, 20_000) }, // truncated
      ],
    },
    twin: { // its picture's content is that of `whole`, in another split
      split: "test",
      bytes: first,
      spoken: [
        { bytes: good, speaker: "3" }, // so is its recording's
        { bytes: recording(250, 2), speaker: "3" },
      ],
    },
    cut: {
      split: "train",
      bytes: (await picture(2)).subarray(0, 500), // truncated
      spoken: [
        { bytes: wav([new Float32Array(16000)], 16000) }, // silent
        { bytes: wav([tone(300, 16000, 1).fill(NaN, 50, 60)], 16000, { float: true }) }, // not finite
        { bytes: new TextEncoder().encode("<html>404 Not Found</html>") }, // of no format
        { bytes: edited(broken, 24, 0, 0, 0, 0) }, // no sample rate: corrupt
      ],
    },
    gone: { split: "train", bytes: undefined, spoken: [{ bytes: recording(310) }] },
    hollow: { split: "dev", bytes: new Uint8Array(0), spoken: [{ bytes: recording(320) }] },
    other: {
      split: "dev",
      bytes: new TextEncoder().encode("<html>404 Not Found</html>"),
      spoken: [{ bytes: recording(330) }],
    },
    same: {
      split: "dev",
      bytes: await picture(3, 64, 20),
      spoken: [
        { bytes: wav([tone(340, 16000, 1), tone(341, 16000, 1)], 16000) }, // stereo
        { bytes: recording(350, 1, 48000) }, // another rate
        { bytes: recording(360, 0.1) }, // too short
        { bytes: recording(370), caption: long }, // nine words in a second
        { bytes: recording(380, 6), caption: "no" }, // two letters in six seconds
      ],
    },
    double: {
      split: "dev",
      bytes: await picture(3, 64, 20), // the content of `same`, in the same split
      spoken: [
        { bytes: recording(390, 3), speaker: "4" },
        { bytes: recording(390, 3), speaker: "4" }, // the same content again
        { bytes: wav([tone(400, 16000, 1).map((value) => 4 * value)], 16000), speaker: "5" }, // clipped
        { bytes: wav([tone(410, 16000, 1).map((value) => value / 1000)], 16000, { float: true }) }, // nearly silent
      ],
    },
  });
}
