/**
 * How many words the tiny Whisper gets wrong, of speech that it was not trained on.
 *
 * @module
 */
import { Random } from "../../lib/random.ts";
import { bareWords } from "../../lib/text/normalize.ts";
import { corpusWer, wordErrors } from "../../lib/text/word_errors.ts";
import type { MelClip } from "./speech_mels.ts";
import type { SpeechKind } from "./speech_store.ts";
import { BatchSampler } from "./whisper_batches.ts";
import { transcribeGreedily } from "./whisper_decoding.ts";
import type { WhisperVocabulary } from "./whisper_vocabulary.ts";
import type { WhisperSize, WhisperWeights } from "./whisper_weights.ts";

/** How many held-out clips of each kind are transcribed. */
const COUNTS: [SpeechKind, number][] = [["caption", 24], ["narration", 12]];

/**
 * Word error rates over the first held-out captions and narrations and an example of each, as one text of two lines.
 *
 * @param heldOut clips with their log-mel frames; those of other kinds are left out
 */
export async function evaluateWhisper(
  model: { weights: WhisperWeights; size: WhisperSize; vocabulary: WhisperVocabulary },
  heldOut: readonly MelClip[],
): Promise<string> {
  const rates: string[] = [];
  const examples: string[] = [];
  for (const [kind, count] of COUNTS) {
    const clips = heldOut.filter((clip) => clip.kind === kind && clip.frames <= 100 * model.size.windowSeconds)
      .slice(0, count);
    const first = clips[0];
    if (!first) continue;
    const sampler = new BatchSampler(clips, model.vocabulary, [], { augment: false });
    const batch = sampler.batch(clips, Math.max(...clips.map(({ frames }) => frames)), new Random(0));
    const texts = await transcribeGreedily(model, batch, { maxTokens: kind === "caption" ? 40 : 130 });
    const rate = corpusWer(clips.map((clip, i) => wordErrors(bareWords(clip.text), bareWords(texts[i] as string))));
    rates.push(`${kind}s ${(100 * rate).toFixed(1)} %`);
    examples.push(`${texts[0]} (${first.text})`);
  }
  return `held-out word errors: ${rates.join(", ")}; ${examples.join(" | ")}`;
}
