/** The grammar of spoken English numbers. */

/** The grammatical kind of a number word. */
export type NumberKind = "zero" | "ones" | "teens" | "tens" | "multiplier";

/** A number word. Its ending is that of an ordinal ("third"), of a plural ("fifties"), or none. */
export type NumberWord = { kind: NumberKind; value: bigint; ending: "ordinal" | "plural" | "none" };

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

/** Words that mean zero only next to spoken digits. */
export const SPOKEN_ZEROS: ReadonlySet<string> = new Set(["oh", "o"]);

/** Words that give the next number a sign. */
export const SIGNS: ReadonlyMap<string, string> = new Map(
  [["minus", "-"], ["negative", "-"], ["plus", "+"], ["positive", "+"]],
);

/** Words that put a currency symbol on the number before them. */
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

/** Words that repeat the next digit. */
export const REPEATS: ReadonlyMap<string, number> = new Map([["double", 2], ["triple", 3]]);

/** Returns the suffix of an ordinal in digits. */
export function ordinalSuffix(digits: string): "st" | "nd" | "rd" | "th" {
  if (/1\d$/.test(digits)) return "th";
  return ({ "1": "st", "2": "nd", "3": "rd" } as const)[digits.at(-1) as "1"] ?? "th";
}

/** Longer products are not plausible numbers. */
const MAX_DIGITS = 70;

/**
 * The digits so far, and the state that decides how the next word extends them: "twenty" and "one" give 21, "nineteen" and
 * "ninety" 1990, "nine" and "one" 91; written digits combine with "million" but not with "one".
 */
export class SpokenNumber {
  /** Digits before the point. */
  #whole = "";
  /** Digits after the point; undefined without a point. */
  #fraction: string | undefined;
  /** Whether digits were appended, as in a telephone number, so that the next word is not added to a sum. */
  #nominal = false;
  /** The kind of the last word; "written" for digits, "half" for "and a half". */
  #last: NumberKind | "written" | "point" | "half" | undefined;
  /** `"+"`, `"-"` or empty. */
  sign = "";
  /** `"$"`, `"£"`, `"€"`, `"¢"` or empty. */
  currency = "";

  /** Makes a number from written digits, such as `"3.5"`. */
  static written(digits: string): SpokenNumber {
    const number = new SpokenNumber();
    [number.#whole = "", number.#fraction] = digits.split(".");
    number.#last = "written";
    return number;
  }

  /** Extends the number by a word without an ending. Returns false if the word does not continue this number. */
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
      this.#append(String(value), afterTens);
    }
    this.#last = kind;
    return true;
  }

  /** Appends digits. `replace` replaces the last zero, as "five" does in "one twenty five". */
  #append(digits: string, replace = false): void {
    const appended = (before: string) => (replace ? before.slice(0, -1) : before) + digits;
    if (this.#fraction === undefined) this.#whole = appended(this.#whole);
    else this.#fraction = appended(this.#fraction);
  }

  #multiply(by: bigint): boolean {
    if (this.#last === undefined) this.#whole = String(by);
    else if (this.#last === "point") this.#fraction = String(by);
    else if (this.#whole.length + String(by).length > MAX_DIGITS) return false;
    else if (this.#fraction === undefined && !this.#nominal && this.#last !== "written") {
      // "two thousand three" + "hundred": only the part below the multiplier is multiplied.
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
   * @returns undefined if the word does not continue this number.
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

  /** Appends a digit several times. */
  repeat(digit: bigint, times: number): boolean {
    if (!this.takesDigit()) return false;
    this.#append(String(digit).repeat(times));
    this.#nominal = true;
    this.#last = digit === 0n ? "zero" : "ones";
    return true;
  }

  /** Whether another spoken digit would be appended. */
  takesDigit(): boolean {
    return this.#last !== "written" && this.#last !== "half" &&
      !(this.#last === "multiplier" && this.#fraction !== undefined);
  }

  /** Whether "and" may come before the next word: after "hundred", "thousand" and so on. */
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

  /** Adds a point. */
  point(): void {
    this.#fraction = "";
    this.#last = "point";
  }

  /** Adds written digits after the point. */
  decimals(digits: string): void {
    this.#fraction = digits;
    this.#last = "written";
  }

  /** Adds "and a half". */
  half(): void {
    this.#fraction = "5";
    this.#last = "half";
  }

  toString(): string {
    const fraction = this.#fraction === undefined ? "" : `.${this.#fraction}`;
    return `${this.sign}${this.currency}${this.#whole || "0"}${fraction}`;
  }
}
