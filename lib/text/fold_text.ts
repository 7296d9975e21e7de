/**
 * Text without what is not spoken: capitals, diacritics, remarks in brackets.
 *
 * @module
 */

/** Letters that Unicode does not take apart into a plain letter and a mark. */
const PLAIN: Readonly<Record<string, string>> = {
  œ: "oe",
  æ: "ae",
  ø: "o",
  ß: "ss",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
};

/**
 * Lower case, letters without diacritics, one kind of apostrophe, of minus and of white space, no words in brackets or
 * parentheses. Punctuation stays.
 *
 * @example
 * ```ts
 * import { foldText } from "./fold_text.ts";
 * if (foldText("A café [music] near Łódź’s (old) gate") !== "a cafe near lodz's gate") throw new Error("wrong");
 * ```
 */
export function foldText(text: string): string {
  return text
    .normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase()
    .normalize("NFKD").replace(/\p{M}+/gu, "").normalize("NFC")
    .replace(/[œæøßđðþł]/g, (letter) => PLAIN[letter]!)
    .replace(/[\u2018\u2019\u02bc`\u00b4]/g, "'")
    .replace(/\u2212/g, "-")
    .replace(/[<[][^<>[\]]*[>\]]/g, " ")
    .replace(/\([^()]*\)/g, " ")
    .replace(/\s+/g, " ");
}
