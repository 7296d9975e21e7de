/**
 * Recordings in a notebook.
 *
 * @module
 */
import { inspectAudio } from "../audio/read_audio.ts";
import { audioUri } from "../experiments/page/media.ts";
import { html } from "../experiments/page/page.ts";
import { reading } from "../files/read.ts";
import { showOutput } from "./kernel.ts";

/**
 * Shows a player for a recording below the running cell. The recording is put in as it is: WAV, FLAC, Ogg Vorbis, Opus or
 * MP3, which browsers play.
 *
 * @param recording the path of a file, or a file's bytes
 * @param options.caption stands above the player. Default: nothing.
 * @throws {InputError} where it cannot be read (a missing, cut or unknown file), or outside of a notebook.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showAudio(pair.audio, { caption: pair.text });
 * ```
 */
export async function showAudio(recording: string | Uint8Array, options: { caption?: string } = {}): Promise<void> {
  const { caption } = options;
  const name = typeof recording === "string" ? recording : "bytes";
  const bytes = typeof recording === "string" ? await reading(recording, () => Deno.readFile(recording)) : recording;
  const { seconds, format } = await inspectAudio(bytes, name);
  const player = html`<figure style="margin:0">${
    caption === undefined ? "" : html`<figcaption>${caption}</figcaption>`
  }<audio controls preload="metadata" src="${audioUri(bytes)}"></audio></figure>`;
  await showOutput({
    "text/html": String(player),
    "text/plain": `recording: ${caption ?? name}, ${format}, ${seconds.toFixed(1)} s`,
  });
}
