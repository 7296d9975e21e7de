/**
 * Pictures and recordings as results name them: by paths from the data set's folder, with what was said and heard.
 *
 * @module
 */
import { dirname, relative } from "@std/path";
import { bareWords } from "../../text/normalize.ts";
import { type WordErrors, wordErrors } from "../../text/word_errors.ts";
import type { RunConfig } from "../../training/config.ts";
import type { PreparedPair } from "../pairs.ts";

/** A recording that a figure may show. */
export interface ShownRecording {
  /** Its file, from the data set's folder. */
  file: string;
  /** Its picture's name. */
  imageId: string;
  /** What Whisper heard. */
  transcript: string;
  /** The written caption; empty where there is none. */
  reference: string;
  /** Word errors of the transcript, lower case without punctuation; null without a reference. */
  errors: WordErrors | null;
}

/** The folder that paths in results start from. */
export function dataFolder({ dataset, dataRoot }: Pick<RunConfig, "dataset" | "dataRoot">): string {
  return dataset === "own" ? dirname(dataRoot) : dataRoot;
}

/** The recording of a pair. */
export function shownRecording({ pair, transcript }: PreparedPair, folder: string): ShownRecording {
  const said = bareWords(pair.text);
  return {
    file: relative(folder, pair.audio),
    imageId: pair.imageId,
    transcript,
    reference: pair.text,
    errors: said === "" ? null : wordErrors(said, bareWords(transcript)),
  };
}

/** Word errors in a phrase: `"2 of 9 words wrong"`. */
export function errorsInWords(errors: WordErrors | null): string {
  if (errors === null) return "no reference";
  return errors.errors === 0 ? `all ${errors.words} words right` : `${errors.errors} errors in ${errors.words} words`;
}
