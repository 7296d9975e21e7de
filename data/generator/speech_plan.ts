/**
 * What the tiny Whisper hears while it is pretrained: texts of pretraining scenes, spoken by the train voices.
 *
 * @module
 */
import { Random } from "../../lib/random.ts";
import { shortCaption } from "./captions.ts";
import { narration, WORDS } from "./narrations.ts";
import { randomSceneFor } from "./scene.ts";
import type { SpeechKind } from "./speech_store.ts";

/** How many clips of each kind. */
export interface SpeechCounts {
  /** Of 1-4 words. */
  phrase: number;
  /** Short captions. */
  caption: number;
  /** Long narrations. */
  narration: number;
}

/** One clip to be spoken. */
export interface PlannedSpeech {
  /** What is said, in lower case. */
  text: string;
  /** How long a text it is. */
  kind: SpeechKind;
}

/** Counts of the shipped tiny Whisper's pretraining. */
export const SPEECH_COUNTS: SpeechCounts = { phrase: 6000, caption: 6000, narration: 2500 };

/**
 * The texts of the pretraining speech: phrases (every word alone at least once, then 1-4 neighbouring words of a caption or
 * narration), captions, narrations, in this order.
 *
 * @param reserved texts that must not occur: those of the bundled corpora. Phrases that are equal to one are left out too.
 */
export function planSpeech(seed: number, counts: SpeechCounts, reserved: ReadonlySet<string>): PlannedSpeech[] {
  const random = new Random(`${seed}:speech texts`);
  const free = (make: () => string): string => {
    let text: string;
    do text = make(); while (reserved.has(text));
    return text;
  };
  const caption = () => shortCaption(randomSceneFor("pretraining", random), random);
  const story = () => narration(randomSceneFor("pretraining", random), random);
  const phrase = () => neighbours(random.next() < 0.5 ? caption() : story(), random);
  const words = WORDS.filter((word) => !reserved.has(word)).slice(0, counts.phrase);
  const many = (kind: SpeechKind, count: number, make: () => string): PlannedSpeech[] =>
    Array.from({ length: count }, () => ({ kind, text: free(make) }));
  return [
    ...words.map((text): PlannedSpeech => ({ kind: "phrase", text })),
    ...many("phrase", counts.phrase - words.length, phrase),
    ...many("caption", counts.caption, caption),
    ...many("narration", counts.narration, story),
  ];
}

/** One to four neighbouring words of a text, without commas at the ends. */
function neighbours(text: string, random: Random): string {
  const words = text.split(" ");
  const count = 1 + random.integer(Math.min(4, words.length));
  const start = random.integer(words.length - count + 1);
  return words.slice(start, start + count).join(" ").replace(/[,.]+$/, "");
}
