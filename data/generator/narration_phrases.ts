/**
 * The phrases of spontaneous narrations.
 *
 * Slots: `{bg}` the background, `{wrongBg}` another; `{a}` a thing with article, `{noun}` without, `{article}` its article; `{wrong}`,
 * `{wrongNoun}` a thing that is not there; `{kind}`, `{size}`, `{person}` words; `{both}` all things of the scene.
 *
 * @module
 */

/** How a narration begins. */
export const OPENERS: readonly string[] = ["okay so", "um", "uh well", "well", "let me see", "so um", "okay um", "so"];
/** What narrators say while they think. */
export const FILLERS: readonly string[] = ["um", "uh", "well", "you know", "so", "and um", "and uh"];
/** Phrases for the background. */
export const BACKGROUND_CLAUSES: readonly string[] = [
  "this is {bg}",
  "this picture is {bg}",
  "it looks like we are {bg}",
  "all of this is {bg}",
  "we are {bg} here",
];
/** Phrases that correct a wrong background. */
export const WRONG_BACKGROUND_CLAUSES: readonly string[] = [
  "this is {wrongBg}, no sorry, {bg}",
  "we are {wrongBg}, oh wait, actually {bg}",
  "i first thought this is {wrongBg}, but it is {bg}",
];
/** Phrases for the first thing. */
export const FIRST_CLAUSES: readonly string[] = [
  "there is {a}",
  "i can see {a}",
  "i see {a}",
  "we have {a}",
  "you can see {a}",
];
/** Phrases for the second thing. */
export const NEXT_CLAUSES: readonly string[] = [
  "and then there is {a}",
  "next to it i see {a}",
  "and there is also {a}",
  "and the other thing is {a}",
  "and beside it you can see {a}",
];
/** Phrases that correct a wrong thing; the last name is true. */
export const CORRECTIONS: readonly string[] = [
  "{wrong}, no sorry, {a}",
  "{wrong}, no wait, {a}",
  "{wrong}, i mean {a}",
  "{wrong}, oh actually {a}",
  "what i first thought was {wrong}, but it is {a}",
];
/** How a noun phrase is begun again. */
export const RESTARTS: readonly string[] = [
  "{article} {article} {noun}",
  "{article} uh {article} {noun}",
  "{article} um {noun}",
];
/** Phrases for a size after its thing. */
export const SIZE_CLAUSES: readonly string[] = [
  "it is really {size}",
  "the {kind} is very {size}",
  "it looks quite {size}",
];
/** Thoughts about things that are not in the image. */
export const REMARKS: readonly string[] = [
  "it reminds me of the {wrongNoun} of my {person}",
  "it reminds me of {wrong} {wrongBg}",
  "there is no {wrongNoun} here",
  "i do not see {wrong}",
  "my {person} has {wrong}",
  "my {person} once had {wrong} {wrongBg}",
  "my {person} would like {wrong} more",
  "last summer i saw {wrong} {wrongBg}",
];
/** How long narrations repeat the things. */
export const SUMMARIES: readonly string[] = ["so again {both}", "so that is {both} {bg}", "yes {both}"];
/** How a narration ends. */
export const CLOSINGS: readonly string[] = [
  "that is all",
  "that is all i can see",
  "i think that is it",
  "very nice",
  "i like it",
];
/** Whom narrators think of. */
export const PEOPLE: readonly string[] = ["uncle", "sister", "friend", "mother", "neighbor"];
