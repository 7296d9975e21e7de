/** Transcribes a recording of any length window by window, as Whisper does with a short one, in bounded memory. */
import { sumScores } from "./confidence.ts";
import { WORDS_A_SECOND } from "./inference.ts";
import { joinTexts } from "./sampled.ts";
import type { Encoded, EncodeOptions, Transcribed, Whisper } from "./whisper.ts";
import { AUDIO_SECONDS, framesOf, repeatedIn, sentencesOf } from "./windows.ts";

/** Windows that are transcribed together. */
const TOGETHER = 8;

/**
 * Transcribes a recording. Its states are those of the first `maxSeconds`.
 *
 * @param windows reads the recording again from its beginning, in pieces of at most the model's window
 * @param signal stops between windows
 * @throws the signal's reason, if it was aborted; or what the model throws.
 */
export async function transcribeLong(
  whisper: Pick<Whisper, "transcribe" | "width" | "minFrames">,
  windows: () => AsyncIterable<Float32Array>,
  { maxSeconds = AUDIO_SECONDS, transcripts, signal }: EncodeOptions & {
    transcripts?: number | undefined;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<Transcribed & { samples: number }> {
  const { width, minFrames = 1 } = whisper;
  const limit = Math.round(16000 * maxSeconds);
  const parts: Omit<Transcribed, keyof Encoded>[] = [];
  const states: Float32Array[] = [];
  let samples = 0;
  for await (const group of groupsOf(windows())) {
    signal?.throwIfAborted();
    const results = await whisper.transcribe(group, { maxSeconds: Infinity, transcripts });
    for (const [i, result] of results.entries()) {
      const { text, others, logProbability, tokens } = result;
      parts.push({ text, others, logProbability, tokens });
      // A window alone may have the states of its padding.
      if (samples < limit) states.push(result.states.slice(0, framesOf(group[i]!.length) * width));
      samples += group[i]!.length;
    }
  }
  const words = repeatedIn(parts.map(({ text }) => text));
  if (words.some((count) => count > 0)) {
    let index = 0;
    for await (const window of windows()) {
      signal?.throwIfAborted();
      const i = index++;
      const sentences = words[i] === 0 ? [] : sentencesOf(window, words[i]! / WORDS_A_SECOND);
      if (sentences.length < 2) continue;
      const results = await whisper.transcribe(sentences, { transcripts });
      parts[i] = { ...joinTexts(results), ...sumScores(results) };
    }
  }
  const frames = Math.min(
    framesOf(samples, maxSeconds, minFrames),
    states.reduce((sum, { length }) => sum + length / width, 0),
  );
  const joined = new Float32Array(frames * width);
  let at = 0;
  for (const part of states) {
    joined.set(part.subarray(0, joined.length - at), at);
    at += Math.min(part.length, joined.length - at);
  }
  return { ...joinTexts(parts), ...sumScores(parts), states: joined, frames, width, samples };
}

async function* groupsOf(windows: AsyncIterable<Float32Array>): AsyncGenerator<Float32Array[]> {
  let group: Float32Array[] = [];
  for await (const window of windows) {
    group.push(window);
    if (group.length < TOGETHER) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
