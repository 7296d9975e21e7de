/**
 * The texts of the tiny Whisper's pretraining.
 *
 * @module
 */
import { Random } from "../../lib/random.ts";
import { shortCaption } from "./captions.ts";
import { narration, WORDS } from "./narrations.ts";
import { randomSceneFor } from "./scene.ts";

/** What a clip says: 1-4 words, a short caption, or a long narration. */
export type SpeechKind = "phrase" | "caption" | "narration";

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
 * The captions of the sample as it was when the shipped Whisper was pretrained that its texts would have repeated. Its texts
 * are drawn without them, so that they come out as they were; the present sample avoids all of them instead.
 */
const FIRST_SAMPLE = `
a black bird in a city; a green boat on a city street; a green car with a black ball;
a green house in the woods; a picture of a bird on a city street; a picture of a black boat in a room;
a picture of a blue car in the forest; a picture of a purple cat in a city;
a picture of a red flower at the beach; a picture of a white tree in the room;
a picture of a yellow cup in deep snow; a purple house in the city; a purple umbrella at night;
a red ball in a room; a red car on the left and a red cat on the right; a red fish by the sea;
a red fish to the right of a little cup; a red flower in a forest; a red umbrella in the woods;
a small black cup by the sea; a white bird to the right of a purple house; a white car in the forest;
a yellow car in the woods; a yellow cup in the room; a yellow umbrella in the room;
an orange umbrella on the left and a blue bird on the right; in a forest there is a car;
in the city there is a boat; in the city there is a white boat; in the woods there is a purple umbrella;
on a city street there is a black ball; on the beach a red bird stands on the right side;
there is a big umbrella on the right; there is a bird on the left; there is a black car on the right;
there is a black cat on the right side; there is a blue ball on the left side;
there is a blue bird on the left side; there is a blue bird on the right side;
there is a blue flower on the right side; there is a chair on the right side;
there is a green ball next to a blue cup; there is a green boat in the center;
there is a large purple cup on the right; there is a little black flower in the middle;
there is a little blue cup on the left; there is a little white car next to a green boat;
there is a purple cup on the right; there is a purple flower on the right;
there is a purple house in the middle; there is a red boat on the left; there is a white car on the left;
there is a white car on the right; there is a yellow chair on the left; there is a yellow cup on the right;
there is a yellow house on the right side; there is a yellow umbrella on the left side`;

/** Texts that must not occur by default. */
const SKIPPED: ReadonlySet<string> = new Set(FIRST_SAMPLE.split(/;\s*/).map((text) => text.trim()));

/**
 * The texts of the pretraining speech: phrases (every word alone at least once, then 1-4 neighbouring words of a caption or
 * narration), captions, narrations, in this order.
 *
 * @param reserved texts that must not occur, as phrases neither. No text of the sample occurs, as `planCorpora` avoids these.
 */
export function planSpeech(
  seed: number,
  counts: SpeechCounts = SPEECH_COUNTS,
  reserved: ReadonlySet<string> = SKIPPED,
): PlannedSpeech[] {
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
