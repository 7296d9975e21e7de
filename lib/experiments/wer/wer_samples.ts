/**
 * Each recording's word errors beside the rank of its picture.
 *
 * @module
 */
import { normalizeEnglish } from "../../text/english.ts";
import { normalize } from "../../text/normalize.ts";
import { type WordErrors, wordErrors } from "../../text/word_errors.ts";

/** The texts of a recording and the place of its picture among all pictures. */
export interface HeardText {
  /** The recording's id. */
  id: string;
  /** The written caption; blank where there is none. */
  reference: string;
  /** What was heard. */
  transcript: string;
  /** Place of its picture, from 1 on. */
  rank: number;
}

/** A recording with its word errors under every normaliser. */
export interface WerSample extends HeardText {
  /** Lower-case text, punctuation being part of its word. */
  raw: WordErrors;
  /** English normaliser. */
  english: WordErrors;
}

/**
 * Counts the word errors of each recording. Those without a written caption are left out.
 *
 * @example
 * ```ts
 * import { werSamples } from "./wer_samples.ts";
 * const { samples, withoutCaption } = werSamples([
 *   { id: "a", reference: "Two dogs.", transcript: "2 dogs", rank: 1 },
 *   { id: "b", reference: " ", transcript: "a cat", rank: 3 },
 * ]);
 * if (samples[0]!.raw.wer !== 1 || samples[0]!.english.wer !== 0 || withoutCaption !== 1) throw new Error("wrong");
 * ```
 */
export function werSamples(texts: readonly HeardText[]): { samples: WerSample[]; withoutCaption: number } {
  const written = texts.filter(({ reference }) => reference.trim() !== "");
  const samples = written.map((text) => {
    const under = (form: (text: string) => string) => wordErrors(form(text.reference), form(text.transcript));
    return { ...text, raw: under(normalize), english: under(normalizeEnglish) };
  });
  return { samples, withoutCaption: texts.length - written.length };
}
