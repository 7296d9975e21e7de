/**
 * The words that make up English numbers.
 *
 * @module
 */

/** How a word stands in a number. */
export type NumberKind = "zero" | "ones" | "teens" | "tens" | "multiplier";

/** A word of a number: its value, and what stands behind the digits where it ends the number ("third", "fifties"). */
export interface NumberWord {
  /** Its place in the grammar. */
  kind: NumberKind;
  /** Its value. */
  value: bigint;
  /** Ordinal, plural, or neither. */
  ending: "ordinal" | "plural" | "none";
}

const ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"]
  .concat("nineteen");
const TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const MULTIPLIERS = ["thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion"]
  .concat("septillion", "octillion", "nonillion", "decillion");
/** Ordinals that do not simply end in "th". */
const ODD_ORDINALS: Readonly<Record<string, string>> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth",
};

function ordinal(name: string): string {
  return ODD_ORDINALS[name] ?? `${name.replace(/y$/, "ie")}th`;
}

function plural(name: string): string {
  return `${name.replace(/y$/, "ie")}${name === "six" ? "es" : "s"}`;
}

function table(): Map<string, NumberWord> {
  const words = new Map<string, NumberWord>();
  const add = (name: string, kind: NumberKind, value: bigint) => {
    words.set(name, { kind, value, ending: "none" });
    words.set(ordinal(name), { kind, value, ending: "ordinal" });
    words.set(plural(name), { kind, value, ending: "plural" });
  };
  words.set("zero", { kind: "zero", value: 0n, ending: "none" });
  words.set("zeroth", { kind: "zero", value: 0n, ending: "ordinal" });
  ONES.forEach((name, i) => add(name, "ones", BigInt(i + 1)));
  TEENS.forEach((name, i) => add(name, "teens", BigInt(i + 10)));
  TENS.forEach((name, i) => add(name, "tens", BigInt(10 * (i + 2))));
  add("hundred", "multiplier", 100n);
  MULTIPLIERS.forEach((name, i) => add(name, "multiplier", 10n ** BigInt(3 * (i + 1))));
  return words;
}

/** All number words, from "zero" to "decillionths". */
export const NUMBER_WORDS: ReadonlyMap<string, NumberWord> = table();

/** Words for a zero that are other words too: they are zeros only beside spoken digits. */
export const SPOKEN_ZEROS: ReadonlySet<string> = new Set(["oh", "o"]);

/** Words that give the number behind them a sign. */
export const SIGNS: ReadonlyMap<string, string> = new Map([["minus", "-"], ["negative", "-"], ["plus", "+"], [
  "positive",
  "+",
]]);

/** Words that put a symbol before the number in front of them. */
export const CURRENCIES: ReadonlyMap<string, string> = new Map([
  ["dollar", "$"],
  ["dollars", "$"],
  ["pound", "£"],
  ["pounds", "£"],
  ["euro", "€"],
  ["euros", "€"],
  ["cent", "¢"],
  ["cents", "¢"],
]);

/** How many times the digit after the word is said. */
export const REPEATS: ReadonlyMap<string, number> = new Map([["double", 2], ["triple", 3]]);

/**
 * What stands behind an ordinal's digits.
 *
 * @example
 * ```ts
 * import { ordinalSuffix } from "./english_number_words.ts";
 * if (["21", "12", "103", "4"].map(ordinalSuffix).join() !== "st,th,rd,th") throw new Error("wrong");
 * ```
 */
export function ordinalSuffix(digits: string): "st" | "nd" | "rd" | "th" {
  if (/1\d$/.test(digits)) return "th";
  return ({ "1": "st", "2": "nd", "3": "rd" } as const)[digits.at(-1) as "1"] ?? "th";
}
