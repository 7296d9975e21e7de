/**
 * Trains an encoder of prosody on recordings, without any label, and puts it beside a Whisper's own.
 *
 * @module
 */
import { join } from "@std/path";
import { AudioError, readAudio } from "../../../lib/audio/read_audio.ts";
import { InputError } from "../../../lib/errors.ts";
import { exists, readJson, writeAtomic } from "../../../lib/files.ts";
import { Random } from "../../../lib/random.ts";
import { changedVoice } from "./changed_voice.ts";
import { type ProsodyLesson, prosodyLesson } from "./statistics.ts";
import { addedHeads, widenedDecoder, widenedEncoder } from "./tower_onnx.ts";
import { STATE_WIDTH, TOWER_SIZE, type TowerSize } from "./tower.ts";
import { TOWER_STEPS, trainTower } from "./training.ts";

export type { TowerSize } from "./tower.ts";

/** Files of a Whisper's folder that stay as they are. */
const SAME = ["generation_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"];
/** Tells what the folder was made from. */
const NOTE = "prosody.json";

/** How {@link prosodyWhisper} works. */
export interface ProsodyWhisperOptions {
  /** Folder of the Whisper that is widened; it stays as it is. */
  whisper: string;
  /** Folder of the new one; with the training's checkpoint until it is complete. */
  out: string;
  /** Recordings to learn from; nothing but their sound is used. */
  audio: readonly string[];
  /** Changed copies of each recording. Default 4. */
  copies?: number;
  /** Draws copies, first weights and batches. Default 1. */
  seed?: number;
  /** Optimizer steps. Default {@link TOWER_STEPS}. */
  steps?: number;
  /** Sizes. Default {@link TOWER_SIZE}. */
  size?: TowerSize;
  /** Takes a line. */
  log?: (line: string) => void;
  /** Called after each recording that was measured. */
  onRecording?: (done: number) => void;
  /** Called after each step, every 10 steps with the loss. */
  onStep?: (step: number, loss?: number) => void;
  /** Saves and stops at the next moment that allows it. */
  signal?: AbortSignal | undefined;
}

/**
 * Makes a Whisper whose states are 64 wider: 11 numbers of a frame's prosody and 53 of the whole recording's, as a small
 * convolutional encoder hears them in the log-mel spectrogram. It is taught by what is measured in the samples of the recordings and
 * of copies with another speed, colour, level and noise. What is complete and of the same recordings is kept.
 *
 * @returns false where the signal stopped it; the next call goes on
 * @throws {InputError} where there is no voiced recording, or the Whisper cannot be widened.
 */
export async function prosodyWhisper(options: ProsodyWhisperOptions): Promise<boolean> {
  const { whisper, out, audio, copies = 4, seed = 1, steps = TOWER_STEPS, size = TOWER_SIZE, signal } = options;
  const log = options.log ?? (() => {});
  const config = await readJson(join(whisper, "config.json")) as Record<string, unknown>;
  const [width, heads] = [config.d_model, config.decoder_attention_heads] as [number, number];
  if (typeof width !== "number" || typeof heads !== "number") {
    throw new InputError(
      `Cannot widen '${whisper}' as its config.json names no 'd_model' or no 'decoder_attention_heads'.`,
    );
  }
  const extra = addedHeads(width, heads);
  const note = { whisper, audio, copies, seed, steps, size };
  const made = await exists(join(out, NOTE)) ? await readJson(join(out, NOTE)) as { complete?: boolean } : undefined;
  const same = JSON.stringify({ ...made, complete: undefined }) === JSON.stringify(note);
  if (same && made?.complete === true) return true;
  const checkpoint = join(out, "tower.safetensors");
  if (!same && await exists(checkpoint)) await Deno.remove(checkpoint); // of other recordings
  await writeAtomic(join(out, NOTE), `${JSON.stringify(note)}\n`);

  const lessons: ProsodyLesson[] = [];
  for (const [done, path] of audio.entries()) {
    if (signal?.aborted) return false;
    try {
      const samples = await readAudio(path);
      const random = new Random(`${seed}:${done}`);
      for (let copy = 0; copy <= copies; copy++) {
        const lesson = prosodyLesson(copy === 0 ? samples : changedVoice(samples, random));
        if (lesson !== undefined) lessons.push(lesson);
      }
    } catch (error) {
      if (!(error instanceof AudioError)) throw error;
      log(`not learnt from: ${error.message}`);
    }
    options.onRecording?.(done + 1);
    if (done % 8 === 0) await new Promise((go) => setTimeout(go)); // lets a Ctrl-C in
  }
  if (lessons.length === 0) {
    throw new InputError(
      `Cannot teach prosody as none of ${audio.length} recordings has a voice: expected at least 1.`,
    );
  }
  const values = await trainTower(lessons, { checkpoint, seed, steps, size, onStep: options.onStep, signal });
  if (values === undefined) return false;
  const read = (name: string): Promise<Uint8Array> => Deno.readFile(join(whisper, "onnx", name));
  const encoder = widenedEncoder(await read("encoder_model.onnx"), width, { size, values });
  const decoder = widenedDecoder(await read("decoder_model_merged.onnx"), width, heads);
  await writeAtomic(join(out, "onnx", "encoder_model.onnx"), encoder);
  await writeAtomic(join(out, "onnx", "decoder_model_merged.onnx"), decoder);
  for (const name of SAME) await writeAtomic(join(out, name), await Deno.readTextFile(join(whisper, name)));
  const wider = {
    ...config,
    d_model: width + STATE_WIDTH,
    encoder_attention_heads: heads + extra,
    decoder_attention_heads: heads + extra,
  };
  await writeAtomic(join(out, "config.json"), `${JSON.stringify(wider, undefined, 1)}\n`);
  await writeAtomic(join(out, NOTE), `${JSON.stringify({ ...note, complete: true })}\n`);
  return true;
}
