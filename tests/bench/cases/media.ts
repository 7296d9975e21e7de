/** Images and sound: preprocessing, log-mel, reading the sample's files, transcription. */
import { logMel } from "../../../lib/audio/log_mel.ts";
import { readAudio } from "../../../lib/audio/read_audio.ts";
import { loadPairs } from "../../../lib/data/load_pairs.ts";
import { PixelReader } from "../../../lib/image/pixel_reader.ts";
import { readPixels } from "../../../lib/image/preprocess.ts";
import { loadWhisper } from "../../../lib/whisper/whisper.ts";
import { photosOf } from "../photos.ts";
import type { Prepare } from "./case.ts";

/** Seconds of sound in the log-mel case: two windows of Whisper. */
const SECONDS = 60;

/** A minute of a sweep, computed alike on both sides: `sin(i * i / 4e6)`. */
const sweep = (): Float32Array => Float32Array.from({ length: 16000 * SECONDS }, (_, i) => 0.5 * Math.sin(i * i / 4e6));

/** Log-mel spectrograms of a minute of sound, in windows of 30 s; gives means. */
export const prepareLogMel: Prepare = () => {
  const sound = sweep();
  const half = sound.length / 2;
  return Promise.resolve({
    run: () =>
      [sound.subarray(0, half), sound.subarray(half)].map((part) => {
        const mel = logMel(part);
        return mel.reduce((sum, value) => sum + value, 0) / mel.length;
      }),
  });
};

/** Preprocesses 1,000 images to 224 pixels for CLIP, in the thread that training uses; returns the mean over all. */
export const preparePreprocess: Prepare = (folder) => {
  const files = photosOf(folder);
  const reader = new PixelReader({ size: 224 });
  return Promise.resolve({
    run: async () => {
      let sum = 0;
      for (let i = 0; i < 1000; i += 8) {
        const some = Array.from({ length: 8 }, (_, j) => files[(i + j) % files.length]!);
        for (const pixels of await Promise.all(some.map((file) => reader.read(file)))) {
          let total = 0;
          for (const value of pixels) total += value;
          sum += total / pixels.length;
        }
      }
      return [sum / 1000];
    },
    end: () => reader[Symbol.asyncDispose](),
  });
};

/** The sample's Localized Narratives: index, and the first 100 pairs' recordings and images, decoded. */
export const prepareLoading: Prepare = () =>
  Promise.resolve({
    run: async () => {
      const pairs = (await loadPairs("ln-coco", "data/sample/coco")).slice(0, 100);
      for (const { audio, image } of pairs) await Promise.all([readAudio(audio), readPixels(image, { size: 64 })]);
      return [pairs.length];
    },
  });

/** Transcribes the sample's first recordings in batches of similar length; returns characters and seconds of sound. */
const prepareWhisper = (count: number, batchSize: number): Prepare => async (folder) => {
  const whisper = await loadWhisper(folder);
  const pairs = (await loadPairs("ln-coco", "data/sample/coco")).slice(0, count);
  const sound = await Promise.all(pairs.map(({ audio }) => readAudio(audio)));
  sound.sort((a, b) => a.length - b.length);
  return {
    run: async () => {
      let characters = 0;
      for (let i = 0; i < sound.length; i += batchSize) {
        for (const { text } of await whisper.transcribe(sound.slice(i, i + batchSize))) characters += text.length;
      }
      return [characters, sound.reduce((sum, samples) => sum + samples.length, 0) / 16000];
    },
    end: () => whisper.dispose(),
  };
};

/** 32 recordings in batches of 8, as `deno task transcribe` does it. */
export const prepareTranscription: Prepare = prepareWhisper(32, 8);

/** The same, one file at a time. */
export const prepareOneByOne: Prepare = prepareWhisper(32, 1);

/** 8 recordings in one batch; for a large Whisper. */
export const prepareLargeTranscription: Prepare = prepareWhisper(8, 8);

/** The same, one file at a time. */
export const prepareLargeOneByOne: Prepare = prepareWhisper(8, 1);
