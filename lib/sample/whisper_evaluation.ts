/**
 * How many words the tiny Whisper gets wrong, of speech that it was not trained on.
 *
 * @module
 */
import { Random } from "../random.ts";
import { wordsOf } from "./phrases.ts";
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
    const totals = clips.map((clip, i) => wordErrors(clip.text, texts[i] as string));
    const errors = totals.reduce((sum, total) => sum + total.errors, 0);
    const words = totals.reduce((sum, total) => sum + total.words, 0);
    rates.push(`${kind}s ${(100 * errors / words).toFixed(1)} %`);
    examples.push(`${texts[0]} (${first.text})`);
  }
  return `held-out word errors: ${rates.join(", ")}; ${examples.join(" | ")}`;
}

/** Words of the reference, and the fewest substitutions, deletions and insertions that make it of the hypothesis. */
function wordErrors(reference: string, hypothesis: string): { words: number; errors: number } {
  const [a, b] = [wordsOf(reference), wordsOf(hypothesis)];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, word] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      const kept = (row[j] as number) + (word === other ? 0 : 1);
      next.push(Math.min(kept, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return { words: a.length, errors: row.at(-1) as number };
}
