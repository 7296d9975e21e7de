/**
 * The words of English numbers, and a number as its words are read one after the other.
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
 */
export function ordinalSuffix(digits: string): "st" | "nd" | "rd" | "th" {
  if (/1\d$/.test(digits)) return "th";
  return ({ "1": "st", "2": "nd", "3": "rd" } as const)[digits.at(-1) as "1"] ?? "th";
}

/** Longer products are no numbers that anybody says. */
const MOST_DIGITS = 70;

/**
 * The digits so far, and how the next word may join them: "twenty" takes a "one" as 21, "nineteen" takes a "ninety" as
 * 1990, "nine" takes a "one" as 91, digits that were written take a "million" but no "one".
 */
export class SpokenNumber {
  /** Digits before the point. */
  #whole = "";
  /** Digits behind the point; undefined without a point. */
  #fraction: string | undefined;
  /** Whether digits were lined up, as in a telephone number, so that they are no sum any more. */
  #nominal = false;
  /** What came last; "written" for digits, "point", "half" for "and a half". */
  #last: NumberKind | "written" | "point" | "half" | undefined;
  /** `"+"`, `"-"` or nothing. */
  sign = "";
  /** `"$"`, `"£"`, `"€"`, `"¢"` or nothing. */
  currency = "";

  /** A number that was written in digits, such as `"3.5"`. */
  static written(digits: string): SpokenNumber {
    const number = new SpokenNumber();
    [number.#whole = "", number.#fraction] = digits.split(".");
    number.#last = "written";
    return number;
  }

  /** Joins a word without an ending; false where it does not continue this number. */
  join({ kind, value }: Pick<NumberWord, "kind" | "value">): boolean {
    if (kind === "multiplier") return this.#multiply(value);
    const last = this.#last;
    if (last === "written" || last === "half" || (last === "multiplier" && this.#fraction !== undefined)) return false;
    const afterTens = kind === "ones" && last === "tens";
    const sums = !this.#nominal && this.#fraction === undefined &&
      (afterTens || (last === "multiplier" && kind !== "zero"));
    if (sums) this.#whole = String(BigInt(this.#whole) + value);
    else {
      if (last !== undefined || kind === "zero") this.#nominal = true;
      this.#line(String(value), afterTens);
    }
    this.#last = kind;
    return true;
  }

  /** Digits behind those that are there; `over` puts them over the last zero, as "five" in "one twenty five". */
  #line(digits: string, over = false): void {
    const put = (before: string) => (over ? before.slice(0, -1) : before) + digits;
    if (this.#fraction === undefined) this.#whole = put(this.#whole);
    else this.#fraction = put(this.#fraction);
  }

  #multiply(by: bigint): boolean {
    if (this.#last === undefined) this.#whole = String(by);
    else if (this.#last === "point") this.#fraction = String(by);
    else if (this.#whole.length + String(by).length > MOST_DIGITS) return false;
    else if (this.#fraction === undefined && !this.#nominal && this.#last !== "written") {
      // "two thousand three" + "hundred": only what is below the multiplier is multiplied.
      const value = BigInt(this.#whole), rest = value % by;
      this.#whole = String(rest === 0n ? value * by : value - rest + rest * by);
    } else {
      const fraction = this.#fraction ?? "";
      const product = String(BigInt(this.#whole + fraction) * by).padStart(fraction.length + 1, "0");
      this.#whole = product.slice(0, product.length - fraction.length);
      this.#fraction = product.slice(this.#whole.length).replace(/0+$/, "") || undefined;
    }
    this.#nominal = false;
    this.#last = "multiplier";
    return true;
  }

  /**
   * Ends the number with an ordinal or a plural: "twenty" with "first" is "21st", "nineteen" with "fifties" is "1950s".
   *
   * @returns undefined where the word is no part of this number.
   */
  end({ kind, value, ending }: NumberWord): string | undefined {
    const last = this.#last;
    const fits = last === undefined || last === "point" || kind === "multiplier" ||
      (last === "multiplier" && this.#fraction === undefined) ||
      (kind === "ones" && last === "tens") ||
      (ending === "plural" && kind !== "ones" && (last === "teens" || last === "tens"));
    if (!fits || !this.join({ kind, value })) return undefined;
    if (ending === "plural") return `${this}s`;
    return this.#fraction === undefined ? `${this}${ordinalSuffix(this.#whole)}` : `${this}th`;
  }

  /** Says a digit several times. */
  repeat(digit: bigint, times: number): boolean {
    if (!this.takesDigit()) return false;
    this.#line(String(digit).repeat(times));
    this.#nominal = true;
    this.#last = digit === 0n ? "zero" : "ones";
    return true;
  }

  /** Whether a further spoken digit would be lined up. */
  takesDigit(): boolean {
    return this.#last !== "written" && this.#last !== "half" &&
      !(this.#last === "multiplier" && this.#fraction !== undefined);
  }

  /** Whether "and" may stand before a further word: after "hundred", "thousand" and so on. */
  takesAnd(): boolean {
    return this.#last === "multiplier" && this.#fraction === undefined;
  }

  /** Whether a point or "and a half" may follow. */
  takesFraction(): boolean {
    return this.#fraction === undefined && this.currency === "";
  }

  /** Whether a point came last. */
  get afterPoint(): boolean {
    return this.#last === "point";
  }

  /** Puts a point behind the digits. */
  point(): void {
    this.#fraction = "";
    this.#last = "point";
  }

  /** Puts written digits behind the point. */
  decimals(digits: string): void {
    this.#fraction = digits;
    this.#last = "written";
  }

  /** Adds "and a half". */
  half(): void {
    this.#fraction = "5";
    this.#last = "half";
  }

  /** The number with its sign and its currency. */
  toString(): string {
    const fraction = this.#fraction === undefined ? "" : `.${this.#fraction}`;
    return `${this.sign}${this.currency}${this.#whole || "0"}${fraction}`;
  }
}
