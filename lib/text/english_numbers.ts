/** Spoken English numbers as digits. */
import {
  CURRENCIES,
  NUMBER_WORDS,
  ordinalSuffix,
  REPEATS,
  SIGNS,
  SPOKEN_ZEROS,
  SpokenNumber,
} from "./spoken_number.ts";

/** Digits with sign, currency and percent sign. */
const WRITTEN = /^([-+]?)([$€£¢]?)(\d+(?:\.\d+)?)(%?)$/;

/**
 * Writes spoken numbers in digits, as Whisper's English normalizer does: "twenty one" as 21, "one hundred and five" as 105,
 * "nineteen ninety nine" as 1999, "double oh seven" as 007, "third" as 3rd, "two point five million dollars" as $2500000,
 * "ninety per cent" as 90%. Written numbers combine with multipliers, currencies and signs, but not with spoken digits: "in
 * 2017 two dogs" has two numbers.
 *
 * @param words in lower case; a written number is one word, such as `"$3.50"`
 *
 * @example
 * ```ts
 * import { numbersInDigits } from "./english_numbers.ts";
 * const said = "twenty one dogs and a hundred and five cats".split(" ");
 * if (numbersInDigits(said).join(" ") !== "21 dogs and a 105 cats") throw new Error("wrong");
 * ```
 */
export function numbersInDigits(words: readonly string[]): string[] {
  const out: string[] = [];
  let number: SpokenNumber | undefined;
  let sign = "";
  const flush = (ending = "") => {
    if (number !== undefined) out.push(`${number}${ending}`);
    number = undefined;
  };
  const start = (fresh = new SpokenNumber()): SpokenNumber => {
    flush();
    fresh.sign ||= sign;
    sign = "";
    return number = fresh;
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!, next = words[i + 1];
    const open: SpokenNumber | undefined = number;
    const written = WRITTEN.exec(word);
    const spoken = NUMBER_WORDS.get(word);
    if (written !== null) {
      const [, ownSign = "", currency = "", digits = "", percent] = written;
      if (open?.afterPoint && digits === word) {
        open.decimals(digits);
        if (digits.includes(".")) flush(); // "0 point 1.5" gives "0.1.5"
        continue;
      }
      const fresh = SpokenNumber.written(digits);
      fresh.sign = ownSign;
      fresh.currency = currency;
      start(fresh);
      if (percent) flush("%");
    } else if (spoken?.ending === "none") {
      if (open?.join(spoken) !== true) start().join(spoken);
    } else if (spoken !== undefined) {
      const ended = open?.end(spoken);
      if (ended !== undefined) number = undefined;
      out.push(ended ?? start().end(spoken)!);
      number = undefined;
    } else if (isSpokenZero(words, i, open)) {
      open!.join({ kind: "zero", value: 0n });
    } else if (startsHalf(words, i) > 0) {
      start(SpokenNumber.written("0.5"));
      i += startsHalf(words, i) - 1;
    } else if (word === "and" && open?.takesFraction() && next === "a" && words[i + 2] === "half") {
      open.half();
      i += 2;
    } else if (word === "and" && open?.takesAnd() && isBelowHundred(next)) {
      continue;
    } else if (word === "point" && open?.takesFraction() && isDecimal(words, i + 1)) {
      open.point();
    } else if (isRepeat(words, i)) {
      const digit = digitOf(next)!, times = REPEATS.get(word)!;
      if (open?.repeat(digit, times) !== true) start().repeat(digit, times);
      i++;
    } else if (SIGNS.has(word) && startsNumber(words, i + 1)) {
      flush();
      sign = SIGNS.get(word)!;
    } else if (CURRENCIES.has(word) && open !== undefined && open.currency === "") {
      open.currency = CURRENCIES.get(word)!;
      flush();
    } else if (
      open !== undefined && open.currency === "" && (word === "percent" || (word === "per" && next === "cent"))
    ) {
      flush("%");
      if (word === "per") i++;
    } else {
      flush();
      if (isSuffix(word, out.at(-1))) out.push(`${out.pop()}${word}`);
      else out.push(word);
    }
  }
  flush();
  return cents(out);
}

/** Whether "oh" or "o" is a zero: between spoken digits, as in "one oh one", and right after a point. */
function isSpokenZero(words: readonly string[], i: number, open: SpokenNumber | undefined): boolean {
  if (!SPOKEN_ZEROS.has(words[i]!) || !open?.takesDigit()) return false;
  let after = i + 1;
  while (SPOKEN_ZEROS.has(words[after] ?? "")) after++;
  const next = words[after] ?? "";
  const spoken = NUMBER_WORDS.get(next);
  return open.afterPoint || (spoken !== undefined && spoken.ending === "none" && spoken.kind !== "multiplier") ||
    isRepeat(words, after);
}

/** Counts the words of "half a", "a half" or "half" before a multiplier: "half a million" is 500000. */
function startsHalf(words: readonly string[], i: number): number {
  const [a, b, c] = [words[i], words[i + 1], words[i + 2]];
  if (words[i - 1] === "point") return 0;
  const multiplies = (word: string | undefined) => {
    const found = NUMBER_WORDS.get(word ?? "");
    return found?.kind === "multiplier" && found.ending === "none";
  };
  if ((a === "half" && b === "a" && multiplies(c)) || (a === "a" && b === "half" && multiplies(c))) return 2;
  return a === "half" && multiplies(b) ? 1 : 0;
}

function isBelowHundred(word: string | undefined): boolean {
  const kind = NUMBER_WORDS.get(word ?? "")?.kind;
  return kind === "ones" || kind === "teens" || kind === "tens";
}

function isDecimal(words: readonly string[], i: number): boolean {
  const word = words[i] ?? "";
  return /^\d+(\.\d+)?$/.test(word) || SPOKEN_ZEROS.has(word) || NUMBER_WORDS.has(word) || isRepeat(words, i);
}

function isRepeat(words: readonly string[], i: number): boolean {
  return REPEATS.has(words[i] ?? "") && digitOf(words[i + 1]) !== undefined;
}

/** Returns the digit that a word means; undefined for other words. */
function digitOf(word = ""): bigint | undefined {
  if (SPOKEN_ZEROS.has(word)) return 0n;
  const spoken = NUMBER_WORDS.get(word);
  return spoken?.ending === "none" && (spoken.kind === "ones" || spoken.kind === "zero") ? spoken.value : undefined;
}

/** Whether a number without a sign begins here. */
function startsNumber(words: readonly string[], i: number): boolean {
  const word = words[i] ?? "";
  return WRITTEN.exec(word)?.[1] === "" || NUMBER_WORDS.has(word) || startsHalf(words, i) > 0 ||
    isRepeat(words, i);
}

/** Whether a word is an ordinal or plural suffix ("st", "nd", "rd", "th", "s") of the digits before it. */
function isSuffix(word: string, before = ""): boolean {
  const found = /^[-+]?[$€£¢]?(\d+)(\.\d+)?$/.exec(before);
  if (found === null) return false;
  return word === "s" || word === (found[2] === undefined ? ordinalSuffix(found[1]!) : "th");
}

/** Writes "$0.36" as "¢36", and "$2 and ¢7" as "$2.07". */
function cents(words: readonly string[]): string[] {
  const small = words.map((word) =>
    word.replace(/^([-+]?)[$€£]0\.(\d{1,2})$/, (_, sign, digits) => `${sign}¢${Number(digits.padEnd(2, "0"))}`)
  );
  const out: string[] = [];
  for (let i = 0; i < small.length; i++) {
    const skip = small[i + 1] === "and" ? 2 : 1;
    const part = /^¢(\d{1,2})$/.exec(small[i + skip] ?? "")?.[1];
    if (part === undefined || !/^[-+]?[$€£]0*[1-9]\d*$/.test(small[i]!)) out.push(small[i]!);
    else {
      out.push(`${small[i]}.${part.padStart(2, "0")}`);
      i += skip;
    }
  }
  return out;
}
